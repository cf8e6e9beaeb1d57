// The table of all directives: what Valkey 9.1 knows, five names of Redis 8 and two of our own. Defaults are the initial
// values of the fields of ServerConfiguration. The table is built once, without reflection: a row is a constructor call and
// a delegate to a field, so that the whole costs a start about one millisecond.

using Carnelian.Storage.Streams;
using static Carnelian.Server.Configuration.DirectiveFlags;

namespace Carnelian.Server.Configuration;

/// <summary>All directives, by name.</summary>
internal static class DirectiveTable
{
    private const string NoRdma = "No RDMA building support.";

    /// <summary>Names of old versions that the file may hold with one argument, to no effect.</summary>
    private static readonly string[] Ignored =
    [
        "dynamic-hz", "events-per-io-thread", "io-threads-do-reads", "list-max-ziplist-entries", "list-max-ziplist-value",
        "lua-replicate-commands", "sanitize-dump-payload",
    ];

    /// <summary>The directives in the order in which CONFIG REWRITE appends them.</summary>
    public static IReadOnlyList<Directive> All => Rows;

    /// <summary>Directives by name and old name, regardless of case.</summary>
    public static Dictionary<string, Directive> ByName => Names;

    private static readonly Directive[] Rows =
    [
        // Network
        Int("port", static c => ref c.Port, 0, 65535),
        new BindDirective("bind", static c => ref c.Bind),
        Int("tcp-backlog", static c => ref c.TcpBacklog, 0, int.MaxValue, Immutable),
        Int("tcp-keepalive", static c => ref c.TcpKeepalive, 0, int.MaxValue),
        Int("timeout", static c => ref c.Timeout, 0, int.MaxValue),
        Optional("unixsocket", static c => ref c.UnixSocket, Immutable),
        Optional("unixsocketgroup", static c => ref c.UnixSocketGroup, Immutable),
        Octal("unixsocketperm", static c => ref c.UnixSocketPerm, 0, 0x1FF, Immutable),
        Optional("bind-source-addr", static c => ref c.BindSourceAddress),
        Bool("protected-mode", static c => ref c.ProtectedMode),
        Long("maxclients", static c => ref c.MaxClients, 1, 4294967295),
        Int("max-new-connections-per-cycle", static c => ref c.MaxNewConnectionsPerCycle, 1, 1000),
        Int("max-new-tls-connections-per-cycle", static c => ref c.MaxNewTlsConnectionsPerCycle, 1, 1000),
        new ClientOutputBufferLimitDirective(),
        Memory("client-query-buffer-limit", static c => ref c.ClientQueryBufferLimit, 1048576, long.MaxValue),
        new MemoryOrPercentDirective("maxmemory-clients", static c => ref c.MaxMemoryClients),
        Memory("proto-max-bulk-len", static c => ref c.ProtoMaxBulkLen, 1048576, long.MaxValue),
        Bool("mptcp", static c => ref c.MultipathTcp, Immutable),
        Long("socket-mark-id", static c => ref c.SocketMarkId, 0, 4294967295, Immutable),
        Text("ignore-warnings", static c => ref c.IgnoreWarnings),
        Int("rdma-port", static c => ref c.RdmaPort, 0, 65535).Unsupported(NoRdma),
        new BindDirective("rdma-bind", static c => ref c.RdmaBind).Unsupported(NoRdma),
        Int("rdma-rx-size", static c => ref c.RdmaReceiveSize, 65536, 16777216, Immutable),
        Int("rdma-completion-vector", static c => ref c.RdmaCompletionVector, -1, 1024, Immutable),

        // Threads and timing
        Int("io-threads", static c => ref c.IoThreads, 1, 256),
        Bool("io-threads-always-active", static c => ref c.IoThreadsAlwaysActive, Hidden),
        Int("prefetch-batch-max-size", static c => ref c.PrefetchBatchMaxSize, 0, 128),
        Int("min-io-threads-avoid-copy-reply", static c => ref c.MinIoThreadsAvoidCopyReply, 0, int.MaxValue, Hidden),
        Int("min-string-size-avoid-copy-reply", static c => ref c.MinStringSizeAvoidCopyReply, 0, int.MaxValue, Hidden),
        Int("min-string-size-avoid-copy-reply-threaded", static c => ref c.MinStringSizeAvoidCopyReplyThreaded, 0, int.MaxValue, Hidden),
        Int("hz", static c => ref c.Hz, 0, int.MaxValue).Normalize(static c => c.Hz = Math.Clamp(c.Hz, 1, 500)),
        Int("watchdog-period", static c => ref c.WatchdogPeriod, 0, int.MaxValue, Hidden).Normalize(static c => c.WatchdogPeriod = c.WatchdogPeriod == 0 ? 0 : Math.Max(c.WatchdogPeriod, 2000 / c.Hz)),
        Optional("server-cpulist", static c => ref c.ServerCpuList, Immutable).Alias("server_cpulist"),
        Optional("bio-cpulist", static c => ref c.BackgroundCpuList, Immutable).Alias("bio_cpulist"),
        Optional("aof-rewrite-cpulist", static c => ref c.AofRewriteCpuList, Immutable).Alias("aof_rewrite_cpulist"),
        Optional("bgsave-cpulist", static c => ref c.BackgroundSaveCpuList, Immutable).Alias("bgsave_cpulist"),

        // Process
        Bool("daemonize", static c => ref c.Daemonize, Immutable),
        Enum("supervised", static c => ref c.Supervised, ["upstart", "systemd", "auto", "no"], Immutable),
        Optional("pidfile", static c => ref c.PidFile, Immutable),
        Bool("set-proc-title", static c => ref c.SetProcTitle, Immutable),
        Text("proc-title-template", static c => ref c.ProcTitleTemplate).Validate(DirectiveValidation.ProcTitleTemplate),
        new WorkingDirectoryDirective(),
        Enum("loglevel", static c => ref c.LogLevel, ["debug", "verbose", "notice", "warning", "nothing"]),
        Text("logfile", static c => ref c.LogFile, Immutable),
        Enum("log-format", static c => ref c.LogFormat, ["legacy", "logfmt", "json"]),
        Enum("log-timestamp-format", static c => ref c.LogTimestampFormat, ["legacy", "iso8601", "milliseconds"]),
        Bool("syslog-enabled", static c => ref c.SyslogEnabled, Immutable),
        Text("syslog-ident", static c => ref c.SyslogIdent, Immutable),
        Enum("syslog-facility", static c => ref c.SyslogFacility, ["user", "local0", "local1", "local2", "local3", "local4", "local5", "local6", "local7"], Immutable),
        Bool("always-show-logo", static c => ref c.AlwaysShowLogo, Immutable),
        Bool("hide-user-data-from-log", static c => ref c.HideUserDataFromLog),
        Bool("crash-log-enabled", static c => ref c.CrashLogEnabled),
        Bool("crash-memcheck-enabled", static c => ref c.CrashMemcheckEnabled),
        Bool("use-exit-on-panic", static c => ref c.UseExitOnPanic, Hidden),
        Enum("oom-score-adj", static c => ref c.OomScoreAdj, ["no", "yes", "relative", "absolute"]).Normalize(static c => c.OomScoreAdj = c.OomScoreAdj == OomScoreAdjust.Relative ? OomScoreAdjust.Yes : c.OomScoreAdj),
        new OomScoreAdjValuesDirective(),
        Bool("disable-thp", static c => ref c.DisableTransparentHugePages, Immutable),
        new ShutdownOptionsDirective("shutdown-on-sigint", static c => ref c.ShutdownOnSigint),
        new ShutdownOptionsDirective("shutdown-on-sigterm", static c => ref c.ShutdownOnSigterm),
        Int("shutdown-timeout", static c => ref c.ShutdownTimeout, 0, int.MaxValue),
        Text("locale-collate", static c => ref c.LocaleCollate).Validate(DirectiveValidation.Locale),
        Text("availability-zone", static c => ref c.AvailabilityZone),
        Bool("extended-redis-compatibility", static c => ref c.ExtendedRedisCompatibility),
        Text("announce-redis-version", static c => ref c.AnnounceRedisVersion).Validate(DirectiveValidation.Version),
        Text("debug-context", static c => ref c.DebugContext, Hidden),

        // General limits and encodings
        Int("databases", static c => ref c.Databases, 1, int.MaxValue, Immutable),
        Int("cluster-databases", static c => ref c.ClusterDatabases, 1, int.MaxValue, Immutable),
        Long("hash-max-listpack-entries", static c => ref c.HashMaxListpackEntries, 0, long.MaxValue).Alias("hash-max-ziplist-entries"),
        Memory("hash-max-listpack-value", static c => ref c.HashMaxListpackValue, 0, long.MaxValue).Alias("hash-max-ziplist-value"),
        Int("list-max-listpack-size", static c => ref c.ListMaxListpackSize, int.MinValue, int.MaxValue).Alias("list-max-ziplist-size"),
        Int("list-compress-depth", static c => ref c.ListCompressDepth, 0, int.MaxValue),
        Long("set-max-intset-entries", static c => ref c.SetMaxIntsetEntries, 0, long.MaxValue),
        Long("set-max-listpack-entries", static c => ref c.SetMaxListpackEntries, 0, long.MaxValue),
        Long("set-max-listpack-value", static c => ref c.SetMaxListpackValue, 0, long.MaxValue),
        Long("zset-max-listpack-entries", static c => ref c.ZsetMaxListpackEntries, 0, long.MaxValue).Alias("zset-max-ziplist-entries"),
        Memory("zset-max-listpack-value", static c => ref c.ZsetMaxListpackValue, 0, long.MaxValue).Alias("zset-max-ziplist-value"),
        Memory("stream-node-max-bytes", static c => ref c.StreamNodeMaxBytes, 0, long.MaxValue),
        Long("stream-node-max-entries", static c => ref c.StreamNodeMaxEntries, 0, long.MaxValue),
        Long("stream-idmp-duration", static c => ref c.StreamIdmpDuration, 1, IdempotencyMap.MostSeconds),
        Long("stream-idmp-maxsize", static c => ref c.StreamIdmpMaxsize, 1, IdempotencyMap.MostIds),
        Memory("hll-sparse-max-bytes", static c => ref c.HllSparseMaxBytes, 0, long.MaxValue),
        Bool("activerehashing", static c => ref c.ActiveRehashing),
        Optional("hash-seed", static c => ref c.HashSeed, Immutable),
        new NotifyKeyspaceEventsDirective(),
        Long("tracking-table-max-keys", static c => ref c.TrackingTableMaxKeys, 0, long.MaxValue),
        Bool("import-mode", static c => ref c.ImportMode),

        // Memory, expiry and eviction
        new UnsignedMemoryDirective("maxmemory", static c => ref c.MaxMemory),
        Enum("maxmemory-policy", static c => ref c.MaxMemoryPolicy, ["volatile-lru", "volatile-lfu", "volatile-random", "volatile-ttl", "allkeys-lru", "allkeys-lfu", "allkeys-random", "noeviction", "volatile-lrm", "allkeys-lrm"]),
        Int("maxmemory-samples", static c => ref c.MaxMemorySamples, 1, 64),
        Int("maxmemory-eviction-tenacity", static c => ref c.MaxMemoryEvictionTenacity, 0, 100),
        Int("lfu-log-factor", static c => ref c.LfuLogFactor, 0, int.MaxValue),
        Int("lfu-decay-time", static c => ref c.LfuDecayTime, 0, int.MaxValue),
        Int("active-expire-effort", static c => ref c.ActiveExpireEffort, 1, 10),
        Bool("lazyfree-lazy-eviction", static c => ref c.LazyfreeLazyEviction),
        Bool("lazyfree-lazy-expire", static c => ref c.LazyfreeLazyExpire),
        Bool("lazyfree-lazy-server-del", static c => ref c.LazyfreeLazyServerDel),
        Bool("lazyfree-lazy-user-del", static c => ref c.LazyfreeLazyUserDel),
        Bool("lazyfree-lazy-user-flush", static c => ref c.LazyfreeLazyUserFlush),
        Bool("activedefrag", static c => ref c.ActiveDefrag),
        Memory("active-defrag-ignore-bytes", static c => ref c.ActiveDefragIgnoreBytes, 1, long.MaxValue),
        Int("active-defrag-threshold-lower", static c => ref c.ActiveDefragThresholdLower, 0, 1000),
        Int("active-defrag-threshold-upper", static c => ref c.ActiveDefragThresholdUpper, 0, 1000),
        Int("active-defrag-cycle-min", static c => ref c.ActiveDefragCycleMin, 1, 99),
        Int("active-defrag-cycle-max", static c => ref c.ActiveDefragCycleMax, 1, 99),
        Int("active-defrag-cycle-us", static c => ref c.ActiveDefragCycleMicroseconds, 0, 100000),
        Long("active-defrag-max-scan-fields", static c => ref c.ActiveDefragMaxScanFields, 1, long.MaxValue),
        Bool("jemalloc-bg-thread", static c => ref c.JemallocBackgroundThread),

        // Slow log, latency, debugging
        Long("commandlog-execution-slower-than", static c => ref c.SlowlogThreshold, -1, long.MaxValue).Alias("slowlog-log-slower-than"),
        Long("commandlog-slow-execution-max-len", static c => ref c.SlowlogMaxLen, 0, long.MaxValue).Alias("slowlog-max-len"),
        Long("commandlog-request-larger-than", static c => ref c.CommandlogRequestLargerThan, -1, long.MaxValue),
        Long("commandlog-large-request-max-len", static c => ref c.CommandlogLargeRequestMaxLen, 0, long.MaxValue),
        Long("commandlog-reply-larger-than", static c => ref c.CommandlogReplyLargerThan, -1, long.MaxValue),
        Long("commandlog-large-reply-max-len", static c => ref c.CommandlogLargeReplyMaxLen, 0, long.MaxValue),
        Long("latency-monitor-threshold", static c => ref c.LatencyMonitorThreshold, 0, long.MaxValue),
        Bool("latency-tracking", static c => ref c.LatencyTracking),
        new LatencyPercentilesDirective(),
        Enum("enable-debug-command", static c => ref c.EnableDebugCommand, ["no", "yes", "local"], Immutable),
        Enum("enable-module-command", static c => ref c.EnableModuleCommand, ["no", "yes", "local"], Immutable),
        Enum("enable-protected-configs", static c => ref c.EnableProtectedConfigs, ["no", "yes", "local"], Immutable),
        Bool("enable-debug-assert", static c => ref c.EnableDebugAssert, Immutable | Hidden),
        Int("key-load-delay", static c => ref c.KeyLoadDelay, int.MinValue, int.MaxValue, Hidden),
        Int("rdb-key-save-delay", static c => ref c.RdbKeySaveDelay, int.MinValue, int.MaxValue, Hidden),

        // Security
        Optional("requirepass", static c => ref c.RequirePass, Sensitive),
        Text("aclfile", static c => ref c.AclFile, Immutable),
        Long("acllog-max-len", static c => ref c.AclLogMaxLen, 0, long.MaxValue),
        Enum("acl-pubsub-default", static c => ref c.AclPubSubDefault, ["allchannels", "resetchannels"]),
        Int("tls-port", static c => ref c.TlsPort, 0, 65535),
        Bool("tls-cluster", static c => ref c.TlsCluster),
        Bool("tls-replication", static c => ref c.TlsReplication),
        Enum("tls-auth-clients", static c => ref c.TlsAuthClients, ["no", "yes", "optional"]),
        Enum("tls-auth-clients-user", static c => ref c.TlsAuthClientsUser, ["CN", "URI", "off"]),
        Int("tls-auto-reload-interval", static c => ref c.TlsAutoReloadInterval, 0, int.MaxValue),
        Bool("tls-prefer-server-ciphers", static c => ref c.TlsPreferServerCiphers),
        Bool("tls-session-caching", static c => ref c.TlsSessionCaching),
        Int("tls-session-cache-size", static c => ref c.TlsSessionCacheSize, 0, int.MaxValue),
        Int("tls-session-cache-timeout", static c => ref c.TlsSessionCacheTimeout, 0, int.MaxValue),
        Optional("tls-cert-file", static c => ref c.TlsCertFile),
        Optional("tls-key-file", static c => ref c.TlsKeyFile),
        Optional("tls-key-file-pass", static c => ref c.TlsKeyFilePass, Sensitive),
        Optional("tls-client-cert-file", static c => ref c.TlsClientCertFile),
        Optional("tls-client-key-file", static c => ref c.TlsClientKeyFile),
        Optional("tls-client-key-file-pass", static c => ref c.TlsClientKeyFilePass, Sensitive),
        Optional("tls-dh-params-file", static c => ref c.TlsDhParamsFile),
        Optional("tls-ca-cert-file", static c => ref c.TlsCaCertFile),
        Optional("tls-ca-cert-dir", static c => ref c.TlsCaCertDir),
        Optional("tls-protocols", static c => ref c.TlsProtocols),
        Optional("tls-ciphers", static c => ref c.TlsCiphers),
        Optional("tls-ciphersuites", static c => ref c.TlsCipherSuites),

        // Persistence
        new SaveDirective(),
        Text("dbfilename", static c => ref c.DbFileName, Protected).Validate(DirectiveValidation.DbFileName),
        Bool("rdbcompression", static c => ref c.RdbCompression),
        Bool("rdbchecksum", static c => ref c.RdbChecksum, Immutable),
        Bool("rdb-del-sync-files", static c => ref c.RdbDelSyncFiles),
        Enum("rdb-format", static c => ref c.RdbFormat, ["valkey-9", "redis-7.0", "redis-7.2", "redis-7.4", "redis-8"]),
        Bool("rdb-skip-unknown-modules", static c => ref c.RdbSkipUnknownModules),
        Enum("rdb-version-check", static c => ref c.RdbVersionCheck, ["strict", "relaxed"]),
        Bool("rdb-save-incremental-fsync", static c => ref c.RdbSaveIncrementalFsync),
        Bool("stop-writes-on-bgsave-error", static c => ref c.StopWritesOnBgsaveError),
        Int("loading-process-events-interval-bytes", static c => ref c.LoadingProcessEventsIntervalBytes, 1024, int.MaxValue, Hidden),
        Bool("appendonly", static c => ref c.AppendOnly, NotWhileLoading),
        Text("appendfilename", static c => ref c.AppendFileName, Immutable).Validate(DirectiveValidation.AppendFileName),
        Text("appenddirname", static c => ref c.AppendDirName, Immutable).Validate(DirectiveValidation.AppendDirName),
        Enum("appendfsync", static c => ref c.AppendFsync, ["everysec", "always", "no"]),
        Bool("no-appendfsync-on-rewrite", static c => ref c.NoAppendFsyncOnRewrite),
        Int("auto-aof-rewrite-percentage", static c => ref c.AutoAofRewritePercentage, 0, int.MaxValue),
        Memory("auto-aof-rewrite-min-size", static c => ref c.AutoAofRewriteMinSize, 0, long.MaxValue),
        Bool("aof-load-truncated", static c => ref c.AofLoadTruncated),
        Bool("aof-use-rdb-preamble", static c => ref c.AofUseRdbPreamble),
        Bool("aof-timestamp-enabled", static c => ref c.AofTimestampEnabled),
        Bool("aof-rewrite-incremental-fsync", static c => ref c.AofRewriteIncrementalFsync),
        Bool("aof-disable-auto-gc", static c => ref c.AofDisableAutoGc, Hidden),

        // Replication
        new ReplicaOfDirective(),
        Optional("primaryuser", static c => ref c.PrimaryUser, Sensitive).Alias("masteruser"),
        Optional("primaryauth", static c => ref c.PrimaryAuth, Sensitive).Alias("masterauth"),
        Bool("replica-serve-stale-data", static c => ref c.ReplicaServeStaleData).Alias("slave-serve-stale-data"),
        Bool("replica-read-only", static c => ref c.ReplicaReadOnly).Alias("slave-read-only"),
        Bool("replica-ignore-maxmemory", static c => ref c.ReplicaIgnoreMaxMemory).Alias("slave-ignore-maxmemory"),
        Bool("replica-ignore-disk-write-errors", static c => ref c.ReplicaIgnoreDiskWriteErrors),
        Bool("replica-lazy-flush", static c => ref c.ReplicaLazyFlush).Alias("slave-lazy-flush"),
        Int("replica-priority", static c => ref c.ReplicaPriority, 0, int.MaxValue).Alias("slave-priority"),
        Bool("replica-announced", static c => ref c.ReplicaAnnounced),
        Optional("replica-announce-ip", static c => ref c.ReplicaAnnounceIp).Alias("slave-announce-ip"),
        Int("replica-announce-port", static c => ref c.ReplicaAnnouncePort, 0, 65535).Alias("slave-announce-port"),
        Int("min-replicas-to-write", static c => ref c.MinReplicasToWrite, 0, int.MaxValue).Alias("min-slaves-to-write"),
        Int("min-replicas-max-lag", static c => ref c.MinReplicasMaxLag, 0, int.MaxValue).Alias("min-slaves-max-lag"),
        Int("repl-ping-replica-period", static c => ref c.ReplPingReplicaPeriod, 1, int.MaxValue).Alias("repl-ping-slave-period"),
        Int("repl-timeout", static c => ref c.ReplTimeout, 1, int.MaxValue),
        Bool("repl-disable-tcp-nodelay", static c => ref c.ReplDisableTcpNoDelay),
        Memory("repl-backlog-size", static c => ref c.ReplBacklogSize, 1, long.MaxValue).Normalize(static c => c.ReplBacklogSize = Math.Max(c.ReplBacklogSize, 16384)),
        Long("repl-backlog-ttl", static c => ref c.ReplBacklogTtl, 0, long.MaxValue),
        Bool("repl-diskless-sync", static c => ref c.ReplDisklessSync),
        Int("repl-diskless-sync-delay", static c => ref c.ReplDisklessSyncDelay, 0, int.MaxValue),
        Int("repl-diskless-sync-max-replicas", static c => ref c.ReplDisklessSyncMaxReplicas, 0, int.MaxValue),
        Enum("repl-diskless-load", static c => ref c.ReplDisklessLoad, ["disabled", "on-empty-db", "swapdb", "flush-before-load"]),
        Bool("repl-mptcp", static c => ref c.ReplMultipathTcp, Immutable),
        Bool("dual-channel-replication-enabled", static c => ref c.DualChannelReplicationEnabled),
        Enum("propagation-error-behavior", static c => ref c.PropagationErrorBehavior, ["ignore", "panic", "panic-on-replicas"]),
        Bool("repl-rdb-channel", static c => ref c.ReplRdbChannel, Hidden),
        Memory("replica-full-sync-buffer-limit", static c => ref c.ReplicaFullSyncBufferLimit, 0, long.MaxValue, Hidden),

        // Cluster
        Bool("cluster-enabled", static c => ref c.ClusterEnabled, Immutable),
        Text("cluster-config-file", static c => ref c.ClusterConfigFile, Immutable).Validate(DirectiveValidation.ClusterConfigFile),
        Enum("cluster-config-save-behavior", static c => ref c.ClusterConfigSaveBehavior, ["sync", "best-effort"]),
        Int("cluster-port", static c => ref c.ClusterPort, 0, 65535, Immutable),
        Long("cluster-node-timeout", static c => ref c.ClusterNodeTimeout, 0, long.MaxValue),
        Long("cluster-ping-interval", static c => ref c.ClusterPingInterval, 0, long.MaxValue, Hidden),
        Int("cluster-message-gossip-perc", static c => ref c.ClusterMessageGossipPercentage, 1, 100, Hidden),
        Long("cluster-blacklist-ttl", static c => ref c.ClusterBlacklistTtl, long.MinValue, long.MaxValue),
        Int("cluster-migration-barrier", static c => ref c.ClusterMigrationBarrier, 0, int.MaxValue),
        Bool("cluster-allow-replica-migration", static c => ref c.ClusterAllowReplicaMigration),
        Int("cluster-replica-validity-factor", static c => ref c.ClusterReplicaValidityFactor, 0, int.MaxValue).Alias("cluster-slave-validity-factor"),
        Bool("cluster-replica-no-failover", static c => ref c.ClusterReplicaNoFailover).Alias("cluster-slave-no-failover"),
        Int("cluster-manual-failover-timeout", static c => ref c.ClusterManualFailoverTimeout, 1, int.MaxValue),
        Bool("cluster-require-full-coverage", static c => ref c.ClusterRequireFullCoverage),
        Bool("cluster-allow-reads-when-down", static c => ref c.ClusterAllowReadsWhenDown),
        Bool("cluster-allow-pubsubshard-when-down", static c => ref c.ClusterAllowPubSubShardWhenDown),
        Memory("cluster-link-sendbuf-limit", static c => ref c.ClusterLinkSendBufferLimit, 0, long.MaxValue),
        Optional("cluster-announce-ip", static c => ref c.ClusterAnnounceIp).Validate(DirectiveValidation.ClusterAnnounceIp),
        Optional("cluster-announce-client-ipv4", static c => ref c.ClusterAnnounceClientIpv4).Validate(DirectiveValidation.Ipv4),
        Optional("cluster-announce-client-ipv6", static c => ref c.ClusterAnnounceClientIpv6).Validate(DirectiveValidation.Ipv6),
        Optional("cluster-announce-hostname", static c => ref c.ClusterAnnounceHostname).Validate(DirectiveValidation.Hostname),
        Optional("cluster-announce-human-nodename", static c => ref c.ClusterAnnounceHumanNodeName).Validate(DirectiveValidation.HumanNodeName),
        Int("cluster-announce-port", static c => ref c.ClusterAnnouncePort, 0, 65535),
        Int("cluster-announce-tls-port", static c => ref c.ClusterAnnounceTlsPort, 0, 65535),
        Int("cluster-announce-client-port", static c => ref c.ClusterAnnounceClientPort, 0, 65535),
        Int("cluster-announce-client-tls-port", static c => ref c.ClusterAnnounceClientTlsPort, 0, 65535),
        Int("cluster-announce-bus-port", static c => ref c.ClusterAnnounceBusPort, 0, 65535),
        Enum("cluster-preferred-endpoint-type", static c => ref c.ClusterPreferredEndpointType, ["ip", "hostname", "unknown-endpoint"]),
        Bool("cluster-slot-stats-enabled", static c => ref c.ClusterSlotStatsEnabled),
        Long("cluster-slot-migration-log-max-len", static c => ref c.ClusterSlotMigrationLogMaxLen, 0, long.MaxValue),
        Memory("slot-migration-max-failover-repl-bytes", static c => ref c.SlotMigrationMaxFailoverReplicationBytes, -1, long.MaxValue),
        Int("cluster-compatibility-sample-ratio", static c => ref c.ClusterCompatibilitySampleRatio, 0, 100, Hidden),

        // Scripts
        Long("busy-reply-threshold", static c => ref c.BusyReplyThreshold, 0, long.MaxValue).Alias("lua-time-limit"),
        Bool("lua-enable-insecure-api", static c => ref c.LuaEnableInsecureApi, Protected | Hidden).Alias("lua-enable-deprecated-api"),
    ];

