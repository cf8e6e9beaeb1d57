using System.Text;
using Carnelian.Commands;
using Carnelian.Commands.Table;
using Carnelian.Server.Clients;
using Carnelian.Server.Execution;
using Carnelian.Server.Waiting;
using static Carnelian.Commands.Table.CommandFlags;

namespace Carnelian.Server.Commands.Connection;

/// <summary>CLIENT: what changes how the server treats this client or all of them.</summary>
public static class ClientControlCommands
{
    [Command("CLIENT|PAUSE", Arity = -3, Group = CommandGroup.Connection, Since = "3.0.0", Complexity = "O(1)",
        Summary = "Makes the commands of all clients, or only those that change data, wait for some time.",
        Flags = Admin | NoScript | Loading | Stale,
        Locks = Locks.All,
        Arguments = "timeout:integer, [mode(WRITE | ALL) since=6.2.0]",
        History = "6.2.0 `CLIENT PAUSE WRITE` mode added along with the `mode` option.")]
    public static void Pause(scoped ref CommandContext ctx)
    {
        bool holdsAll = true;
        if (ctx.ArgCount == 4)
        {
            holdsAll = ctx.ArgIs(3, "all"u8);
            if (!holdsAll && !ctx.ArgIs(3, "write"u8))
            {
                ctx.Reply.Error("ERR CLIENT PAUSE mode must be WRITE or ALL"u8);
                return;
            }
        }
        if (!BlockingTimeout.TryDuration(ref ctx, 2, out long milliseconds))
            return;
        EventLoop loop = ((Client)ctx.Session).Loop;
        loop.Server.Pause.Begin(loop, milliseconds, holdsAll);
        ctx.Reply.Ok();
    }

    [Command("CLIENT|UNPAUSE", Arity = 2, Group = CommandGroup.Connection, Since = "6.2.0", Complexity = "O(N) Where N is the number of paused clients",
        Summary = "Ends CLIENT PAUSE.",
        Flags = Admin | NoScript | Loading | Stale)]
    public static void Unpause(scoped ref CommandContext ctx)
    {
        EventLoop loop = ((Client)ctx.Session).Loop;
        loop.Server.Pause.End();
        // Whoever hears that the pause is over finds that those who waited have gone on.
        loop.OwesQuiescence = true;
        ctx.Reply.Ok();
    }

    [Command("CLIENT|NO-EVICT", Arity = 3, Group = CommandGroup.Connection, Since = "7.0.0", Complexity = "O(1)",
        Summary = "Keeps this connection from being closed for the memory that clients take.",
        Flags = Admin | NoScript | Loading | Stale | AllowBusy,
        Arguments = "enabled(ON | OFF)")]
    public static void NoEvict(scoped ref CommandContext ctx)
    {
        if (!TrySwitch(ref ctx, out bool isOn))
            return;
        var client = (Client)ctx.Session;
        client.Set(ClientFlags.NoEvict, isOn);
        ctx.Reply.Ok();
    }

    [Command("CLIENT|REPLY", Arity = 3, Group = CommandGroup.Connection, Since = "3.2.0", Complexity = "O(1)",
        Summary = "Switches the replies to this connection off or on.",
        Flags = NoScript | Loading | Stale | NoMulti | AllowBusy,
        Arguments = "action(ON | OFF | SKIP)")]
    public static void Reply(scoped ref CommandContext ctx)
    {
        var client = (Client)ctx.Session;
        if (ctx.ArgIs(2, "on"u8))
        {
            client.Set(ClientFlags.ReplyOff | ClientFlags.ReplySkip, false);
            ctx.Reply.Discarding = false;
            ctx.Reply.Ok();
        }
        else if (ctx.ArgIs(2, "off"u8))
        {
            client.Set(ClientFlags.ReplyOff, true);
        }
        else if (!ctx.ArgIs(2, "skip"u8))
        {
            ctx.WriteSyntaxError();
        }
        else if (!client.Is(ClientFlags.ReplyOff))
        {
            client.Set(ClientFlags.ReplySkipNext, true);
        }
    }

    [Command("CLIENT|CAPA", Arity = -3, Group = CommandGroup.Connection, Since = "8.0.0", Complexity = "O(1)",
        Summary = "Tells the server what the client is able to do.",
        Flags = NoScript | Loading | Stale | AllowBusy,
        Arguments = "capability...")]
    public static void Capa(scoped ref CommandContext ctx)
    {
        for (int i = 2; i < ctx.ArgCount; i++)
        {
            // Capabilities that the server does not know are none of its business.
            if (ctx.ArgIs(i, "redirect"u8))
                ((Client)ctx.Session).UnderstandsRedirect = true;
        }
        ctx.Reply.Ok();
    }

    [Command("CLIENT|IMPORT-SOURCE", Arity = 3, Group = CommandGroup.Connection, Since = "8.1.0", Complexity = "O(1)",
        Summary = "Marks the connection as one that brings data in, in import mode.",
        Flags = NoScript | Loading | Stale,
        Arguments = "enabled(ON | OFF)")]
    public static void ImportSource(scoped ref CommandContext ctx)
    {
        var client = (Client)ctx.Session;
        if (!client.Loop.Server.Configuration.ImportMode && !ctx.ArgIs(2, "off"u8))
        {
            ctx.Reply.Error("ERR Server is not in import mode"u8);
            return;
        }
        if (!TrySwitch(ref ctx, out bool isOn))
            return;
        client.IsImportSource = isOn;
        ctx.Reply.Ok();
    }

