using Carnelian.Commands.Table;
using Carnelian.Journal;
using Carnelian.Storage;
using static Carnelian.Commands.Table.CommandFlags;

namespace Carnelian.Commands.Keys;

/// <summary>Commands that set, remove and tell the time at which keys expire.</summary>
public static class ExpiryCommands
{
    private const long Second = 1000;

    [Command("EXPIRE", Arity = -3, Group = CommandGroup.Generic, Since = "1.0.0", Complexity = "O(1)",
        Summary = "Sets after how many seconds a key expires.",
        Flags = Write | Fast, Acl = AclCategories.Keyspace,
        Keys = "RW update @1",
        Arguments = "key:key, seconds:integer, [condition(NX | XX | GT | LT) since=7.0.0]",
        History = "7.0.0 Added options: `NX`, `XX`, `GT` and `LT`.")]
    public static void Expire(scoped ref CommandContext ctx) => SetDeadline(ref ctx, ctx.Now, Second);

    [Command("EXPIREAT", Arity = -3, Group = CommandGroup.Generic, Since = "1.2.0", Complexity = "O(1)",
        Summary = "Sets the second of Unix time at which a key expires.",
        Flags = Write | Fast, Acl = AclCategories.Keyspace,
        Keys = "RW update @1",
        Arguments = "key:key, unix-time-seconds:unix-time, [condition(NX | XX | GT | LT) since=7.0.0]",
        History = "7.0.0 Added options: `NX`, `XX`, `GT` and `LT`.")]
    public static void ExpireAt(scoped ref CommandContext ctx) => SetDeadline(ref ctx, 0, Second);

    [Command("PEXPIRE", Arity = -3, Group = CommandGroup.Generic, Since = "2.6.0", Complexity = "O(1)",
        Summary = "Sets after how many milliseconds a key expires.",
        Flags = Write | Fast, Acl = AclCategories.Keyspace,
        Keys = "RW update @1",
        Arguments = "key:key, milliseconds:integer, [condition(NX | XX | GT | LT) since=7.0.0]",
        History = "7.0.0 Added options: `NX`, `XX`, `GT` and `LT`.")]
    public static void PExpire(scoped ref CommandContext ctx) => SetDeadline(ref ctx, ctx.Now, 1);

    [Command("PEXPIREAT", Arity = -3, Group = CommandGroup.Generic, Since = "2.6.0", Complexity = "O(1)",
        Summary = "Sets the millisecond of Unix time at which a key expires.",
        Flags = Write | Fast, Acl = AclCategories.Keyspace,
        Keys = "RW update @1",
        Arguments = "key:key, unix-time-milliseconds:unix-time, [condition(NX | XX | GT | LT) since=7.0.0]",
        History = "7.0.0 Added options: `NX`, `XX`, `GT` and `LT`.")]
    public static void PExpireAt(scoped ref CommandContext ctx) => SetDeadline(ref ctx, 0, 1);

    [Command("PERSIST", Arity = 2, Group = CommandGroup.Generic, Since = "2.2.0", Complexity = "O(1)",
        Summary = "Makes a key last that would expire.",
        Flags = Write | Fast, Acl = AclCategories.Keyspace,
        Keys = "RW update @1",
        Arguments = "key:key")]
    public static void Persist(scoped ref CommandContext ctx)
    {
        Key key = ctx.Key(1);
        Entry entry = ctx.FindForWrite(key);
        if (!entry.Exists || !entry.HasDeadline)
        {
            ctx.Reply.Integer(0);
            return;
        }
        ctx.Database.SetDeadline(key, -1);
        ctx.Modified(key, NotificationClass.Generic, "persist"u8);
        ctx.Reply.Integer(1);
    }

    [Command("TTL", Arity = 2, Group = CommandGroup.Generic, Since = "1.0.0", Complexity = "O(1)",
        Summary = "Returns how many seconds a key has left.",
        Flags = ReadOnly | Fast, Acl = AclCategories.Keyspace, Tips = "nondeterministic_output",
        Keys = "RO access @1",
        Arguments = "key:key",
        History = "2.8.0 Added the -2 reply.")]
    public static void Ttl(scoped ref CommandContext ctx) => WriteTime(ref ctx, ctx.Now, Second);

