namespace Carnelian.Persistence.Rdb;

/// <summary>How loading has ended.</summary>
public enum RdbLoadOutcome
{
    /// <summary>All is there.</summary>
    Loaded,

    /// <summary>The file cannot be loaded, for a reason that the log tells: another version, a type that nobody knows, it ends too early.</summary>
    Refused,

    /// <summary>It was given up on request.</summary>
    Cancelled,

    /// <summary>The file contradicts itself; the log tells where.</summary>
    Corrupt,
}