    private static readonly Dictionary<string, Directive> Names = Index(Rows);

    /// <summary>Whether a name is one that is accepted and ignored.</summary>
    public static bool IsIgnored(string name) => Ignored.AsSpan().Contains(name);

    private static Dictionary<string, Directive> Index(Directive[] rows)
    {
        var names = new Dictionary<string, Directive>(rows.Length * 2, StringComparer.OrdinalIgnoreCase);
        foreach (Directive directive in rows)
        {
            names.Add(directive.Name, directive);
            if (directive.OldName is { } oldName) names.Add(oldName, directive);
        }
        return names;
    }

    private static BoolDirective Bool(string name, FieldOf<bool> field, DirectiveFlags flags = None) => new(name, field, flags);

    private static IntDirective Int(string name, FieldOf<int> field, int min, int max, DirectiveFlags flags = None) => new(name, field, min, max, flags);

    private static LongDirective Long(string name, FieldOf<long> field, long min, long max, DirectiveFlags flags = None) => new(name, field, min, max, flags);

    private static MemoryDirective Memory(string name, FieldOf<long> field, long min, long max, DirectiveFlags flags = None) => new(name, field, min, max, flags);

    private static OctalDirective Octal(string name, FieldOf<int> field, int min, int max, DirectiveFlags flags = None) => new(name, field, min, max, flags);

    private static TextDirective Text(string name, FieldOf<string> field, DirectiveFlags flags = None) => new(name, field, optional: false, flags);

    private static TextDirective Optional(string name, FieldOf<string> field, DirectiveFlags flags = None) => new(name, field, optional: true, flags);

    private static EnumDirective<TEnum> Enum<TEnum>(string name, FieldOf<TEnum> field, string[] names, DirectiveFlags flags = None)
        where TEnum : unmanaged, Enum => new(name, field, names, flags);
}
