using Carnelian.Commands;
using Carnelian.Commands.Table;
using Carnelian.Server.Clients;
using Carnelian.Server.Diagnostics;
using static Carnelian.Commands.Table.CommandFlags;

namespace Carnelian.Server.Commands.Diagnostics;

/// <summary>COMMANDLOG: the logs of commands that were slow or large.</summary>
[Command("COMMANDLOG", Arity = -2, Group = CommandGroup.Server, Since = "8.1.0", Complexity = "Depends on subcommand.",
    Summary = "Commands on the logs of slow and of large commands.")]
public static class CommandLogCommands
{
    private const string HelpLines = """
        GET <count> <type>
            Return top <count> entries of the specified <type> from the commandlog (-1 mean all).
            Entries are made of:
            id, timestamp,
                time in microseconds for type of slow,
                or size in bytes for type of large-request,
                or size in bytes for type of large-reply
            arguments array, client IP and port,
            client name
        LEN <type>
            Return the length of the specified type of commandlog.
        RESET <type>
            Reset the specified type of commandlog.
        """;

    [Command("COMMANDLOG|GET", Arity = 4, Group = CommandGroup.Server, Since = "8.1.0", Complexity = "O(N) where N is the number of entries returned",
        Summary = "Shows the latest entries of a log.",
        Flags = Admin | Loading | Stale, Tips = "request_policy:all_nodes nondeterministic_output",
        Arguments = "count:integer, type(SLOW | LARGE-REQUEST | LARGE-REPLY)")]
    public static void Get(scoped ref CommandContext ctx)
    {
        if (CommandLogReply.TryCount(ref ctx, 2, out long count) && FindLog(ref ctx, 3) is { } log)
            CommandLogReply.Write(ctx.Reply, log, count);
    }

    [Command("COMMANDLOG|HELP", Arity = 2, Group = CommandGroup.Server, Since = "8.1.0", Complexity = "O(1)",
        Summary = "Lists the subcommands.",
        Flags = Loading | Stale)]
    public static void Help(scoped ref CommandContext ctx) =>
        SubcommandHelp.Write(ctx.Reply, ctx.Arg(0), System.Text.Encoding.ASCII.GetBytes(HelpLines));

    [Command("COMMANDLOG|LEN", Arity = 3, Group = CommandGroup.Server, Since = "8.1.0", Complexity = "O(1)",
        Summary = "Returns the number of entries of a log.",
        Flags = Admin | Loading | Stale, Tips = "request_policy:all_nodes response_policy:agg_sum nondeterministic_output",
        Arguments = "type(SLOW | LARGE-REQUEST | LARGE-REPLY)")]
    public static void Len(scoped ref CommandContext ctx)
    {
        if (FindLog(ref ctx, 2) is { } log)
            ctx.Reply.Integer(log.Length);
    }

    [Command("COMMANDLOG|RESET", Arity = 3, Group = CommandGroup.Server, Since = "8.1.0", Complexity = "O(N) where N is the number of entries in the commandlog",
        Summary = "Empties a log.",
        Flags = Admin | Loading | Stale, Tips = "request_policy:all_nodes response_policy:all_succeeded",
        Arguments = "type(SLOW | LARGE-REQUEST | LARGE-REPLY)")]
    public static void Reset(scoped ref CommandContext ctx)
    {
        if (FindLog(ref ctx, 2) is not { } log)
            return;
        log.Clear();
        ctx.Reply.Ok();
    }

    private static CommandLog? FindLog(scoped ref CommandContext ctx, int index)
    {
        CommandLogs logs = ((Client)ctx.Session).Loop.Server.CommandLogs;
        if (ctx.ArgIs(index, "slow"u8))
            return logs[CommandLogType.Slow];
        if (ctx.ArgIs(index, "large-request"u8))
            return logs[CommandLogType.LargeRequest];
        if (ctx.ArgIs(index, "large-reply"u8))
            return logs[CommandLogType.LargeReply];
        ctx.Reply.Error("ERR type should be one of the following: slow, large-request, large-reply"u8);
        return null;
    }
}
