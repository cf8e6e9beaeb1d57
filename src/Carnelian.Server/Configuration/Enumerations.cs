// The values of the directives that take a name. The order of the members is the order of the names in DirectiveTable
// and in the error that lists them.

namespace Carnelian.Server.Configuration;

/// <summary>Who supervises the process.</summary>
public enum Supervision { Upstart, Systemd, Auto, No }

/// <summary>Importance of log lines, least important first.</summary>
public enum LogLevel { Debug, Verbose, Notice, Warning, Nothing }

/// <summary>Form of a log line.</summary>
public enum LogFormat { Legacy, Logfmt, Json }

/// <summary>Form of the time in a log line.</summary>
public enum LogTimestampFormat { Legacy, Iso8601, Milliseconds }

/// <summary>Facility of the lines sent to syslog.</summary>
public enum SyslogFacility { User, Local0, Local1, Local2, Local3, Local4, Local5, Local6, Local7 }

/// <summary>How the score for the kernel's out-of-memory killer is set. Relative is stored as Yes, its other name.</summary>
public enum OomScoreAdjust { No, Yes, Relative, Absolute }

/// <summary>Who may use a feature that is closed by default; Local: clients on the loopback interface or the Unix socket.</summary>
public enum ProtectedAccess { No, Yes, Local }

/// <summary>Which keys are evicted at maxmemory.</summary>
public enum MaxMemoryPolicy
{
    VolatileLru, VolatileLfu, VolatileRandom, VolatileTtl, AllKeysLru, AllKeysLfu, AllKeysRandom, NoEviction, VolatileLrm, AllKeysLrm,
}

/// <summary>Channels that a new ACL user may use.</summary>
public enum AclPubSubDefault { AllChannels, ResetChannels }

/// <summary>Whether TLS clients must show a certificate.</summary>
public enum TlsAuthClients { No, Yes, Optional }

/// <summary>Field of a client's certificate that names its user.</summary>
public enum TlsAuthClientsUser { CommonName, Uri, Off }

/// <summary>Whether RDB files of unknown versions are refused.</summary>
public enum RdbVersionCheck { Strict, Relaxed }

/// <summary>For which servers RDB files and dumps are written. The members are in the order of RdbProfile.All.</summary>
public enum RdbFormat { Valkey9, Redis70, Redis72, Redis74, Redis8 }

/// <summary>When the append only file is synced.</summary>
public enum AppendFsync { EverySec, Always, No }

/// <summary>How a replica loads a full sync that arrives without a file.</summary>
public enum ReplDisklessLoad { Disabled, OnEmptyDb, SwapDb, FlushBeforeLoad }

/// <summary>What an error in a command from the primary or the append only file does.</summary>
public enum PropagationErrorBehavior { Ignore, Panic, PanicOnReplicas }

/// <summary>Whether a failure to save the cluster's state is fatal.</summary>
public enum ClusterConfigSaveBehavior { Sync, BestEffort }

/// <summary>What a redirection names.</summary>
public enum ClusterEndpointType { Ip, Hostname, UnknownEndpoint }

/// <summary>How the server shuts down on a signal.</summary>
[Flags]
public enum ShutdownOptions
{
    /// <summary>Save when save points are configured.</summary>
    Default = 0,
    Save = 1,
    NoSave = 2,
    Now = 4,
    Force = 8,
    Safe = 16,
    Failover = 32,
}

/// <summary>Classes of keyspace events, and the two kinds of channels that announce them.</summary>
[Flags]
public enum KeyspaceEvents
{
    None = 0,

    /// <summary>g: DEL, EXPIRE, RENAME …</summary>
    Generic = 1,

    /// <summary>$</summary>
    String = 2,

    /// <summary>l</summary>
    List = 4,

    /// <summary>s</summary>
    Set = 8,

    /// <summary>h</summary>
    Hash = 16,

    /// <summary>z</summary>
    SortedSet = 32,

    /// <summary>x</summary>
    Expired = 64,

    /// <summary>e</summary>
    Evicted = 128,

    /// <summary>t</summary>
    Stream = 256,

    /// <summary>d: the module key type.</summary>
    Module = 512,

    /// <summary>A: all of the above.</summary>
    All = Generic | String | List | Set | Hash | SortedSet | Expired | Evicted | Stream | Module,

    /// <summary>n: a key that did not exist.</summary>
    New = 1024,

    /// <summary>K: published on __keyspace@db__.</summary>
    Keyspace = 2048,

    /// <summary>E: published on __keyevent@db__.</summary>
    Keyevent = 4096,

    /// <summary>m: a read of a key that does not exist.</summary>
    KeyMiss = 8192,

    /// <summary>o: a value that is replaced as a whole.</summary>
    Overwritten = 1 << 14,

    /// <summary>c: a key that gets a value of another type.</summary>
    TypeChanged = 1 << 15,

    /// <summary>S: fields, published on __subkeyspace@db__.</summary>
    Subkeyspace = 1 << 16,

    /// <summary>T: fields, published on __subkeyevent@db__.</summary>
    Subkeyevent = 1 << 17,

    /// <summary>I: fields, published on __subkeyspaceitem@db__.</summary>
    SubkeyspaceItem = 1 << 18,

    /// <summary>V: fields, published on __subkeyspaceevent@db__.</summary>
    SubkeyspaceEvent = 1 << 19,
}

/// <summary>Index into <see cref="ServerConfiguration.ClientOutputBufferLimits"/>.</summary>
public enum ClientBufferClass { Normal, Replica, PubSub }
