using Carnelian.Commands;
using Carnelian.Commands.Table;
using Carnelian.Server.Clients;
using Carnelian.Server.Configuration;
using static Carnelian.Commands.Table.CommandFlags;

namespace Carnelian.Server.Commands.Administration;

/// <summary>SHUTDOWN. Runs alone, and nothing runs after it.</summary>
public static class ShutdownCommands
{
    [Command("SHUTDOWN", Arity = -1, Group = CommandGroup.Server, Since = "1.0.0", Complexity = "O(N) when saving, where N is the total number of keys in all databases when saving data, otherwise O(1)",
        Summary = "Ends the server, or takes such a request back.",
        Flags = Admin | NoScript | Loading | Stale | NoMulti | AllowBusy,
        Locks = Locks.All,
        Arguments = "[abort-selector(save-selector-block{[save-selector(NOSAVE | SAVE)], [NOW since=7.0.0], [FORCE since=7.0.0], [SAFE since=9.0.0], [FAILOVER since=9.0.0]} | ABORT since=7.0.0)]",
        History = """
            7.0.0 Added the `NOW`, `FORCE` and `ABORT` modifiers.
            9.0.0 Added the `SAFE` and `FAILOVER` modifiers.
            """)]
    public static void Shutdown(scoped ref CommandContext ctx)
    {
        var client = (Client)ctx.Session;
        var options = ShutdownOptions.Default;
        bool isAbort = false;
        for (int i = 1; i < ctx.ArgCount; i++)
        {
            if (ctx.ArgIs(i, "nosave"u8))
                options |= ShutdownOptions.NoSave;
            else if (ctx.ArgIs(i, "save"u8))
                options |= ShutdownOptions.Save;
            else if (ctx.ArgIs(i, "now"u8))
                options |= ShutdownOptions.Now;
            else if (ctx.ArgIs(i, "force"u8))
                options |= ShutdownOptions.Force;
            else if (ctx.ArgIs(i, "safe"u8))
                options |= ShutdownOptions.Safe;
            else if (ctx.ArgIs(i, "failover"u8))
                options |= ShutdownOptions.Failover;
            else if (ctx.ArgIs(i, "abort"u8))
                isAbort = true;
            else
            {
                ctx.WriteSyntaxError();
                return;
            }
        }
        const ShutdownOptions both = ShutdownOptions.Save | ShutdownOptions.NoSave;
        if ((options & both) == both || isAbort && options != ShutdownOptions.Default)
            ctx.WriteSyntaxError();
        else if (isAbort && client.Loop.Server.Shutdown.TryAbort())
            ctx.Reply.Ok();
        else if (isAbort)
            ctx.Reply.Error("ERR No shutdown in progress."u8);
        else if ((options & ShutdownOptions.Failover) != 0)
            ctx.Reply.Error("ERR SHUTDOWN FAILOVER is only supported in cluster mode."u8);
        else if (!client.Loop.Server.Shutdown.TryRun(options, client))
            ctx.Reply.Error("ERR Errors trying to SHUTDOWN. Check logs."u8);
        else if (!client.Loop.Server.ShutdownWait.IsOn)
            client.Loop.CloseSoon(client);
    }
}
