using Carnelian.Commands.Table;
using Carnelian.Journal;
using Carnelian.Storage;
using Carnelian.Storage.SortedSets;
using Carnelian.Text;
using static Carnelian.Commands.Table.CommandFlags;

namespace Carnelian.Commands.SortedSets;

/// <summary>Commands that take members from either end: ZPOPMIN, ZPOPMAX, ZMPOP.</summary>
public static class PopCommands
{
    [Command("ZPOPMIN", Arity = -2, Group = CommandGroup.SortedSet, Since = "5.0.0", Complexity = "O(log(N)*M) with N being the number of elements in the sorted set, and M being the number of elements popped.",
        Summary = "Removes and returns the members with the lowest scores.",
        Flags = Write | Fast,
        Keys = "RW access delete @1",
        Arguments = "key:key, [count:integer]")]
    public static void ZPopMin(scoped ref CommandContext ctx) => Pop(ref ctx, fromHighest: false);

    [Command("ZPOPMAX", Arity = -2, Group = CommandGroup.SortedSet, Since = "5.0.0", Complexity = "O(log(N)*M) with N being the number of elements in the sorted set, and M being the number of elements popped.",
        Summary = "Removes and returns the members with the highest scores.",
        Flags = Write | Fast,
        Keys = "RW access delete @1",
        Arguments = "key:key, [count:integer]")]
    public static void ZPopMax(scoped ref CommandContext ctx) => Pop(ref ctx, fromHighest: true);

    [Command("ZMPOP", Arity = -4, Group = CommandGroup.SortedSet, Since = "7.0.0", Complexity = "O(K) + O(M*log(N)) where K is the number of provided keys, N being the number of elements in the sorted set, and M being the number of elements popped.",
        Summary = "Removes and returns members from the first sorted set that is not empty.",
        Flags = Write,
        Keys = "RW access delete @1#",
        Arguments = "numkeys:integer, key:key..., where(MIN | MAX), [COUNT count:integer]")]
    public static void ZMPop(scoped ref CommandContext ctx)
    {
        if (!TryReadMultiple(ref ctx, 1, out int keys, out bool fromHighest, out long count))
            return;
        for (int i = 0; i < keys; i++)
        {
            Key key = ctx.Key(2 + i);
            if (!SortedSetValue.TryWrite(ref ctx, key, out Entry entry))
                return;
            if (!entry.Exists)
                continue;
            WritePoppedOf(ref ctx, key, entry, fromHighest, count);
            return;
        }
        ctx.Reply.NullArray();
    }

    /// <summary>Reads the arguments that ZMPOP and BZMPOP share, or writes the error: number of keys, keys, MIN or MAX, COUNT.</summary>
    /// <param name="ctx">The command.</param>
    /// <param name="first">The argument that is the number of keys.</param>
    /// <param name="keys">How many keys follow it.</param>
    /// <param name="fromHighest">Whether MAX was given.</param>
    /// <param name="count">The most members to take.</param>
    internal static bool TryReadMultiple(scoped ref CommandContext ctx, int first, out int keys, out bool fromHighest, out long count)
    {
        keys = 0;
        fromHighest = false;
        count = 1;
        if (!AsciiNumber.TryParseInt64(ctx.Arg(first), out long given) || given <= 0)
        {
            ctx.Reply.Error("ERR numkeys should be greater than 0"u8);
            return false;
        }
        if (given >= ctx.ArgCount - first - 1)
        {
            ctx.WriteSyntaxError();
            return false;
        }
        keys = (int)given;
        int where = first + 1 + keys;
        fromHighest = ctx.ArgIs(where, "max"u8);
        if (!fromHighest && !ctx.ArgIs(where, "min"u8))
        {
            ctx.WriteSyntaxError();
            return false;
        }
        bool hasCount = ctx.ArgCount == where + 3 && ctx.ArgIs(where + 1, "count"u8);
        if (ctx.ArgCount != where + 1 && !hasCount)
        {
            // A count that is wrong is told of before what follows it is.
            if (ctx.ArgCount < where + 3 || !ctx.ArgIs(where + 1, "count"u8) || TryCount(ref ctx, where + 2, out _))
                ctx.WriteSyntaxError();
            return false;
        }
        return !hasCount || TryCount(ref ctx, where + 2, out count);
    }

