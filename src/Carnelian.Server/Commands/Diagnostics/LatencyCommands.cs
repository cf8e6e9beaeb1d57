using System.Text;
using Carnelian.Commands;
using Carnelian.Commands.Table;
using Carnelian.Protocol;
using Carnelian.Server.Clients;
using Carnelian.Server.Diagnostics;
using Carnelian.Server.Execution;
using static Carnelian.Commands.Table.CommandFlags;

namespace Carnelian.Server.Commands.Diagnostics;

/// <summary>LATENCY: what the latency monitor has seen, and how long commands take.</summary>
[Command("LATENCY", Arity = -2, Group = CommandGroup.Server, Since = "2.8.13", Complexity = "Depends on subcommand.",
    Summary = "Commands on latencies.")]
public static class LatencyCommands
{
    /// <summary>The first step of the histogram's reply, in nanoseconds; each further step is twice as long.</summary>
    private const long FirstStep = 1024;

    private const string HelpLines = """
        DOCTOR
            Return a human readable latency analysis report.
        GRAPH <event>
            Return an ASCII latency graph for the <event> class.
        HISTORY <event>
            Return time-latency samples for the <event> class.
        LATEST
            Return the latest latency samples for all events.
        RESET [<event> ...]
            Reset latency data of one or more <event> classes.
            (default: reset all data for all event classes)
        HISTOGRAM [COMMAND ...]
            Return a cumulative distribution of latencies in the format of a histogram for the specified command names.
            If no commands are specified then all histograms are replied.
        """;

    [Command("LATENCY|DOCTOR", Arity = 2, Group = CommandGroup.Server, Since = "2.8.13", Complexity = "O(1)",
        Summary = "Says in words what was slow and what may help.",
        Flags = Admin | NoScript | Loading | Stale, Tips = "nondeterministic_output request_policy:all_nodes response_policy:special")]
    public static void Doctor(scoped ref CommandContext ctx) =>
        ctx.Reply.Verbatim(Encoding.UTF8.GetBytes(LatencyDoctor.Report(ServerOf(ref ctx))), "txt"u8);

    [Command("LATENCY|GRAPH", Arity = 3, Group = CommandGroup.Server, Since = "2.8.13", Complexity = "O(1)",
        Summary = "Draws the samples of an event.",
        Flags = Admin | NoScript | Loading | Stale, Tips = "nondeterministic_output request_policy:all_nodes response_policy:special",
        Arguments = "event")]
    public static void Graph(scoped ref CommandContext ctx)
    {
        if (Find(ref ctx) is { } latency)
            ctx.Reply.Verbatim(Encoding.Latin1.GetBytes(LatencyGraph.Draw(latency)), "txt"u8);
        else
            ctx.Reply.Error("ERR No samples available for event '"u8, ctx.ArgAsText(2), "'"u8);
    }

    [Command("LATENCY|HELP", Arity = 2, Group = CommandGroup.Server, Since = "2.8.13", Complexity = "O(1)",
        Summary = "Lists the subcommands.",
        Flags = Loading | Stale)]
    public static void Help(scoped ref CommandContext ctx) => SubcommandHelp.Write(ctx.Reply, ctx.Arg(0), Encoding.ASCII.GetBytes(HelpLines));

    [Command("LATENCY|HISTOGRAM", Arity = -2, Group = CommandGroup.Server, Since = "7.0.0", Complexity = "O(N) where N is the number of commands with latency information being retrieved.",
        Summary = "Shows how the execution times of commands are distributed.",
        Flags = Admin | NoScript | Loading | Stale, Tips = "nondeterministic_output request_policy:all_nodes response_policy:special",
        Arguments = "[command...]")]
    public static void Histogram(scoped ref CommandContext ctx)
    {
        ServerInstance server = ServerOf(ref ctx);
        DeferredLength length = ctx.Reply.BeginDeferred();
        int count = 0;
        if (ctx.ArgCount == 2)
        {
            foreach (CommandDefinition command in server.Definitions)
                count += WriteHistogram(ctx.Reply, server, command);
        }
        for (int i = 2; i < ctx.ArgCount; i++)
        {
            if (FindCommand(server, ctx.Arg(i)) is not { } command)
                continue;
            count += WriteHistogram(ctx.Reply, server, command);
            foreach (CommandDefinition subcommand in command.Subcommands)
                count += WriteHistogram(ctx.Reply, server, subcommand);
        }
        ctx.Reply.EndMap(length, count);
    }

