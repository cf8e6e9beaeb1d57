// The values of all directives, as plain fields: hot paths read them directly. Any thread may read at any time; writers (CONFIG
// SET, REPLICAOF) come one at a time, with the quiescing that the caller sees to. Every field is a word or less, or a reference
// to something that never changes, so a reader sees the old value or the new one. A fresh instance holds the defaults.

namespace Carnelian.Server.Configuration;

/// <summary>
/// The configuration of one server. Names of fields follow the names of directives; <see cref="DirectiveTable"/> binds the two.
/// </summary>
public sealed class ServerConfiguration
{
    private const int MaxDefaultIoThreads = 16;

    private static readonly int DefaultIoThreads = Math.Min(Environment.ProcessorCount, MaxDefaultIoThreads);

    private readonly ConfigurationChanges _changes = new();

    // Where the configuration comes from

    /// <summary>Absolute path of the configuration file, which CONFIG REWRITE writes; null = the server was started without one.</summary>
    public string? File;

    /// <summary>Gives the lines "user …" that CONFIG REWRITE writes. While it is null those of the file stay as they are.</summary>
    public Func<IReadOnlyList<string>>? UserLines;

    /// <summary>Takes the log lines, of level warning, about a change that was rolled back.</summary>
    public Action<string>? Warning
    {
        set => _changes.Warning = value;
    }

    /// <summary>Gives the error reply for what cannot be set while data is being loaded, or null if none is.</summary>
    public Func<string?>? LoadingError
    {
        set => _changes.LoadingError = value;
    }

    // Network
    /// <summary>TCP port; 0 = no TCP.</summary>
    public int Port = 6379;
    /// <summary>Addresses to listen on; a leading "-" makes one optional. At most 16.</summary>
    public string[] Bind = ["*", "-::*"];
    /// <summary>Length of the queue of connections that the kernel has accepted and the server has not.</summary>
    public int TcpBacklog = 511;
    /// <summary>Seconds between TCP keep-alive probes; 0 = off.</summary>
    public int TcpKeepalive = 300;
    /// <summary>Seconds after which an idle client is closed; 0 = never.</summary>
    public int Timeout;
    /// <summary>Path of the Unix socket; empty = none.</summary>
    public string UnixSocket = "";
    /// <summary>Group that owns the Unix socket; empty = that of the process.</summary>
    public string UnixSocketGroup = "";
    /// <summary>Permission bits of the Unix socket; 0 = as the umask has it.</summary>
    public int UnixSocketPerm;
    /// <summary>Local address of the connections that the server makes itself.</summary>
    public string BindSourceAddress = "";
    /// <summary>Whether a server without password answers the loopback interface only.</summary>
    public bool ProtectedMode = true;
    /// <summary>Clients connected at a time.</summary>
    public long MaxClients = 10000;
    /// <summary>Connections accepted in one round of an event loop.</summary>
    public int MaxNewConnectionsPerCycle = 10;
    /// <summary>The same for TLS connections, whose handshakes are costly.</summary>
    public int MaxNewTlsConnectionsPerCycle = 1;
    /// <summary>Output buffer limits by <see cref="ClientBufferClass"/>. The array is replaced as a whole.</summary>
    public ClientBufferLimit[] ClientOutputBufferLimits = [default, new(268435456, 67108864, 60), new(33554432, 8388608, 60)];
    /// <summary>Bytes of unread requests after which a client is closed.</summary>
    public long ClientQueryBufferLimit = 1073741824;
    /// <summary>Bytes that all clients' buffers may take; 0 = no limit, a negative number is a percentage of maxmemory.</summary>
    public long MaxMemoryClients;
    /// <summary>Bytes of one argument of a request, and of a string value.</summary>
    public long ProtoMaxBulkLen = 536870912;
    /// <summary>Whether clients may connect by multipath TCP.</summary>
    public bool MultipathTcp;
    /// <summary>Mark set on sockets for the packet filter; 0 = none.</summary>
    public long SocketMarkId;
    /// <summary>Space separated start-up warnings to leave out.</summary>
    public string IgnoreWarnings = "";
    /// <summary>RDMA port. Known only: there is no RDMA transport.</summary>
    public int RdmaPort;
    /// <summary>RDMA addresses. Known only.</summary>
    public string[] RdmaBind = [];
    /// <summary>RDMA receive buffer in bytes. Known only.</summary>
    public int RdmaReceiveSize = 1048576;
    /// <summary>RDMA completion vector. Known only.</summary>
    public int RdmaCompletionVector = -1;

