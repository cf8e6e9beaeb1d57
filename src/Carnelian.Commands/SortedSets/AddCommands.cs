using Carnelian.Commands.Table;
using Carnelian.Memory;
using Carnelian.Storage;
using Carnelian.Storage.SortedSets;
using Carnelian.Text;
using static Carnelian.Commands.Table.CommandFlags;

namespace Carnelian.Commands.SortedSets;

/// <summary>Commands that add members or change scores: ZADD, ZINCRBY.</summary>
public static unsafe class AddCommands
{
    private const int FewScores = 16;

    [Command("ZADD", Arity = -4, Group = CommandGroup.SortedSet, Since = "1.2.0", Complexity = "O(log(N)) for each item added, where N is the number of elements in the sorted set.",
        Summary = "Adds members with their scores to a sorted set, or changes the scores of those that it has.",
        Flags = Write | DenyOom | Fast,
        Keys = "RW update @1",
        FirstElement = 3, ElementStep = 2,
        Arguments = """
            key:key
            [condition(NX | XX) since=3.0.2]
            [comparison(GT | LT) since=6.2.0]
            [CH change:pure-token since=3.0.2]
            [INCR increment:pure-token since=3.0.2]
            data{score:double, member}...
            """,
        History = """
            2.4.0 Accepts multiple elements.
            3.0.2 Added the `XX`, `NX`, `CH` and `INCR` options.
            6.2.0 Added the `GT` and `LT` options.
            """)]
    public static void ZAdd(scoped ref CommandContext ctx)
    {
        int first = ReadConditions(ref ctx, out SortedSetConditions conditions, out bool countsChanged);
        int pairs = (ctx.ArgCount - first) / 2;
        if (pairs == 0 || (ctx.ArgCount - first) % 2 != 0)
        {
            ctx.WriteSyntaxError();
            return;
        }
        if (AreIncompatible(ref ctx, conditions, pairs))
            return;
        double* scores = stackalloc double[FewScores];
        if (pairs > FewScores)
            scores = (double*)NativeHeap.Allocate((nuint)pairs * sizeof(double));
        if (TryScores(ref ctx, first, pairs, scores))
            Add(ref ctx, first, step: 2, pairs, scores, conditions, countsChanged);
        if (pairs > FewScores)
            NativeHeap.Free((byte*)scores);
    }

    [Command("ZINCRBY", Arity = 4, Group = CommandGroup.SortedSet, Since = "1.2.0", Complexity = "O(log(N)) where N is the number of elements in the sorted set.",
        Summary = "Adds a number to the score of a member.",
        Flags = Write | DenyOom | Fast,
        Keys = "RW access update @1",
        FirstElement = 3,
        Arguments = "key:key, increment:integer, member")]
    public static void ZIncrBy(scoped ref CommandContext ctx)
    {
        double increment;
        if (TryScores(ref ctx, 2, 1, &increment))
            Add(ref ctx, 2, step: 2, 1, &increment, SortedSetConditions.Increment, countsChanged: false);
    }

    /// <summary>Reads the options of ZADD.</summary>
    /// <returns>The argument that is the first score.</returns>
    private static int ReadConditions(scoped ref CommandContext ctx, out SortedSetConditions conditions, out bool countsChanged)
    {
        conditions = SortedSetConditions.None;
        countsChanged = false;
        for (int i = 2; i < ctx.ArgCount; i++)
        {
            if (ctx.Arg(i).Length is not (2 or 4))
                return i;
            if (ctx.ArgIs(i, "nx"u8))
                conditions |= SortedSetConditions.OnlyNew;
            else if (ctx.ArgIs(i, "xx"u8))
                conditions |= SortedSetConditions.OnlyPresent;
            else if (ctx.ArgIs(i, "gt"u8))
                conditions |= SortedSetConditions.OnlyGreater;
            else if (ctx.ArgIs(i, "lt"u8))
                conditions |= SortedSetConditions.OnlyLess;
            else if (ctx.ArgIs(i, "incr"u8))
                conditions |= SortedSetConditions.Increment;
            else if (ctx.ArgIs(i, "ch"u8))
                countsChanged = true;
            else
                return i;
        }
        return ctx.ArgCount;
    }

