using Carnelian.Commands.Table;
using Carnelian.Journal;
using Carnelian.Storage;
using Carnelian.Text;
using static Carnelian.Commands.Table.CommandFlags;

namespace Carnelian.Commands.Strings;

/// <summary>Commands that set several keys at once.</summary>
public static class SeveralCommands
{
    [Command("MSET", Arity = -3, Group = CommandGroup.String, Since = "1.0.1", Complexity = "O(N) where N is the number of keys to set.",
        Summary = "Sets several keys to strings.",
        Flags = Write | DenyOom, Tips = "request_policy:multi_shard response_policy:all_succeeded",
        Keys = "OW update @1..-1/2",
        Arguments = "data{key:key, value}...")]
    public static void MSet(scoped ref CommandContext ctx)
    {
        if (!HasPairs(ref ctx))
            return;
        SetAll(ref ctx, 1, ctx.ArgCount, default);
        ctx.Reply.Ok();
    }

    [Command("MSETNX", Arity = -3, Group = CommandGroup.String, Since = "1.0.1", Complexity = "O(N) where N is the number of keys to set.",
        Summary = "Sets several keys to strings unless one of them exists.",
        Flags = Write | DenyOom,
        Keys = "OW insert @1..-1/2",
        Arguments = "data{key:key, value}...")]
    public static void MSetNx(scoped ref CommandContext ctx)
    {
        if (!HasPairs(ref ctx))
            return;
        if (!AllExistAs(ref ctx, 1, ctx.ArgCount, exist: false))
        {
            ctx.Reply.Integer(0);
            return;
        }
        SetAll(ref ctx, 1, ctx.ArgCount, default);
        ctx.Reply.Integer(1);
    }

    [Command("MSETEX", Arity = -4, Group = CommandGroup.String, Since = "9.1.0", Complexity = "O(N) where N is the number of keys to set.",
        Summary = "Sets several keys to strings that expire together, under conditions if wanted.",
        Flags = Write | DenyOom, Tips = "request_policy:multi_shard response_policy:all_succeeded",
        Keys = "OW update @1#/2",
        Arguments = """
            numkeys:integer
            data{key:key, value}...
            [condition(NX | XX)]
            [expiration(EX seconds:integer | PX milliseconds:integer | EXAT unix-time-seconds:unix-time | PXAT unix-time-milliseconds:unix-time | KEEPTTL)]
            """)]
    public static void MSetEx(scoped ref CommandContext ctx)
    {
        if (!AsciiNumber.TryParseInt64(ctx.Arg(1), out long count) || count is <= 0 or > int.MaxValue)
        {
            ctx.Reply.Error("ERR invalid numkeys value or out of range"u8);
            return;
        }
        if (2 + (2 * count) > ctx.ArgCount)
        {
            ctx.WriteSyntaxError();
            return;
        }
        int end = 2 + (2 * (int)count);
        Expiration expiration = default;
        bool mustExist = false, mustNot = false;
        for (int i = end; i < ctx.ArgCount; i++)
        {
            if (ctx.ArgIs(i, "nx"u8) && !mustExist)
            {
                mustNot = true;
            }
            else if (ctx.ArgIs(i, "xx"u8) && !mustNot)
            {
                mustExist = true;
            }
            else if (!expiration.TryRead(ref ctx, ref i, allowKeep: true, allowPersist: false))
            {
                ctx.WriteSyntaxError();
                return;
            }
        }
        if (!expiration.Resolve(ref ctx))
            return;
        if ((mustExist || mustNot) && !AllExistAs(ref ctx, 2, end, mustExist))
        {
            ctx.Reply.Integer(0);
            return;
        }
        SetAll(ref ctx, 2, end, expiration);
        ctx.Reply.Integer(1);
        if (ctx.Effects == null || !expiration.HasTime || expiration.IsDeadline)
            return;
        JournalUnit effects = ctx.ReplaceEffect(ctx.ArgCount);
        for (int i = 0; i < ctx.ArgCount; i++)
        {
            if (i == expiration.Argument)
                effects.Add(expiration.Deadline);
            else
                effects.Add(i == expiration.Argument - 1 ? "PXAT"u8 : ctx.Arg(i));
        }
    }

    private static bool HasPairs(scoped ref CommandContext ctx)
    {
        if ((ctx.ArgCount & 1) == 1)
            return true;
        ctx.Reply.Error("ERR wrong number of arguments for '"u8, ctx.Command.Name == "mset" ? "mset"u8 : "msetnx"u8, "' command"u8);
        return false;
    }

    private static bool AllExistAs(scoped ref CommandContext ctx, int first, int end, bool exist)
    {
        for (int i = first; i < end; i += 2)
        {
            if (ctx.FindForWrite(ctx.Key(i)).Exists != exist)
                return false;
        }
        return true;
    }

    private static void SetAll(scoped ref CommandContext ctx, int first, int end, scoped in Expiration expiration)
    {
        for (int i = first; i < end; i += 2)
        {
            Key key = ctx.Key(i);
            Entry old = ctx.FindForOverwrite(key);
            // A deadline in the past is stored as any other, unlike SET's: the key expires afterwards.
            StringValue.Put(ref ctx, key, !old.Exists, i + 1, expiration, expiration.Keep && old.Exists ? old.Deadline : -1);
        }
    }
}
