using System.Text;
using Carnelian.Commands;
using Carnelian.Commands.Table;
using Carnelian.Server.Clients;
using Carnelian.Server.Configuration;
using Carnelian.Server.Replication;
using static Carnelian.Commands.Table.CommandFlags;

namespace Carnelian.Server.Commands.Replication;

/// <summary>SYNC and PSYNC: a replica asks for the data set, or for what it has missed, and for the stream of changes.</summary>
public static class SyncCommands
{
    [Command("SYNC", Arity = 1, Group = CommandGroup.Server, Since = "1.0.0",
        Summary = "Sends the data set and then all changes.",
        Flags = Admin | NoScript | NoAsyncLoading | NoMulti)]
    public static void Sync(scoped ref CommandContext ctx)
    {
        if (!TryPrepare(ref ctx, out Replica replica, out ServerInstance server))
            return;
        replica.IsPlain = true;
        server.Log.Write(LogLevel.Notice, $"Replica {replica.Name} asks for synchronization");
        server.Replication.BeginFullSync(replica);
    }

    [Command("PSYNC", Arity = -3, Group = CommandGroup.Server, Since = "2.8.0",
        Summary = "Sends the changes from an offset on, or the data set and then all changes.",
        Flags = Admin | NoScript | NoAsyncLoading | NoMulti,
        Arguments = "replicationid, offset:integer")]
    public static void PartialSync(scoped ref CommandContext ctx)
    {
        if (ctx.ArgCount > 3 && ctx.ArgIs(3, "failover"u8) && !((Client)ctx.Session).Is(ClientFlags.Replica))
        {
            ctx.Reply.Error("ERR PSYNC FAILOVER can't be sent to a master."u8);
            return;
        }
        if (!TryPrepare(ref ctx, out Replica replica, out ServerInstance server) || !ctx.TryInteger(2, out long offset))
            return;
        string id = Encoding.Latin1.GetString(ctx.Arg(1));
        server.Log.Write(LogLevel.Notice, $"Replica {replica.Name} asks for synchronization");
        if (server.Replication.TryResume(replica, id, offset, ctx.Reply))
            return;
        if (id != "?")
            Interlocked.Increment(ref server.Replication.RefusedPartialSyncs);
        server.Replication.BeginFullSync(replica);
    }

    private static bool TryPrepare(scoped ref CommandContext ctx, out Replica replica, out ServerInstance server)
    {
        var client = (Client)ctx.Session;
        server = client.Loop.Server;
        replica = client.Replica ??= new Replica(client);
        // One that is a replica already gets what it asked for.
        if (client.Is(ClientFlags.Replica))
            return false;
        if (ctx.Reply.PendingBytes == 0)
            return true;
        // It could not tell replies that are still on their way from what follows.
        ctx.Reply.Error("ERR SYNC and PSYNC are invalid with pending output"u8);
        return false;
    }
}
