using Carnelian.Commands.Table;
using Carnelian.Storage;
using static Carnelian.Commands.Table.CommandFlags;

namespace Carnelian.Commands.Strings;

/// <summary>Commands on whole strings.</summary>
public static class StringCommands
{
    [Command("GET", Arity = 2, Group = CommandGroup.String, Since = "1.0.0", Complexity = "O(1)",
        Summary = "Returns the string that a key holds.",
        Flags = ReadOnly | Fast,
        Keys = "RO access @1",
        Arguments = "key:key")]
    public static void Get(scoped ref CommandContext ctx)
    {
        Entry entry = ctx.Find(ctx.Key(1));
        if (ctx.HasType(entry, Storage.ValueType.String))
            StringReply.Write(ctx.Reply, entry);
    }

    [Command("SET", Arity = -3, Group = CommandGroup.String, Since = "1.0.0", Complexity = "O(1)",
        Summary = "Sets a key to a string, whatever it held.",
        Flags = Write | DenyOom,
        Keys = "RW access update variable_flags @1 -- RW and ACCESS due to the optional `GET` argument",
        Arguments = "key:key, value")]
    public static void Set(scoped ref CommandContext ctx)
    {
        Key key = ctx.Key(1);
        ctx.Database.SetString(key, ctx.Arg(2), -1, ctx.Now);
        ctx.Modified(key, NotificationClass.String, "set"u8);
        ctx.Reply.Ok();
    }

    [Command("INCR", Arity = 2, Group = CommandGroup.String, Since = "1.0.0", Complexity = "O(1)",
        Summary = "Adds one to the integer that a key holds.",
        Flags = Write | DenyOom | Fast,
        Keys = "RW access update @1",
        Arguments = "key:key")]
    public static void Incr(scoped ref CommandContext ctx)
    {
        Key key = ctx.Key(1);
        Entry entry = ctx.FindForWrite(key);
        if (!ctx.HasType(entry, Storage.ValueType.String))
            return;
        long value = 1;
        if (!entry.Exists)
        {
            ctx.Database.SetInteger(key, 1, -1, ctx.Now);
        }
        else if (entry.Encoding == ValueEncoding.Integer)
        {
            value = entry.Integer + 1;
            Database.UpdateInteger(entry, value);
        }
        ctx.Modified(key, NotificationClass.String, "incrby"u8);
        ctx.Reply.Integer(value);
    }

    [Command("MGET", Arity = -2, Group = CommandGroup.String, Since = "1.0.0", Complexity = "O(N) where N is the number of keys to retrieve.",
        Summary = "Returns the strings that several keys hold.",
        Flags = ReadOnly | Fast, Tips = "request_policy:multi_shard",
        Keys = "RO access @1..-1",
        Arguments = "key:key...")]
    public static void MGet(scoped ref CommandContext ctx)
    {
        ctx.Reply.Array(ctx.ArgCount - 1);
        for (int i = 1; i < ctx.ArgCount; i++)
        {
            Entry entry = ctx.Find(ctx.Key(i));
            StringReply.Write(ctx.Reply, entry.Exists && entry.Type == Storage.ValueType.String ? entry : default);
        }
    }

    [Command("MSET", Arity = -3, Group = CommandGroup.String, Since = "1.0.1", Complexity = "O(N) where N is the number of keys to set.",
        Summary = "Sets several keys to strings.",
        Flags = Write | DenyOom, Tips = "request_policy:multi_shard response_policy:all_succeeded",
        Keys = "OW update @1..-1/2",
        Arguments = "data{key:key, value}...")]
    public static void MSet(scoped ref CommandContext ctx)
    {
        for (int i = 1; i + 1 < ctx.ArgCount; i += 2)
        {
            Key key = ctx.Key(i);
            ctx.Database.SetString(key, ctx.Arg(i + 1), -1, ctx.Now);
            ctx.Modified(key, NotificationClass.String, "set"u8);
        }
        ctx.Reply.Ok();
    }
}
