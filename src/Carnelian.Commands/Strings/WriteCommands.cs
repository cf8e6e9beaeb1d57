using Carnelian.Commands.Table;
using Carnelian.Protocol;
using Carnelian.Storage;
using static Carnelian.Commands.Table.CommandFlags;

namespace Carnelian.Commands.Strings;

/// <summary>Commands that set one key to a whole string.</summary>
public static class WriteCommands
{
    [Command("SET", Arity = -3, Group = CommandGroup.String, Since = "1.0.0", Complexity = "O(1)",
        Summary = "Sets a key to a string, whatever it held, under conditions if wanted.",
        Flags = Write | DenyOom,
        Keys = "RW access update variable_flags @1 -- RW and ACCESS due to the optional `GET` argument", Refine = nameof(RefineSet),
        Arguments = """
            key:key
            value
            [condition(NX since=2.6.12 | XX since=2.6.12 | IFEQ comparison-value since=8.1.0)]
            [GET since=6.2.0]
            [expiration(EX seconds:integer since=2.6.12 | PX milliseconds:integer since=2.6.12 | EXAT unix-time-seconds:unix-time since=6.2.0 | PXAT unix-time-milliseconds:unix-time since=6.2.0 | KEEPTTL since=6.0.0)]
            """,
        History = """
            2.6.12 Added the `EX`, `PX`, `NX` and `XX` options.
            6.0.0 Added the `KEEPTTL` option.
            6.2.0 Added the `GET`, `EXAT` and `PXAT` option.
            7.0.0 Allowed the `NX` and `GET` options to be used together.
            8.1.0 Added the `IFEQ` option.
            """)]
    public static void Set(scoped ref CommandContext ctx)
    {
        Key key = ctx.Key(1);
        if (ctx.ArgCount == 3)
        {
            SetPlainly(ref ctx, key);
            ctx.Reply.Ok();
            return;
        }
        Expiration expiration = default;
        ValueCondition condition = default;
        bool wantsOld = false;
        for (int i = 3; i < ctx.ArgCount; i++)
        {
            if (ctx.ArgIs(i, "get"u8))
            {
                wantsOld = true;
            }
            else if (!condition.TryRead(ref ctx, ref i, allowExistence: true, allowValue: true)
                && !expiration.TryRead(ref ctx, ref i, allowKeep: true, allowPersist: false))
            {
                ctx.WriteSyntaxError();
                return;
            }
        }
        if (!expiration.Resolve(ref ctx) || !condition.IsValid(ref ctx))
            return;
        Entry old = wantsOld ? ctx.Find(key) : ctx.FindForOverwrite(key);
        if ((wantsOld || condition.NeedsString) && !ctx.HasType(old, Storage.ValueType.String))
            return;
        bool isMet = condition.IsMet(ref ctx, old);
        if (wantsOld)
            StringReply.Write(ref ctx, old);
        else if (isMet)
            ctx.Reply.Ok();
        else
            ctx.Reply.Null();
        if (!isMet)
            return;
        StringValue.Store(ref ctx, key, !old.Exists, 2, expiration, expiration.Keep && old.Exists ? old.Deadline : -1);
        // As Valkey, which leaves a command alone that has its time as a point in time already.
        if (ctx.Effects != null && ctx.Propagation != Propagation.Never && (condition.IsForeign || (wantsOld && !expiration.HasTime)))
            ReplaceOptions(ref ctx, condition.IsForeign);
    }

    /// <summary>Leaves out of the journal what a copy of the data has no use for: GET, and conditions that not all know.</summary>
    private static void ReplaceOptions(scoped ref CommandContext ctx, bool dropsCondition)
    {
        int kept = 3;
        ctx.Mark(0);
        ctx.Mark(1);
        ctx.Mark(2);
        for (int i = 3; i < ctx.ArgCount; i++)
        {
            bool isComparison = IsComparison(ctx.Arg(i));
            int words = isComparison ? 2 : 1;
            if (!ctx.ArgIs(i, "get"u8) && !(isComparison && dropsCondition))
            {
                for (int word = i; word < i + words; word++)
                    ctx.Mark(word);
                kept += words;
            }
            i += words - 1;
        }
        ctx.ReplaceEffect(kept);
        ctx.AddMarked();
    }

