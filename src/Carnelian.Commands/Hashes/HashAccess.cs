using System.Runtime.CompilerServices;
using Carnelian.Storage;
using Carnelian.Storage.Hashes;
using Carnelian.Storage.Packed;

namespace Carnelian.Commands.Hashes;

/// <summary>What the hash commands share: finding and making the hash, writing values, telling of changes.</summary>
internal static unsafe class HashAccess
{
    /// <summary>When hashes stop being listpacks.</summary>
    public static HashLimits Limits(scoped ref CommandContext ctx) => new(ctx.Services.Limits.HashPackEntries, ctx.Services.Limits.HashPackValue);

    /// <summary>The time by which fields must have expired to be hidden: none are from an import source, as long as expired data is kept for it.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static long VisibleTime(scoped ref CommandContext ctx) =>
        ctx.Keyspace.KeepsExpired && ctx.Session.IsImportSource ? long.MinValue : ctx.Now;

    /// <summary>
    /// The time by which fields must have expired to count as gone for a command that writes. For the commands of a journal none are: the field was
    /// there when the command was written, and HDEL follows where it was removed.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static long WriteTime(scoped ref CommandContext ctx) => ctx.Session.IsReplaying ? long.MinValue : ctx.Now;

    /// <summary>The hash of an entry, made if there is none.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Hash GetOrCreate(scoped ref CommandContext ctx, in Key key, Entry entry) =>
        entry.Exists ? new Hash(entry) : Hash.Create(ctx.Database, key, ctx.Now);

    /// <summary>Writes a value.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Write(scoped ref CommandContext ctx, Hash hash, in PackedValue value)
    {
        if (value.IsInteger)
            ctx.Reply.BulkInteger(value.Integer);
        else if (value.Length > HashField.InlineLimit && value.Length >= ctx.Services.ShareRepliesFrom && !hash.IsPacked)
            WriteShared(ref ctx, value);
        else
            ctx.Reply.Bulk(value.Data, value.Length);
    }

    /// <summary>Writes a field's name.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void WriteName(scoped ref CommandContext ctx, in PackedValue name)
    {
        if (name.IsInteger)
            ctx.Reply.BulkInteger(name.Integer);
        else
            ctx.Reply.Bulk(name.Data, name.Length);
    }

    /// <summary>Writes the value of a field, or null if it is not there.</summary>
    public static void WriteField(scoped ref CommandContext ctx, Entry entry, ReadOnlySpan<byte> field, long now)
    {
        if (entry.Exists && new Hash(entry).TryGet(field, now, out PackedValue value))
            Write(ref ctx, new Hash(entry), value);
        else
            ctx.Reply.Null();
    }

    /// <summary>Tells the keyspace of new or removed deadlines. After the last change of the command.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void NoteDeadlines(scoped ref CommandContext ctx, in Key key, Hash hash)
    {
        if (!hash.IsPacked && hash.Table->Earliest != hash.Table->Registered)
            ctx.Database.NoteFieldDeadlines(key, hash.Entry);
    }

    /// <summary>Counts fields that were gone because their time had come, and publishes it.</summary>
    /// <param name="ctx">The command.</param>
    /// <param name="key">The key.</param>
    /// <param name="fields">The fields.</param>
    public static void NoteExpired(scoped ref CommandContext ctx, in Key key, in ChangedFields fields)
    {
        if (fields.Count == 0)
            return;
        ctx.Services.CountExpiredFields(fields.Count);
        ctx.Notify(key, NotificationClass.Hash, "hexpired"u8);
        fields.Publish(ref ctx, key, "hexpired"u8);
    }

    /// <summary>As <see cref="NoteExpired"/>, if the field that a command has set was gone for that reason.</summary>
    public static void NoteRenewed(scoped ref CommandContext ctx, in Key key, HashSetOutcome outcome, ReadOnlySpan<byte> field)
    {
        if (outcome != HashSetOutcome.Renewed)
            return;
        ChangedFields fields = default;
        fields.Add(ref ctx, field);
        NoteExpired(ref ctx, key, fields);
    }

    /// <summary>Removes a hash that has become empty. After the event of the command that emptied it.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void RemoveIfEmpty(scoped ref CommandContext ctx, in Key key, Hash hash)
    {
        if (hash.Count == 0)
            ctx.RemoveEmptied(key);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void WriteShared(scoped ref CommandContext ctx, in PackedValue value)
    {
        StringBlock block = StringBlock.OfData(value.Data);
        block.AddReference();
        ctx.Reply.BulkShared(block.Data, (nuint)block.Length, block.Address, &StringBlock.Release);
    }
}