    // Threads and timing
    /// <summary>Event loops. The default is one a core and at most 16 (Valkey's is 1).</summary>
    public int IoThreads = DefaultIoThreads;
    /// <summary>Known only: event loops are always active.</summary>
    public bool IoThreadsAlwaysActive;
    /// <summary>Commands whose keys are fetched into the cache ahead of their execution; 0 or 1 = none.</summary>
    public int PrefetchBatchMaxSize = 16;
    /// <summary>Loops from which on long values are sent without a copy.</summary>
    public int MinIoThreadsAvoidCopyReply = 7;
    /// <summary>Bytes from which on a value is sent without a copy.</summary>
    public int MinStringSizeAvoidCopyReply = 16384;
    /// <summary>The same with several loops.</summary>
    public int MinStringSizeAvoidCopyReplyThreaded = 65536;
    /// <summary>Rounds of background work a second, kept within 1 to 500.</summary>
    public int Hz = 10;
    /// <summary>Milliseconds of delay that the software watchdog reports; 0 = off, at least two rounds of hz.</summary>
    public int WatchdogPeriod;
    /// <summary>Cores of the event loops.</summary>
    public string ServerCpuList = "";
    /// <summary>Cores of the background threads.</summary>
    public string BackgroundCpuList = "";
    /// <summary>Cores of the AOF rewrite.</summary>
    public string AofRewriteCpuList = "";
    /// <summary>Cores of the background save.</summary>
    public string BackgroundSaveCpuList = "";

    // Process
    /// <summary>Whether the server goes into the background.</summary>
    public bool Daemonize;
    /// <summary>Who supervises the process.</summary>
    public Supervision Supervised = Supervision.No;
    /// <summary>File that holds the process id.</summary>
    public string PidFile = "";
    /// <summary>Whether the process title shows address and mode.</summary>
    public bool SetProcTitle = true;
    /// <summary>Form of the process title.</summary>
    public string ProcTitleTemplate = "{title} {listen-addr} {server-mode}";
    /// <summary>Least important log line written.</summary>
    public LogLevel LogLevel = LogLevel.Notice;
    /// <summary>File for the log; empty = standard output.</summary>
    public string LogFile = "";
    /// <summary>Form of a log line.</summary>
    public LogFormat LogFormat = LogFormat.Legacy;
    /// <summary>Form of a log line's time.</summary>
    public LogTimestampFormat LogTimestampFormat = LogTimestampFormat.Legacy;
    /// <summary>Whether log lines go to syslog too.</summary>
    public bool SyslogEnabled;
    /// <summary>Name in syslog.</summary>
    public string SyslogIdent = "valkey";
    /// <summary>Facility in syslog.</summary>
    public SyslogFacility SyslogFacility = SyslogFacility.Local0;
    /// <summary>Whether the logo is logged even when the log is no terminal.</summary>
    public bool AlwaysShowLogo;
    /// <summary>Whether keys and values stay out of the log.</summary>
    public bool HideUserDataFromLog = true;
    /// <summary>Whether a crash writes a report.</summary>
    public bool CrashLogEnabled = true;
    /// <summary>Known only: there is no memory test after a crash.</summary>
    public bool CrashMemcheckEnabled = true;
    /// <summary>Whether a panic exits instead of aborting.</summary>
    public bool UseExitOnPanic;
    /// <summary>Whether and how the server changes its score for the kernel's out-of-memory killer.</summary>
    public OomScoreAdjust OomScoreAdj = OomScoreAdjust.No;
    /// <summary>Scores of a primary, a replica and a background process, -2000 to 2000. The array is replaced as a whole.</summary>
    public int[] OomScoreAdjValues = [0, 200, 800];
    /// <summary>Whether the process opts out of transparent huge pages.</summary>
    public bool DisableTransparentHugePages = true;
    /// <summary>How the server shuts down on SIGINT.</summary>
    public ShutdownOptions ShutdownOnSigint;
    /// <summary>How the server shuts down on SIGTERM.</summary>
    public ShutdownOptions ShutdownOnSigterm;
    /// <summary>Seconds that a shutdown waits for lagging replicas.</summary>
    public int ShutdownTimeout = 10;
    /// <summary>Locale of SORT ALPHA: empty, C, POSIX or C.UTF-8, which all compare bytes.</summary>
    public string LocaleCollate = "";
    /// <summary>Zone told to clients in HELLO and INFO.</summary>
    public string AvailabilityZone = "";
    /// <summary>Whether the server calls itself redis in HELLO and INFO.</summary>
    public bool ExtendedRedisCompatibility;
    /// <summary>Version in INFO's redis_version; empty = 7.2.4. Not in Valkey.</summary>
    public string AnnounceRedisVersion = "";
    /// <summary>Text that a crash report repeats.</summary>
    public string DebugContext = "";

