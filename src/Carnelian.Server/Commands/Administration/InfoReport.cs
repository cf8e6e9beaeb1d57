using System.Globalization;
using System.Text;
using Carnelian.Commands.Table;
using Carnelian.Memory;
using Carnelian.Server.Clients;
using Carnelian.Server.Configuration;
using Carnelian.Server.Execution;
using Carnelian.Storage;
using Carnelian.Threading;

namespace Carnelian.Server.Commands.Administration;

/// <summary>
/// The text of INFO. Field names and their order are Valkey's; a field whose value the server does not know is absent.
/// </summary>
/// <remarks>On any loop's thread, without locks: counters of other loops may be a moment old.</remarks>
internal sealed class InfoReport(ServerInstance server, HashSet<string> sections)
{
    private readonly StringBuilder _text = new();
    private readonly EventLoop[] _loops = server.Loops.All;

    /// <summary>Writes the sections that were asked for.</summary>
    public string Write()
    {
        if (Begin("Server", isDefault: true))
            WriteServer();
        Client[] clients = server.Clients.Snapshot();
        if (Begin("Clients", isDefault: true))
            WriteClients(clients);
        if (Begin("Memory", isDefault: true))
            WriteMemory(clients);
        if (Begin("Persistence", isDefault: true))
        {
            Field("loading", 0);
            Field("rdb_changes_since_last_save", Sum(static loop => loop.Dirty));
            Field("rdb_bgsave_in_progress", 0);
            Field("aof_enabled", 0);
            Field("aof_rewrite_in_progress", 0);
        }
        if (Begin("Stats", isDefault: true))
            WriteStats(clients);
        if (Begin("Replication", isDefault: true))
        {
            Field("role", "master");
            Field("connected_slaves", 0);
            Field("master_repl_offset", 0);
        }
        if (Begin("CPU", isDefault: true))
        {
            Environment.ProcessCpuUsage usage = Environment.CpuUsage;
            Field("used_cpu_sys", usage.PrivilegedTime.TotalSeconds.ToString("F6", CultureInfo.InvariantCulture));
            Field("used_cpu_user", usage.UserTime.TotalSeconds.ToString("F6", CultureInfo.InvariantCulture));
        }
        _ = Begin("Modules", isDefault: true);
        if (Begin("Commandstats", isDefault: false))
            WriteCommandStatistics();
        if (Begin("Errorstats", isDefault: true))
        {
            foreach ((string code, long count) in server.Errors.Snapshot())
                Field($"errorstat_{code}", $"count={count}");
        }
        if (Begin("Latencystats", isDefault: false) && server.TracksLatency)
            WriteLatencyStatistics();
        if (Begin("Cluster", isDefault: true))
            Field("cluster_enabled", 0);
        if (Begin("Keyspace", isDefault: true))
            WriteKeyspace();
        return _text.ToString();
    }

    private bool Begin(string section, bool isDefault)
    {
        bool isWanted = sections.Contains(section) || sections.Contains("all") || sections.Contains("everything")
            || isDefault && sections.Contains("default");
        if (!isWanted)
            return false;
        if (_text.Length != 0)
            _text.Append("\r\n");
        _text.Append("# ").Append(section).Append("\r\n");
        return true;
    }

    private void Field(string name, string value) => _text.Append(name).Append(':').Append(value).Append("\r\n");

    private void Field(string name, long value) => _text.Append(name).Append(':').Append(value).Append("\r\n");

    private long Sum(Func<EventLoop, long> value)
    {
        long sum = 0;
        foreach (EventLoop loop in _loops)
            sum += value(loop);
        return sum;
    }

