using Carnelian.Commands;
using Carnelian.Commands.Table;
using Carnelian.Server.Clients;
using static Carnelian.Commands.Table.CommandFlags;

namespace Carnelian.Server.Commands.Connection;

/// <summary>MONITOR.</summary>
public static class MonitorCommand
{
    [Command("MONITOR", Arity = 1, Group = CommandGroup.Server, Since = "1.0.0",
        Summary = "Shows all commands that the server executes.",
        Flags = Admin | NoScript | Loading | Stale)]
    public static void Monitor(scoped ref CommandContext ctx)
    {
        var client = (Client)ctx.Session;
        if (client.Is(ClientFlags.Multi))
        {
            ctx.Reply.Error("ERR MONITOR isn't allowed for DENY BLOCKING client"u8);
            return;
        }
        // Who is a monitor already gets no reply, as in Valkey.
        if (client.Is(ClientFlags.Monitor))
            return;
        client.Loop.Server.Monitors.Add(client);
        ctx.Reply.Ok();
    }
}
