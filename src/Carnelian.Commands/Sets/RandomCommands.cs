using Carnelian.Commands.Table;
using Carnelian.Memory;
using Carnelian.Storage;
using Carnelian.Storage.Packed;
using Carnelian.Storage.Sets;
using static Carnelian.Commands.Table.CommandFlags;
using ValueType = Carnelian.Storage.ValueType;

namespace Carnelian.Commands.Sets;

/// <summary>Commands that take members by chance: SPOP and SRANDMEMBER.</summary>
/// <remarks>
/// Of a compact set, or when most members are wanted, the choice is made in one walk: each member is taken with the probability of what is
/// still wanted to what is still left, which gives every selection the same chance. Else members are drawn until enough different ones are there.
/// </remarks>
public static unsafe class RandomCommands
{
    /// <summary>SPOP keeps the rest and drops the old set, rather than removing one by one, when more than this many times the rest goes.</summary>
    private const long DropsFrom = 5;

    /// <summary>SRANDMEMBER walks over all members when it wants more than one in so many.</summary>
    private const long WalksFrom = 3;

    [Command("SPOP", Arity = -2, Group = CommandGroup.Set, Since = "1.0.0", Complexity = "Without the count argument O(1), otherwise O(N) where N is the value of the passed count.",
        Summary = "Removes members chosen by chance and returns them; with the last one the set goes.",
        Flags = Write | Fast, Tips = "nondeterministic_output",
        Keys = "RW access delete @1",
        Arguments = "key:key, [count:integer since=3.2.0]",
        History = "3.2.0 Added the `count` argument.")]
    public static void SPop(scoped ref CommandContext ctx)
    {
        if (ctx.ArgCount > 2)
        {
            PopSeveral(ref ctx);
            return;
        }
        Key key = ctx.Key(1);
        if (!SetAccess.TryFindForWrite(ref ctx, key, out Entry entry, out SetValue set))
            return;
        if (!set.Exists)
        {
            ctx.Reply.Null();
            return;
        }
        PackedValue member = set.Sample(ref SetAccess.Chance);
        SetAccess.Reply(ref ctx, member);
        SetAccess.NoteRemoval(ref ctx, key, member, left: 1, all: 1);
        set.Remove(member);
        set.StoreIn(entry);
        ctx.Modified(key, NotificationClass.Set, "spop"u8);
        if (set.Count == 0)
            ctx.RemoveEmptied(key);
    }

    [Command("SRANDMEMBER", Arity = -2, Group = CommandGroup.Set, Since = "1.0.0", Complexity = "Without the count argument O(1), otherwise O(N) where N is the absolute value of the passed count.",
        Summary = "Returns members chosen by chance.",
        Flags = ReadOnly, Tips = "nondeterministic_output",
        Keys = "RO access @1",
        Arguments = "key:key, [count:integer since=2.6.0]",
        History = "2.6.0 Added the optional `count` argument.")]
    public static void SRandMember(scoped ref CommandContext ctx)
    {
        if (ctx.ArgCount > 2)
        {
            ReplySeveral(ref ctx);
            return;
        }
        if (!SetAccess.TryFind(ref ctx, ctx.Key(1), out SetValue set))
            return;
        if (set.Exists)
            SetAccess.Reply(ref ctx, set.Sample(ref SetAccess.Chance));
        else
            ctx.Reply.Null();
    }

    private static void PopSeveral(scoped ref CommandContext ctx)
    {
        if (ctx.ArgCount > 3)
        {
            ctx.WriteSyntaxError();
            return;
        }
        if (!Text.AsciiNumber.TryParseInt64(ctx.Arg(2), out long wanted) || wanted < 0)
        {
            ctx.Reply.Error("ERR value is out of range, must be positive"u8);
            return;
        }
        Key key = ctx.Key(1);
        if (!SetAccess.TryFindForWrite(ref ctx, key, out Entry entry, out SetValue set))
            return;
        if (!set.Exists || wanted == 0)
        {
            ctx.Reply.Set(0);
            return;
        }
        long count = set.Count;
        if (wanted >= count)
        {
            SetAccess.ReplyAll(ref ctx, set);
        }
        else
        {
            ctx.Reply.Set((int)wanted);
            long rest = count - wanted;
            if (!set.IsTable)
                PopInWalk(ref ctx, key, ref set, count, wanted);
            else if (rest * DropsFrom > wanted)
                PopOneByOne(ref ctx, key, ref set, wanted);
            else
                PopAllBut(ref ctx, key, ref set, rest);
            set.StoreIn(entry);
        }
        ctx.Modified(key, NotificationClass.Set, "spop"u8);
        ctx.Dirty += Math.Min(wanted, count) - 1;
        if (wanted < count)
            return;
        ctx.RemoveEmptied(key);
        ctx.ReplaceByRemoval(key, ctx.Services.LazyServerDelete);
    }