    private void WriteServer()
    {
        ServerConfiguration configuration = server.Configuration;
        long uptime = (Clock.Latest - server.StartedAt) / 1000;
        Field("redis_version", configuration.AnnounceRedisVersion.Length == 0 ? ServerIdentity.RedisVersion : configuration.AnnounceRedisVersion);
        Field("server_name", "valkey");
        Field("valkey_version", ServerIdentity.ValkeyVersion);
        Field("valkey_release_stage", "ga");
        Field("carnelian_version", ServerIdentity.Version);
        Field("server_mode", "standalone");
        Field("os", Environment.OSVersion.VersionString);
        Field("arch_bits", 64);
        Field("multiplexing_api", server.Transport.Name);
        Field("process_id", Environment.ProcessId);
        Field("run_id", server.RunId);
        Field("tcp_port", configuration.Port);
        Field("server_time_usec", Clock.UnixMicroseconds());
        Field("uptime_in_seconds", uptime);
        Field("uptime_in_days", uptime / 86400);
        Field("hz", configuration.Hz);
        Field("configured_hz", configuration.Hz);
        Field("executable", Environment.ProcessPath ?? "");
        Field("availability_zone", configuration.AvailabilityZone);
    }

    private void WriteClients(Client[] clients)
    {
        Field("connected_clients", clients.Length);
        Field("maxclients", server.Configuration.MaxClients);
        Field("blocked_clients", clients.Count(static client => client.Is(ClientFlags.Blocked)));
        Field("pubsub_clients", clients.Count(static client => client.Is(ClientFlags.PubSub)));
    }

    private void WriteMemory(Client[] clients)
    {
        long used = NativeHeap.UsedBytes;
        long resident = Environment.WorkingSet;
        Field("used_memory", used);
        Field("used_memory_human", Human(used));
        Field("used_memory_rss", resident);
        Field("used_memory_rss_human", Human(resident));
        Field("allocator_allocated", used);
        Field("allocator_resident", NativeHeap.ResidentBytes);
        Field("maxmemory", server.Configuration.MaxMemory);
        Field("maxmemory_human", Human(server.Configuration.MaxMemory));
        Field("maxmemory_policy", server.Configuration.Get(["maxmemory-policy"])[0].Value);
        Field("mem_fragmentation_ratio", Decimals((double)resident / Math.Max(used, 1)));
        Field("mem_fragmentation_bytes", resident - used);
        Field("mem_clients_normal", clients.Sum(static client => client.QueryCapacity + client.Output.MemoryBytes));
        Field("mem_not_counted_for_evict", server.Memory.NotCounted);
        Field("mem_allocator", "carnelian");
        Field("lazyfree_pending_objects", server.Keyspace.Reclaimer.PendingObjects);
        Field("lazyfreed_objects", server.Keyspace.Reclaimer.FreedObjects);
        Field("gc_pauses", GC.CollectionCount(0));
        Field("gc_pause_total_usec", (long)GC.GetTotalPauseDuration().TotalMicroseconds);
        long longest = 0;
        foreach (TimeSpan pause in GC.GetGCMemoryInfo(GCKind.Any).PauseDurations)
            longest = Math.Max(longest, (long)pause.TotalMicroseconds);
        Field("gc_last_pause_usec", longest);
    }

    private void WriteStats(Client[] clients)
    {
        Field("total_connections_received", server.Acceptor.Accepted);
        Field("total_commands_processed", Sum(static loop => loop.Dispatcher.CommandCount));
        Field("total_net_input_bytes", Sum(static loop => loop.BytesIn));
        Field("total_net_output_bytes", Sum(static loop => loop.BytesOut));
        Field("rejected_connections", server.Acceptor.Rejected);
        Field("expired_keys", Interlocked.Read(ref server.Statistics.ExpiredKeys));
        Field("evicted_keys", Interlocked.Read(ref server.Statistics.EvictedKeys));
        Field("total_eviction_exceeded_time", server.Memory.TotalExceededMilliseconds);
        Field("current_eviction_exceeded_time", server.Memory.ExceededMilliseconds);
        Field("keyspace_hits", server.Keyspace.Sum(static database => database.Hits));
        Field("keyspace_misses", server.Keyspace.Sum(static database => database.Misses));
        Field("total_error_replies", server.Errors.Total);
        Field("total_reads_processed", Sum(static loop => loop.ReadsProcessed));
        Field("total_writes_processed", Sum(static loop => loop.WritesProcessed));
        Field("io_threaded_total_prefetch_batches", Sum(static loop => loop.Dispatcher.PrefetchBatches));
        Field("io_threaded_total_prefetch_entries", Sum(static loop => loop.Dispatcher.PrefetchedKeys));
        Field("eventloop_cycles", Sum(static loop => loop.Rounds));
        Field("eventloop_duration_sum", Sum(static loop => loop.BusyNanoseconds) / 1000);
    }

