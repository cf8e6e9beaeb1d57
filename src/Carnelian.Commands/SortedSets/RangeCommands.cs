using Carnelian.Commands.Table;
using Carnelian.Storage;
using Carnelian.Storage.SortedSets;
using static Carnelian.Commands.Table.CommandFlags;

namespace Carnelian.Commands.SortedSets;

/// <summary>Commands that return members in order: the ZRANGE family; and those that count them: ZCOUNT, ZLEXCOUNT.</summary>
public static class RangeCommands
{
    [Command("ZRANGE", Arity = -4, Group = CommandGroup.SortedSet, Since = "1.2.0", Complexity = "O(log(N)+M) with N being the number of elements in the sorted set and M the number of elements returned.",
        Summary = "Returns the members in a range of ranks, scores or strings.",
        Flags = ReadOnly,
        Keys = "RO access @1",
        Arguments = """
            key:key
            start
            stop
            [sortby(BYSCORE | BYLEX) since=6.2.0]
            [REV since=6.2.0]
            [LIMIT limit{offset:integer, count:integer} since=6.2.0]
            [WITHSCORES]
            """,
        History = "6.2.0 Added the `REV`, `BYSCORE`, `BYLEX` and `LIMIT` options.")]
    public static void ZRange(scoped ref CommandContext ctx) => Write(ref ctx, RangeKind.Rank, isReversed: false, isFixed: false);

    [Command("ZREVRANGE", Arity = -4, Group = CommandGroup.SortedSet, Since = "1.2.0", Complexity = "O(log(N)+M) with N being the number of elements in the sorted set and M the number of elements returned.",
        Summary = "Returns the members in a range of ranks, from the highest score on.",
        Flags = ReadOnly,
        Keys = "RO access @1",
        Arguments = "key:key, start:integer, stop:integer, [WITHSCORES]")]
    public static void ZRevRange(scoped ref CommandContext ctx) => Write(ref ctx, RangeKind.Rank, isReversed: true, isFixed: true);

    [Command("ZRANGEBYSCORE", Arity = -4, Group = CommandGroup.SortedSet, Since = "1.0.5", Complexity = "O(log(N)+M) with N being the number of elements in the sorted set and M the number of elements being returned. If M is constant (e.g. always asking for the first 10 elements with LIMIT), you can consider it O(log(N)).",
        Summary = "Returns the members in a range of scores.",
        Flags = ReadOnly,
        Keys = "RO access @1",
        Arguments = "key:key, min:double, max:double, [WITHSCORES since=2.0.0], [LIMIT limit{offset:integer, count:integer}]",
        History = "2.0.0 Added the `WITHSCORES` modifier.")]
    public static void ZRangeByScore(scoped ref CommandContext ctx) => Write(ref ctx, RangeKind.Score, isReversed: false, isFixed: true);

    [Command("ZREVRANGEBYSCORE", Arity = -4, Group = CommandGroup.SortedSet, Since = "2.2.0", Complexity = "O(log(N)+M) with N being the number of elements in the sorted set and M the number of elements being returned. If M is constant (e.g. always asking for the first 10 elements with LIMIT), you can consider it O(log(N)).",
        Summary = "Returns the members in a range of scores, from the highest score on.",
        Flags = ReadOnly,
        Keys = "RO access @1",
        Arguments = "key:key, max:double, min:double, [WITHSCORES], [LIMIT limit{offset:integer, count:integer}]",
        History = "2.1.6 `min` and `max` can be exclusive.")]
    public static void ZRevRangeByScore(scoped ref CommandContext ctx) => Write(ref ctx, RangeKind.Score, isReversed: true, isFixed: true);

    [Command("ZRANGEBYLEX", Arity = -4, Group = CommandGroup.SortedSet, Since = "2.8.9", Complexity = "O(log(N)+M) with N being the number of elements in the sorted set and M the number of elements being returned. If M is constant (e.g. always asking for the first 10 elements with LIMIT), you can consider it O(log(N)).",
        Summary = "Returns the members in a lexicographic range.",
        Flags = ReadOnly,
        Keys = "RO access @1",
        Arguments = "key:key, min, max, [LIMIT limit{offset:integer, count:integer}]")]
    public static void ZRangeByLex(scoped ref CommandContext ctx) => Write(ref ctx, RangeKind.Lex, isReversed: false, isFixed: true);

    [Command("ZREVRANGEBYLEX", Arity = -4, Group = CommandGroup.SortedSet, Since = "2.8.9", Complexity = "O(log(N)+M) with N being the number of elements in the sorted set and M the number of elements being returned. If M is constant (e.g. always asking for the first 10 elements with LIMIT), you can consider it O(log(N)).",
        Summary = "Returns the members in a lexicographic range, from its end on.",
        Flags = ReadOnly,
        Keys = "RO access @1",
        Arguments = "key:key, max, min, [LIMIT limit{offset:integer, count:integer}]")]
    public static void ZRevRangeByLex(scoped ref CommandContext ctx) => Write(ref ctx, RangeKind.Lex, isReversed: true, isFixed: true);

