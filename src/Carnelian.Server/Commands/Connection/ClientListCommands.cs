using System.Text;
using Carnelian.Commands;
using Carnelian.Commands.Table;
using Carnelian.Server.Clients;
using static Carnelian.Commands.Table.CommandFlags;

namespace Carnelian.Server.Commands.Connection;

/// <summary>CLIENT LIST, INFO and KILL: clients as others see them.</summary>
public static class ClientListCommands
{
    [Command("CLIENT|LIST", Arity = -2, Group = CommandGroup.Connection, Since = "2.4.0", Complexity = "O(N) where N is the number of client connections",
        Summary = "Lists the connected clients.",
        Flags = Admin | NoScript | Loading | Stale, Tips = "nondeterministic_output",
        Arguments = """
            [TYPE client-type(NORMAL | MASTER | REPLICA | PUBSUB) since=5.0.0]
            [ID client-id:integer... since=6.2.0]
            [USER username since=8.1.0]
            [ADDR addr since=8.1.0 display='ip:port']
            [LADDR laddr since=8.1.0 display='ip:port']
            [SKIPME skipme(YES | NO) since=8.1.0]
            [MAXAGE maxage:integer since=8.1.0]
            [NAME name since=9.0.0]
            [IDLE idle:integer since=9.0.0]
            [FLAGS flags since=9.0.0]
            [LIB-NAME lib-name since=9.0.0]
            [LIB-VER lib-ver since=9.0.0]
            [DB db:integer since=9.0.0]
            [CAPA capa since=9.0.0]
            [IP ip since=9.0.0]
            [NOT-TYPE not-client-type(NORMAL | MASTER | REPLICA | PUBSUB) since=9.0.0]
            [NOT-ID not-client-id:integer... since=9.0.0]
            [NOT-USER not-username since=9.0.0]
            [NOT-ADDR not-addr since=9.0.0 display='ip:port']
            [NOT-LADDR not-laddr since=9.0.0 display='ip:port']
            [NOT-NAME not-name since=9.0.0]
            [NOT-FLAGS not-flags since=9.0.0]
            [NOT-LIB-NAME not-lib-name since=9.0.0]
            [NOT-LIB-VER not-lib-ver since=9.0.0]
            [NOT-DB not-db:integer since=9.0.0]
            [NOT-CAPA not-capa since=9.0.0]
            [NOT-IP not-ip since=9.0.0]
            """,
        History = """
            2.8.12 Added unique client `id` field.
            5.0.0 Added optional `TYPE` filter.
            6.0.0 Added `user` field.
            6.2.0 Added `argv-mem`, `tot-mem`, `laddr` and `redir` fields and the optional `ID` filter.
            7.0.0 Added `resp`, `multi-mem`, `rbs` and `rbp` fields.
            7.0.3 Added `ssub` field.
            8.0.0 Replaced `master` `TYPE` with `primary`. `master` still supported for backward compatibility.
            8.1.0 Added filters USER, ADDR, LADDR, SKIPME, and MAXAGE.
            9.0.0 Added filters NAME, IDLE, FLAGS, LIB-NAME, LIB-VER, DB, CAPA, and IP. And negative filters NOT-ID, NOT-TYPE, NOT-ADDR, NOT-LADDR, NOT-USER, NOT-FLAGS, NOT-NAME, NOT-LIB-NAME, NOT-LIB-VER, NOT-DB, NOT-CAPA, NOT-IP.
            """)]
    public static void List(scoped ref CommandContext ctx)
    {
        var self = (Client)ctx.Session;
        ServerInstance server = self.Loop.Server;
        var filter = new ClientFilter();
        if (filter.Read(ref ctx, 2, server.Keyspace.DatabaseCount) is { } error)
        {
            ctx.Reply.Error(Encoding.Latin1.GetBytes(error));
            return;
        }
        // Nobody is shown with more memory than maxmemory-clients allows: what other loops write just now is counted first.
        if (server.ClientMemory.IsLimited)
            server.ClientMemory.CountServed();
        var text = new StringBuilder();
        foreach (Client client in server.Clients.Snapshot())
        {
            if (!filter.Matches(server, client, self))
                continue;
            ClientLine.Write(text, server, client, client == self ? ArgumentBytes(ref ctx) : 0);
            text.Append('\n');
        }
        ctx.Reply.Verbatim(Encoding.Latin1.GetBytes(text.ToString()), "txt"u8);
    }

    [Command("CLIENT|INFO", Arity = 2, Group = CommandGroup.Connection, Since = "6.2.0", Complexity = "O(1)",
        Summary = "Shows the connection as CLIENT LIST does.",
        Flags = NoScript | Loading | Stale, Tips = "nondeterministic_output")]
    public static void Info(scoped ref CommandContext ctx)
    {
        var self = (Client)ctx.Session;
        var text = new StringBuilder();
        ClientLine.Write(text, self.Loop.Server, self, ArgumentBytes(ref ctx));
        text.Append('\n');
        ctx.Reply.Verbatim(Encoding.Latin1.GetBytes(text.ToString()), "txt"u8);
    }

