namespace Carnelian.Server;

/// <summary>What the whole server has counted since its start or CONFIG RESETSTAT. Fields change by interlocked operations.</summary>
internal sealed class ServerStatistics
{
    /// <summary>Keys removed since their time had come.</summary>
    public long ExpiredKeys;

    /// <summary>Fields of hashes removed since their time had come.</summary>
    public long ExpiredFields;

    /// <summary>Keys removed to make room.</summary>
    public long EvictedKeys;

    /// <summary>Clients disconnected by <c>maxmemory-clients</c>.</summary>
    public long EvictedClients;

    /// <summary>Clients disconnected by <c>client-query-buffer-limit</c>.</summary>
    public long QueryBufferLimitDisconnections;

    /// <summary>Clients disconnected by <c>client-output-buffer-limit</c>.</summary>
    public long OutputBufferLimitDisconnections;

    /// <summary>Times that a slice of expiry ended before all that was due was done.</summary>
    public long ExpirySlicesCut;

    /// <summary>The time that went into expiry between commands.</summary>
    public long ExpiryNanoseconds;

    /// <summary>Blocks that defragmentation has moved.</summary>
    public long DefragmentationHits;

    /// <summary>Blocks that it has looked at and left where they are.</summary>
    public long DefragmentationMisses;

    /// <summary>Keys of which it has moved something.</summary>
    public long DefragmentationKeyHits;

    /// <summary>Keys of which it has moved nothing.</summary>
    public long DefragmentationKeyMisses;

    /// <summary>The time during which defragmentation was running, pauses between its slices included.</summary>
    public long DefragmentationNanoseconds;

    /// <summary>Wrong passwords and user names.</summary>
    public long FailedAuthentications;

    /// <summary>Sets everything back.</summary>
    public void Reset()
    {
        Interlocked.Exchange(ref ExpiredKeys, 0);
        Interlocked.Exchange(ref ExpiredFields, 0);
        Interlocked.Exchange(ref EvictedKeys, 0);
        Interlocked.Exchange(ref EvictedClients, 0);
        Interlocked.Exchange(ref QueryBufferLimitDisconnections, 0);
        Interlocked.Exchange(ref OutputBufferLimitDisconnections, 0);
        Interlocked.Exchange(ref ExpirySlicesCut, 0);
        Interlocked.Exchange(ref ExpiryNanoseconds, 0);
        Interlocked.Exchange(ref DefragmentationHits, 0);
        Interlocked.Exchange(ref DefragmentationMisses, 0);
        Interlocked.Exchange(ref DefragmentationKeyHits, 0);
        Interlocked.Exchange(ref DefragmentationKeyMisses, 0);
        Interlocked.Exchange(ref DefragmentationNanoseconds, 0);
        Interlocked.Exchange(ref FailedAuthentications, 0);
    }
}