    [Command("CLIENT|UNBLOCK", Arity = -3, Group = CommandGroup.Connection, Since = "5.0.0", Complexity = "O(log N) where N is the number of client connections",
        Summary = "Ends the waiting of a client in a blocking command.",
        Flags = Admin | NoScript | Loading | Stale,
        Arguments = "client-id:integer, [unblock-type(TIMEOUT | ERROR)]")]
    public static void Unblock(scoped ref CommandContext ctx)
    {
        bool isError = ctx.ArgCount == 4 && ctx.ArgIs(3, "error"u8);
        if (ctx.ArgCount == 4 && !isError && !ctx.ArgIs(3, "timeout"u8))
        {
            ctx.Reply.Error("ERR CLIENT UNBLOCK reason should be TIMEOUT or ERROR"u8);
            return;
        }
        if (!ctx.TryInteger(2, out long id))
            return;
        // Only waiting in a blocking command ends: a client that is paused waits on.
        ClientWait? wait = ((Client)ctx.Session).Loop.Server.Clients.Find(id)?.Wait;
        bool hasEnded = wait != null && wait.TryEnd(isError);
        // Valkey counts the error that the other client gets as a failure of this command.
        if (hasEnded && isError)
            ((Client)ctx.Session).Loop.Dispatcher.StatisticsOf(ctx.Command.Id).Failed++;
        ctx.Reply.Integer(hasEnded ? 1 : 0);
    }

    [Command("CLIENT|HELP", Arity = 2, Group = CommandGroup.Connection, Since = "5.0.0", Complexity = "O(1)",
        Summary = "Describes the subcommands of CLIENT.",
        Flags = Loading | Stale)]
    public static void Help(scoped ref CommandContext ctx) => SubcommandHelp.Write(ctx.Reply, "CLIENT"u8, HelpLines);

    /// <summary>Reads ON or OFF, or writes the error.</summary>
    internal static bool TrySwitch(scoped ref CommandContext ctx, out bool isOn)
    {
        isOn = ctx.ArgIs(2, "on"u8);
        if (isOn || ctx.ArgIs(2, "off"u8))
            return true;
        ctx.WriteSyntaxError();
        return false;
    }

    private static ReadOnlySpan<byte> HelpLines => """
        CACHING (YES|NO)
            Track the keys that the next command reads, in OPTIN or OPTOUT mode, or not.
        CAPA <option> [options...]
            Tell what the client is able to do:
            * REDIRECT
              It follows redirections when primary and replica change places.
        GETREDIR
            Show the number of the connection that hears of changes in place of this one.
        GETNAME
            Show the name of this connection.
        ID
            Show the number of this connection.
        INFO
            Show this connection as LIST shows it.
        KILL <ip:port>
            Close the connection from an address.
        KILL <option> <value> [<option> <value> [...]]
            Close all connections that fit all options, which are those of LIST. SKIPME is yes by default.
        LIST [options ...]
            Show the connections that fit all options; with NOT- in front an option means the opposite:
            * TYPE (NORMAL|PRIMARY|REPLICA|PUBSUB)
            * USER <username>
            * ADDR (<ip:port>|<unixsocket>:0)
            * LADDR (<ip:port>|<unixsocket>:0)
            * ID <client-id> [<client-id>...]
            * SKIPME (YES|NO)
              Leave this connection out (no by default).
            * MAXAGE <maxage>
              Connected for at least so many seconds.
            * FLAGS <flags>
              Has all these flags.
            * NAME <client-name>
            * IDLE <idle>
              Idle for at least so many seconds.
            * LIB-NAME <library-name>
            * LIB-VER <library-version>
            * DB <db-id>
            * CAPA <capa>
            * IP <ip>
        UNPAUSE
            End a pause.
        PAUSE <timeout> [WRITE|ALL]
            Make all commands, or those that write, wait for <timeout> milliseconds.
        REPLY (ON|OFF|SKIP)
            Switch the replies to this connection on or off, or skip the next one.
        SETNAME <name>
            Name this connection.
        SETINFO <option> <value>
            Tell about the client library:
            * LIB-NAME: its name.
            * LIB-VER: its version.
        UNBLOCK <clientid> [TIMEOUT|ERROR]
            End the waiting of a client in a blocking command.
        TRACKING (ON|OFF) [REDIRECT <id>] [BCAST] [PREFIX <prefix> [...]]
                 [OPTIN] [OPTOUT] [NOLOOP]
            Tell this connection of changes of the keys that it has read.
        TRACKINGINFO
            Show what this connection is told of changes.
        NO-EVICT (ON|OFF)
            Keep this connection when clients take too much memory.
        NO-TOUCH (ON|OFF)
            Leave the access times of keys alone.
        IMPORT-SOURCE (ON|OFF)
            In import mode, mark this connection as one that brings data in and sees expired keys.
        """u8;
}
