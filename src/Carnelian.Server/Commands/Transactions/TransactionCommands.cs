using Carnelian.Commands;
using Carnelian.Commands.Table;
using Carnelian.Server.Clients;
using Carnelian.Storage;
using static Carnelian.Commands.Table.CommandFlags;

namespace Carnelian.Server.Commands.Transactions;

/// <summary>MULTI and what belongs to it.</summary>
public static class TransactionCommands
{
    [Command("MULTI", Arity = 1, Group = CommandGroup.Transactions, Since = "1.2.0", Complexity = "O(1)",
        Summary = "Begins a transaction.",
        Flags = NoScript | Loading | Stale | Fast | NoMulti | AllowBusy)]
    public static void Multi(scoped ref CommandContext ctx)
    {
        var client = (Client)ctx.Session;
        client.Loop.Server.Transactions.Begin(client);
        ctx.Reply.Ok();
    }

    [Command("EXEC", Arity = 1, Group = CommandGroup.Transactions, Since = "1.2.0", Complexity = "Depends on commands in the transaction",
        Summary = "Executes the commands of a transaction.",
        Flags = NoScript | Loading | Stale | SkipCommandLog, Locks = Locks.None)]
    public static void Exec(scoped ref CommandContext ctx)
    {
        var client = (Client)ctx.Session;
        ServerInstance server = client.Loop.Server;
        if (!client.Is(ClientFlags.Multi))
        {
            ctx.Reply.Error("ERR EXEC without MULTI"u8);
            return;
        }
        if (client.Is(ClientFlags.DirtyExec))
        {
            server.Transactions.Discard(client);
            server.Watches.Unwatch(client);
            ctx.Reply.Error("EXECABORT Transaction discarded because of previous errors."u8);
            return;
        }
        server.Transactions.Execute(client, ref ctx);
    }

    [Command("DISCARD", Arity = 1, Group = CommandGroup.Transactions, Since = "2.0.0", Complexity = "O(N), when N is the number of queued commands",
        Summary = "Gives a transaction up.",
        Flags = NoScript | Loading | Stale | Fast | AllowBusy)]
    public static void Discard(scoped ref CommandContext ctx)
    {
        var client = (Client)ctx.Session;
        if (!client.Is(ClientFlags.Multi))
        {
            ctx.Reply.Error("ERR DISCARD without MULTI"u8);
            return;
        }
        client.Loop.Server.Transactions.Discard(client);
        client.Loop.Server.Watches.Unwatch(client);
        ctx.Reply.Ok();
    }

    [Command("WATCH", Arity = -2, Group = CommandGroup.Transactions, Since = "2.2.0", Complexity = "O(1) for every key.",
        Summary = "Has the next transaction fail if keys change before it.",
        Flags = NoScript | Loading | Stale | Fast | NoMulti | AllowBusy,
        Keys = "RO @1..-1",
        Arguments = "key:key...")]
    public static void Watch(scoped ref CommandContext ctx)
    {
        var client = (Client)ctx.Session;
        for (int i = 1; i < ctx.ArgCount; i++)
        {
            Key key = ctx.Key(i);
            // A key that has expired already is absent, and its removal later on is no change.
            _ = ctx.Database.Find(key, ctx.Now, LookupFlags.NoTouch | LookupFlags.NoStatistics);
            client.Loop.Server.Watches.Watch(client, ctx.Database, key);
        }
        ctx.Reply.Ok();
    }

    [Command("UNWATCH", Arity = 1, Group = CommandGroup.Transactions, Since = "2.2.0", Complexity = "O(1)",
        Summary = "Forgets the watched keys.",
        Flags = NoScript | Loading | Stale | Fast | AllowBusy)]
    public static void Unwatch(scoped ref CommandContext ctx)
    {
        var client = (Client)ctx.Session;
        // Inside EXEC the watches are judged already, the locks are held, and EXEC removes them itself.
        if (!client.Is(ClientFlags.Multi))
            client.Loop.Server.Watches.Unwatch(client);
        ctx.Reply.Ok();
    }
}