    /// <summary>Takes members from an end of a set and replies them behind the name of its key, as ZMPOP does.</summary>
    internal static void WritePoppedOf(scoped ref CommandContext ctx, in Key key, Entry entry, bool fromHighest, long count)
    {
        ctx.Reply.Array(2);
        ctx.Reply.Bulk(key.Bytes);
        count = Math.Min(count, new SortedSet(entry).Count);
        ctx.Reply.Array(checked((int)count));
        WritePopped(ref ctx, key, entry, fromHighest, count, inPairs: true);
        if (ctx.Effects == null)
            return;
        JournalUnit effects = ctx.ReplaceEffect(3);
        effects.Add(fromHighest ? "ZPOPMAX"u8 : "ZPOPMIN"u8);
        effects.Add(key.Bytes);
        effects.Add(count);
    }

    /// <summary>
    /// Takes members from an end of a set and writes them, each with its score; the header of the array is the caller's. Publishes the
    /// event, and removes the key when it is empty.
    /// </summary>
    /// <param name="ctx">The command.</param>
    /// <param name="key">The key.</param>
    /// <param name="entry">Its entry, which is stale after that.</param>
    /// <param name="fromHighest">Which end.</param>
    /// <param name="count">How many members, at least one and at most all.</param>
    /// <param name="inPairs">Whether member and score are an array of their own.</param>
    internal static void WritePopped(scoped ref CommandContext ctx, in Key key, Entry entry, bool fromHighest, long count, bool inPairs)
    {
        var set = new SortedSet(entry);
        long members = set.Count;
        SortedSetCursor cursor = set.At(fromHighest ? members - 1 : 0);
        Span<byte> digits = stackalloc byte[SortedSetCursor.MostDigits];
        for (long i = 0; i < count; i++)
        {
            if (inPairs)
                ctx.Reply.Array(2);
            ctx.Reply.Bulk(cursor.Member(digits));
            ctx.Reply.Double(cursor.Score);
            if (i + 1 < count)
                cursor.Move(fromHighest);
        }
        set.Remove(new RankRange(fromHighest ? members - count : 0, count));
        set.StoreTo(entry);
        SortedSetValue.Removed(ref ctx, key, set, count, fromHighest ? "zpopmax"u8 : "zpopmin"u8);
    }

    private static void Pop(scoped ref CommandContext ctx, bool fromHighest)
    {
        if (ctx.ArgCount > 3)
        {
            ctx.WriteSyntaxError();
            return;
        }
        long count = 1;
        bool hasCount = ctx.ArgCount == 3;
        if (hasCount && (!AsciiNumber.TryParseInt64(ctx.Arg(2), out count) || count < 0))
        {
            ctx.Reply.Error("ERR value is out of range, must be positive"u8);
            return;
        }
        Key key = ctx.Key(1);
        if (!SortedSetValue.TryWrite(ref ctx, key, out Entry entry))
            return;
        if (!entry.Exists || count == 0)
        {
            ctx.Reply.Array(0);
            return;
        }
        count = Math.Min(count, new SortedSet(entry).Count);
        bool inPairs = hasCount && ctx.Reply.Resp >= 3;
        ctx.Reply.Array(checked((int)(inPairs ? count : count * 2)));
        WritePopped(ref ctx, key, entry, fromHighest, count, inPairs);
    }

    private static bool TryCount(scoped ref CommandContext ctx, int argument, out long count)
    {
        if (AsciiNumber.TryParseInt64(ctx.Arg(argument), out count) && count > 0)
            return true;
        ctx.Reply.Error("ERR count should be greater than 0"u8);
        return false;
    }
}