    [Command("CLIENT|KILL", Arity = -3, Group = CommandGroup.Connection, Since = "2.4.0", Complexity = "O(N) where N is the number of client connections",
        Summary = "Closes connections.",
        Flags = Admin | NoScript | Loading | Stale,
        Arguments = "filter(old-format deprecated=2.8.12 display='ip:port' | new-format([ID client-id:integer... since=2.8.12] | [TYPE client-type(NORMAL | MASTER since=3.2.0 | PRIMARY since=8.0.0 | SLAVE | REPLICA since=5.0.0 | PUBSUB) since=2.8.12] | [USER username] | [ADDR addr display='ip:port'] | [LADDR laddr since=6.2.0 display='ip:port'] | [SKIPME skipme(YES | NO)] | [MAXAGE maxage:integer since=8.0.0] | [NAME name since=9.0.0] | [IDLE idle:integer since=9.0.0] | [FLAGS flags since=9.0.0] | [LIB-NAME lib-name since=9.0.0] | [LIB-VER lib-ver since=9.0.0] | [DB db:integer since=9.0.0] | [CAPA capa since=9.0.0] | [IP ip since=9.0.0] | [NOT-TYPE not-client-type(NORMAL | MASTER | PRIMARY | SLAVE | REPLICA | PUBSUB) since=9.0.0] | [NOT-ID not-client-id:integer... since=9.0.0] | [NOT-USER not-username since=9.0.0] | [NOT-ADDR not-addr since=9.0.0 display='ip:port'] | [NOT-LADDR not-laddr since=9.0.0 display='ip:port'] | [NOT-NAME not-name since=9.0.0] | [NOT-FLAGS not-flags since=9.0.0] | [NOT-LIB-NAME not-lib-name since=9.0.0] | [NOT-LIB-VER not-lib-ver since=9.0.0] | [NOT-DB not-db:integer since=9.0.0] | [NOT-CAPA not-capa since=9.0.0] | [NOT-IP not-ip since=9.0.0])...)",
        History = """
            2.8.12 Added new filter format.
            2.8.12 `ID` option.
            3.2.0 Added `master` type in for `TYPE` option.
            5.0.0 Replaced `slave` `TYPE` with `replica`. `slave` still supported for backward compatibility.
            6.2.0 `LADDR` option.
            8.0.0 `MAXAGE` option.
            8.0.0 Replaced `master` `TYPE` with `primary`. `master` still supported for backward compatibility.
            8.1.0 `ID` option accepts multiple IDs.
            9.0.0 Added filters NAME, IDLE, FLAGS, LIB-NAME, LIB-VER, DB, CAPA, and IP. And negative filters NOT-ID, NOT-TYPE, NOT-ADDR, NOT-LADDR, NOT-USER, NOT-FLAGS, NOT-NAME, NOT-LIB-NAME, NOT-LIB-VER, NOT-DB, NOT-CAPA, NOT-IP.
            """)]
    public static void Kill(scoped ref CommandContext ctx)
    {
        var self = (Client)ctx.Session;
        ServerInstance server = self.Loop.Server;
        if (ctx.ArgCount == 3)
        {
            string address = Encoding.Latin1.GetString(ctx.Arg(2));
            Client? found = Array.Find(server.Clients.Snapshot(), client => client.Socket.PeerAddress == address);
            if (found == null)
            {
                ctx.Reply.Error("ERR No such client"u8);
                return;
            }
            ctx.Reply.Ok();
            Close(found, self);
            return;
        }
        var filter = new ClientFilter { SkipsSelf = true };
        if (filter.Read(ref ctx, 2, server.Keyspace.DatabaseCount) is { } error)
        {
            ctx.Reply.Error(Encoding.Latin1.GetBytes(error));
            return;
        }
        int killed = 0;
        foreach (Client client in server.Clients.Snapshot())
        {
            if (!filter.Matches(server, client, self))
                continue;
            Close(client, self);
            killed++;
        }
        ctx.Reply.Integer(killed);
    }

    /// <summary>Closes a client; the one that asks still gets its reply.</summary>
    private static void Close(Client client, Client self)
    {
        if (client == self)
        {
            client.Set(ClientFlags.CloseAfterReply, true);
            return;
        }
        self.Loop.Server.Clients.Disconnect(client);
        // The other loop has executed the last command of the client when this one hears that it is gone.
        self.Loop.OwesQuiescence |= client.Loop != self.Loop;
    }

    private static long ArgumentBytes(scoped ref CommandContext ctx)
    {
        long bytes = 0;
        for (int i = 0; i < ctx.ArgCount; i++)
            bytes += ctx.Arg(i).Length;
        return bytes;
    }
}