    // General limits and encodings
    /// <summary>Number of databases.</summary>
    public int Databases = 16;
    /// <summary>The same in cluster mode.</summary>
    public int ClusterDatabases = 1;
    /// <summary>Fields of a hash up to which it is a listpack.</summary>
    public long HashMaxListpackEntries = 512;
    /// <summary>Bytes of a field or value up to which a hash is a listpack.</summary>
    public long HashMaxListpackValue = 64;
    /// <summary>Elements of a list's listpack, or, negative, its size: -1 = 4 KB to -5 = 64 KB.</summary>
    public int ListMaxListpackSize = -2;
    /// <summary>Nodes at each end of a list that stay uncompressed; 0 = all.</summary>
    public int ListCompressDepth;
    /// <summary>Members of a set of integers up to which it is an intset.</summary>
    public long SetMaxIntsetEntries = 512;
    /// <summary>Members of a set up to which it is a listpack.</summary>
    public long SetMaxListpackEntries = 128;
    /// <summary>Bytes of a member up to which a set is a listpack.</summary>
    public long SetMaxListpackValue = 64;
    /// <summary>Members of a sorted set up to which it is a listpack.</summary>
    public long ZsetMaxListpackEntries = 128;
    /// <summary>Bytes of a member up to which a sorted set is a listpack.</summary>
    public long ZsetMaxListpackValue = 64;
    /// <summary>Bytes of a stream's block; 0 = no limit.</summary>
    public long StreamNodeMaxBytes = 4096;
    /// <summary>Entries of a stream's block; 0 = no limit.</summary>
    public long StreamNodeMaxEntries = 100;
    /// <summary>For how long a stream remembers the messages of its producers, in seconds, unless XCFGSET tells it.</summary>
    public long StreamIdmpDuration = 100;
    /// <summary>How many messages of a producer a stream remembers, unless XCFGSET tells it.</summary>
    public long StreamIdmpMaxsize = 100;
    /// <summary>Bytes up to which a HyperLogLog is sparse.</summary>
    public long HllSparseMaxBytes = 3000;
    /// <summary>Whether tables grow and shrink in the background too.</summary>
    public bool ActiveRehashing = true;
    /// <summary>Seed of the tables' hash function; empty = random.</summary>
    public string HashSeed = "";
    /// <summary>Keyspace events that are published.</summary>
    public KeyspaceEvents NotifyKeyspaceEvents;
    /// <summary>Keys in the client tracking table; 0 = no limit.</summary>
    public long TrackingTableMaxKeys = 1000000;
    /// <summary>Whether expiry and eviction rest while data is imported.</summary>
    public bool ImportMode;

