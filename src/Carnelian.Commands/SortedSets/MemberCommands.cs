using Carnelian.Commands.Table;
using Carnelian.Storage;
using Carnelian.Storage.SortedSets;
using static Carnelian.Commands.Table.CommandFlags;

namespace Carnelian.Commands.SortedSets;

/// <summary>Commands on single members and on the number of members: ZCARD, ZSCORE, ZMSCORE, ZRANK, ZREVRANK, ZREM.</summary>
public static class MemberCommands
{
    [Command("ZCARD", Arity = 2, Group = CommandGroup.SortedSet, Since = "1.2.0", Complexity = "O(1)",
        Summary = "Returns the number of members of a sorted set.",
        Flags = ReadOnly | Fast,
        Keys = "RO @1",
        Arguments = "key:key")]
    public static void ZCard(scoped ref CommandContext ctx)
    {
        if (SortedSetValue.TryRead(ref ctx, ctx.Key(1), out Entry entry))
            ctx.Reply.Integer(entry.Exists ? new SortedSet(entry).Count : 0);
    }

    [Command("ZSCORE", Arity = 3, Group = CommandGroup.SortedSet, Since = "1.2.0", Complexity = "O(1)",
        Summary = "Returns the score of a member.",
        Flags = ReadOnly | Fast,
        Keys = "RO access @1",
        FirstElement = 2,
        Arguments = "key:key, member")]
    public static void ZScore(scoped ref CommandContext ctx)
    {
        if (SortedSetValue.TryRead(ref ctx, ctx.Key(1), out Entry entry))
            WriteScore(ref ctx, entry, 2);
    }

    [Command("ZMSCORE", Arity = -3, Group = CommandGroup.SortedSet, Since = "6.2.0", Complexity = "O(N) where N is the number of members being requested.",
        Summary = "Returns the scores of several members.",
        Flags = ReadOnly | Fast,
        Keys = "RO access @1",
        FirstElement = 2, ElementStep = 1,
        Arguments = "key:key, member...")]
    public static void ZMScore(scoped ref CommandContext ctx)
    {
        if (!SortedSetValue.TryRead(ref ctx, ctx.Key(1), out Entry entry))
            return;
        ctx.Reply.Array(ctx.ArgCount - 2);
        for (int i = 2; i < ctx.ArgCount; i++)
            WriteScore(ref ctx, entry, i);
    }

    [Command("ZRANK", Arity = -3, Group = CommandGroup.SortedSet, Since = "2.0.0", Complexity = "O(log(N))",
        Summary = "Returns the rank of a member, counted from the lowest score.",
        Flags = ReadOnly | Fast,
        Keys = "RO access @1",
        FirstElement = 2,
        Arguments = "key:key, member, [WITHSCORE]",
        History = "7.2.0 Added the optional `WITHSCORE` argument.")]
    public static void ZRank(scoped ref CommandContext ctx) => WriteRank(ref ctx, fromHighest: false);

    [Command("ZREVRANK", Arity = -3, Group = CommandGroup.SortedSet, Since = "2.0.0", Complexity = "O(log(N))",
        Summary = "Returns the rank of a member, counted from the highest score.",
        Flags = ReadOnly | Fast,
        Keys = "RO access @1",
        FirstElement = 2,
        Arguments = "key:key, member, [WITHSCORE]",
        History = "7.2.0 Added the optional `WITHSCORE` argument.")]
    public static void ZRevRank(scoped ref CommandContext ctx) => WriteRank(ref ctx, fromHighest: true);

    [Command("ZREM", Arity = -3, Group = CommandGroup.SortedSet, Since = "1.2.0", Complexity = "O(M*log(N)) with N being the number of elements in the sorted set and M the number of elements to be removed.",
        Summary = "Removes members from a sorted set.",
        Flags = Write | Fast,
        Keys = "RW delete @1",
        FirstElement = 2, ElementStep = 1,
        Arguments = "key:key, member...",
        History = "2.4.0 Accepts multiple elements.")]
    public static void ZRem(scoped ref CommandContext ctx)
    {
        Key key = ctx.Key(1);
        if (!SortedSetValue.TryWrite(ref ctx, key, out Entry entry))
            return;
        int removed = 0;
        if (entry.Exists)
        {
            var set = new SortedSet(entry);
            for (int i = 2; i < ctx.ArgCount && set.Count != 0; i++)
            {
                if (set.Remove(ctx.Arg(i), SortedSetValue.HashFor(ref ctx, set, i)))
                    removed++;
            }
            set.StoreTo(entry);
            if (removed != 0)
                SortedSetValue.Removed(ref ctx, key, set, removed, "zrem"u8);
        }
        ctx.Reply.Integer(removed);
    }

    private static void WriteScore(scoped ref CommandContext ctx, Entry entry, int argument)
    {
        if (entry.Exists)
        {
            var set = new SortedSet(entry);
            if (set.TryGetScore(ctx.Arg(argument), out double score, SortedSetValue.HashFor(ref ctx, set, argument)))
            {
                ctx.Reply.Double(score);
                return;
            }
        }
        ctx.Reply.Null();
    }

    private static void WriteRank(scoped ref CommandContext ctx, bool fromHighest)
    {
        bool withScore = ctx.ArgCount == 4;
        if (ctx.ArgCount > 4)
        {
            ctx.Reply.Error("ERR wrong number of arguments for '"u8, fromHighest ? "zrevrank"u8 : "zrank"u8, "' command"u8);
            return;
        }
        if (withScore && !ctx.ArgIs(3, "withscore"u8))
        {
            ctx.WriteSyntaxError();
            return;
        }
        if (!SortedSetValue.TryRead(ref ctx, ctx.Key(1), out Entry entry))
            return;
        double score = 0;
        long rank = -1, count = 0;
        if (entry.Exists)
        {
            var set = new SortedSet(entry);
            count = set.Count;
            rank = set.Rank(ctx.Arg(2), out score, SortedSetValue.HashFor(ref ctx, set, 2));
        }
        if (rank < 0)
        {
            if (withScore)
                ctx.Reply.NullArray();
            else
                ctx.Reply.Null();
            return;
        }
        if (withScore)
            ctx.Reply.Array(2);
        ctx.Reply.Integer(fromHighest ? count - 1 - rank : rank);
        if (withScore)
            ctx.Reply.Double(score);
    }
}
