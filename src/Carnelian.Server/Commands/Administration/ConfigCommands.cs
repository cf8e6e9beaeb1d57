using System.Text;
using Carnelian.Commands;
using Carnelian.Commands.Table;
using Carnelian.Server.Clients;
using Carnelian.Storage;
using static Carnelian.Commands.Table.CommandFlags;

namespace Carnelian.Server.Commands.Administration;

/// <summary>CONFIG. Changes run alone: no other command sees half of them.</summary>
[Command("CONFIG", Arity = -2, Group = CommandGroup.Server, Since = "2.0.0", Complexity = "Depends on subcommand.",
    Summary = "Shows and changes the configuration.")]
public static class ConfigCommands
{
    [Command("CONFIG|GET", Arity = -3, Group = CommandGroup.Server, Since = "2.0.0", Complexity = "O(N) when N is the number of configuration parameters provided",
        Summary = "Shows directives by pattern.",
        Flags = Admin | NoScript | Loading | Stale,
        Arguments = "parameter...",
        History = "7.0.0 Added the ability to pass multiple pattern parameters in one call")]
    public static void Get(scoped ref CommandContext ctx)
    {
        var patterns = new string[ctx.ArgCount - 2];
        for (int i = 0; i < patterns.Length; i++)
            patterns[i] = Encoding.Latin1.GetString(ctx.Arg(i + 2));
        KeyValuePair<string, string>[] found = ServerOf(ref ctx).Configuration.Get(patterns);
        ctx.Reply.Map(found.Length);
        foreach ((string name, string value) in found)
        {
            ctx.Reply.Bulk(Encoding.Latin1.GetBytes(name));
            ctx.Reply.Bulk(Encoding.Latin1.GetBytes(value));
        }
    }

    [Command("CONFIG|SET", Arity = -4, Group = CommandGroup.Server, Since = "2.0.0", Complexity = "O(N) when N is the number of configuration parameters provided",
        Summary = "Changes directives, all or none.",
        Flags = Admin | NoScript | Loading | Stale, Tips = "request_policy:all_nodes response_policy:all_succeeded",
        Locks = Locks.All,
        Arguments = "data{parameter, value}...",
        History = "7.0.0 Added the ability to set multiple parameters in one call.")]
    public static void Set(scoped ref CommandContext ctx)
    {
        if (ctx.ArgCount % 2 != 0)
        {
            ctx.WriteSyntaxError();
            return;
        }
        var pairs = new KeyValuePair<string, string>[(ctx.ArgCount - 2) / 2];
        for (int i = 0; i < pairs.Length; i++)
            pairs[i] = new(Encoding.Latin1.GetString(ctx.Arg(2 + i * 2)), Encoding.Latin1.GetString(ctx.Arg(3 + i * 2)));
        ServerInstance server = ServerOf(ref ctx);
        if (!server.Configuration.Set(pairs, ((Client)ctx.Session).Socket.IsLocal, out string? error))
        {
            ctx.Reply.Error(Encoding.Latin1.GetBytes(error ?? "ERR CONFIG SET failed"));
            return;
        }
        server.Settings.Apply();
        ctx.Reply.Ok();
    }

    [Command("CONFIG|REWRITE", Arity = 2, Group = CommandGroup.Server, Since = "2.8.0", Complexity = "O(1)",
        Summary = "Writes the configuration in force into the file it came from.",
        Flags = Admin | NoScript | Loading | Stale, Tips = "request_policy:all_nodes response_policy:all_succeeded")]
    public static void Rewrite(scoped ref CommandContext ctx)
    {
        if (ServerOf(ref ctx).Configuration.Rewrite(out string? error))
            ctx.Reply.Ok();
        else
            ctx.Reply.Error(Encoding.Latin1.GetBytes(error ?? "ERR Rewriting config file"));
    }

    [Command("CONFIG|RESETSTAT", Arity = 2, Group = CommandGroup.Server, Since = "2.0.0", Complexity = "O(1)",
        Summary = "Sets the statistics of INFO back.",
        Flags = Admin | NoScript | Loading | Stale, Tips = "request_policy:all_nodes response_policy:all_succeeded",
        Locks = Locks.All)]
    public static unsafe void ResetStat(scoped ref CommandContext ctx)
    {
        ServerInstance server = ServerOf(ref ctx);
        server.Totals.Reset();
        server.Metrics.Reset();
        server.Statistics.Reset();
        server.Replication.ResetStatistics();
        for (int i = 0; i < server.Keyspace.DatabaseCount; i++)
        {
            Database database = server.Keyspace[i];
            for (int shard = 0; database.HasParts && shard < server.Keyspace.ShardCount; shard++)
            {
                DatabasePart* part = database.PartAt(shard);
                part->Hits = part->Misses = 0;
            }
        }
        server.Acceptor.Accepted = server.Acceptor.Rejected = 0;
        server.Memory.ResetStatistics();
        server.Keyspace.Reclaimer.ResetStatistics();
        server.Errors.Reset();
        ctx.Reply.Ok();
    }

    [Command("CONFIG|HELP", Arity = 2, Group = CommandGroup.Server, Since = "5.0.0", Complexity = "O(1)",
        Summary = "Lists the subcommands with a line about each.",
        Flags = Loading | Stale)]
    public static void Help(scoped ref CommandContext ctx) => SubcommandHelp.Write(ctx.Reply, ctx.Arg(0), """
        GET <pattern>
            Show the directives that match a glob-style pattern.
        SET <directive> <value>
            Change a directive.
        RESETSTAT
            Set the statistics of INFO back.
        REWRITE
            Write the configuration in force into its file.
        """u8);

    private static ServerInstance ServerOf(scoped ref CommandContext ctx) => ((Client)ctx.Session).Loop.Server;
}