    private static bool AreIncompatible(scoped ref CommandContext ctx, SortedSetConditions conditions, int pairs)
    {
        const SortedSetConditions presence = SortedSetConditions.OnlyNew | SortedSetConditions.OnlyPresent;
        const SortedSetConditions exclusive = SortedSetConditions.OnlyNew | SortedSetConditions.OnlyGreater | SortedSetConditions.OnlyLess;
        if ((conditions & presence) == presence)
            ctx.Reply.Error("ERR XX and NX options at the same time are not compatible"u8);
        else if (int.PopCount((int)(conditions & exclusive)) > 1)
            ctx.Reply.Error("ERR GT, LT, and/or NX options at the same time are not compatible"u8);
        else if ((conditions & SortedSetConditions.Increment) != 0 && pairs > 1)
            ctx.Reply.Error("ERR INCR option supports a single increment-element pair"u8);
        else
            return false;
        return true;
    }

    private static bool TryScores(scoped ref CommandContext ctx, int first, int pairs, double* scores)
    {
        for (int i = 0; i < pairs; i++)
        {
            if (AsciiNumber.TryParseDouble(ctx.Arg(first + 2 * i), out scores[i]))
                continue;
            ctx.Reply.Error("ERR value is not a valid float"u8);
            return false;
        }
        return true;
    }

    /// <summary>Gives members their scores and replies.</summary>
    /// <param name="ctx">The command.</param>
    /// <param name="first">The argument with which the first member's begin.</param>
    /// <param name="step">How many arguments there are for each member; the member is the last of them.</param>
    /// <param name="count">The number of members.</param>
    /// <param name="scores">Their scores.</param>
    /// <param name="conditions">When a score takes effect.</param>
    /// <param name="countsChanged">Whether members with another score count like new ones.</param>
    internal static void Add(scoped ref CommandContext ctx, int first, int step, int count, double* scores, SortedSetConditions conditions, bool countsChanged)
    {
        Key key = ctx.Key(1);
        if (!SortedSetValue.TryWrite(ref ctx, key, out Entry entry))
            return;
        bool increments = (conditions & SortedSetConditions.Increment) != 0;
        SortedSetLimits limits = SortedSetValue.Limits(ref ctx);
        int longest = 0;
        for (int i = first + step - 1; i < ctx.ArgCount; i += step)
            longest = Math.Max(longest, ctx.Arg(i).Length);
        SortedSet set;
        if (entry.Exists)
        {
            set = new SortedSet(entry);
            set.Expect(count, longest, limits);
        }
        else
        {
            if ((conditions & SortedSetConditions.OnlyPresent) != 0)
            {
                if (increments)
                    ctx.Reply.Null();
                else
                    ctx.Reply.Integer(0);
                return;
            }
            set = SortedSet.Create(count, longest, limits);
        }
        int added = 0, updated = 0;
        SortedSetChange change = default;
        double result = 0;
        for (int i = 0; i < count; i++)
        {
            int member = first + step * (i + 1) - 1;
            change = set.Put(ctx.Arg(member), scores[i], conditions, limits, out result, SortedSetValue.HashFor(ref ctx, set, member));
            if (change == SortedSetChange.Added)
                added++;
            else if (change == SortedSetChange.Updated)
                updated++;
        }
        if (entry.Exists)
        {
            set.StoreTo(entry);
        }
        else
        {
            ctx.Database.AddCollection(key, Storage.ValueType.SortedSet, set.Encoding, set.Address, ctx.Now);
            ctx.Created(key);
        }
        if (added + updated != 0)
        {
            ctx.Modified(key, NotificationClass.SortedSet, increments ? "zincr"u8 : "zadd"u8);
            ctx.Dirty += added + updated - 1;
        }
        if (!increments)
            ctx.Reply.Integer(countsChanged ? added + updated : added);
        else if (change == SortedSetChange.NotANumber)
            ctx.Reply.Error("ERR resulting score is not a number (NaN)"u8);
        else if (change == SortedSetChange.Refused)
            ctx.Reply.Null();
        else
            ctx.Reply.Double(result);
    }
}
