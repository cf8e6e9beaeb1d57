using Carnelian.Commands.Table;
using Carnelian.Storage;
using Carnelian.Storage.Sets;
using static Carnelian.Commands.Table.CommandFlags;
using ValueType = Carnelian.Storage.ValueType;

namespace Carnelian.Commands.Sets;

/// <summary>Commands that add, remove and look up members they name.</summary>
public static unsafe class MemberCommands
{
    [Command("SADD", Arity = -3, Group = CommandGroup.Set, Since = "1.0.0", Complexity = "O(1) for each element added, so O(N) to add N elements when the command is called with multiple arguments.",
        Summary = "Adds members to a set, which is made if there is none.",
        Flags = Write | DenyOom | Fast,
        Keys = "RW insert @1",
        FirstElement = 2, ElementStep = 1,
        Arguments = "key:key, member...",
        History = "2.4.0 Accepts multiple `member` arguments.")]
    public static void SAdd(scoped ref CommandContext ctx)
    {
        Key key = ctx.Key(1);
        if (!SetAccess.TryFindForWrite(ref ctx, key, out Entry entry, out SetValue set))
            return;
        SetLimits limits = SetAccess.Limits(ref ctx);
        if (set.Exists)
            set.Expect(ctx.ArgCount - 2, limits);
        else
            set = SetValue.CreateFor(ctx.Arg(2), ctx.ArgCount - 2, limits);
        long added = 0;
        for (int i = 2; i < ctx.ArgCount; i++)
        {
            if (set.Add(ctx.Arg(i), SetAccess.HashFor(ref ctx, set, i), limits))
                added++;
        }
        if (entry.Exists)
        {
            set.StoreIn(entry);
        }
        else
        {
            ctx.Database.AddCollection(key, ValueType.Set, set.Encoding, set.Address, ctx.Now);
            ctx.Created(key);
        }
        if (added != 0)
        {
            ctx.Modified(key, NotificationClass.Set, "sadd"u8);
            ctx.Dirty += added - 1;
        }
        ctx.Reply.Integer(added);
    }

    [Command("SREM", Arity = -3, Group = CommandGroup.Set, Since = "1.0.0", Complexity = "O(N) where N is the number of members to be removed.",
        Summary = "Removes members from a set; with the last one the set goes.",
        Flags = Write | Fast,
        Keys = "RW delete @1",
        FirstElement = 2, ElementStep = 1,
        Arguments = "key:key, member...",
        History = "2.4.0 Accepts multiple `member` arguments.")]
    public static void SRem(scoped ref CommandContext ctx)
    {
        Key key = ctx.Key(1);
        if (!SetAccess.TryFindForWrite(ref ctx, key, out Entry entry, out SetValue set))
            return;
        long removed = 0;
        if (set.Exists)
        {
            long count = set.Count;
            for (int i = 2; i < ctx.ArgCount && removed < count; i++)
            {
                if (set.Remove(ctx.Arg(i), SetAccess.HashFor(ref ctx, set, i)))
                    removed++;
            }
            set.StoreIn(entry);
            if (removed != 0)
            {
                ctx.Modified(key, NotificationClass.Set, "srem"u8);
                ctx.Dirty += removed - 1;
                if (removed == count)
                    ctx.RemoveEmptied(key);
            }
        }
        ctx.Reply.Integer(removed);
    }

