using System.Globalization;
using Carnelian.Commands.Table;
using Carnelian.Persistence.Rdb;
using Carnelian.Server.AppendOnly;
using Carnelian.Server.Clients;
using Carnelian.Server.Configuration;
using Carnelian.Server.Diagnostics;
using Carnelian.Server.Persistence;
using Carnelian.Storage;
using Carnelian.Threading;

namespace Carnelian.Server.Commands.Administration;

/// <summary>
/// The text of INFO. Field names and their order are Valkey's; fields of our own stand at the end of their section.
/// </summary>
/// <remarks>On any loop's thread, without locks but for short attempts at those of shards: counters may be a moment old.</remarks>
internal sealed class InfoReport(ServerInstance server, InfoSections sections)
{
    private readonly InfoText _text = new();
    private readonly LoopFigures _figures = server.Totals.Read();
    private readonly Client[] _clients = server.Clients.Snapshot();

    /// <summary>Writes the sections that were asked for.</summary>
    public string Write()
    {
        Section("server", "Server", WriteServer);
        Section("tls", "TLS", WriteTls);
        Section("clients", "Clients", WriteClients);
        Section("memory", "Memory", () => InfoMemory.Write(_text, server));
        Section("persistence", "Persistence", WritePersistence);
        Section("stats", "Stats", WriteStats);
        Section("replication", "Replication", () => InfoReplication.Write(_text, server));
        Section("cpu", "CPU", WriteProcessor);
        Section("module_list", "Modules", static () => { });
        Section("commandstats", "Commandstats", WriteCommandStatistics);
        Section("errorstats", "Errorstats", WriteErrorStatistics);
        Section("latencystats", "Latencystats", WriteLatencyStatistics);
        Section("cluster", "Cluster", () => _text.Field("cluster_enabled", 0));
        Section("cluster_info", "Cluster Info", static () => { });
        Section("scriptingengines", "Scripting Engines", () => _text.Zeros("engines_count", "engines_total_used_memory", "engines_total_memory_overhead"));
        Section("keyspace", "Keyspace", WriteKeyspace);
        Section("debug", "Debug", WriteDebug);
        return _text.ToString();
    }

    private void Section(string name, string title, Action write)
    {
        if (!sections.Contains(name))
            return;
        _text.Section(title);
        write();
    }

    private void WriteServer()
    {
        ServerConfiguration configuration = server.Configuration;
        long uptime = (Clock.Sample() - server.StartedAt) / 1000;
        _text.Field("redis_version", configuration.AnnounceRedisVersion.Length == 0 ? ServerIdentity.RedisVersion : configuration.AnnounceRedisVersion);
        _text.Field("server_name", "valkey");
        _text.Field("valkey_version", ServerIdentity.ValkeyVersion);
        _text.Field("valkey_release_stage", "ga");
        _text.Field("redis_git_sha1", "00000000");
        _text.Field("redis_git_dirty", 0);
        _text.Field("redis_build_id", ServerIdentity.BuildId);
        _text.Field(configuration.ExtendedRedisCompatibility ? "redis_mode" : "server_mode", "standalone");
        _text.Field("os", ServerIdentity.System);
        _text.Field("arch_bits", 64);
        _text.Field("monotonic_clock", "POSIX clock_gettime");
        _text.Field("multiplexing_api", server.Transport.Name);
        _text.Field("gcc_version", "0.0.0");
        _text.Field("process_id", Environment.ProcessId);
        _text.Field("process_supervised", server.Supervisor.IsSystemd ? "systemd" : "no");
        _text.Field("run_id", server.RunId);
        _text.Field("tcp_port", configuration.Port);
        _text.Field("server_time_usec", Clock.UnixMicroseconds());
        _text.Field("uptime_in_seconds", uptime);
        _text.Field("uptime_in_days", uptime / 86400);
        _text.Field("hz", configuration.Hz);
        _text.Field("configured_hz", configuration.Hz);
        _text.Field("clients_hz", configuration.Hz);
        _text.Field("lru_clock", AccessClock.SecondsOf(Clock.Sample()));
        _text.Field("executable", Environment.ProcessPath ?? "");
        _text.Field("config_file", configuration.File ?? "");
        _text.Field("io_threads_active", server.Loops.HasOthersAtWork ? 1 : 0);
        _text.Field("availability_zone", configuration.AvailabilityZone);
        WriteListeners(configuration);
        _text.Field("carnelian_version", ServerIdentity.Version);
        _text.Field("dotnet_version", Environment.Version.ToString());
    }

