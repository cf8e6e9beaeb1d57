using System.Text;
using Carnelian.Commands;
using Carnelian.Commands.Table;
using Carnelian.Memory;
using Carnelian.Protocol;
using Carnelian.Server.Clients;
using Carnelian.Server.Diagnostics;
using Carnelian.Storage;
using static Carnelian.Commands.Table.CommandFlags;

namespace Carnelian.Server.Commands.Diagnostics;

/// <summary>MEMORY: where the memory is.</summary>
[Command("MEMORY", Arity = -2, Group = CommandGroup.Server, Since = "4.0.0", Complexity = "Depends on subcommand.",
    Summary = "Commands on memory.")]
public static class MemoryCommands
{
    /// <summary>Elements of a big collection that MEMORY USAGE looks at unless told otherwise.</summary>
    private const long DefaultSamples = 5;

    private const string HelpLines = """
        DOCTOR
            Return memory problems reports.
        MALLOC-STATS
            Return internal statistics report from the memory allocator.
        PURGE
            Attempt to purge dirty pages for reclamation by the allocator.
        STATS
            Return information about the memory usage of the server.
        USAGE <key> [SAMPLES <count>]
            Return memory in bytes used by <key> and its value. Nested values are
            sampled up to <count> times (default: 5, 0 means sample all).
        """;

    [Command("MEMORY|DOCTOR", Arity = 2, Group = CommandGroup.Server, Since = "4.0.0", Complexity = "O(1)",
        Summary = "Says in words what is unusual about the memory.",
        Tips = "nondeterministic_output request_policy:all_shards response_policy:special")]
    public static void Doctor(scoped ref CommandContext ctx) =>
        ctx.Reply.Verbatim(Encoding.UTF8.GetBytes(MemoryDoctor.Report(ServerOf(ref ctx))), "txt"u8);

    [Command("MEMORY|HELP", Arity = 2, Group = CommandGroup.Server, Since = "4.0.0", Complexity = "O(1)",
        Summary = "Lists the subcommands.",
        Flags = Loading | Stale)]
    public static void Help(scoped ref CommandContext ctx) => SubcommandHelp.Write(ctx.Reply, ctx.Arg(0), Encoding.ASCII.GetBytes(HelpLines));

    [Command("MEMORY|MALLOC-STATS", Arity = 2, Group = CommandGroup.Server, Since = "4.0.0", Complexity = "Depends on how much memory is allocated, could be slow",
        Summary = "Shows the counters of the native heap.",
        Flags = Loading, Tips = "nondeterministic_output request_policy:all_shards response_policy:special")]
    public static void MallocStats(scoped ref CommandContext ctx) =>
        ctx.Reply.Verbatim(Encoding.ASCII.GetBytes(HeapReport.Write()), "txt"u8);

    [Command("MEMORY|PURGE", Arity = 2, Group = CommandGroup.Server, Since = "4.0.0", Complexity = "Depends on how much memory is allocated, could be slow",
        Summary = "Gives free pages back to the system.",
        Flags = Loading, Tips = "request_policy:all_shards response_policy:all_succeeded")]
    public static void Purge(scoped ref CommandContext ctx)
    {
        NativeHeap.Purge();
        ctx.Reply.Ok();
    }

