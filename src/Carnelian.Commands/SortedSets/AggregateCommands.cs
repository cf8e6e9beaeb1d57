using Carnelian.Commands.Table;
using Carnelian.Storage.SortedSets;
using static Carnelian.Commands.Table.CommandFlags;

namespace Carnelian.Commands.SortedSets;

/// <summary>Commands that combine sorted sets, or sets: ZUNION, ZINTER, ZDIFF, the same with STORE, and ZINTERCARD.</summary>
public static class AggregateCommands
{
    [Command("ZUNION", Arity = -3, Group = CommandGroup.SortedSet, Since = "6.2.0", Complexity = "O(N)+O(M*log(M)) with N being the sum of the sizes of the input sorted sets, and M being the number of elements in the resulting sorted set.",
        Summary = "Returns the members of any of several sorted sets.",
        Flags = ReadOnly,
        Keys = "RO access @1#",
        Arguments = """
            numkeys:integer
            key:key...
            [WEIGHTS weight:integer...]
            [AGGREGATE aggregate(SUM | MIN | MAX)]
            [WITHSCORES]
            """)]
    public static void ZUnion(scoped ref CommandContext ctx) => Write(ref ctx, Algebra.Union, "zunion"u8);

    [Command("ZINTER", Arity = -3, Group = CommandGroup.SortedSet, Since = "6.2.0", Complexity = "O(N*K)+O(M*log(M)) worst case with N being the smallest input sorted set, K being the number of input sorted sets and M being the number of elements in the resulting sorted set.",
        Summary = "Returns the members that several sorted sets have in common.",
        Flags = ReadOnly,
        Keys = "RO access @1#",
        Arguments = """
            numkeys:integer
            key:key...
            [WEIGHTS weight:integer...]
            [AGGREGATE aggregate(SUM | MIN | MAX)]
            [WITHSCORES]
            """)]
    public static void ZInter(scoped ref CommandContext ctx) => Write(ref ctx, Algebra.Intersection, "zinter"u8);

    [Command("ZDIFF", Arity = -3, Group = CommandGroup.SortedSet, Since = "6.2.0", Complexity = "O(L + (N-K)log(N)) worst case where L is the total number of elements in all the sets, N is the size of the first set, and K is the size of the result set.",
        Summary = "Returns the members of a sorted set that others do not have.",
        Flags = ReadOnly,
        Keys = "RO access @1#",
        Arguments = "numkeys:integer, key:key..., [WITHSCORES]")]
    public static void ZDiff(scoped ref CommandContext ctx) => Write(ref ctx, Algebra.Difference, "zdiff"u8);

    [Command("ZUNIONSTORE", Arity = -4, Group = CommandGroup.SortedSet, Since = "2.0.0", Complexity = "O(N)+O(M log(M)) with N being the sum of the sizes of the input sorted sets, and M being the number of elements in the resulting sorted set.",
        Summary = "Stores the members of any of several sorted sets in a key.",
        Flags = CommandFlags.Write | DenyOom,
        Keys = """
            OW update @1
            RO access @2#
            """,
        Arguments = """
            destination:key
            numkeys:integer
            key:key@1...
            [WEIGHTS weight:integer...]
            [AGGREGATE aggregate(SUM | MIN | MAX)]
            """)]
    public static void ZUnionStore(scoped ref CommandContext ctx) => Store(ref ctx, Algebra.Union, "zunionstore"u8);

    [Command("ZINTERSTORE", Arity = -4, Group = CommandGroup.SortedSet, Since = "2.0.0", Complexity = "O(N*K)+O(M*log(M)) worst case with N being the smallest input sorted set, K being the number of input sorted sets and M being the number of elements in the resulting sorted set.",
        Summary = "Stores the members that several sorted sets have in common in a key.",
        Flags = CommandFlags.Write | DenyOom,
        Keys = """
            OW update @1
            RO access @2#
            """,
        Arguments = """
            destination:key
            numkeys:integer
            key:key@1...
            [WEIGHTS weight:integer...]
            [AGGREGATE aggregate(SUM | MIN | MAX)]
            """)]
    public static void ZInterStore(scoped ref CommandContext ctx) => Store(ref ctx, Algebra.Intersection, "zinterstore"u8);

    [Command("ZDIFFSTORE", Arity = -4, Group = CommandGroup.SortedSet, Since = "6.2.0", Complexity = "O(L + (N-K)log(N)) worst case where L is the total number of elements in all the sets, N is the size of the first set, and K is the size of the result set.",
        Summary = "Stores the members of a sorted set that others do not have in a key.",
        Flags = CommandFlags.Write | DenyOom,
        Keys = """
            OW update @1
            RO access @2#
            """,
        Arguments = "destination:key, numkeys:integer, key:key@1...")]
    public static void ZDiffStore(scoped ref CommandContext ctx) => Store(ref ctx, Algebra.Difference, "zdiffstore"u8);

    [Command("ZINTERCARD", Arity = -3, Group = CommandGroup.SortedSet, Since = "7.0.0", Complexity = "O(N*K) worst case with N being the smallest input sorted set, K being the number of input sorted sets.",
        Summary = "Counts the members that several sorted sets have in common.",
        Flags = ReadOnly,
        Keys = "RO access @1#",
        Arguments = "numkeys:integer, key:key..., [LIMIT limit:integer]")]
    public static void ZInterCard(scoped ref CommandContext ctx)
    {
        var aggregation = new Aggregation(Algebra.IntersectionCount);
        if (aggregation.TryRead(ref ctx, 1, isStored: false, "zintercard"u8))
            ctx.Reply.Integer(aggregation.CountCommon());
        aggregation.Dispose();
    }

    private static void Write(scoped ref CommandContext ctx, Algebra algebra, ReadOnlySpan<byte> name)
    {
        var aggregation = new Aggregation(algebra);
        if (aggregation.TryRead(ref ctx, 1, isStored: false, name))
        {
            SortedSetBuilder result = default;
            aggregation.Combine(ref result);
            result.Sort();
            SortedSetValue.WriteHeader(ref ctx, result.Count, aggregation.WithScores);
            bool inPairs = aggregation.WithScores && ctx.Reply.Resp >= 3;
            for (int i = 0; i < result.Count; i++)
            {
                if (inPairs)
                    ctx.Reply.Array(2);
                ctx.Reply.Bulk(result.MemberAt(i));
                if (aggregation.WithScores)
                    ctx.Reply.Double(result.ScoreAt(i));
            }
            result.Dispose();
        }
        aggregation.Dispose();
    }

    private static void Store(scoped ref CommandContext ctx, Algebra algebra, ReadOnlySpan<byte> name)
    {
        var aggregation = new Aggregation(algebra);
        if (aggregation.TryRead(ref ctx, 2, isStored: true, name))
        {
            SortedSetBuilder result = default;
            aggregation.Combine(ref result);
            result.Sort();
            SortedSetValue.Store(ref ctx, ctx.Key(1), result.Build(SortedSetValue.Limits(ref ctx)), name);
        }
        aggregation.Dispose();
    }
}
