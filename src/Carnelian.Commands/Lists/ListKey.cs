using Carnelian.Journal;
using Carnelian.Memory;
using Carnelian.Protocol;
using Carnelian.Storage;
using Carnelian.Storage.Lists;
using Carnelian.Storage.Packed;

namespace Carnelian.Commands.Lists;

/// <summary>
/// What list commands do to keys, blocking or not: push, pop and move, with all effects (events, changes, keys that come and go). The caller
/// has looked the keys up for writing and checked the types.
/// </summary>
public static unsafe class ListKey
{
    /// <summary>An element up to this length is copied to the stack where it has to be out of the list for a moment, in bytes.</summary>
    private const int MostOnStack = 512;

    /// <summary>How large nodes may become, as it is configured now.</summary>
    public static ListLimits Limits(CommandServices services) =>
        new(services.Limits.ListPackSize, services.QuicklistPackedThreshold == CommandServices.DefaultQuicklistPackedThreshold ? 0 : services.QuicklistPackedThreshold);

    /// <summary>Reads LEFT or RIGHT, or writes a syntax error.</summary>
    /// <param name="ctx">The command.</param>
    /// <param name="index">The argument.</param>
    /// <param name="isRight">Whether it is RIGHT.</param>
    public static bool TryReadEnd(scoped ref CommandContext ctx, int index, out bool isRight)
    {
        isRight = ctx.ArgIs(index, "right"u8);
        if (isRight || ctx.ArgIs(index, "left"u8))
            return true;
        ctx.WriteSyntaxError();
        return false;
    }

    /// <summary>Pushes all arguments from one on; the key is made if it is not there.</summary>
    /// <returns>The length of the list.</returns>
    public static long Push(scoped ref CommandContext ctx, in Key key, Entry entry, int first, bool atTail)
    {
        ListLimits limits = Limits(ctx.Services);
        bool isNew = !entry.Exists;
        ListValue list = isNew ? ListValue.Add(ctx.Database, key, ctx.Now) : new ListValue(entry);
        int count = ctx.ArgCount - first;
        if (list.IsPacked)
        {
            long bytes = 0;
            for (int i = first; i < ctx.ArgCount; i++)
                bytes += ctx.Arg(i).Length;
            list.Grow(bytes, count, limits);
        }
        for (int i = first; i < ctx.ArgCount; i++)
        {
            ReadOnlySpan<byte> value = ctx.Arg(i);
            if (value.Length >= StringBlock.LeastLong && ctx.TryTakeBlock(i, out StringBlock block))
            {
                list.Push(new ListElement(block), atTail, limits);
                block.Release();
            }
            else
            {
                list.Push(new ListElement(value), atTail, limits);
            }
        }
        if (isNew)
            ctx.Created(key);
        ctx.Modified(key, NotificationClass.List, PushEvent(atTail));
        ctx.Dirty += count - 1;
        return list.Count;
    }

    /// <summary>Pops one element of a list and replies with it.</summary>
    public static void Pop(scoped ref CommandContext ctx, in Key key, Entry entry, bool fromTail)
    {
        var list = new ListValue(entry);
        ListReply.Write(ctx.Reply, list.End(fromTail), ctx.Services.ShareRepliesFrom);
        list.RemoveEnd(fromTail);
        Removed(ref ctx, key, list, 1, fromTail);
    }

    /// <summary>Pops some elements of a list, as many as there are, and replies with an array of them.</summary>
    /// <param name="ctx">The command.</param>
    /// <param name="key">The key.</param>
    /// <param name="entry">Its entry.</param>
    /// <param name="count">How many at most; more than 0.</param>
    /// <param name="fromTail">From which end.</param>
    public static void PopSeveral(scoped ref CommandContext ctx, in Key key, Entry entry, long count, bool fromTail)
    {
        var list = new ListValue(entry);
        long length = list.Count;
        count = Math.Min(count, length);
        ListReply.WriteRange(ref ctx, list.End(fromTail), count, backwards: fromTail);
        Free(ref ctx, list.RemoveRange(fromTail ? length - count : 0, count));
        Removed(ref ctx, key, list, count, fromTail);
    }

    /// <summary>Moves one element from a list to another or to its own other end, and replies with it.</summary>
    /// <param name="ctx">The command.</param>
    /// <param name="sourceKey">Where from.</param>
    /// <param name="source">The entry, which is a list.</param>
    /// <param name="key">Where to; it is made if it is not there.</param>
    /// <param name="destination">The entry, which is a list or does not exist.</param>
    /// <param name="fromTail">From which end.</param>
    /// <param name="toTail">To which end.</param>
    public static void Move(scoped ref CommandContext ctx, in Key sourceKey, Entry source, in Key key, Entry destination, bool fromTail, bool toTail)
    {
        var from = new ListValue(source);
        ListCursor at = from.End(fromTail);
        ListReply.Write(ctx.Reply, at, ctx.Services.ShareRepliesFrom);
        bool isSame = source.Address == destination.Address;
        Span<byte> digits = stackalloc byte[PackedValue.MostDigits];
        if (at.TryGetBlock(out StringBlock block))
        {
            block.AddReference();
            from.RemoveEnd(fromTail);
            PushMoved(ref ctx, key, destination, new ListElement(block), toTail);
            block.Release();
        }
        else if (isSame)
        {
            PackedValue value = at.Value;
            byte* copy = value.Length > MostOnStack ? NativeHeap.Allocate((nuint)value.Length) : null;
            Span<byte> bytes = copy != null ? new Span<byte>(copy, value.Length) : stackalloc byte[MostOnStack];
            if (!value.IsInteger)
            {
                new ReadOnlySpan<byte>(value.Data, value.Length).CopyTo(bytes);
                bytes = bytes[..value.Length];
            }
            from.RemoveEnd(fromTail);
            PushMoved(ref ctx, key, destination, value.IsInteger ? new ListElement(value, digits) : new ListElement(bytes), toTail);
            NativeHeap.Free(copy);
        }
        else
        {
            PushMoved(ref ctx, key, destination, new ListElement(at.Value, digits), toTail);
            from.RemoveEnd(fromTail);
        }
        Removed(ref ctx, sourceKey, from, 1, fromTail);
    }

