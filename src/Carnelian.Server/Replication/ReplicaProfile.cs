using Carnelian.Persistence.Rdb;
using Carnelian.Storage;

namespace Carnelian.Server.Replication;

/// <summary>Which format of the data set a replica can load, by what it has told of itself.</summary>
internal static class ReplicaProfile
{
    private const int Valkey9 = 0x090000;

    /// <summary>The format for a replica.</summary>
    public static RdbProfile Of(ServerInstance server, Replica replica)
    {
        // Whoever only wants a file wants it in our own format.
        if (replica.WantsRdbOnly && replica.Version == 0)
            return RdbProfile.All[(int)server.Configuration.RdbFormat];
        if (replica.Version >= Valkey9)
            return RdbProfile.Valkey9;
        // Redis does not tell its version; what it can do tells that it is Redis 8 at least.
        return (replica.Capabilities & ReplicaCapabilities.RedisRdbChannel) != 0 ? RdbProfile.Redis8 : RdbProfile.Redis72;
    }

    /// <summary>A format that can hold the data set, if the given one cannot: who did not tell its version may well be new enough for it. Under all locks.</summary>
    public static RdbProfile Widened(RdbProfile profile, Keyspace keyspace)
    {
        if (profile != RdbProfile.Redis72)
            return profile;
        for (int i = 0; i < keyspace.DatabaseCount; i++)
        {
            if (keyspace[i].VolatileHashCount != 0)
                return RdbProfile.Redis74;
        }
        return profile;
    }
}
