using System.Security.Cryptography;
using System.Text;
using Carnelian.Commands;
using Carnelian.Commands.Table;
using Carnelian.Server.Clients;
using Carnelian.Threading;
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

    [Command("ECHO", Arity = 2, Group = CommandGroup.Connection, Since = "1.0.0", Complexity = "O(1)",
        Summary = "Returns its argument.",
        Flags = Loading | Stale | Fast,
        Arguments = "message")]
    public static void Echo(scoped ref CommandContext ctx) => ctx.Reply.Bulk(ctx.Arg(1));

    [Command("QUIT", Arity = -1, Group = CommandGroup.Connection, Since = "1.0.0", Complexity = "O(1)",
        Summary = "Closes the connection.",
        Flags = NoScript | Loading | Stale | Fast | NoAuth | AllowBusy)]
    public static void Quit(scoped ref CommandContext ctx)
    {
        ctx.Reply.Ok();
        ((Client)ctx.Session).Set(ClientFlags.CloseAfterReply, true);
    }

    [Command("RESET", Arity = 1, Group = CommandGroup.Connection, Since = "6.2.0", Complexity = "O(1)",
        Summary = "Brings the connection into the state of a new one.",
        Flags = NoScript | Loading | Stale | Fast | NoAuth | AllowBusy)]
    public static void Reset(scoped ref CommandContext ctx)
    {
        var client = (Client)ctx.Session;
        ServerInstance server = client.Loop.Server;
        server.Monitors.Remove(client);
        server.Transactions.Discard(client);
        server.Watches.Unwatch(client);
        server.PubSub.UnsubscribeAll(client);
        server.Tracking.Disable(client);
        client.DatabaseIndex = 0;
        client.Name = "";
        client.IsNoTouch = false;
        client.IsImportSource = false;
        client.ForgetFieldsets();
        client.Set(ClientFlags.ReplyOff | ClientFlags.ReplySkipNext | ClientFlags.NoEvict | ClientFlags.ReadOnly, false);
        client.Set(ClientFlags.Unauthenticated, server.Configuration.RequirePass.Length != 0);
        client.Resp = ctx.Reply.Resp = 2;
        // CLIENT REPLY SKIP was about this command.
        ctx.Reply.Discarding = client.Is(ClientFlags.ReplySkip);
        ctx.Reply.SimpleString("RESET"u8);
    }

    [Command("TIME", Arity = 1, Group = CommandGroup.Server, Since = "2.6.0", Complexity = "O(1)",
        Summary = "Returns the time of the server: seconds and microseconds.",
        Flags = Loading | Stale | Fast, Tips = "nondeterministic_output")]
    public static void Time(scoped ref CommandContext ctx)
    {
        long microseconds = Clock.UnixMicroseconds();
        ctx.Reply.Array(2);
        ctx.Reply.BulkInteger(microseconds / 1_000_000);
        ctx.Reply.BulkInteger(microseconds % 1_000_000);
    }

    [Command("AUTH", Arity = -2, Group = CommandGroup.Connection, Since = "1.0.0", Complexity = "O(N) where N is the number of passwords defined for the user",
        Summary = "Authenticates the connection.",
        Flags = NoScript | Loading | Stale | Fast | NoAuth | AllowBusy,
        Arguments = "[username since=6.0.0], password",
        History = "6.0.0 Added ACL style (username and password).")]
    public static void Auth(scoped ref CommandContext ctx)
    {
        if (ctx.ArgCount > 3)
        {
            ctx.WriteSyntaxError();
            return;
        }
        var client = (Client)ctx.Session;
        if (ctx.ArgCount == 2 && client.Loop.Server.Configuration.RequirePass.Length == 0)
        {
            ctx.Reply.Error("ERR AUTH <password> called without any password configured for the default user. Are you sure your configuration is correct?"u8);
            return;
        }
        if (Authenticate(client, ctx.ArgCount == 3 ? ctx.Arg(1) : "default"u8, ctx.Arg(ctx.ArgCount - 1)))
            ctx.Reply.Ok();
        else
            ctx.Reply.Error("WRONGPASS invalid username-password pair or user is disabled."u8);
    }

    [Command("HELLO", Arity = -1, Group = CommandGroup.Connection, Since = "6.0.0", Complexity = "O(1)",
        Summary = "Chooses the protocol version and introduces client and server.",
        Flags = NoScript | Loading | Stale | Fast | NoAuth | AllowBusy,
        Arguments = "[arguments{protover:integer, [AUTH auth{username, password}], [SETNAME clientname]}]",
        History = """
            8.1.0 A new `availability_zone` field is added to the response if the `availability-zone` config is set.
            6.2.0 `protover` made optional; when called without arguments the command reports the current connection's context.
            """)]
    public static void Hello(scoped ref CommandContext ctx)
    {
        var client = (Client)ctx.Session;
        int version = client.Resp;
        if (ctx.ArgCount > 1)
        {
            if (!Carnelian.Text.AsciiNumber.TryParseInt64(ctx.Arg(1), out long asked))
            {
                ctx.Reply.Error("ERR Protocol version is not an integer or out of range"u8);
                return;
            }
            if (asked is < 2 or > 3)
            {
                ctx.Reply.Error("NOPROTO unsupported protocol version"u8);
                return;
            }
            version = (int)asked;
        }
        int user = 0, name = 0;
        for (int i = 2; i < ctx.ArgCount; i++)
        {
            int left = ctx.ArgCount - 1 - i;
            if (ctx.ArgIs(i, "auth"u8) && left >= 2)
            {
                user = i + 1;
                i += 2;
            }
            else if (ctx.ArgIs(i, "setname"u8) && left >= 1)
            {
                name = ++i;
                if (!ClientCommands.IsNameValid(ctx.ArgAsText(i)))
                {
                    ctx.Reply.Error("ERR Client names cannot contain spaces, newlines or special characters."u8);
                    return;
                }
            }
            else
            {
                ctx.Reply.Error(Encoding.Latin1.GetBytes($"ERR Syntax error in HELLO option '{Encoding.Latin1.GetString(ctx.ArgAsText(i))}'"));
                return;
            }
        }
        if (user != 0 && !Authenticate(client, ctx.Arg(user), ctx.Arg(user + 1)))
        {
            ctx.Reply.Error("WRONGPASS invalid username-password pair or user is disabled."u8);
            return;
        }
        if (client.Is(ClientFlags.Unauthenticated))
        {
            ctx.Reply.Error("NOAUTH HELLO must be called with the client already authenticated, otherwise the HELLO <proto> AUTH <user> <pass> option can be used to authenticate the client and select the RESP protocol version at the same time"u8);
            return;
        }
        if (name != 0)
            client.Name = Encoding.Latin1.GetString(ctx.Arg(name));
        client.Resp = ctx.Reply.Resp = version;
        WriteIntroduction(ref ctx, client);
    }

    private static void WriteIntroduction(scoped ref CommandContext ctx, Client client)
    {
        string zone = client.Loop.Server.Configuration.AvailabilityZone;
        ctx.Reply.Map(zone.Length == 0 ? 7 : 8);
        ctx.Reply.Bulk("server"u8);
        bool isRedis = client.Loop.Server.Configuration.ExtendedRedisCompatibility;
        ctx.Reply.Bulk(isRedis ? "redis"u8 : "valkey"u8);
        ctx.Reply.Bulk("version"u8);
        ctx.Reply.Bulk(Encoding.ASCII.GetBytes(isRedis ? ServerIdentity.RedisVersion : ServerIdentity.ValkeyVersion));
        ctx.Reply.Bulk("proto"u8);
        ctx.Reply.Integer(client.Resp);
        ctx.Reply.Bulk("id"u8);
        ctx.Reply.Integer(client.Id);
        ctx.Reply.Bulk("mode"u8);
        ctx.Reply.Bulk("standalone"u8);
        ctx.Reply.Bulk("role"u8);
        ctx.Reply.Bulk("master"u8);
        ctx.Reply.Bulk("modules"u8);
        ctx.Reply.Array(0);
        if (zone.Length == 0)
            return;
        ctx.Reply.Bulk("availability_zone"u8);
        ctx.Reply.Bulk(Encoding.Latin1.GetBytes(zone));
    }

    private static bool Authenticate(Client client, ReadOnlySpan<byte> user, ReadOnlySpan<byte> password)
    {
        string expected = client.Loop.Server.Configuration.RequirePass;
        Span<byte> given = stackalloc byte[32], wanted = stackalloc byte[32];
        SHA256.HashData(password, given);
        SHA256.HashData(Encoding.Latin1.GetBytes(expected), wanted);
        bool isRight = user.SequenceEqual("default"u8) && (expected.Length == 0 || CryptographicOperations.FixedTimeEquals(given, wanted));
        if (isRight)
            client.Set(ClientFlags.Unauthenticated, false);
        else
            Interlocked.Increment(ref client.Loop.Server.Statistics.FailedAuthentications);
        return isRight;
    }
}