    [Command("PTTL", Arity = 2, Group = CommandGroup.Generic, Since = "2.6.0", Complexity = "O(1)",
        Summary = "Returns how many milliseconds a key has left.",
        Flags = ReadOnly | Fast, Acl = AclCategories.Keyspace, Tips = "nondeterministic_output",
        Keys = "RO access @1",
        Arguments = "key:key",
        History = "2.8.0 Added the -2 reply.")]
    public static void PTtl(scoped ref CommandContext ctx) => WriteTime(ref ctx, ctx.Now, 1);

    [Command("EXPIRETIME", Arity = 2, Group = CommandGroup.Generic, Since = "7.0.0", Complexity = "O(1)",
        Summary = "Returns the second of Unix time at which a key expires.",
        Flags = ReadOnly | Fast, Acl = AclCategories.Keyspace,
        Keys = "RO access @1",
        Arguments = "key:key")]
    public static void ExpireTime(scoped ref CommandContext ctx) => WriteTime(ref ctx, 0, Second);

    [Command("PEXPIRETIME", Arity = 2, Group = CommandGroup.Generic, Since = "7.0.0", Complexity = "O(1)",
        Summary = "Returns the millisecond of Unix time at which a key expires.",
        Flags = ReadOnly | Fast, Acl = AclCategories.Keyspace,
        Keys = "RO access @1",
        Arguments = "key:key")]
    public static void PExpireTime(scoped ref CommandContext ctx) => WriteTime(ref ctx, 0, 1);

    /// <summary>Writes the deadline of the key relative to a time, rounded to units; -1 if it has none, -2 without a key.</summary>
    private static void WriteTime(scoped ref CommandContext ctx, long origin, long unit)
    {
        Entry entry = ctx.FindUntouched(ctx.Key(1));
        if (!entry.Exists)
            ctx.Reply.Integer(-2);
        else if (!entry.HasDeadline)
            ctx.Reply.Integer(-1);
        else
            ctx.Reply.Integer((long)(((ulong)Math.Max(0, entry.Deadline - origin) + ((ulong)unit / 2)) / (ulong)unit));
    }

    private static void SetDeadline(scoped ref CommandContext ctx, long origin, long unit)
    {
        if (!DeadlineConditions.TryRead(ref ctx, ctx.ArgCount, out DeadlineConditions conditions) || !ctx.TryInteger(2, out long deadline))
            return;
        if (deadline > long.MaxValue / unit || deadline < long.MinValue / unit || deadline * unit > long.MaxValue - origin)
        {
            WriteInvalidTime(ref ctx);
            return;
        }
        deadline = Math.Max(0, deadline * unit + origin);
        Key key = ctx.Key(1);
        Entry entry = ctx.FindForWrite(key);
        if (!entry.Exists || !conditions.Allow(entry.Deadline, deadline))
        {
            ctx.Reply.Integer(0);
            return;
        }
        if (ctx.IsPast(deadline))
        {
            // Counted and announced as a key whose time has come.
            ctx.Database.ExpireKey(key);
            ctx.Dirty++;
            ctx.Propagation = Propagation.Never;
        }
        else
        {
            ctx.Database.SetDeadline(key, deadline);
            ctx.Modified(key, NotificationClass.Generic, "expire"u8);
            if (ctx.Effects != null && (origin != 0 || unit != 1))
                Replace(ref ctx, deadline);
        }
        ctx.Reply.Integer(1);
    }

    private static void Replace(scoped ref CommandContext ctx, long deadline)
    {
        JournalUnit effects = ctx.ReplaceEffect(ctx.ArgCount);
        effects.Add("PEXPIREAT"u8);
        effects.Add(ctx.Arg(1));
        effects.Add(deadline);
        for (int i = 3; i < ctx.ArgCount; i++)
            effects.Add(ctx.Arg(i));
    }

    private static void WriteInvalidTime(scoped ref CommandContext ctx) =>
        ctx.Reply.Error("ERR invalid expire time in '"u8, ctx.Command.Utf8Name, "' command"u8);
}
