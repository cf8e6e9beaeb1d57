using Carnelian.Commands.Table;
using Carnelian.Storage;
using static Carnelian.Commands.Table.CommandFlags;

namespace Carnelian.Commands.Keys;

/// <summary>Commands on whole databases.</summary>
public static class DatabaseCommands
{
    [Command("FLUSHDB", Arity = -1, Group = CommandGroup.Server, Since = "1.0.0", Complexity = "O(N) where N is the number of keys in the selected database",
        Summary = "Removes all keys of the database.",
        Flags = Write, Locks = Locks.All, Acl = AclCategories.Keyspace | AclCategories.Dangerous, Tips = "request_policy:all_shards response_policy:all_succeeded",
        Arguments = "[flush-type(ASYNC since=4.0.0 | SYNC since=6.2.0)]",
        History = """
            4.0.0 Added the `ASYNC` flushing mode modifier.
            6.2.0 Added the `SYNC` flushing mode modifier.
            """)]
    public static void FlushDb(scoped ref CommandContext ctx)
    {
        if (!TryFlushType(ref ctx, out bool isLazy))
            return;
        Flush(ref ctx, ctx.Database, isLazy);
        ctx.Propagation = Propagation.Always;
        ctx.Reply.Ok();
    }

    [Command("FLUSHALL", Arity = -1, Group = CommandGroup.Server, Since = "1.0.0", Complexity = "O(N) where N is the total number of keys in all databases",
        Summary = "Removes all keys of all databases.",
        Flags = Write, Locks = Locks.All, Acl = AclCategories.Keyspace | AclCategories.Dangerous, Tips = "request_policy:all_shards response_policy:all_succeeded",
        Arguments = "[flush-type(ASYNC since=4.0.0 | SYNC since=6.2.0)]",
        History = """
            4.0.0 Added the `ASYNC` flushing mode modifier.
            6.2.0 Added the `SYNC` flushing mode modifier.
            """)]
    public static void FlushAll(scoped ref CommandContext ctx)
    {
        if (!TryFlushType(ref ctx, out bool isLazy))
            return;
        ctx.Services.OnAllFlushing();
        for (int i = 0; i < ctx.Keyspace.DatabaseCount; i++)
            Flush(ref ctx, ctx.Keyspace[i], isLazy);
        ctx.Services.OnAllFlushed(ref ctx);
        ctx.Propagation = Propagation.Always;
        ctx.Reply.Ok();
    }

    [Command("SWAPDB", Arity = 3, Group = CommandGroup.Server, Since = "4.0.0", Complexity = "O(N) where N is the count of clients watching or blocking on keys from both databases.",
        Summary = "Exchanges two databases.",
        Flags = Write | Fast, Locks = Locks.All, Acl = AclCategories.Keyspace | AclCategories.Dangerous,
        Arguments = "index1:integer, index2:integer")]
    public static void SwapDb(scoped ref CommandContext ctx)
    {
        if (!DatabaseArgument.TryNumber(ref ctx, 1, "ERR invalid first DB index"u8, out int first)
            || !DatabaseArgument.TryNumber(ref ctx, 2, "ERR invalid second DB index"u8, out int second))
        {
            return;
        }
        int count = ctx.Keyspace.DatabaseCount;
        if ((uint)first >= (uint)count || (uint)second >= (uint)count)
        {
            ctx.Reply.Error("ERR DB index is out of range"u8);
            return;
        }
        ctx.Dirty++;
        if (ctx.Effects != null)
        {
            // Before the database of the client has another number.
            ctx.CollectEffect();
            ctx.Propagation = Propagation.Never;
        }
        if (first != second)
        {
            ctx.Services.OnDatabasesSwapping(first, second);
            ctx.Keyspace.Swap(first, second);
            ctx.Services.OnDatabasesSwapped(first, second);
        }
        ctx.Reply.Ok();
    }

    [Command("DBSIZE", Arity = 1, Group = CommandGroup.Server, Since = "1.0.0", Complexity = "O(1)",
        Summary = "Returns the number of keys in the database.",
        Flags = ReadOnly | Fast, Acl = AclCategories.Keyspace, Tips = "request_policy:all_shards response_policy:agg_sum")]
    public static void DbSize(scoped ref CommandContext ctx) => ctx.Reply.Integer(ctx.Database.Count);

    [Command("SELECT", Arity = 2, Group = CommandGroup.Connection, Since = "1.0.0", Complexity = "O(1)",
        Summary = "Changes the database of the connection.",
        Flags = Loading | Stale | Fast | AllowBusy,
        Arguments = "index:integer")]
    public static void Select(scoped ref CommandContext ctx)
    {
        if (!DatabaseArgument.TryRead(ref ctx, 1, out Database? database))
            return;
        ctx.Session.DatabaseIndex = database.Index;
        ctx.Reply.Ok();
    }

    private static bool TryFlushType(scoped ref CommandContext ctx, out bool isLazy)
    {
        isLazy = ctx.Services.LazyUserFlush;
        if (ctx.ArgCount == 1)
            return true;
        if (ctx.ArgCount == 2 && (ctx.ArgIs(1, "async"u8) || ctx.ArgIs(1, "sync"u8)))
        {
            isLazy = ctx.ArgIs(1, "async"u8);
            return true;
        }
        ctx.WriteSyntaxError();
        return false;
    }

    private static void Flush(scoped ref CommandContext ctx, Database database, bool isLazy)
    {
        // Before the keys go: those who watch one that is there are told, those who watch an absent one are not.
        ctx.Services.OnDatabaseFlushed(database);
        ctx.Dirty += database.Count;
        database.Clear(isLazy);
    }
}
