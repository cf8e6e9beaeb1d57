using Carnelian.Commands.Table;
using Carnelian.Memory;
using Carnelian.Storage;
using Carnelian.Storage.SortedSets;
using static Carnelian.Commands.Table.CommandFlags;

namespace Carnelian.Commands.SortedSets;

/// <summary>ZRANDMEMBER: members by chance, chosen by their ranks, so that each is as likely as the others.</summary>
public static unsafe class RandomMemberCommand
{
    /// <summary>When more than one member in so many is wanted, they are chosen in one walk, else drawn one by one.</summary>
    private const long WalksFrom = 8;

    [ThreadStatic]
    private static FastRandom t_random;

    [ThreadStatic]
    private static bool t_isSeeded;

    private static ref FastRandom Chance
    {
        get
        {
            if (!t_isSeeded)
            {
                t_random = new FastRandom((ulong)Random.Shared.NextInt64());
                t_isSeeded = true;
            }
            return ref t_random;
        }
    }

    [Command("ZRANDMEMBER", Arity = -2, Group = CommandGroup.SortedSet, Since = "6.2.0", Complexity = "O(N) where N is the number of members returned",
        Summary = "Returns members chosen by chance.",
        Flags = ReadOnly, Tips = "nondeterministic_output",
        Keys = "RO access @1",
        Arguments = "key:key, [options{count:integer, [WITHSCORES]}]")]
    public static void ZRandMember(scoped ref CommandContext ctx)
    {
        if (ctx.ArgCount > 2)
        {
            WriteSeveral(ref ctx);
            return;
        }
        if (!SortedSetValue.TryRead(ref ctx, ctx.Key(1), out Entry entry))
            return;
        if (!entry.Exists)
        {
            ctx.Reply.Null();
            return;
        }
        var set = new SortedSet(entry);
        Span<byte> digits = stackalloc byte[SortedSetCursor.MostDigits];
        ctx.Reply.Bulk(set.At(Draw(set.Count)).Member(digits));
    }

    private static void WriteSeveral(scoped ref CommandContext ctx)
    {
        if (!ctx.TryInteger(2, out long wanted))
            return;
        if (wanted == long.MinValue)
        {
            ctx.Reply.Error("ERR value is out of range, value must between -9223372036854775807 and 9223372036854775807"u8);
            return;
        }
        bool withScores = ctx.ArgCount == 4;
        if (ctx.ArgCount > 4 || (withScores && !ctx.ArgIs(3, "withscores"u8)))
        {
            ctx.WriteSyntaxError();
            return;
        }
        if (withScores && wanted is < -(long.MaxValue / 2) or > long.MaxValue / 2)
        {
            ctx.Reply.Error("ERR value is out of range"u8);
            return;
        }
        if (!SortedSetValue.TryRead(ref ctx, ctx.Key(1), out Entry entry))
            return;
        if (!entry.Exists || wanted == 0)
        {
            ctx.Reply.Array(0);
            return;
        }
        if (wanted < -(int.MaxValue / 2))
        {
            // No reply has more elements.
            ctx.Reply.Error("ERR value is out of range"u8);
            return;
        }
        var set = new SortedSet(entry);
        long count = set.Count;
        SortedSetValue.WriteHeader(ref ctx, wanted < 0 ? -wanted : Math.Min(wanted, count), withScores);
        if (wanted < 0)
        {
            for (; wanted < 0; wanted++)
                WriteAt(ref ctx, set, Draw(count), withScores);
        }
        else if (wanted >= count || set.IsPacked || wanted * WalksFrom > count)
        {
            WriteInWalk(ref ctx, set, Math.Min(wanted, count), withScores);
        }
        else
        {
            WriteDrawn(ref ctx, set, (int)wanted, withScores);
        }
    }

    /// <summary>Takes each member with the probability of what is still wanted to what is still left: every selection has the same chance.</summary>
    private static void WriteInWalk(scoped ref CommandContext ctx, in SortedSet set, long wanted, bool withScores)
    {
        SortedSetCursor cursor = set.At(0);
        for (long left = set.Count; wanted > 0; left--)
        {
            if (Draw(left) < wanted)
            {
                SortedSetCursor one = cursor;
                Write(ref ctx, one, withScores);
                wanted--;
            }
            cursor.MoveNext();
        }
    }

    /// <summary>Draws ranks until there are enough different ones; those drawn are remembered.</summary>
    private static void WriteDrawn(scoped ref CommandContext ctx, in SortedSet set, int wanted, bool withScores)
    {
        int slots = (int)System.Numerics.BitOperations.RoundUpToPowerOf2((uint)wanted * 2);
        var drawn = (long*)NativeHeap.Allocate((nuint)slots * sizeof(long));
        new Span<long>(drawn, slots).Fill(-1);
        long count = set.Count;
        while (wanted > 0)
        {
            long rank = Draw(count);
            int slot = (int)((ulong)rank * 0x9E3779B97F4A7C15 >> 33) & (slots - 1);
            while (drawn[slot] >= 0 && drawn[slot] != rank)
                slot = (slot + 1) & (slots - 1);
            if (drawn[slot] == rank)
                continue;
            drawn[slot] = rank;
            wanted--;
            WriteAt(ref ctx, set, rank, withScores);
        }
        NativeHeap.Free((byte*)drawn);
    }

    private static void WriteAt(scoped ref CommandContext ctx, in SortedSet set, long rank, bool withScores) => Write(ref ctx, set.At(rank), withScores);

    private static void Write(scoped ref CommandContext ctx, SortedSetCursor cursor, bool withScores)
    {
        Span<byte> digits = stackalloc byte[SortedSetCursor.MostDigits];
        if (withScores && ctx.Reply.Resp >= 3)
            ctx.Reply.Array(2);
        ctx.Reply.Bulk(cursor.Member(digits));
        if (withScores)
            ctx.Reply.Double(cursor.Score);
    }

    /// <summary>A number from 0 to below a limit.</summary>
    private static long Draw(long below) => (long)Math.BigMul(Chance.Next(), (ulong)below, out _);
}
