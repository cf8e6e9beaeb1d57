using Carnelian.Commands.Table;
using Carnelian.Storage;
using Carnelian.Storage.SortedSets;
using static Carnelian.Commands.Table.CommandFlags;

namespace Carnelian.Commands.SortedSets;

/// <summary>Commands that remove the members in a range.</summary>
public static class RemoveRangeCommands
{
    [Command("ZREMRANGEBYRANK", Arity = 4, Group = CommandGroup.SortedSet, Since = "2.0.0", Complexity = "O(log(N)+M) with N being the number of elements in the sorted set and M the number of elements removed by the operation.",
        Summary = "Removes the members in a range of ranks.",
        Flags = Write,
        Keys = "RW delete @1",
        Arguments = "key:key, start:integer, stop:integer")]
    public static void ZRemRangeByRank(scoped ref CommandContext ctx)
    {
        if (!ctx.TryInteger(2, out long start) || !ctx.TryInteger(3, out long stop) || !TryFind(ref ctx, out Entry entry))
            return;
        var set = new SortedSet(entry);
        Remove(ref ctx, entry, set, RangeQuery.RanksOf(start, stop, set.Count), "zremrangebyrank"u8);
    }

    [Command("ZREMRANGEBYSCORE", Arity = 4, Group = CommandGroup.SortedSet, Since = "1.2.0", Complexity = "O(log(N)+M) with N being the number of elements in the sorted set and M the number of elements removed by the operation.",
        Summary = "Removes the members in a range of scores.",
        Flags = Write,
        Keys = "RW delete @1",
        Arguments = "key:key, min:double, max:double")]
    public static void ZRemRangeByScore(scoped ref CommandContext ctx)
    {
        if (!RangeArguments.TryScores(ref ctx, 2, 3, out ScoreRange range) || !TryFind(ref ctx, out Entry entry))
            return;
        var set = new SortedSet(entry);
        Remove(ref ctx, entry, set, set.Find(range), "zremrangebyscore"u8);
    }

    [Command("ZREMRANGEBYLEX", Arity = 4, Group = CommandGroup.SortedSet, Since = "2.8.9", Complexity = "O(log(N)+M) with N being the number of elements in the sorted set and M the number of elements removed by the operation.",
        Summary = "Removes the members in a lexicographic range.",
        Flags = Write,
        Keys = "RW delete @1",
        Arguments = "key:key, min, max")]
    public static void ZRemRangeByLex(scoped ref CommandContext ctx)
    {
        LexRange range = default;
        if (!RangeArguments.TryLex(ref ctx, 2, 3, ref range) || !TryFind(ref ctx, out Entry entry))
            return;
        var set = new SortedSet(entry);
        Remove(ref ctx, entry, set, set.Find(range, fromEnd: false), "zremrangebylex"u8);
    }

    /// <summary>Finds the key's set; if there is none, the reply is written.</summary>
    private static bool TryFind(scoped ref CommandContext ctx, out Entry entry)
    {
        if (!SortedSetValue.TryWrite(ref ctx, ctx.Key(1), out entry))
            return false;
        if (entry.Exists)
            return true;
        ctx.Reply.Integer(0);
        return false;
    }

    private static void Remove(scoped ref CommandContext ctx, Entry entry, SortedSet set, RankRange range, ReadOnlySpan<byte> name)
    {
        if (range.Count != 0)
        {
            set.Remove(range);
            set.StoreTo(entry);
            SortedSetValue.Removed(ref ctx, ctx.Key(1), set, range.Count, name);
        }
        ctx.Reply.Integer(range.Count);
    }
}
