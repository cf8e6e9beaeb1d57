using Carnelian.Commands;
using Carnelian.Commands.Table;
using Carnelian.Server.Clients;
using Carnelian.Server.Diagnostics;
using static Carnelian.Commands.Table.CommandFlags;

namespace Carnelian.Server.Commands.Diagnostics;

/// <summary>SLOWLOG: the log of slow commands under its old name.</summary>
[Command("SLOWLOG", Arity = -2, Group = CommandGroup.Server, Since = "2.2.12", Complexity = "Depends on subcommand.",
    Summary = "Commands on the log of slow commands.")]
public static class SlowLogCommands
{
    private const long DefaultCount = 10;

    private const string HelpLines = """
        GET [<count>]
            Return top <count> entries from the slowlog (default: 10, -1 mean all).
            Entries are made of:
            id, timestamp, time in microseconds, arguments array, client IP and port,
            client name
        LEN
            Return the length of the slowlog.
        RESET
            Reset the slowlog.
        """;

    [Command("SLOWLOG|GET", Arity = -2, Group = CommandGroup.Server, Since = "2.2.12", Complexity = "O(N) where N is the number of entries returned",
        Summary = "Shows the latest slow commands.",
        Flags = Admin | Loading | Stale, Tips = "request_policy:all_nodes nondeterministic_output",
        Arguments = "[count:integer]",
        History = "4.0.0 Added client IP address, port and name to the reply.")]
    public static void Get(scoped ref CommandContext ctx)
    {
        if (ctx.ArgCount > 3)
        {
            ctx.Reply.Error("ERR unknown subcommand or wrong number of arguments for '"u8, ctx.ArgAsText(1), "'. Try SLOWLOG HELP."u8);
            return;
        }
        long count = DefaultCount;
        if (ctx.ArgCount > 2 && !CommandLogReply.TryCount(ref ctx, 2, out count))
            return;
        CommandLogReply.Write(ctx.Reply, LogOf(ref ctx), count);
    }

    [Command("SLOWLOG|HELP", Arity = 2, Group = CommandGroup.Server, Since = "6.2.0", Complexity = "O(1)",
        Summary = "Lists the subcommands.",
        Flags = Loading | Stale)]
    public static void Help(scoped ref CommandContext ctx) =>
        SubcommandHelp.Write(ctx.Reply, ctx.Arg(0), System.Text.Encoding.ASCII.GetBytes(HelpLines));

    [Command("SLOWLOG|LEN", Arity = 2, Group = CommandGroup.Server, Since = "2.2.12", Complexity = "O(1)",
        Summary = "Returns the number of entries.",
        Flags = Admin | Loading | Stale, Tips = "request_policy:all_nodes response_policy:agg_sum nondeterministic_output")]
    public static void Len(scoped ref CommandContext ctx) => ctx.Reply.Integer(LogOf(ref ctx).Length);

    [Command("SLOWLOG|RESET", Arity = 2, Group = CommandGroup.Server, Since = "2.2.12", Complexity = "O(N) where N is the number of entries in the slowlog",
        Summary = "Empties the log.",
        Flags = Admin | Loading | Stale, Tips = "request_policy:all_nodes response_policy:all_succeeded")]
    public static void Reset(scoped ref CommandContext ctx)
    {
        LogOf(ref ctx).Clear();
        ctx.Reply.Ok();
    }

    private static CommandLog LogOf(scoped ref CommandContext ctx) => ((Client)ctx.Session).Loop.Server.CommandLogs[CommandLogType.Slow];
}
