namespace Carnelian.Server;

/// <summary>What the whole server has counted since its start or CONFIG RESETSTAT. Fields change by interlocked operations.</summary>
internal sealed class ServerStatistics
{
    /// <summary>Keys removed since their time had come.</summary>
    public long ExpiredKeys;

    /// <summary>Keys removed to make room.</summary>
    public long EvictedKeys;

    /// <summary>Clients disconnected by <c>maxmemory-clients</c>.</summary>
    public long EvictedClients;

    /// <summary>Clients disconnected by <c>client-query-buffer-limit</c>.</summary>
    public long QueryBufferLimitDisconnections;

    /// <summary>Clients disconnected by <c>client-output-buffer-limit</c>.</summary>
    public long OutputBufferLimitDisconnections;
}