    private static bool IsComparison(ReadOnlySpan<byte> word) =>
        word.Length >= 4 && (word[0] | 0x20) == 'i' && (word[1] | 0x20) == 'f';

    internal static bool RefineSet(ReadOnlySpan<Argument> arguments, ref KeyList keys)
    {
        for (int i = 3; i < arguments.Length; i++)
        {
            if (System.Text.Ascii.EqualsIgnoreCase(arguments[i].Span, "get"u8))
                return true;
        }
        keys[0] = new KeyReference(1, KeyFlags.Overwrite | KeyFlags.Update);
        return true;
    }

    [Command("SETEX", Arity = 4, Group = CommandGroup.String, Since = "2.0.0", Complexity = "O(1)",
        Summary = "Sets a key to a string that expires after some seconds.",
        Flags = Write | DenyOom,
        Keys = "OW update @1",
        Arguments = "key:key, seconds:integer, value")]
    public static void SetEx(scoped ref CommandContext ctx) => SetFor(ref ctx, isSeconds: true);

    [Command("PSETEX", Arity = 4, Group = CommandGroup.String, Since = "2.6.0", Complexity = "O(1)",
        Summary = "Sets a key to a string that expires after some milliseconds.",
        Flags = Write | DenyOom,
        Keys = "OW update @1",
        Arguments = "key:key, milliseconds:integer, value")]
    public static void PSetEx(scoped ref CommandContext ctx) => SetFor(ref ctx, isSeconds: false);

    [Command("SETNX", Arity = 3, Group = CommandGroup.String, Since = "1.0.0", Complexity = "O(1)",
        Summary = "Sets a key to a string unless the key exists.",
        Flags = Write | DenyOom | Fast,
        Keys = "OW insert @1",
        Arguments = "key:key, value")]
    public static void SetNx(scoped ref CommandContext ctx)
    {
        Key key = ctx.Key(1);
        if (ctx.FindForWrite(key).Exists)
        {
            ctx.Reply.Integer(0);
            return;
        }
        StringValue.Store(ref ctx, key, isNew: true, 2, default, -1);
        ctx.Reply.Integer(1);
    }

    [Command("GETSET", Arity = 3, Group = CommandGroup.String, Since = "1.0.0", Complexity = "O(1)",
        Summary = "Sets a key to a string and returns the one before.",
        Flags = Write | DenyOom | Fast,
        Keys = "RW access update @1",
        Arguments = "key:key, value")]
    public static void GetSet(scoped ref CommandContext ctx)
    {
        Key key = ctx.Key(1);
        Entry old = ctx.Find(key);
        if (!ctx.HasType(old, Storage.ValueType.String))
            return;
        StringReply.Write(ref ctx, old);
        StringValue.Store(ref ctx, key, !old.Exists, 2, default, -1);
        ctx.ReplaceEffect("SET"u8, 1, 2);
    }

    private static void SetPlainly(scoped ref CommandContext ctx, in Key key)
    {
        // Whether the key is new, or has expired, matters only to those who asked for the event.
        bool isNew = (ctx.Services.Notifications & (NotificationClass.New | NotificationClass.Expired)) != 0 && !ctx.FindForOverwrite(key).Exists;
        ctx.Replacing(key, Storage.ValueType.String);
        StringValue.Set(ref ctx, key, 2, -1);
        StringValue.Created(ref ctx, key, isNew);
        ctx.Modified(key, NotificationClass.String, "set"u8);
    }

    private static void SetFor(scoped ref CommandContext ctx, bool isSeconds)
    {
        Expiration expiration = Expiration.After(2, isSeconds);
        if (!expiration.Resolve(ref ctx))
            return;
        Key key = ctx.Key(1);
        StringValue.Store(ref ctx, key, !ctx.FindForOverwrite(key).Exists, 3, expiration, -1);
        ctx.Reply.Ok();
    }
}
