namespace Carnelian.Storage;

/// <summary>What a lookup leaves out.</summary>
[Flags]
public enum LookupFlags
{
    /// <summary>A read: counts as hit or miss, and as an access of the key.</summary>
    None = 0,

    /// <summary>Does not count as an access of the key.</summary>
    NoTouch = 1,

    /// <summary>Does not count as hit or miss: a lookup for writing.</summary>
    NoStatistics = 2,

    /// <summary>Finds keys that have expired too, while the keyspace keeps them.</summary>
    ShowExpired = 4,
}