    // Memory, expiry and eviction
    /// <summary>Bytes that the data set may take; 0 = no limit.</summary>
    public long MaxMemory;
    /// <summary>Which keys are evicted at maxmemory.</summary>
    public MaxMemoryPolicy MaxMemoryPolicy = MaxMemoryPolicy.NoEviction;
    /// <summary>Keys looked at for one eviction.</summary>
    public int MaxMemorySamples = 5;
    /// <summary>How long one round of eviction may take.</summary>
    public int MaxMemoryEvictionTenacity = 10;
    /// <summary>How slowly the frequency counter grows.</summary>
    public int LfuLogFactor = 10;
    /// <summary>Minutes after which the frequency counter falls by one.</summary>
    public int LfuDecayTime = 1;
    /// <summary>Effort of active expiry. Known only: expiry follows an index.</summary>
    public int ActiveExpireEffort = 1;
    /// <summary>Whether evicted values are freed in the background.</summary>
    public bool LazyfreeLazyEviction = true;
    /// <summary>Whether expired values are freed in the background.</summary>
    public bool LazyfreeLazyExpire = true;
    /// <summary>Whether values that a command overwrites are freed in the background.</summary>
    public bool LazyfreeLazyServerDel = true;
    /// <summary>Whether DEL works as UNLINK.</summary>
    public bool LazyfreeLazyUserDel = true;
    /// <summary>Whether FLUSHALL and FLUSHDB are ASYNC by default.</summary>
    public bool LazyfreeLazyUserFlush = true;
    /// <summary>Whether memory is defragmented while the server runs.</summary>
    public bool ActiveDefrag;
    /// <summary>Bytes of fragmentation below which defragmentation does nothing.</summary>
    public long ActiveDefragIgnoreBytes = 104857600;
    /// <summary>Percentage of fragmentation at which defragmentation begins.</summary>
    public int ActiveDefragThresholdLower = 10;
    /// <summary>Percentage of fragmentation at which it works at full effort.</summary>
    public int ActiveDefragThresholdUpper = 100;
    /// <summary>Least percentage of a core for defragmentation.</summary>
    public int ActiveDefragCycleMin = 1;
    /// <summary>Highest percentage of a core for defragmentation.</summary>
    public int ActiveDefragCycleMax = 25;
    /// <summary>Microseconds of one step of defragmentation.</summary>
    public int ActiveDefragCycleMicroseconds = 500;
    /// <summary>Elements from which on a collection is defragmented in steps.</summary>
    public long ActiveDefragMaxScanFields = 1000;
    /// <summary>Known only: the heap is not jemalloc.</summary>
    public bool JemallocBackgroundThread = true;

    // Slow log, latency, debugging
    /// <summary>Microseconds from which on a command is slow; -1 = log none.</summary>
    public long SlowlogThreshold = 10000;
    /// <summary>Entries of the log of slow commands.</summary>
    public long SlowlogMaxLen = 128;
    /// <summary>Bytes from which on a request is logged; -1 = log none.</summary>
    public long CommandlogRequestLargerThan = 1048576;
    /// <summary>Entries of the log of large requests.</summary>
    public long CommandlogLargeRequestMaxLen = 128;
    /// <summary>Bytes from which on a reply is logged; -1 = log none.</summary>
    public long CommandlogReplyLargerThan = 1048576;
    /// <summary>Entries of the log of large replies.</summary>
    public long CommandlogLargeReplyMaxLen = 128;
    /// <summary>Milliseconds from which on an event is recorded by LATENCY; 0 = off.</summary>
    public long LatencyMonitorThreshold;
    /// <summary>Whether a latency histogram is kept per command.</summary>
    public bool LatencyTracking = true;
    /// <summary>Percentiles in INFO's latencystats, 0 to 100. The array is replaced as a whole.</summary>
    public double[] LatencyTrackingInfoPercentiles = [50, 99, 99.9];
    /// <summary>Who may use DEBUG.</summary>
    public ProtectedAccess EnableDebugCommand = ProtectedAccess.No;
    /// <summary>Who may use MODULE.</summary>
    public ProtectedAccess EnableModuleCommand = ProtectedAccess.No;
    /// <summary>Who may set protected directives.</summary>
    public ProtectedAccess EnableProtectedConfigs = ProtectedAccess.No;
    /// <summary>Whether costly assertions run.</summary>
    public bool EnableDebugAssert;
    /// <summary>Microseconds of sleep per key loaded, for tests; negative = keys per microsecond.</summary>
    public int KeyLoadDelay;
    /// <summary>Microseconds of sleep per key saved, for tests; negative = keys per microsecond.</summary>
    public int RdbKeySaveDelay;

