using Carnelian.Commands;
using Carnelian.Server.AppendOnly;
using Carnelian.Server.Clients;
using Carnelian.Server.Configuration;
using Carnelian.Text;

namespace Carnelian.Server.Commands.Administration;

/// <summary>The subcommands of DEBUG on the append only file. All locks are held.</summary>
internal static class DebugPersistence
{
    /// <summary>DEBUG LOADAOF: writes what waits to the file, forgets all data and loads it again.</summary>
    public static void LoadAof(scoped ref CommandContext ctx)
    {
        ServerInstance server = ((Client)ctx.Session).Loop.Server;
        _ = server.Aof.Writer?.Flush(syncs: false);
        for (int i = 0; i < ctx.Keyspace.DatabaseCount; i++)
        {
            ctx.Services.OnDatabaseFlushed(ctx.Keyspace[i]);
            ctx.Keyspace[i].Clear(isLazy: false);
        }
        if (server.Aof.TryLoad(holdsAllLocks: true) == AofLoadResult.Failed)
        {
            ctx.Reply.Error("ERR Error trying to load the AOF files, check server logs."u8);
            return;
        }
        server.Log.Write(LogLevel.Notice, "Append Only File loaded by DEBUG LOADAOF");
        ctx.Reply.Ok();
    }

    /// <summary>DEBUG AOF-FLUSH-SLEEP: microseconds that pass before each write.</summary>
    public static void SetFlushSleep(scoped ref CommandContext ctx)
    {
        _ = AsciiNumber.TryParseInt64(ctx.Arg(2), out long microseconds);
        ((Client)ctx.Session).Loop.Server.Aof.FlushSleepMicroseconds = microseconds;
        ctx.Reply.Ok();
    }
}