    /// <summary>
    /// Moves some elements from a list to another or within one, and replies with an array of them in the order that they have then.
    /// </summary>
    /// <param name="ctx">The command.</param>
    /// <param name="sourceKey">Where from.</param>
    /// <param name="source">The entry, which is a list.</param>
    /// <param name="key">Where to; it is made if it is not there.</param>
    /// <param name="destination">The entry, which is a list or does not exist.</param>
    /// <param name="move">How many, which of them and in which order.</param>
    public static void MoveSeveral(scoped ref CommandContext ctx, in Key sourceKey, Entry source, in Key key, Entry destination, in ListMove move)
    {
        var from = new ListValue(source);
        long length = from.Count, count = Math.Min(move.Count, length);
        long start = move.FromRight ? length - count : 0;
        bool reversed = move.Reverses;
        ListReply.WriteRange(ref ctx, from.At(reversed ? start + count - 1 : start), count, reversed);

        // They wait in a list of their own, in the order in which they are pushed: source and destination may be the same.
        ListLimits limits = Limits(ctx.Services);
        QuickList moved = QuickList.Create(limits.Fill);
        Span<byte> digits = stackalloc byte[PackedValue.MostDigits];
        bool backwards = reversed != !move.ToRight;
        ListCursor at = from.At(backwards ? start + count - 1 : start);
        for (long left = count; left > 0; left--)
        {
            if (at.TryGetBlock(out StringBlock block))
                moved.Push(new ListElement(block), atTail: true, limits);
            else
                moved.Push(new ListElement(at.Value, digits), atTail: true, limits);
            if (left != 1)
                at.Move(backwards);
        }
        Free(ref ctx, from.RemoveRange(start, count));
        if (ctx.Effects != null)
            ReplaceByPopAndPush(ref ctx, sourceKey, key, moved, move);

        bool isNew = !destination.Exists;
        ListValue to = isNew ? ListValue.Add(ctx.Database, key, ctx.Now) : new ListValue(destination);
        to.Grow(moved.ContentBytes, count, limits);
        for (at = moved.End(last: false); at.Exists; at.MoveNext())
        {
            if (at.TryGetBlock(out StringBlock block))
                to.Push(new ListElement(block), move.ToRight, limits);
            else
                to.Push(new ListElement(at.Value, digits), move.ToRight, limits);
        }
        moved.Free();
        if (isNew)
            ctx.Created(key);
        ctx.Modified(key, NotificationClass.List, PushEvent(move.ToRight));
        ctx.Dirty--;
        Removed(ref ctx, sourceKey, from, count, move.FromRight);
    }

    /// <summary>The move as commands that Valkey has too.</summary>
    private static void ReplaceByPopAndPush(scoped ref CommandContext ctx, in Key sourceKey, in Key key, QuickList moved, in ListMove move)
    {
        JournalUnit effects = ctx.ReplaceEffect(3);
        effects.Add(move.FromRight ? "RPOP"u8 : "LPOP"u8);
        effects.Add(sourceKey.Bytes);
        effects.Add(moved.Count);
        ctx.ReplaceEffect(2 + (int)moved.Count);
        effects.Add(move.ToRight ? "RPUSH"u8 : "LPUSH"u8);
        effects.Add(key.Bytes);
        Span<byte> digits = stackalloc byte[PackedValue.MostDigits];
        for (ListCursor at = moved.End(last: false); at.Exists; at.MoveNext())
            effects.Add(at.Value.Bytes(digits));
    }

    /// <summary>Frees what was cut out of a list, behind the command's back if it is much.</summary>
    internal static void Free(scoped ref CommandContext ctx, NodeChain nodes)
    {
        const long most = 64;
        if (nodes.Count <= most)
            nodes.Free();
        else
            ctx.Keyspace.Reclaimer.Enqueue(nodes.Free, 1);
    }

    private static ReadOnlySpan<byte> PushEvent(bool atTail) => atTail ? "rpush"u8 : "lpush"u8;

    /// <summary>Pushes an element that comes from another list. The change counts with that of the source.</summary>
    private static void PushMoved(scoped ref CommandContext ctx, in Key key, Entry entry, scoped ListElement element, bool atTail)
    {
        ListLimits limits = Limits(ctx.Services);
        bool isNew = !entry.Exists;
        ListValue list = isNew ? ListValue.Add(ctx.Database, key, ctx.Now) : new ListValue(entry);
        list.Grow(element.LengthInConversion, 1, limits);
        list.Push(element, atTail, limits);
        if (isNew)
            ctx.Created(key);
        ctx.Modified(key, NotificationClass.List, PushEvent(atTail));
        ctx.Dirty--;
    }

    /// <summary>What follows when elements were popped.</summary>
    private static void Removed(scoped ref CommandContext ctx, in Key key, ListValue list, long count, bool fromTail)
    {
        ctx.Modified(key, NotificationClass.List, fromTail ? "rpop"u8 : "lpop"u8);
        ctx.Dirty += count - 1;
        if (list.IsEmpty)
            ctx.RemoveEmptied(key);
        else
            list.Shrink(Limits(ctx.Services));
    }
}
