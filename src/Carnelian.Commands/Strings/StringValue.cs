using System.Runtime.CompilerServices;
using Carnelian.Journal;
using Carnelian.Storage;
using Carnelian.Text;

namespace Carnelian.Commands.Strings;

/// <summary>What the string commands share: the bytes of a value in whatever form it is kept, and the ways a key changes.</summary>
internal static class StringValue
{
    /// <summary>The bytes of a string; empty if there is no entry.</summary>
    /// <param name="entry">The entry.</param>
    /// <param name="digits">Room for the digits of an integer, 20 bytes.</param>
    public static unsafe ReadOnlySpan<byte> Bytes(Entry entry, Span<byte> digits)
    {
        if (!entry.Exists)
            return default;
        if (entry.Encoding != ValueEncoding.Integer)
            return entry.StringBytes;
        fixed (byte* target = digits)
            return digits[..NumberFormat.WriteInt64(target, entry.Integer)];
    }

    /// <summary>Sets a key to an argument, without a copy if it is a long one that was received into a block of its own.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Set(scoped ref CommandContext ctx, in Key key, int argument, long deadline)
    {
        ReadOnlySpan<byte> value = ctx.Arg(argument);
        if (value.Length >= StringBlock.LeastLong && ctx.TryTakeBlock(argument, out StringBlock block))
            ctx.Database.SetBlock(key, block, deadline, ctx.Now);
        else
            ctx.Database.SetString(key, value, deadline, ctx.Now);
    }

    /// <summary>Sets a key to an argument and publishes the change; a deadline in the past removes the key at once.</summary>
    public static void Store(scoped ref CommandContext ctx, in Key key, bool isNew, int argument, scoped in Expiration expiration, long kept)
    {
        if (expiration.IsPast(ref ctx))
        {
            Expire(ref ctx, key);
            return;
        }
        Put(ref ctx, key, isNew, argument, expiration, kept);
        if (ctx.Effects != null && expiration.HasTime && !expiration.IsDeadline)
            ReplaceBySet(ref ctx, key, ctx.Arg(argument), expiration.Deadline);
    }

    /// <summary>Has the journal show the command as a SET of a string with a deadline; -1 for none.</summary>
    public static void ReplaceBySet(scoped ref CommandContext ctx, in Key key, scoped ReadOnlySpan<byte> value, long deadline)
    {
        JournalUnit effects = ctx.ReplaceEffect(deadline < 0 ? 3 : 5);
        effects.Add(ctx.ArgCount == 5 && ctx.ArgIs(0, "set"u8) ? ctx.Arg(0) : "SET"u8);
        effects.Add(key.Bytes);
        effects.Add(value);
        if (deadline < 0)
            return;
        effects.Add("PXAT"u8);
        effects.Add(deadline);
    }

    /// <summary>Sets a key to an argument and publishes the change, whatever its deadline.</summary>
    public static void Put(scoped ref CommandContext ctx, in Key key, bool isNew, int argument, scoped in Expiration expiration, long kept)
    {
        ctx.Replacing(key, Storage.ValueType.String);
        Set(ref ctx, key, argument, expiration.HasTime ? expiration.Deadline : kept);
        Created(ref ctx, key, isNew);
        ctx.Modified(key, NotificationClass.String, "set"u8);
        if (expiration.HasTime)
            ctx.Notify(key, NotificationClass.Generic, "expire"u8);
    }

    /// <summary>Removes a key whose new deadline is in the past already.</summary>
    public static void Expire(scoped ref CommandContext ctx, in Key key)
    {
        if (!ctx.Database.Delete(key, ctx.Now, isLazy: true))
            return;
        ctx.Modified(key, NotificationClass.Expired, "expired"u8);
        ctx.ReplaceByRemoval(key, ctx.Keyspace.LazyExpire);
    }

    /// <summary>Removes a key and publishes it.</summary>
    public static void Delete(scoped ref CommandContext ctx, in Key key)
    {
        ctx.Database.Delete(key, ctx.Now, ctx.Services.LazyUserDelete);
        ctx.Modified(key, NotificationClass.Generic, "del"u8);
        ctx.ReplaceByRemoval(key, isLazy: false);
    }

    /// <summary>Publishes that a key was made, if it was.</summary>
    public static void Created(scoped ref CommandContext ctx, in Key key, bool isNew)
    {
        if (isNew)
            ctx.Notify(key, NotificationClass.New, "new"u8);
    }

    /// <summary>Whether a string may become so long; if not, the error is written.</summary>
    public static bool FitsLimit(scoped ref CommandContext ctx, long length, long added)
    {
        if (length <= Math.Min(ctx.Services.MaxStringLength, int.MaxValue) - added)
            return true;
        ctx.Reply.Error("ERR string exceeds maximum allowed size (proto-max-bulk-len)"u8);
        return false;
    }
}