    // Security
    /// <summary>Password of the default user; empty = none.</summary>
    public string RequirePass = "";
    /// <summary>File of ACL users; empty = they stand in the configuration file.</summary>
    public string AclFile = "";
    /// <summary>Entries of ACL LOG.</summary>
    public long AclLogMaxLen = 128;
    /// <summary>Channels that a new user may use.</summary>
    public AclPubSubDefault AclPubSubDefault = AclPubSubDefault.ResetChannels;
    /// <summary>TLS port; 0 = no TLS.</summary>
    public int TlsPort;
    /// <summary>Whether the cluster bus uses TLS.</summary>
    public bool TlsCluster;
    /// <summary>Whether replication uses TLS.</summary>
    public bool TlsReplication;
    /// <summary>Whether clients must have a certificate.</summary>
    public TlsAuthClients TlsAuthClients = TlsAuthClients.Yes;
    /// <summary>Which part of a client's certificate names its user.</summary>
    public TlsAuthClientsUser TlsAuthClientsUser = TlsAuthClientsUser.Off;
    /// <summary>Seconds between looks for new certificates; 0 = none.</summary>
    public int TlsAutoReloadInterval;
    /// <summary>Whether the server's order of ciphers decides.</summary>
    public bool TlsPreferServerCiphers;
    /// <summary>Whether TLS sessions may be resumed.</summary>
    public bool TlsSessionCaching = true;
    /// <summary>TLS sessions cached; 0 = no limit.</summary>
    public int TlsSessionCacheSize = 20480;
    /// <summary>Seconds that a TLS session is cached.</summary>
    public int TlsSessionCacheTimeout = 300;
    /// <summary>Certificate of the server, PEM.</summary>
    public string TlsCertFile = "";
    /// <summary>Key of the certificate, PEM.</summary>
    public string TlsKeyFile = "";
    /// <summary>Password of the key.</summary>
    public string TlsKeyFilePass = "";
    /// <summary>Certificate for connections that the server makes.</summary>
    public string TlsClientCertFile = "";
    /// <summary>Key for connections that the server makes.</summary>
    public string TlsClientKeyFile = "";
    /// <summary>Password of that key.</summary>
    public string TlsClientKeyFilePass = "";
    /// <summary>Diffie-Hellman parameters.</summary>
    public string TlsDhParamsFile = "";
    /// <summary>Authorities' certificates, PEM.</summary>
    public string TlsCaCertFile = "";
    /// <summary>Directory of authorities' certificates.</summary>
    public string TlsCaCertDir = "";
    /// <summary>Space separated TLS versions.</summary>
    public string TlsProtocols = "";
    /// <summary>Ciphers up to TLS 1.2.</summary>
    public string TlsCiphers = "";
    /// <summary>Cipher suites of TLS 1.3.</summary>
    public string TlsCipherSuites = "";

