using System.Runtime.CompilerServices;
using Carnelian.Storage;
using Carnelian.Storage.SortedSets;

namespace Carnelian.Commands.SortedSets;

/// <summary>What the sorted set commands share: how a key's set is found, made, stored and removed, and how members are replied.</summary>
internal static class SortedSetValue
{
    /// <summary>Up to which size sorted sets are listpacks.</summary>
    public static SortedSetLimits Limits(scoped ref CommandContext ctx) =>
        new(ctx.Services.Limits.SortedSetPackEntries, ctx.Services.Limits.SortedSetPackValue);

    /// <summary>Looks a sorted set up for reading.</summary>
    /// <returns>Whether the key holds a sorted set or does not exist; if not, the error is written.</returns>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool TryRead(scoped ref CommandContext ctx, in Key key, out Entry entry)
    {
        entry = ctx.Find(key);
        return ctx.HasType(entry, Storage.ValueType.SortedSet);
    }

    /// <summary>As <see cref="TryRead"/>, for a change.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool TryWrite(scoped ref CommandContext ctx, in Key key, out Entry entry)
    {
        entry = ctx.FindForWrite(key);
        return ctx.HasType(entry, Storage.ValueType.SortedSet);
    }

    /// <summary>The hash of a member argument where the set asks for it, else 0.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ulong HashFor(scoped ref CommandContext ctx, in SortedSet set, int argument) => set.IsPacked ? 0 : ctx.Key(argument).Hash;

    /// <summary>Publishes the removal of members, and removes the key if none is left.</summary>
    /// <param name="ctx">The command.</param>
    /// <param name="key">The key.</param>
    /// <param name="set">What is left of its value.</param>
    /// <param name="removed">How many members were removed, at least one.</param>
    /// <param name="name">The event.</param>
    public static void Removed(scoped ref CommandContext ctx, in Key key, in SortedSet set, long removed, ReadOnlySpan<byte> name)
    {
        bool isEmpty = set.Count == 0;
        ctx.Modified(key, NotificationClass.SortedSet, name);
        ctx.Dirty += removed - 1;
        if (isEmpty)
            ctx.RemoveEmptied(key);
    }

    /// <summary>Sets a key to a sorted set that a command has computed, or removes it if the set is empty; replies the number of members.</summary>
    /// <param name="ctx">The command.</param>
    /// <param name="key">The key, whatever it holds.</param>
    /// <param name="set">The set, which the key takes over.</param>
    /// <param name="name">The event.</param>
    public static unsafe void Store(scoped ref CommandContext ctx, in Key key, SortedSet set, ReadOnlySpan<byte> name)
    {
        long count = set.Count;
        if (count == 0)
        {
            set.Free();
            if (ctx.Database.Delete(key, ctx.Now, ctx.Services.LazyServerDelete))
                ctx.Modified(key, NotificationClass.Generic, "del"u8);
            ctx.Reply.Integer(0);
            return;
        }
        bool isNew = !ctx.FindForOverwrite(key).Exists;
        ctx.Replacing(key, Storage.ValueType.SortedSet);
        ctx.Database.SetCollection(key, Storage.ValueType.SortedSet, set.Encoding, set.Address, ctx.Now);
        if (isNew)
            ctx.Created(key);
        ctx.Modified(key, NotificationClass.SortedSet, name);
        ctx.Reply.Integer(count);
    }

    /// <summary>Writes the header of an array of members, which may have their scores with them: pairs in RESP3, one behind the other in RESP2.</summary>
    public static void WriteHeader(scoped ref CommandContext ctx, long members, bool withScores) =>
        ctx.Reply.Array(checked((int)(withScores && ctx.Reply.Resp < 3 ? members * 2 : members)));

    /// <summary>Writes members from a cursor on.</summary>
    public static void WriteMembers(scoped ref CommandContext ctx, ref SortedSetCursor cursor, long count, bool backwards, bool withScores)
    {
        Span<byte> digits = stackalloc byte[SortedSetCursor.MostDigits];
        bool inPairs = withScores && ctx.Reply.Resp >= 3;
        for (long i = 0; i < count; i++)
        {
            if (inPairs)
                ctx.Reply.Array(2);
            ctx.Reply.Bulk(cursor.Member(digits));
            if (withScores)
                ctx.Reply.Double(cursor.Score);
            cursor.Move(backwards);
        }
    }
}