    private void WriteListeners(ServerConfiguration configuration)
    {
        int count = 0;
        if (configuration.Port != 0)
        {
            string addresses = string.Concat(configuration.Bind.Select(static address => $",bind={address}"));
            _text.Field($"listener{count++}", $"name=tcp{addresses},port={configuration.Port}");
        }
        if (configuration.UnixSocket.Length != 0)
            _text.Field($"listener{count}", $"name=unix,bind={configuration.UnixSocket}");
    }

    private void WriteTls()
    {
        foreach (string certificate in new[] { "server_cert", "client_cert", "ca_cert" })
        {
            _text.Field($"tls_{certificate}_serial", "none");
            _text.Field($"tls_{certificate}_expires_in_seconds", 0);
        }
    }

    private void WriteClients()
    {
        _text.Field("connected_clients", _clients.Count(static client => !client.Is(ClientFlags.Replica)));
        _text.Field("cluster_connections", 0);
        _text.Field("maxclients", server.Configuration.MaxClients);
        _text.Field("client_recent_max_input_buffer", _clients.Select(static client => client.QueryRoom).DefaultIfEmpty().Max());
        _text.Field("client_recent_max_output_buffer", _clients.Select(static client => client.OutputBytes).DefaultIfEmpty().Max());
        _text.Field("blocked_clients", _clients.Count(static client => client.IsWaiting));
        _text.Field("tracking_clients", server.Tracking.ClientCount);
        _text.Field("pubsub_clients", _clients.Count(static client => client.Is(ClientFlags.PubSub)));
        _text.Field("watching_clients", _clients.Count(static client => client.WatchedKeys is { Count: > 0 }));
        _text.Field("clients_in_timeout_table", server.Loops.All.Sum(static loop => loop.Timeouts.Count));
        _text.Field("total_watched_keys", server.Watches.KeyCount);
        _text.Field("total_blocking_keys", server.Keyspace.Sum(static database => database.Waits.KeyCount));
        _text.Field("total_blocking_keys_on_nokey", server.Keyspace.Sum(static database => database.Waits.KeyCountWithRemoval));
        bool isPaused = server.Pause.IsInForce;
        _text.Field("paused_reason", isPaused ? "client_pause" : "none");
        _text.Field("paused_actions", !isPaused ? "none" : server.Pause.HoldsAll ? "all" : "write");
        _text.Field("paused_timeout_milliseconds", server.Pause.RemainingMilliseconds);
    }

    private void WritePersistence()
    {
        LoadProgress? loading = server.Loader.Running;
        _text.Field("loading", (server.Condition & Execution.ServerCondition.Loading) == 0 ? 0 : 1);
        _text.Zeros("async_loading");
        WriteSaves();
        _text.Field("rdb_last_load_keys_expired", server.Loader.Last.Expired);
        _text.Field("rdb_last_load_keys_loaded", server.Loader.Last.Keys);
        WriteAof();
        _text.Zeros("module_fork_in_progress", "module_fork_last_cow_size", "slot_migration_fork_in_progress");
        if (server.Aof.IsEnabled)
            WriteAofFile();
        if (loading != null)
            WriteLoading(loading);
    }

    private void WriteLoading(LoadProgress progress)
    {
        long total = progress.TotalBytes, loaded = progress.LoadedBytes;
        long elapsed = Clock.Sample() / 1000 - server.Loader.StartedAt;
        double share = total == 0 ? 0 : (double)loaded / total;
        _text.Field("loading_start_time", server.Loader.StartedAt);
        _text.Field("loading_total_bytes", total);
        _text.Field("loading_rdb_used_mem", progress.UsedMemory);
        _text.Field("loading_loaded_bytes", loaded);
        _text.Field("loading_loaded_perc", share * 100, 2);
        _text.Field("loading_eta_seconds", share == 0 ? 1 : (long)(elapsed / share) - elapsed);
    }