    // Persistence
    /// <summary>When a save starts by itself. The array is replaced as a whole.</summary>
    public SavePoint[] SavePoints = [new(3600, 1), new(300, 100), new(60, 10000)];
    /// <summary>Name of the RDB file within dir.</summary>
    public string DbFileName = "dump.rdb";
    /// <summary>Whether strings in the RDB file are compressed.</summary>
    public bool RdbCompression = true;
    /// <summary>Whether the RDB file ends with a checksum.</summary>
    public bool RdbChecksum = true;
    /// <summary>Whether RDB files used for replication only are removed.</summary>
    public bool RdbDelSyncFiles;
    /// <summary>Whom RDB files and dumps are written for.</summary>
    public RdbFormat RdbFormat;
    /// <summary>Whether keys that belong to modules are left out when an RDB file is loaded; else they are an error.</summary>
    public bool RdbSkipUnknownModules;
    /// <summary>Whether RDB files of unknown versions are refused.</summary>
    public RdbVersionCheck RdbVersionCheck = RdbVersionCheck.Strict;
    /// <summary>Whether a save syncs every few megabytes.</summary>
    public bool RdbSaveIncrementalFsync = true;
    /// <summary>Whether writes are refused after a failed save.</summary>
    public bool StopWritesOnBgsaveError = true;
    /// <summary>Bytes loaded between two looks at the clients.</summary>
    public int LoadingProcessEventsIntervalBytes = 2097152;
    /// <summary>Whether there is an append only file.</summary>
    public bool AppendOnly;
    /// <summary>Base of the names of the append only files.</summary>
    public string AppendFileName = "appendonly.aof";
    /// <summary>Directory of the append only files within dir.</summary>
    public string AppendDirName = "appendonlydir";
    /// <summary>When the append only file is synced.</summary>
    public AppendFsync AppendFsync = AppendFsync.EverySec;
    /// <summary>Whether a rewrite stops the syncs.</summary>
    public bool NoAppendFsyncOnRewrite;
    /// <summary>Growth since the last rewrite that starts one; 0 = never.</summary>
    public int AutoAofRewritePercentage = 100;
    /// <summary>Bytes below which no rewrite starts by itself.</summary>
    public long AutoAofRewriteMinSize = 67108864;
    /// <summary>Whether an append only file that breaks off is loaded.</summary>
    public bool AofLoadTruncated = true;
    /// <summary>Whether a rewritten base file is RDB.</summary>
    public bool AofUseRdbPreamble = true;
    /// <summary>Whether times are noted in the append only file.</summary>
    public bool AofTimestampEnabled;
    /// <summary>Whether a rewrite syncs every few megabytes.</summary>
    public bool AofRewriteIncrementalFsync = true;
    /// <summary>Whether old append only files are kept.</summary>
    public bool AofDisableAutoGc;

    // Replication
    /// <summary>The primary; null = the server is one itself. The replication code sets it on REPLICAOF.</summary>
    public ReplicationSource? ReplicaOf;
    /// <summary>User for the primary.</summary>
    public string PrimaryUser = "";
    /// <summary>Password for the primary.</summary>
    public string PrimaryAuth = "";
    /// <summary>Whether a replica without link answers.</summary>
    public bool ReplicaServeStaleData = true;
    /// <summary>Whether a replica refuses writes.</summary>
    public bool ReplicaReadOnly = true;
    /// <summary>Whether a replica leaves eviction to its primary.</summary>
    public bool ReplicaIgnoreMaxMemory = true;
    /// <summary>Whether a replica goes on when it cannot write to disk.</summary>
    public bool ReplicaIgnoreDiskWriteErrors;
    /// <summary>Whether a full sync frees the old data in the background.</summary>
    public bool ReplicaLazyFlush = true;
    /// <summary>Rank in a failover; 0 = never promoted.</summary>
    public int ReplicaPriority = 100;
    /// <summary>Whether Sentinel lists the replica.</summary>
    public bool ReplicaAnnounced = true;
    /// <summary>Address told to the primary.</summary>
    public string ReplicaAnnounceIp = "";
    /// <summary>Port told to the primary; 0 = the real one.</summary>
    public int ReplicaAnnouncePort;
    /// <summary>Replicas without which writes are refused.</summary>
    public int MinReplicasToWrite;
    /// <summary>Seconds of silence after which a replica does not count.</summary>
    public int MinReplicasMaxLag = 10;
    /// <summary>Seconds between pings to replicas.</summary>
    public int ReplPingReplicaPeriod = 10;
    /// <summary>Seconds of silence after which a replication link is closed.</summary>
    public int ReplTimeout = 60;
    /// <summary>Whether the kernel may join packets to replicas.</summary>
    public bool ReplDisableTcpNoDelay;
    /// <summary>Bytes of the replication backlog, at least 16 KB.</summary>
    public long ReplBacklogSize = 10485760;
    /// <summary>Seconds without replicas after which the backlog is freed; 0 = never.</summary>
    public long ReplBacklogTtl = 3600;
    /// <summary>Whether a full sync goes to replicas without a file.</summary>
    public bool ReplDisklessSync = true;
    /// <summary>Seconds that a full sync waits for more replicas.</summary>
    public int ReplDisklessSyncDelay = 5;
    /// <summary>Replicas at which it waits no longer; 0 = no such number.</summary>
    public int ReplDisklessSyncMaxReplicas;
    /// <summary>How a replica loads a full sync.</summary>
    public ReplDisklessLoad ReplDisklessLoad = ReplDisklessLoad.Disabled;
    /// <summary>Whether replication uses multipath TCP.</summary>
    public bool ReplMultipathTcp;
    /// <summary>Whether a full sync has a connection of its own.</summary>
    public bool DualChannelReplicationEnabled;
    /// <summary>What an error in a replicated command does.</summary>
    public PropagationErrorBehavior PropagationErrorBehavior = PropagationErrorBehavior.Ignore;
    /// <summary>Redis's name for a full sync on a connection of its own.</summary>
    public bool ReplRdbChannel = true;
    /// <summary>Bytes that a replica buffers during such a full sync; 0 = the limit of replica clients. From Redis.</summary>
    public long ReplicaFullSyncBufferLimit;

