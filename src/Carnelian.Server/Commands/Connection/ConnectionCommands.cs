using Carnelian.Commands;
using Carnelian.Commands.Table;
using Carnelian.Server.Clients;
using static Carnelian.Commands.Table.CommandFlags;

namespace Carnelian.Server.Commands.Connection;

/// <summary>Commands on the connection itself.</summary>
public static class ConnectionCommands
{
    [Command("PING", Arity = -1, Group = CommandGroup.Connection, Since = "1.0.0", Complexity = "O(1)",
        Summary = "Answers, so that the client sees that the server lives.",
        Flags = Fast, Tips = "request_policy:all_shards response_policy:all_succeeded",
        Arguments = "[message]")]
    public static void Ping(scoped ref CommandContext ctx)
    {
        if (ctx.ArgCount > 2)
        {
            ctx.Reply.Error("ERR wrong number of arguments for 'ping' command"u8);
            return;
        }
        var client = (Client)ctx.Session;
        if (client.Is(ClientFlags.PubSub) && client.Resp < 3)
        {
            ctx.Reply.Array(2);
            ctx.Reply.Bulk("pong"u8);
            ctx.Reply.Bulk(ctx.ArgCount == 2 ? ctx.Arg(1) : default);
            return;
        }
        if (ctx.ArgCount == 1)
            ctx.Reply.SimpleString("PONG"u8);
        else
            ctx.Reply.Bulk(ctx.Arg(1));
    }
}