    private void WriteAof()
    {
        AppendOnlyFile aof = server.Aof;
        long begun = aof.RewriteStartedAt;
        _text.Field("aof_enabled", aof.IsEnabled ? 1 : 0);
        _text.Field("aof_rewrite_in_progress", aof.IsRewriting ? 1 : 0);
        _text.Field("aof_rewrite_scheduled", aof.IsScheduled ? 1 : 0);
        _text.Field("aof_last_rewrite_time_sec", aof.Statistics.LastRewriteSeconds);
        _text.Field("aof_current_rewrite_time_sec", begun < 0 ? -1 : Math.Max(Clock.Latest - begun, 0) / 1000);
        _text.Field("aof_last_bgrewrite_status", aof.Statistics.IsLastRewriteGood ? "ok" : "err");
        _text.Field("aof_rewrites", aof.Statistics.Rewrites);
        _text.Field("aof_rewrites_consecutive_failures", aof.Statistics.Failures);
        _text.Field("aof_last_write_status", aof.Writer?.Error == null ? "ok" : "err");
        _text.Field("aof_last_cow_size", 0);
    }

    private void WriteAofFile()
    {
        AppendOnlyFile aof = server.Aof;
        _text.Field("aof_current_size", aof.CurrentBytes);
        _text.Field("aof_base_size", aof.Statistics.BaseBytes);
        _text.Field("aof_pending_rewrite", aof.IsScheduled ? 1 : 0);
        _text.Field("aof_buffer_length", aof.Writer?.WaitingBytes ?? 0);
        _text.Field("aof_pending_bio_fsync", aof.Writer is { IsSyncing: true } ? 1 : 0);
        _text.Field("aof_delayed_fsync", aof.Writer?.Delayed ?? 0);
    }

    private void WriteSaves()
    {
        SnapshotRun? run = server.Snapshots.Current;
        SaveState saves = server.Saves;
        _text.Field("current_cow_peak", run?.PeakBytes ?? 0);
        _text.Field("current_cow_size", run?.EarlyBytes ?? 0);
        _text.Field("current_cow_size_age", 0);
        double percent = run == null || run.KeysTotal == 0 ? 0 : 100.0 * run.KeysProcessed / run.KeysTotal;
        _text.Field("current_fork_perc", string.Create(CultureInfo.InvariantCulture, $"{percent:F2}"));
        _text.Field("current_save_keys_processed", run?.KeysProcessed ?? 0);
        _text.Field("current_save_keys_total", run?.KeysTotal ?? 0);
        _text.Field("rdb_changes_since_last_save", saves.Changes);
        _text.Field("rdb_bgsave_in_progress", run != null && run.Purpose != SnapshotPurpose.AppendOnlyBase ? 1 : 0);
        _text.Field("rdb_last_save_time", saves.LastSave);
        _text.Field("rdb_last_bgsave_status", saves.IsGood ? "ok" : "err");
        _text.Field("rdb_last_bgsave_time_sec", saves.LastSeconds);
        _text.Field("rdb_current_bgsave_time_sec", server.BackgroundSave.CurrentSeconds);
        _text.Field("rdb_saves", saves.Count);
        _text.Field("rdb_last_cow_size", saves.LastExtraBytes);
    }