    [Command("LATENCY|HISTORY", Arity = 3, Group = CommandGroup.Server, Since = "2.8.13", Complexity = "O(1)",
        Summary = "Shows the samples of an event.",
        Flags = Admin | NoScript | Loading | Stale, Tips = "nondeterministic_output request_policy:all_nodes response_policy:special",
        Arguments = "event")]
    public static void History(scoped ref CommandContext ctx)
    {
        LatencySample[] samples = Find(ref ctx)?.Samples ?? [];
        ctx.Reply.Array(samples.Length);
        foreach (LatencySample sample in samples)
        {
            ctx.Reply.Array(2);
            ctx.Reply.Integer(sample.Time);
            ctx.Reply.Integer(sample.Milliseconds);
        }
    }

    [Command("LATENCY|LATEST", Arity = 2, Group = CommandGroup.Server, Since = "2.8.13", Complexity = "O(1)",
        Summary = "Shows the latest sample of each event, and its totals.",
        Flags = Admin | NoScript | Loading | Stale, Tips = "nondeterministic_output request_policy:all_nodes response_policy:special")]
    public static void Latest(scoped ref CommandContext ctx)
    {
        LatencyEvent[] events = ServerOf(ref ctx).Latency.All();
        ctx.Reply.Array(events.Length);
        foreach (LatencyEvent latency in events)
        {
            ctx.Reply.Array(6);
            ctx.Reply.Bulk(Encoding.Latin1.GetBytes(latency.Name));
            ctx.Reply.Integer(latency.Last.Time);
            ctx.Reply.Integer(latency.Last.Milliseconds);
            ctx.Reply.Integer(latency.Max);
            ctx.Reply.Integer(latency.Sum);
            ctx.Reply.Integer(latency.Count);
        }
    }

    [Command("LATENCY|RESET", Arity = -2, Group = CommandGroup.Server, Since = "2.8.13", Complexity = "O(1)",
        Summary = "Forgets the samples of some events or of all.",
        Flags = Admin | NoScript | Loading | Stale, Tips = "request_policy:all_nodes response_policy:agg_sum",
        Arguments = "[event...]")]
    public static void Reset(scoped ref CommandContext ctx)
    {
        LatencyMonitor monitor = ServerOf(ref ctx).Latency;
        int count = 0;
        if (ctx.ArgCount == 2)
            count = monitor.ResetAll();
        for (int i = 2; i < ctx.ArgCount; i++)
        {
            if (monitor.Reset(Encoding.Latin1.GetString(ctx.Arg(i))))
                count++;
        }
        ctx.Reply.Integer(count);
    }

    private static int WriteHistogram(ReplyWriter reply, ServerInstance server, CommandDefinition command)
    {
        CommandFigures figures = server.Totals.Read(command);
        if (figures.Histogram == null)
            return 0;
        reply.Bulk(command.Utf8Name);
        reply.Map(2);
        reply.Bulk("calls"u8);
        reply.Integer(figures.Tracked);
        reply.Bulk("histogram_usec"u8);
        DeferredLength length = reply.BeginDeferred();
        int steps = 0, bucket = 0;
        long done = 0;
        for (long step = FirstStep; done < figures.Tracked; step *= 2)
        {
            int last = CommandStatistics.BucketOf(step);
            long before = done;
            for (; bucket <= last; bucket++)
                done += figures.Histogram[bucket];
            if (done == before)
                continue;
            reply.Integer(CommandStatistics.UpperBound(last) / 1000);
            reply.Integer(done);
            steps++;
        }
        reply.EndMap(length, steps);
        return 1;
    }

    private static CommandDefinition? FindCommand(ServerInstance server, ReadOnlySpan<byte> name)
    {
        int bar = name.IndexOf((byte)'|');
        return bar < 0 ? server.Table.Find(name) : server.Table.Find(name[..bar])?.FindSubcommand(name[(bar + 1)..]);
    }

    private static LatencyEvent? Find(scoped ref CommandContext ctx) => ServerOf(ref ctx).Latency.Find(Encoding.Latin1.GetString(ctx.Arg(2)));

    private static ServerInstance ServerOf(scoped ref CommandContext ctx) => ((Client)ctx.Session).Loop.Server;
}
