using Carnelian.Commands;
using Carnelian.Commands.Table;
using Carnelian.Server.Clients;
using static Carnelian.Commands.Table.CommandFlags;

namespace Carnelian.Server.Commands.Persistence;

/// <summary>The commands on the append only file.</summary>
public static class AofCommands
{
    [Command("BGREWRITEAOF", Arity = 1, Group = CommandGroup.Server, Since = "1.0.0", Complexity = "O(1)",
        Summary = "Has the append only file written anew in the background.",
        Flags = Admin | NoScript | NoAsyncLoading)]
    public static void BgRewriteAof(scoped ref CommandContext ctx)
    {
        ServerInstance server = ((Client)ctx.Session).Loop.Server;
        if (ctx.Blocking == BlockingMode.Denied)
        {
            // A transaction is one step: the cut comes after it.
            if (server.Aof.IsRewriting)
            {
                WriteInProgress(ref ctx);
                return;
            }
            server.Aof.Schedule(soon: false);
            ctx.Reply.SimpleString("Background append only file rewriting scheduled"u8);
        }
        else if (!server.Aof.TryRewrite(out bool isNow))
        {
            WriteInProgress(ref ctx);
        }
        else if (isNow)
        {
            ctx.Reply.SimpleString("Background append only file rewriting started"u8);
        }
        else
        {
            ctx.Reply.SimpleString("Background append only file rewriting scheduled"u8);
        }
    }

    private static void WriteInProgress(scoped ref CommandContext ctx) =>
        ctx.Reply.Error("ERR Background append only file rewriting already in progress"u8);
}