    private void WriteStats()
    {
        InstantaneousMetrics metrics = server.Metrics;
        ServerStatistics statistics = server.Statistics;
        LoopFigures others = _figures.Without(server.Loops.Main);
        _text.Field("total_connections_received", server.Acceptor.Accepted);
        _text.Field("total_commands_processed", _figures.Commands);
        _text.Field("instantaneous_ops_per_sec", (long)metrics.CommandsPerSecond);
        _text.Field("total_net_input_bytes", _figures.BytesIn);
        _text.Field("total_net_output_bytes", _figures.BytesOut);
        _text.Field("total_net_repl_input_bytes", 0);
        _text.Field("total_net_repl_output_bytes", _figures.BytesToReplicas);
        _text.Zeros("total_net_cluster_slot_import_bytes", "total_net_cluster_slot_export_bytes");
        _text.Field("instantaneous_input_kbps", metrics.BytesInPerSecond / 1024, 2);
        _text.Field("instantaneous_output_kbps", metrics.BytesOutPerSecond / 1024, 2);
        _text.Field("instantaneous_input_repl_kbps", "0.00");
        _text.Field("instantaneous_output_repl_kbps", metrics.BytesToReplicasPerSecond / 1024, 2);
        _text.Field("rejected_connections", server.Acceptor.Rejected);
        _text.Field("sync_full", Interlocked.Read(ref server.Replication.FullSyncs));
        _text.Field("sync_partial_ok", Interlocked.Read(ref server.Replication.PartialSyncs));
        _text.Field("sync_partial_err", Interlocked.Read(ref server.Replication.RefusedPartialSyncs));
        _text.Field("expired_keys", Interlocked.Read(ref statistics.ExpiredKeys));
        _text.Field("expired_fields", Interlocked.Read(ref statistics.ExpiredFields));
        // Expiry is by index and leaves nothing stale to be estimated.
        _text.Field("expired_stale_perc", "0.00");
        _text.Field("expired_keys_with_volatile_items_stale_perc", "0.00");
        _text.Field("expired_time_cap_reached_count", Interlocked.Read(ref statistics.ExpirySlicesCut));
        _text.Field("expire_cycle_cpu_milliseconds", Interlocked.Read(ref statistics.ExpiryNanoseconds) / 1_000_000);
        _text.Field("evicted_keys", Interlocked.Read(ref statistics.EvictedKeys));
        _text.Field("evicted_clients", Interlocked.Read(ref statistics.EvictedClients));
        _text.Zeros("evicted_scripts");
        _text.Field("total_eviction_exceeded_time", server.Memory.TotalExceededMilliseconds);
        _text.Field("current_eviction_exceeded_time", server.Memory.ExceededMilliseconds);
        _text.Field("keyspace_hits", server.Keyspace.Sum(static database => database.Hits));
        _text.Field("keyspace_misses", server.Keyspace.Sum(static database => database.Misses));
        _text.Field("pubsub_channels", server.PubSub.ChannelCount);
        _text.Field("pubsub_patterns", server.PubSub.PatternCount);
        _text.Field("pubsubshard_channels", server.PubSub.ShardChannelCount);
        _text.Field("latest_fork_usec", server.Snapshots.LastCutNanoseconds / 1000);
        _text.Field("total_forks", server.Snapshots.Count);
        _text.Field("migrate_cached_sockets", server.MigrateConnections.Count);
        _text.Zeros("slave_expires_tracked_keys");
        _text.Field("active_defrag_hits", Interlocked.Read(ref statistics.DefragmentationHits));
        _text.Field("active_defrag_misses", Interlocked.Read(ref statistics.DefragmentationMisses));
        _text.Field("active_defrag_key_hits", Interlocked.Read(ref statistics.DefragmentationKeyHits));
        _text.Field("active_defrag_key_misses", Interlocked.Read(ref statistics.DefragmentationKeyMisses));
        _text.Field("total_active_defrag_time", Interlocked.Read(ref statistics.DefragmentationNanoseconds) / 1_000_000);
        _text.Field("current_active_defrag_time", server.Defragmentation.RunningMilliseconds);
        _text.Field("tracking_total_keys", server.Tracking.KeyCount);
        _text.Field("tracking_total_items", server.Tracking.ItemCount);
        _text.Field("tracking_total_prefixes", server.Tracking.Prefixes.Length);
        _text.Field("unexpected_error_replies", 0);
        _text.Field("total_error_replies", server.Errors.Total);
        _text.Field("dump_payload_sanitizations", 0);
        _text.Field("total_reads_processed", _figures.Reads);
        _text.Field("total_writes_processed", _figures.Writes);
        _text.Field("io_threaded_reads_processed", others.Reads);
        _text.Field("io_threaded_writes_processed", others.Writes);
        _text.Zeros("io_threaded_freed_objects", "io_threaded_accept_processed", "io_threaded_poll_processed");
        _text.Field("io_threaded_total_prefetch_batches", _figures.PrefetchBatches);
        _text.Field("io_threaded_total_prefetch_entries", _figures.PrefetchedKeys);
        _text.Field("client_query_buffer_limit_disconnections", Interlocked.Read(ref statistics.QueryBufferLimitDisconnections));
        _text.Field("client_output_buffer_limit_disconnections", Interlocked.Read(ref statistics.OutputBufferLimitDisconnections));
        _text.Zeros("reply_buffer_shrinks", "reply_buffer_expands");
        _text.Field("eventloop_cycles", _figures.Rounds);
        _text.Field("eventloop_duration_sum", _figures.BusyNanoseconds / 1000);
        _text.Field("eventloop_duration_cmd_sum", server.Totals.CommandNanoseconds(server.Known) / 1000);
        _text.Field("instantaneous_eventloop_cycles_per_sec", (long)metrics.RoundsPerSecond);
        _text.Field("instantaneous_eventloop_duration_usec", (long)Math.Ceiling(metrics.RoundMicroseconds));
        _text.Field("acl_access_denied_auth", Interlocked.Read(ref statistics.FailedAuthentications));
        _text.Zeros(
            "acl_access_denied_cmd", "acl_access_denied_key", "acl_access_denied_channel", "acl_access_denied_tls_cert", "acl_access_denied_db");
    }

