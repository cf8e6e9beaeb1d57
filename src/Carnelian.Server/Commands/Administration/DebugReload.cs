using System.Text;
using Carnelian.Commands;
using Carnelian.Persistence.Rdb;
using Carnelian.Server.Clients;
using Carnelian.Server.Configuration;

namespace Carnelian.Server.Commands.Administration;

/// <summary>DEBUG RELOAD: saves the data set, forgets it and loads it again. All locks are held.</summary>
internal static class DebugReload
{
    /// <summary>Runs the subcommand.</summary>
    public static void Run(scoped ref CommandContext ctx)
    {
        bool saves = true, flushes = true, merges = false;
        for (int i = 2; i < ctx.ArgCount; i++)
        {
            switch (Encoding.Latin1.GetString(ctx.Arg(i)).ToLowerInvariant())
            {
                case "nosave":
                    saves = false;
                    break;
                case "noflush":
                    flushes = false;
                    break;
                case "merge":
                    merges = true;
                    break;
                default:
                    ctx.Reply.Error("ERR DEBUG RELOAD only supports the MERGE, NOFLUSH and NOSAVE options."u8);
                    return;
            }
        }
        ServerInstance server = ((Client)ctx.Session).Loop.Server;
        if (saves && !server.Saver.TrySave(out string error))
        {
            ctx.Reply.Error(Encoding.UTF8.GetBytes(error.Length == 0 ? "ERR" : $"ERR {error}"));
            return;
        }
        if (server.Loader.LoadFile(server.Configuration.DbFileName, merges, holdsAllLocks: true, flushes) != RdbLoadOutcome.Loaded)
        {
            ctx.Reply.Error("ERR Error trying to load the RDB dump, check server logs."u8);
            return;
        }
        server.Log.Write(LogLevel.Notice, "DB reloaded by DEBUG RELOAD");
        ctx.Reply.Ok();
    }
}