    [Command("SMOVE", Arity = 4, Group = CommandGroup.Set, Since = "1.0.0", Complexity = "O(1)",
        Summary = "Moves a member from one set to another.",
        Flags = Write | Fast,
        Keys = """
            RW access delete @1
            RW insert @2
            """,
        Arguments = "source:key, destination:key@1, member")]
    public static void SMove(scoped ref CommandContext ctx)
    {
        Key from = ctx.Key(1), to = ctx.Key(2);
        Entry source = ctx.FindForWrite(from);
        Entry target = ctx.FindForWrite(to);
        if (!source.Exists)
        {
            ctx.Reply.Integer(0);
            return;
        }
        if (!ctx.HasType(source, ValueType.Set) || !ctx.HasType(target, ValueType.Set))
            return;
        var set = SetValue.Of(source);
        ReadOnlySpan<byte> member = ctx.Arg(3);
        ulong hash = ctx.Key(3).Hash;
        if (source.Address == target.Address)
        {
            ctx.Reply.Integer(set.Contains(member, hash) ? 1 : 0);
            return;
        }
        if (!set.Remove(member, hash))
        {
            ctx.Reply.Integer(0);
            return;
        }
        set.StoreIn(source);
        ctx.Modified(from, NotificationClass.Set, "srem"u8);
        if (set.Count == 0)
            ctx.RemoveEmptied(from);

        SetLimits limits = SetAccess.Limits(ref ctx);
        SetValue other = target.Exists ? SetValue.Of(target) : SetValue.CreateFor(member, 1, limits);
        bool added = other.Add(member, hash, limits);
        if (target.Exists)
        {
            other.StoreIn(target);
        }
        else
        {
            ctx.Database.AddCollection(to, ValueType.Set, other.Encoding, other.Address, ctx.Now);
            ctx.Created(to);
        }
        if (added)
            ctx.Modified(to, NotificationClass.Set, "sadd"u8);
        ctx.Reply.Integer(1);
    }

    [Command("SISMEMBER", Arity = 3, Group = CommandGroup.Set, Since = "1.0.0", Complexity = "O(1)",
        Summary = "Tells whether a set has a member.",
        Flags = ReadOnly | Fast,
        Keys = "RO @1",
        FirstElement = 2,
        Arguments = "key:key, member")]
    public static void SIsMember(scoped ref CommandContext ctx)
    {
        if (SetAccess.TryFind(ref ctx, ctx.Key(1), out SetValue set))
            ctx.Reply.Integer(set.Exists && set.Contains(ctx.Arg(2), SetAccess.HashFor(ref ctx, set, 2)) ? 1 : 0);
    }

    [Command("SMISMEMBER", Arity = -3, Group = CommandGroup.Set, Since = "6.2.0", Complexity = "O(N) where N is the number of elements being checked for membership",
        Summary = "Tells for each of some members whether a set has it.",
        Flags = ReadOnly | Fast,
        Keys = "RO access @1",
        FirstElement = 2, ElementStep = 1,
        Arguments = "key:key, member...")]
    public static void SMIsMember(scoped ref CommandContext ctx)
    {
        if (!SetAccess.TryFind(ref ctx, ctx.Key(1), out SetValue set))
            return;
        ctx.Reply.Array(ctx.ArgCount - 2);
        for (int i = 2; i < ctx.ArgCount; i++)
            ctx.Reply.Integer(set.Exists && set.Contains(ctx.Arg(i), SetAccess.HashFor(ref ctx, set, i)) ? 1 : 0);
    }

    [Command("SCARD", Arity = 2, Group = CommandGroup.Set, Since = "1.0.0", Complexity = "O(1)",
        Summary = "Returns the number of members of a set.",
        Flags = ReadOnly | Fast,
        Keys = "RO @1",
        Arguments = "key:key")]
    public static void SCard(scoped ref CommandContext ctx)
    {
        if (SetAccess.TryFind(ref ctx, ctx.Key(1), out SetValue set))
            ctx.Reply.Integer(set.Exists ? set.Count : 0);
    }

    [Command("SMEMBERS", Arity = 2, Group = CommandGroup.Set, Since = "1.0.0", Complexity = "O(N) where N is the set cardinality.",
        Summary = "Returns all members of a set.",
        Flags = ReadOnly, Tips = "nondeterministic_output_order",
        Keys = "RO access @1",
        Arguments = "key:key")]
    public static void SMembers(scoped ref CommandContext ctx)
    {
        if (SetAccess.TryFind(ref ctx, ctx.Key(1), out SetValue set))
            SetAccess.ReplyAll(ref ctx, set);
    }
}
