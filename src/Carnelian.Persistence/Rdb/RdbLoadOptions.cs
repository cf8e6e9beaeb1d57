namespace Carnelian.Persistence.Rdb;

/// <summary>How a file is loaded.</summary>
public sealed class RdbLoadOptions
{
    /// <summary>Up to which size values stay compact.</summary>
    public required ValueLimits Limits { get; init; }

    /// <summary>The time, in milliseconds of Unix time.</summary>
    public required long Now { get; init; }

    /// <summary>Whether the checksum is compared.</summary>
    public bool ChecksSum { get; init; } = true;

    /// <summary>Whether versions that nobody knows are tried: <c>rdb-version-check relaxed</c>.</summary>
    public bool TriesUnknownVersions { get; init; }

    /// <summary>Whether keys that have expired, and fields, are left out.</summary>
    public bool DropsExpired { get; init; } = true;

    /// <summary>Whether a key that exists is replaced; else it is an error.</summary>
    public bool Replaces { get; init; }

    /// <summary>Whether values of modules are left out; else they are an error.</summary>
    public bool SkipsModules { get; init; }

    /// <summary>Whether the caller holds the locks of all shards.</summary>
    public bool HoldsAllLocks { get; init; }

    /// <summary>How many threads load, the caller's among them. One where the caller holds all locks.</summary>
    public int Threads { get; init; } = 1;

    /// <summary>Asked now and then: whether to give up.</summary>
    public Func<bool>? Cancels { get; init; }

    /// <summary>Microseconds to wait after every key, or so many in as many keys if negative: for tests.</summary>
    public int KeyDelayMicroseconds { get; init; }

    /// <summary>Takes what loading has to say: whether it is a warning, and the words.</summary>
    public Action<bool, string> Log { get; init; } = static (_, _) => { };

    /// <summary>Whether keys are named in the log.</summary>
    public bool ShowsKeys { get; init; } = true;

    /// <summary>Takes facts on the file.</summary>
    public Action<string, string>? Aux { get; init; }

    /// <summary>Takes libraries of functions, as they stand in the file.</summary>
    public Action<byte[]>? Function { get; init; }

    /// <summary>How far loading has come.</summary>
    public LoadProgress Progress { get; init; } = new();
}