    [Command("MEMORY|STATS", Arity = 2, Group = CommandGroup.Server, Since = "4.0.0", Complexity = "O(1)",
        Summary = "Shows where the memory is.",
        Tips = "nondeterministic_output request_policy:all_shards response_policy:special")]
    public static void Stats(scoped ref CommandContext ctx)
    {
        var memory = new MemoryFigures(ServerOf(ref ctx));
        ReplyWriter reply = ctx.Reply;
        Keyspace keyspace = ctx.Keyspace;
        long waiting = ServerOf(ref ctx).Aof.Writer?.WaitingBytes ?? 0;
        DeferredLength length = reply.BeginDeferred();
        int pairs = 0;
        Number("peak.allocated", memory.Peak);
        Number("total.allocated", memory.Used);
        Number("startup.allocated", memory.Startup);
        Number("replication.backlog", 0);
        Number("replicas.repl.buffer", 0);
        Number("clients.slaves", 0);
        Number("clients.normal", memory.Clients);
        Number("cluster.links", 0);
        Number("cluster.slot_import", 0);
        Number("cluster.slot_export", 0);
        Number("aof.buffer", waiting);
        Number("lua.caches", 0);
        Number("functions.caches", 0);
        for (int i = 0; i < keyspace.DatabaseCount; i++)
        {
            if (!keyspace[i].HasParts)
                continue;
            Name($"db.{i}");
            reply.Map(2);
            pairs -= 2;
            Number("overhead.hashtable.main", keyspace[i].TableBytes);
            Number("overhead.hashtable.expires", keyspace[i].ExpiryBytes);
        }
        Number("overhead.db.hashtable.lut", memory.Tables + memory.Expiry);
        Number("overhead.db.hashtable.rehashing", 0);
        Number("overhead.total", memory.Overhead);
        Number("db.dict.rehashing.count", 0);
        Number("keys.count", memory.Keys);
        Number("keys.bytes-per-key", memory.Keys == 0 ? 0 : Math.Max(memory.Used - memory.Startup, 0) / memory.Keys);
        Number("dataset.bytes", memory.Dataset);
        Ratio("dataset.percentage", memory.DatasetPercent);
        Ratio("peak.percentage", memory.PeakPercent);
        Number("allocator.allocated", memory.Used);
        Number("allocator.active", memory.AllocatorActive);
        Number("allocator.resident", memory.AllocatorResident);
        Number("allocator.muzzy", 0);
        Ratio("allocator-fragmentation.ratio", memory.FragmentationRatio);
        Number("allocator-fragmentation.bytes", memory.Fragmented);
        Ratio("allocator-rss.ratio", memory.AllocatorResidentRatio);
        Number("allocator-rss.bytes", memory.AllocatorResident - memory.AllocatorActive);
        Ratio("rss-overhead.ratio", memory.OverheadRatio);
        Number("rss-overhead.bytes", memory.Resident - memory.AllocatorResident);
        Ratio("fragmentation", memory.ResidentRatio);
        Number("fragmentation.bytes", memory.Resident - memory.Used);
        reply.EndMap(length, pairs);

        void Name(string name)
        {
            reply.Bulk(Encoding.ASCII.GetBytes(name));
            pairs++;
        }

        void Number(string name, long value)
        {
            Name(name);
            reply.Integer(value);
        }

        void Ratio(string name, double value)
        {
            Name(name);
            reply.Double(value);
        }
    }

    [Command("MEMORY|USAGE", Arity = -3, Group = CommandGroup.Server, Since = "4.0.0", Complexity = "O(N) where N is the number of samples.",
        Summary = "Estimates the memory of a key with its value.",
        Flags = ReadOnly,
        Keys = "RO @2",
        Arguments = "key:key, [SAMPLES count:integer]")]
    public static void Usage(scoped ref CommandContext ctx)
    {
        long samples = DefaultSamples;
        for (int i = 3; i < ctx.ArgCount; i += 2)
        {
            if (!ctx.ArgIs(i, "samples"u8) || i + 1 >= ctx.ArgCount)
            {
                ctx.WriteSyntaxError();
                return;
            }
            if (!ctx.TryInteger(i + 1, out samples))
                return;
            if (samples < 0)
            {
                ctx.WriteSyntaxError();
                return;
            }
        }
        Entry entry = ctx.Database.Find(ctx.Key(2), ctx.Now, LookupFlags.NoTouch | LookupFlags.NoStatistics);
        if (entry.Exists)
            ctx.Reply.Integer(entry.TotalBytes(samples));
        else
            ctx.Reply.Null();
    }

    private static ServerInstance ServerOf(scoped ref CommandContext ctx) => ((Client)ctx.Session).Loop.Server;
}