    [Command("ZRANGESTORE", Arity = -5, Group = CommandGroup.SortedSet, Since = "6.2.0", Complexity = "O(log(N)+M) with N being the number of elements in the sorted set and M the number of elements stored into the destination key.",
        Summary = "Stores the members in a range of ranks, scores or strings in a key.",
        Flags = CommandFlags.Write | DenyOom,
        Keys = """
            OW update @1
            RO access @2
            """,
        Arguments = "dst:key, src:key@1, min, max, [sortby(BYSCORE | BYLEX)], [REV], [LIMIT limit{offset:integer, count:integer}]")]
    public static void ZRangeStore(scoped ref CommandContext ctx)
    {
        RangeQuery query = default;
        if (!query.TryRead(ref ctx, 3, isStored: true, hasFixedKind: false, hasFixedDirection: false) || !SortedSetValue.TryRead(ref ctx, ctx.Key(2), out Entry entry))
            return;
        SortedSetLimits limits = SortedSetValue.Limits(ref ctx);
        SortedSet stored = default;
        RankRange range = RankRange.None;
        if (entry.Exists)
        {
            var set = new SortedSet(entry);
            range = query.Resolve(set);
            // Only a range of ranks is known to be large before it is walked.
            stored = SortedSet.Create(query.Kind == RangeKind.Rank ? range.Count : 0, 0, limits);
            Append(ref stored, set, range, query.IsReversed, limits);
        }
        else
        {
            stored = SortedSet.Create(0, 0, limits);
        }
        SortedSetValue.Store(ref ctx, ctx.Key(1), stored, "zrangestore"u8);
    }

    [Command("ZCOUNT", Arity = 4, Group = CommandGroup.SortedSet, Since = "2.0.0", Complexity = "O(log(N)) with N being the number of elements in the sorted set.",
        Summary = "Counts the members in a range of scores.",
        Flags = ReadOnly | Fast,
        Keys = "RO access @1",
        Arguments = "key:key, min:double, max:double")]
    public static void ZCount(scoped ref CommandContext ctx)
    {
        if (RangeArguments.TryScores(ref ctx, 2, 3, out ScoreRange range) && SortedSetValue.TryRead(ref ctx, ctx.Key(1), out Entry entry))
            ctx.Reply.Integer(entry.Exists ? new SortedSet(entry).Find(range).Count : 0);
    }

    [Command("ZLEXCOUNT", Arity = 4, Group = CommandGroup.SortedSet, Since = "2.8.9", Complexity = "O(log(N)) with N being the number of elements in the sorted set.",
        Summary = "Counts the members in a lexicographic range.",
        Flags = ReadOnly | Fast,
        Keys = "RO access @1",
        Arguments = "key:key, min, max")]
    public static void ZLexCount(scoped ref CommandContext ctx)
    {
        LexRange range = default;
        if (RangeArguments.TryLex(ref ctx, 2, 3, ref range) && SortedSetValue.TryRead(ref ctx, ctx.Key(1), out Entry entry))
            ctx.Reply.Integer(entry.Exists ? new SortedSet(entry).Find(range, fromEnd: false).Count : 0);
    }

    private static void Write(scoped ref CommandContext ctx, RangeKind kind, bool isReversed, bool isFixed)
    {
        RangeQuery query = new() { Kind = kind, IsReversed = isReversed };
        if (!query.TryRead(ref ctx, 2, isStored: false, hasFixedKind: isFixed, hasFixedDirection: isFixed) || !SortedSetValue.TryRead(ref ctx, ctx.Key(1), out Entry entry))
            return;
        if (!entry.Exists)
        {
            ctx.Reply.Array(0);
            return;
        }
        var set = new SortedSet(entry);
        RankRange range = query.Resolve(set);
        SortedSetValue.WriteHeader(ref ctx, range.Count, query.WithScores);
        if (range.Count == 0)
            return;
        SortedSetCursor cursor = set.At(range.Start);
        SortedSetValue.WriteMembers(ref ctx, ref cursor, range.Count, query.IsReversed, query.WithScores);
    }

    private static void Append(ref SortedSet target, in SortedSet source, RankRange range, bool isReversed, in SortedSetLimits limits)
    {
        if (range.Count == 0)
            return;
        SortedSetCursor cursor = source.At(range.Start);
        Span<byte> digits = stackalloc byte[SortedSetCursor.MostDigits];
        for (long i = 0; i < range.Count; i++)
        {
            // The order of storing tells: a score of -0 keeps its sign unless it was in a listpack on the way.
            if (isReversed)
                target.Put(cursor.Member(digits), cursor.Score, SortedSetConditions.None, limits, out _);
            else
                target.Append(cursor.Member(digits), cursor.Score, limits);
            cursor.Move(isReversed);
        }
    }
}