    private void WriteProcessor()
    {
        ProcessorTime process = ProcessorTime.OfProcess();
        ProcessorTime main = server.Metrics.MainThread;
        _text.Field("used_cpu_sys", process.System / 1e6, 6);
        _text.Field("used_cpu_user", process.User / 1e6, 6);
        _text.Field("used_cpu_sys_children", "0.000000");
        _text.Field("used_cpu_user_children", "0.000000");
        _text.Field("used_cpu_sys_main_thread", main.System / 1e6, 6);
        _text.Field("used_cpu_user_main_thread", main.User / 1e6, 6);
        _text.Field("used_active_time_main_thread", server.Loops.Main.Counters.ActiveNanoseconds / 1e9, 6);
        for (int i = 1; i < server.LoopCount; i++)
            _text.Field($"used_active_time_io_thread_{i}", server.Loops.ActiveNanosecondsOf(i) / 1e9, 6);
    }

    private void WriteCommandStatistics()
    {
        foreach (CommandDefinition command in server.Definitions)
        {
            CommandFigures figures = server.Totals.Read(command);
            if (figures.Calls == 0 && figures.Rejected == 0 && figures.Failed == 0)
                continue;
            string perCall = (figures.Calls == 0 ? 0 : figures.Nanoseconds / 1000.0 / figures.Calls).ToString("F2", CultureInfo.InvariantCulture);
            _text.Field(
                $"cmdstat_{command.Name}",
                $"calls={figures.Calls},usec={figures.Nanoseconds / 1000},usec_per_call={perCall},rejected_calls={figures.Rejected},failed_calls={figures.Failed}");
        }
    }

    private void WriteErrorStatistics()
    {
        foreach ((string code, long count) in server.Errors.Snapshot())
            _text.Field($"errorstat_{code}", $"count={count}");
    }

    private void WriteLatencyStatistics()
    {
        if (!server.TracksLatency)
            return;
        double[] percentiles = server.Configuration.LatencyTrackingInfoPercentiles;
        foreach (CommandDefinition command in server.Definitions)
        {
            CommandFigures figures = server.Totals.Read(command);
            if (figures.Histogram == null)
                continue;
            IEnumerable<string> times = percentiles.Select(percentile => string.Create(
                CultureInfo.InvariantCulture, $"p{percentile:0.######}={figures.TimeOf(percentile) / 1000.0:F3}"));
            _text.Field($"latency_percentiles_usec_{command.Name}", string.Join(',', times));
        }
    }

    private void WriteKeyspace()
    {
        long now = Clock.Sample();
        for (int i = 0; i < server.Keyspace.DatabaseCount; i++)
        {
            Database database = server.Keyspace[i];
            long keys = database.Count;
            if (keys != 0)
                _text.Field($"db{i}", $"keys={keys},expires={database.VolatileCount},avg_ttl={database.AverageTimeToLive(now)},keys_with_volatile_items={database.VolatileHashCount}");
        }
    }

    private void WriteDebug()
    {
        _text.Field("eventloop_duration_aof_sum", 0);
        _text.Field("eventloop_duration_cron_sum", _figures.CronNanoseconds / 1000);
        _text.Field("eventloop_duration_max", _figures.LongestRound / 1000);
        _text.Field("eventloop_cmd_per_cycle_max", _figures.MostCommandsInRound);
        _text.Zeros("io_threaded_reads_pending", "io_threaded_writes_pending");
    }
}
