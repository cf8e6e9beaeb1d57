using System.Runtime.CompilerServices;
using Carnelian.Journal;
using Carnelian.Storage;
using Carnelian.Storage.Packed;
using Carnelian.Storage.Sets;
using ValueType = Carnelian.Storage.ValueType;

namespace Carnelian.Commands.Sets;

/// <summary>What the set commands share: lookups, limits, replies.</summary>
internal static unsafe class SetAccess
{
    private const int MembersPerEffect = 1024;

    [ThreadStatic]
    private static FastRandom t_random;

    [ThreadStatic]
    private static bool t_isSeeded;

    /// <summary>The thread's source of chance.</summary>
    public static ref FastRandom Chance
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

    /// <summary>Up to which size sets stay compact.</summary>
    public static SetLimits Limits(scoped ref CommandContext ctx)
    {
        CollectionLimits limits = ctx.Services.Limits;
        return new SetLimits(limits.SetIntSetEntries, limits.SetPackEntries, limits.SetPackValue);
    }

    /// <summary>Looks a set up for reading, or writes the WRONGTYPE error.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool TryFind(scoped ref CommandContext ctx, in Key key, out SetValue set)
    {
        Entry entry = ctx.Find(key);
        set = SetValue.Of(entry);
        return ctx.HasType(entry, ValueType.Set);
    }

    /// <summary>Looks a set up that may be changed, or writes the WRONGTYPE error.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool TryFindForWrite(scoped ref CommandContext ctx, in Key key, out Entry entry, out SetValue set)
    {
        entry = ctx.FindForWrite(key);
        set = SetValue.Of(entry);
        return ctx.HasType(entry, ValueType.Set);
    }

    /// <summary>The hash of a member argument where the set asks for it, else 0.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ulong HashFor(scoped ref CommandContext ctx, in SetValue set, int argument) => set.IsTable ? ctx.Key(argument).Hash : 0;

    /// <summary>Writes a member as a string.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Reply(scoped ref CommandContext ctx, in PackedValue member)
    {
        if (member.IsInteger)
            ctx.Reply.BulkInteger(member.Integer);
        else
            ctx.Reply.Bulk(new ReadOnlySpan<byte>(member.Data, member.Length));
    }

    /// <summary>Says in the journal that one of several members taken by chance is removed: SREM, and another one after so many members.</summary>
    /// <param name="ctx">The command.</param>
    /// <param name="key">The key.</param>
    /// <param name="member">The member.</param>
    /// <param name="left">How many members are to go, this one counted.</param>
    /// <param name="all">How many there were to go.</param>
    public static void NoteRemoval(scoped ref CommandContext ctx, in Key key, in PackedValue member, long left, long all)
    {
        if (ctx.Effects == null)
            return;
        if ((all - left) % MembersPerEffect == 0)
        {
            JournalUnit effects = ctx.ReplaceEffect(2 + (int)Math.Min(left, MembersPerEffect));
            effects.Add("SREM"u8);
            effects.Add(key.Bytes);
        }
        ctx.Effects.Add(member.Bytes(stackalloc byte[PackedValue.MostDigits]));
    }

    /// <summary>Writes all members as a set.</summary>
    public static void ReplyAll(scoped ref CommandContext ctx, in SetValue set)
    {
        if (!set.Exists)
        {
            ctx.Reply.Set(0);
            return;
        }
        ctx.Reply.Set((int)Math.Min(set.Count, int.MaxValue));
        ReplyMembers(ref ctx, set);
    }

    /// <summary>Writes all members, behind the header of whatever they are part of.</summary>
    public static void ReplyMembers(scoped ref CommandContext ctx, in SetValue set)
    {
        var walk = new SetWalk(set);
        while (walk.Next(out PackedValue member))
            Reply(ref ctx, member);
        walk.Dispose();
    }
}
