using Carnelian.Commands;
using Carnelian.Commands.Table;
using Carnelian.Server.Clients;
using Carnelian.Text;
using static Carnelian.Commands.Table.CommandFlags;

namespace Carnelian.Server.Commands.Replication;

/// <summary>The commands that change who is the primary of whom, as a server answers that can only be a primary.</summary>
public static class ReplicationCommands
{
    [Command("REPLICAOF", Arity = 3, Group = CommandGroup.Server, Since = "5.0.0", Complexity = "O(1)",
        Summary = "Makes the server a replica of another, or a primary.",
        Flags = Admin | NoScript | Stale | NoAsyncLoading,
        Arguments = "args(host-port{host, port:integer} | no-one{NO, ONE})")]
    [Command("SLAVEOF", Arity = 3, Group = CommandGroup.Server, Since = "1.0.0", Complexity = "O(1)",
        Summary = "Makes the server a replica of another, or a primary.",
        Flags = Admin | NoScript | Stale | NoAsyncLoading,
        DeprecatedSince = "5.0.0", ReplacedBy = "`REPLICAOF`",
        Arguments = "args(host-port{host, port:integer} | no-one{NO, ONE})")]
    public static void ReplicaOf(scoped ref CommandContext ctx)
    {
        if (ctx.ArgIs(1, "no"u8) && ctx.ArgIs(2, "one"u8))
            ctx.Reply.Ok();
        else if (!AsciiNumber.TryParseInt64(ctx.Arg(2), out long port) || port is < 0 or > 65535)
            ctx.Reply.Error("ERR Invalid master port"u8);
        else
            ctx.Reply.Error("ERR Replication is not supported by this server"u8);
    }

    [Command("FAILOVER", Arity = -1, Group = CommandGroup.Server, Since = "6.2.0", Complexity = "O(1)",
        Summary = "Hands the role of the primary over to a replica.",
        Flags = Admin | NoScript | Stale,
        Arguments = "[TO target{host, port:integer, [FORCE]}], [ABORT], [TIMEOUT milliseconds:integer]")]
    public static void Failover(scoped ref CommandContext ctx)
    {
        bool hasTarget = false, isAbort = false;
        for (int i = 1; i < ctx.ArgCount; i++)
        {
            int left = ctx.ArgCount - 1 - i;
            if (ctx.ArgIs(i, "timeout"u8) && left >= 1)
            {
                if (!ctx.TryInteger(++i, out long timeout))
                    return;
                if (timeout <= 0)
                {
                    ctx.Reply.Error("ERR FAILOVER timeout must be greater than 0"u8);
                    return;
                }
            }
            else if (ctx.ArgIs(i, "abort"u8) && ctx.ArgCount == 2)
            {
                isAbort = true;
            }
            else if (ctx.ArgIs(i, "to"u8) && left >= 2 && !hasTarget)
            {
                hasTarget = true;
                if (!ctx.TryInteger(i + 2, out _))
                    return;
                i += 2;
            }
            else if (!ctx.ArgIs(i, "force"u8))
            {
                ctx.WriteSyntaxError();
                return;
            }
        }
        if (isAbort)
            ctx.Reply.Error("ERR No failover in progress."u8);
        else
            ctx.Reply.Error("ERR FAILOVER requires connected replicas."u8);
    }
}