    // Cluster
    /// <summary>Whether the server is a cluster node.</summary>
    public bool ClusterEnabled;
    /// <summary>File of the cluster's state.</summary>
    public string ClusterConfigFile = "nodes.conf";
    /// <summary>Whether a failure to save the state is fatal.</summary>
    public ClusterConfigSaveBehavior ClusterConfigSaveBehavior = ClusterConfigSaveBehavior.Sync;
    /// <summary>Port of the cluster bus; 0 = port + 10000.</summary>
    public int ClusterPort;
    /// <summary>Milliseconds of silence after which a node may have failed.</summary>
    public long ClusterNodeTimeout = 15000;
    /// <summary>Milliseconds between pings; 0 = by the node timeout.</summary>
    public long ClusterPingInterval;
    /// <summary>Percentage of the nodes told about in a gossip message.</summary>
    public int ClusterMessageGossipPercentage = 10;
    /// <summary>Seconds that a forgotten node stays unknown.</summary>
    public long ClusterBlacklistTtl = 60;
    /// <summary>Replicas that a primary keeps when one moves to an orphaned primary.</summary>
    public int ClusterMigrationBarrier = 1;
    /// <summary>Whether replicas move to orphaned primaries.</summary>
    public bool ClusterAllowReplicaMigration = true;
    /// <summary>Node timeouts without link after which a replica stands back in a failover; 0 = never.</summary>
    public int ClusterReplicaValidityFactor = 10;
    /// <summary>Whether the node never starts a failover by itself.</summary>
    public bool ClusterReplicaNoFailover;
    /// <summary>Milliseconds of a manual failover.</summary>
    public int ClusterManualFailoverTimeout = 5000;
    /// <summary>Whether the cluster is down when a slot has no node.</summary>
    public bool ClusterRequireFullCoverage = true;
    /// <summary>Whether reads go on when the cluster is down.</summary>
    public bool ClusterAllowReadsWhenDown;
    /// <summary>Whether sharded pub/sub goes on when the cluster is down.</summary>
    public bool ClusterAllowPubSubShardWhenDown = true;
    /// <summary>Bytes of a bus link's send buffer; 0 = no limit.</summary>
    public long ClusterLinkSendBufferLimit;
    /// <summary>Address told to the cluster.</summary>
    public string ClusterAnnounceIp = "";
    /// <summary>IPv4 address told to clients.</summary>
    public string ClusterAnnounceClientIpv4 = "";
    /// <summary>IPv6 address told to clients.</summary>
    public string ClusterAnnounceClientIpv6 = "";
    /// <summary>Host name told to the cluster.</summary>
    public string ClusterAnnounceHostname = "";
    /// <summary>Name for people.</summary>
    public string ClusterAnnounceHumanNodeName = "";
    /// <summary>Port told to the cluster; 0 = the real one.</summary>
    public int ClusterAnnouncePort;
    /// <summary>TLS port told to the cluster; 0 = the real one.</summary>
    public int ClusterAnnounceTlsPort;
    /// <summary>Port told to clients; 0 = the one told to the cluster.</summary>
    public int ClusterAnnounceClientPort;
    /// <summary>TLS port told to clients; 0 = the one told to the cluster.</summary>
    public int ClusterAnnounceClientTlsPort;
    /// <summary>Bus port told to the cluster; 0 = the real one.</summary>
    public int ClusterAnnounceBusPort;
    /// <summary>What a redirection names.</summary>
    public ClusterEndpointType ClusterPreferredEndpointType = ClusterEndpointType.Ip;
    /// <summary>Whether statistics are kept per slot.</summary>
    public bool ClusterSlotStatsEnabled;
    /// <summary>Finished slot migrations that are remembered.</summary>
    public long ClusterSlotMigrationLogMaxLen = 1000;
    /// <summary>Bytes that a slot's target may lag when the slot is handed over; -1 = no limit.</summary>
    public long SlotMigrationMaxFailoverReplicationBytes;
    /// <summary>Percentage of commands tested for cluster compatibility. From Redis.</summary>
    public int ClusterCompatibilitySampleRatio;

