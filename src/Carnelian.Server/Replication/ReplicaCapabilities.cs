namespace Carnelian.Server.Replication;

/// <summary>What a replica has said that it understands (REPLCONF CAPA).</summary>
[Flags]
internal enum ReplicaCapabilities
{
    None = 0,

    /// <summary>A full sync of unknown length that ends with a mark.</summary>
    EndOfFileMark = 1 << 0,

    /// <summary>A partial resync that names a new history.</summary>
    Psync2 = 1 << 1,

    /// <summary>Redis's full sync over a connection of its own: what has it is Redis 8 or later.</summary>
    RedisRdbChannel = 1 << 2,
}