    private static void PopInWalk(scoped ref CommandContext ctx, in Key key, ref SetValue set, long left, long wanted)
    {
        long all = wanted;
        ref FastRandom chance = ref SetAccess.Chance;
        if (set.Encoding == ValueEncoding.IntSet)
        {
            var integers = new IntSet(set.Address);
            for (int i = 0; wanted > 0; left--)
            {
                if (chance.Next((int)left) >= wanted)
                {
                    i++;
                    continue;
                }
                ctx.Reply.BulkInteger(integers[i]);
                SetAccess.NoteRemoval(ref ctx, key, new PackedValue(integers[i]), wanted, all);
                integers = integers.RemoveAt(i);
                wanted--;
            }
            set = new SetValue(ValueEncoding.IntSet, integers.Address);
            return;
        }
        var pack = new ListPack(set.Address);
        for (byte* element = pack.First; wanted > 0; left--)
        {
            if (chance.Next((int)left) >= wanted)
            {
                element = ListPack.Next(element);
                continue;
            }
            PackedValue member = ListPack.Read(element);
            SetAccess.Reply(ref ctx, member);
            SetAccess.NoteRemoval(ref ctx, key, member, wanted, all);
            pack = pack.Remove(element, out element);
            wanted--;
        }
        set = new SetValue(ValueEncoding.ListPack, pack.Address);
    }

    private static void PopOneByOne(scoped ref CommandContext ctx, in Key key, ref SetValue set, long wanted)
    {
        long all = wanted;
        ref FastRandom chance = ref SetAccess.Chance;
        for (; wanted > 0; wanted--)
        {
            PackedValue member = set.Sample(ref chance);
            SetAccess.Reply(ref ctx, member);
            SetAccess.NoteRemoval(ref ctx, key, member, wanted, all);
            set.Remove(member);
        }
    }

    /// <summary>Moves the members that stay into a set of their own, which begins as a pack.</summary>
    private static void PopAllBut(scoped ref CommandContext ctx, in Key key, ref SetValue set, long rest)
    {
        ref FastRandom chance = ref SetAccess.Chance;
        SetLimits limits = SetAccess.Limits(ref ctx);
        var kept = SetValue.CreatePack();
        for (; rest > 0; rest--)
        {
            PackedValue member = set.Sample(ref chance);
            kept.Add(member, limits);
            set.Remove(member);
        }
        var walk = new SetWalk(set);
        long all = set.Count;
        for (long left = all; walk.Next(out PackedValue member); left--)
        {
            SetAccess.Reply(ref ctx, member);
            SetAccess.NoteRemoval(ref ctx, key, member, left, all);
        }
        walk.Dispose();
        ctx.Database.FreeCollection(ValueType.Set, set.Encoding, set.Address);
        set = kept;
    }

    private static void ReplySeveral(scoped ref CommandContext ctx)
    {
        if (ctx.ArgCount > 3)
        {
            ctx.WriteSyntaxError();
            return;
        }
        if (!ctx.TryInteger(2, out long wanted))
            return;
        if (wanted == long.MinValue)
        {
            ctx.Reply.Error("ERR value is out of range, value must between -9223372036854775807 and 9223372036854775807"u8);
            return;
        }
        if (!SetAccess.TryFind(ref ctx, ctx.Key(1), out SetValue set))
            return;
        if (!set.Exists || wanted == 0)
        {
            ctx.Reply.Array(0);
            return;
        }
        if (wanted < -int.MaxValue)
        {
            // No reply has more elements.
            ctx.Reply.Error("ERR value is out of range"u8);
            return;
        }
        ref FastRandom chance = ref SetAccess.Chance;
        long count = set.Count;
        if (wanted < 0)
        {
            ctx.Reply.Array((int)-wanted);
            for (; wanted < 0; wanted++)
                SetAccess.Reply(ref ctx, set.Sample(ref chance));
            return;
        }
        ctx.Reply.Array((int)Math.Min(wanted, count));
        if (wanted >= count)
            SetAccess.ReplyMembers(ref ctx, set);
        else if (!set.IsTable || wanted * WalksFrom > count)
            ReplyInWalk(ref ctx, set, count, wanted, ref chance);
        else
            ReplyDrawn(ref ctx, set, (int)wanted, ref chance);
    }

    private static void ReplyInWalk(scoped ref CommandContext ctx, in SetValue set, long left, long wanted, ref FastRandom chance)
    {
        var walk = new SetWalk(set);
        while (wanted > 0 && walk.Next(out PackedValue member))
        {
            if (chance.Next((int)left--) >= wanted)
                continue;
            SetAccess.Reply(ref ctx, member);
            wanted--;
        }
        walk.Dispose();
    }

    /// <summary>Draws members until there are enough different ones; those drawn are remembered by the addresses of their records.</summary>
    private static void ReplyDrawn(scoped ref CommandContext ctx, in SetValue set, int wanted, ref FastRandom chance)
    {
        int slots = (int)System.Numerics.BitOperations.RoundUpToPowerOf2((uint)wanted * 2);
        var drawn = (byte**)NativeHeap.Allocate((nuint)slots * 8);
        new Span<ulong>(drawn, slots).Clear();
        while (wanted > 0)
        {
            byte* record = set.Table->Sample(ref chance);
            int slot = (int)(((ulong)record >> 3) * 0x9E3779B97F4A7C15 >> 32) & (slots - 1);
            while (drawn[slot] != null && drawn[slot] != record)
                slot = (slot + 1) & (slots - 1);
            if (drawn[slot] == record)
                continue;
            drawn[slot] = record;
            wanted--;
            byte* data = SetMember.Data(record, out int length);
            ctx.Reply.Bulk(data, length);
        }
        NativeHeap.Free((byte*)drawn);
    }
}