    private void WriteCommandStatistics()
    {
        foreach (CommandDefinition command in server.Definitions)
        {
            long calls = 0, nanoseconds = 0, rejected = 0, failed = 0;
            foreach (EventLoop loop in _loops)
            {
                ref CommandStatistics counted = ref loop.Dispatcher.StatisticsOf(command.Id);
                calls += counted.Calls;
                nanoseconds += counted.Nanoseconds;
                rejected += counted.Rejected;
                failed += counted.Failed;
            }
            if (calls == 0 && rejected == 0 && failed == 0)
                continue;
            string perCall = Decimals(calls == 0 ? 0 : nanoseconds / 1000.0 / calls);
            Field($"cmdstat_{command.Name}",
                $"calls={calls},usec={nanoseconds / 1000},usec_per_call={perCall},rejected_calls={rejected},failed_calls={failed}");
        }
    }

    private unsafe void WriteLatencyStatistics()
    {
        var histogram = new long[CommandStatistics.Buckets];
        foreach (CommandDefinition command in server.Definitions)
        {
            Array.Clear(histogram);
            long total = 0;
            foreach (EventLoop loop in _loops)
            {
                uint* counted = loop.Dispatcher.StatisticsOf(command.Id).Histogram;
                if (counted == null)
                    continue;
                for (int i = 0; i < histogram.Length; i++)
                {
                    histogram[i] += counted[i];
                    total += counted[i];
                }
            }
            if (total == 0)
                continue;
            var percentiles = new List<string>();
            foreach (double percentile in server.Configuration.LatencyTrackingInfoPercentiles)
            {
                string time = (PercentileOf(histogram, total, percentile) / 1000.0).ToString("F3", CultureInfo.InvariantCulture);
                percentiles.Add($"p{percentile.ToString(CultureInfo.InvariantCulture)}={time}");
            }
            Field($"latency_percentiles_usec_{command.Name}", string.Join(',', percentiles));
        }
    }

    /// <summary>The time in nanoseconds that a share of the executions did not exceed.</summary>
    private static long PercentileOf(long[] histogram, long total, double percentile)
    {
        long wanted = Math.Max(1, (long)Math.Ceiling(total * percentile / 100));
        for (int i = 0; i < histogram.Length; i++)
        {
            wanted -= histogram[i];
            if (wanted <= 0)
                return CommandStatistics.UpperBound(i);
        }
        return CommandStatistics.UpperBound(histogram.Length - 1);
    }

    private void WriteKeyspace()
    {
        for (int i = 0; i < server.Keyspace.DatabaseCount; i++)
        {
            Database database = server.Keyspace[i];
            long keys = database.Count;
            if (keys != 0)
                Field($"db{i}", $"keys={keys},expires={database.VolatileCount}");
        }
    }

    private static string Decimals(double value) => value.ToString("F2", CultureInfo.InvariantCulture);

    /// <summary>A number of bytes with a unit: 336B, 33.00K, 23.54G.</summary>
    internal static string Human(long bytes)
    {
        if (bytes < 1024)
            return $"{bytes}B";
        double value = bytes;
        int unit = -1;
        while (value >= 1024 && unit < 4)
        {
            value /= 1024;
            unit++;
        }
        return $"{Decimals(value)}{"KMGTP"[unit]}";
    }
}
