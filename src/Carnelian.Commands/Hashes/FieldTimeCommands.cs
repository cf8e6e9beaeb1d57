using Carnelian.Commands.Table;
using Carnelian.Storage;
using Carnelian.Storage.Hashes;
using static Carnelian.Commands.Table.CommandFlags;

namespace Carnelian.Commands.Hashes;

/// <summary>Commands that tell when fields expire.</summary>
public static class FieldTimeCommands
{
    private const long Second = 1000;

    [Command("HTTL", Arity = -5, Group = CommandGroup.Hash, Since = "9.0.0", Complexity = "O(N) where N is the number of specified fields.",
        Summary = "Returns how many seconds fields have left.",
        Flags = ReadOnly | Fast,
        Keys = "RO access @1",
        Arguments = "key:key, FIELDS fields{numfields:integer@0, field...}")]
    public static void HTtl(scoped ref CommandContext ctx) => WriteTimes(ref ctx, ctx.Now, Second);

    [Command("HPTTL", Arity = -5, Group = CommandGroup.Hash, Since = "9.0.0", Complexity = "O(N) where N is the number of specified fields.",
        Summary = "Returns how many milliseconds fields have left.",
        Flags = ReadOnly | Fast,
        Keys = "RO access @1",
        Arguments = "key:key, FIELDS fields{numfields:integer@0, field...}")]
    public static void HPTtl(scoped ref CommandContext ctx) => WriteTimes(ref ctx, ctx.Now, 1);

    [Command("HEXPIRETIME", Arity = -5, Group = CommandGroup.Hash, Since = "9.0.0", Complexity = "O(N) where N is the number of specified fields.",
        Summary = "Returns the second of Unix time at which fields expire.",
        Flags = ReadOnly | Fast,
        Keys = "RO access @1",
        Arguments = "key:key, FIELDS fields{numfields:integer@0, field...}")]
    public static void HExpireTime(scoped ref CommandContext ctx) => WriteTimes(ref ctx, 0, Second);

    [Command("HPEXPIRETIME", Arity = -5, Group = CommandGroup.Hash, Since = "9.0.0", Complexity = "O(N) where N is the number of specified fields.",
        Summary = "Returns the millisecond of Unix time at which fields expire.",
        Flags = ReadOnly | Fast,
        Keys = "RO access @1",
        Arguments = "key:key, FIELDS fields{numfields:integer@0, field...}")]
    public static void HPExpireTime(scoped ref CommandContext ctx) => WriteTimes(ref ctx, 0, 1);

    /// <summary>Writes the fields' deadlines relative to a time, rounded to units; -1 for a field that has none, -2 for no field.</summary>
    private static void WriteTimes(scoped ref CommandContext ctx, long origin, long unit)
    {
        if (!ctx.ArgIs(2, "fields"u8))
        {
            ctx.WriteSyntaxError();
            return;
        }
        if (!ctx.TryInteger(3, out long count))
            return;
        if (count != ctx.ArgCount - 4)
        {
            ctx.WriteSyntaxError();
            return;
        }
        Entry entry = ctx.Find(ctx.Key(1));
        if (!ctx.HasType(entry, Storage.ValueType.Hash))
            return;
        long now = HashAccess.VisibleTime(ref ctx);
        ctx.Reply.Array(ctx.ArgCount - 4);
        for (int i = 4; i < ctx.ArgCount; i++)
        {
            if (!entry.Exists || !new Hash(entry).TryGetDeadline(ctx.Arg(i), now, out long deadline))
                ctx.Reply.Integer(-2);
            else if (deadline < 0)
                ctx.Reply.Integer(-1);
            else
                ctx.Reply.Integer((long)(((ulong)Math.Max(0, deadline - origin) + (ulong)unit / 2) / (ulong)unit));
        }
    }
}
