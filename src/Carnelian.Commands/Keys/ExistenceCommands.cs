using Carnelian.Commands.Table;
using Carnelian.Storage;
using static Carnelian.Commands.Table.CommandFlags;

namespace Carnelian.Commands.Keys;

/// <summary>Commands that remove keys or ask whether they exist.</summary>
public static class ExistenceCommands
{
    [Command("DEL", Arity = -2, Group = CommandGroup.Generic, Since = "1.0.0", Complexity = "O(N) where N is the number of keys that will be removed. When a key to remove holds a value other than a string, the individual complexity for this key is O(M) where M is the number of elements in the list, set, sorted set or hash. Removing a single key that holds a string value is O(1).",
        Summary = "Removes keys.",
        Flags = Write, Acl = AclCategories.Keyspace, Tips = "request_policy:multi_shard response_policy:agg_sum",
        Keys = "RM delete @1..-1",
        Arguments = "key:key...")]
    public static void Del(scoped ref CommandContext ctx) => Remove(ref ctx, ctx.Services.LazyUserDelete);

    [Command("UNLINK", Arity = -2, Group = CommandGroup.Generic, Since = "4.0.0", Complexity = "O(1) for each key removed regardless of its size. Then the command does O(N) work in a different thread in order to reclaim memory, where N is the number of allocations the deleted objects where composed of.",
        Summary = "Removes keys and frees big values in the background.",
        Flags = Write | Fast, Acl = AclCategories.Keyspace, Tips = "request_policy:multi_shard response_policy:agg_sum",
        Keys = "RM delete @1..-1",
        Arguments = "key:key...")]
    public static void Unlink(scoped ref CommandContext ctx) => Remove(ref ctx, isLazy: true);

    [Command("EXISTS", Arity = -2, Group = CommandGroup.Generic, Since = "1.0.0", Complexity = "O(N) where N is the number of keys to check.",
        Summary = "Counts which of the given keys exist.",
        Flags = ReadOnly | Fast, Acl = AclCategories.Keyspace, Tips = "request_policy:multi_shard response_policy:agg_sum",
        Keys = "RO @1..-1",
        Arguments = "key:key...",
        History = "3.0.3 Accepts multiple `key` arguments.")]
    public static void Exists(scoped ref CommandContext ctx)
    {
        long found = 0;
        for (int i = 1; i < ctx.ArgCount; i++)
        {
            if (ctx.FindUntouched(ctx.Key(i)).Exists)
                found++;
        }
        ctx.Reply.Integer(found);
    }

    [Command("TOUCH", Arity = -2, Group = CommandGroup.Generic, Since = "3.2.1", Complexity = "O(N) where N is the number of keys that will be touched.",
        Summary = "Marks keys as used and counts those that exist.",
        Flags = ReadOnly | Fast, Acl = AclCategories.Keyspace, Tips = "request_policy:multi_shard response_policy:agg_sum",
        Keys = "RO @1..-1",
        Arguments = "key:key...")]
    public static void Touch(scoped ref CommandContext ctx)
    {
        long found = 0;
        for (int i = 1; i < ctx.ArgCount; i++)
        {
            Key key = ctx.Key(i);
            Entry entry = ctx.FindUntouched(key);
            if (!entry.Exists)
                continue;
            // The one command whose purpose is the access: CLIENT NO-TOUCH does not hold it back.
            ctx.Keyspace.Access.Touch(entry, ctx.Now);
            found++;
        }
        ctx.Reply.Integer(found);
    }

    [Command("TYPE", Arity = 2, Group = CommandGroup.Generic, Since = "1.0.0", Complexity = "O(1)",
        Summary = "Returns the type of the value of a key.",
        Flags = ReadOnly | Fast, Acl = AclCategories.Keyspace,
        Keys = "RO @1",
        Arguments = "key:key")]
    public static void Type(scoped ref CommandContext ctx)
    {
        Entry entry = ctx.FindUntouched(ctx.Key(1));
        ctx.Reply.SimpleString(entry.Exists ? TypeNames.Of(entry.Type) : "none"u8);
    }

    private static void Remove(scoped ref CommandContext ctx, bool isLazy)
    {
        long removed = 0;
        for (int i = 1; i < ctx.ArgCount; i++)
        {
            Key key = ctx.Key(i);
            if (!ctx.Database.Delete(key, ctx.Now, isLazy))
                continue;
            ctx.Modified(key, NotificationClass.Generic, "del"u8);
            removed++;
        }
        ctx.Reply.Integer(removed);
    }
}