    // Scripts
    /// <summary>Milliseconds after which a script makes others answer BUSY; 0 = never.</summary>
    public long BusyReplyThreshold = 5000;
    /// <summary>Whether scripts have the deprecated functions.</summary>
    public bool LuaEnableInsecureApi;

    /// <summary>Whether the file or the command line has a save directive, which then stands instead of the default.</summary>
    internal bool SavePointsLoaded;

    /// <summary>The directives that CONFIG GET shows for some patterns, sorted by name.</summary>
    /// <param name="patterns">Glob-style patterns or whole names, in any case. A whole name also finds a hidden directive, and is given back as it was asked.</param>
    public KeyValuePair<string, string>[] Get(ReadOnlySpan<string> patterns)
    {
        var found = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase);
        foreach (string pattern in patterns)
        {
            if (!pattern.AsSpan().ContainsAny('[', '*', '?'))
            {
                if (DirectiveTable.ByName.TryGetValue(pattern, out Directive? directive)) found.TryAdd(pattern, directive.Get(this));
                continue;
            }
            foreach ((string name, Directive directive) in DirectiveTable.ByName)
            {
                if (!directive.Has(DirectiveFlags.Hidden) && ConfigurationText.Matches(pattern, name, ignoreCase: true))
                    found.TryAdd(name, directive.Get(this));
            }
        }
        var names = new string[found.Count];
        found.Keys.CopyTo(names, 0);
        Array.Sort(names, StringComparer.Ordinal);
        return Array.ConvertAll(names, name => KeyValuePair.Create(name, found[name]));
    }

    /// <summary>Changes several directives, all or none, and runs what was registered for those whose value changed.</summary>
    /// <param name="pairs">Names and values. The caller holds the lock that keeps other writers away.</param>
    /// <param name="local">Whether the client is on the loopback interface or the Unix socket, which protected directives may ask for.</param>
    /// <param name="error">The error reply, beginning with ERR.</param>
    public bool Set(ReadOnlySpan<KeyValuePair<string, string>> pairs, bool local, out string? error) =>
        (error = _changes.Set(this, pairs, local)) is null;

    /// <summary>Whether writes are refused unless enough replicas keep up.</summary>
    public bool NeedsReplicas => MinReplicasToWrite > 0 && MinReplicasMaxLag > 0;

    /// <summary>Registers what makes a changed value take effect: it runs after CONFIG SET has stored all new values.</summary>
    /// <param name="name">Name of the directive. The same delegate under several names runs once a CONFIG SET.</param>
    /// <param name="apply">Gives the error that makes the whole CONFIG SET fail, or null. It runs again after the old values are back.</param>
    public void OnApply(string name, Func<ServerConfiguration, string?> apply) => _changes.OnApply(DirectiveTable.ByName[name], apply);

    /// <summary>Writes the present values into the configuration file, keeping its comments and its order.</summary>
    /// <param name="error">The error reply, beginning with ERR.</param>
    public bool Rewrite(out string? error, bool withDefaults = false)
    {
        if (File is null)
        {
            error = "ERR The server is running without a config file";
            return false;
        }
        string? failure = ConfigurationRewrite.Run(this, File, withDefaults);
        error = failure is null ? null : $"ERR Rewriting config file: {failure}";
        return failure is null;
    }

    /// <summary>Whether a directive holds a secret, so that its value must not appear in logs and MONITOR.</summary>
    public static bool IsSensitive(string name) =>
        DirectiveTable.ByName.TryGetValue(name, out Directive? directive) && directive.Has(DirectiveFlags.Sensitive);
}
