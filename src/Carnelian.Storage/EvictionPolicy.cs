namespace Carnelian.Storage;

/// <summary>Which keys make room when <c>maxmemory</c> is reached (<c>maxmemory-policy</c>).</summary>
public enum EvictionPolicy
{
    /// <summary>None: writes are refused.</summary>
    NoEviction,

    /// <summary>The least recently used among all keys.</summary>
    AllKeysLru,

    /// <summary>The least frequently used among all keys.</summary>
    AllKeysLfu,

    /// <summary>The least recently modified among all keys (Redis 8.6).</summary>
    AllKeysLrm,

    /// <summary>Any key.</summary>
    AllKeysRandom,

    /// <summary>The least recently used among keys that expire.</summary>
    VolatileLru,

    /// <summary>The least frequently used among keys that expire.</summary>
    VolatileLfu,

    /// <summary>The least recently modified among keys that expire (Redis 8.6).</summary>
    VolatileLrm,

    /// <summary>Any key that expires.</summary>
    VolatileRandom,

    /// <summary>The key that expires first.</summary>
    VolatileTtl,
}
