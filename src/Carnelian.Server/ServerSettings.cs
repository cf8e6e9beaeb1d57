using Carnelian.Commands;
using Carnelian.Protocol;
using Carnelian.Server.Configuration;
using Carnelian.Server.Execution;

namespace Carnelian.Server;

/// <summary>Carries the configuration to where it takes effect: fields that hot paths read, the keyspace, the number of loops.</summary>
/// <remarks>At start, and under all locks after each CONFIG SET.</remarks>
internal sealed class ServerSettings(ServerInstance server)
{
    /// <summary>With a threshold below this many nanoseconds each command of a batch is timed alone.</summary>
    private const long SharedTimeFrom = 1_000_000;

    private const long ShareRepliesFrom = 32 * 1024;

    /// <summary>Applies everything that is not read from the configuration itself.</summary>
    public void Apply()
    {
        ServerConfiguration configuration = server.Configuration;
        server.Services.MaxStringLength = configuration.ProtoMaxBulkLen;
        server.Services.LazyUserDelete = configuration.LazyfreeLazyUserDel;
        server.Services.LazyUserFlush = configuration.LazyfreeLazyUserFlush;
        server.Services.LazyServerDelete = configuration.LazyfreeLazyServerDel;
        ApplyThresholds(configuration);
        ApplyLimits(configuration);
        server.CronNanoseconds = 1_000_000_000L / configuration.Hz;
        server.TracksLatency = configuration.LatencyTracking;
        server.Prefetches = configuration.PrefetchBatchMaxSize != 0;
        // Valkey's thresholds suit its threads; what is taken over is that 0 switches sharing off.
        bool sharesReplies = configuration.MinIoThreadsAvoidCopyReply != 0 && configuration.MinStringSizeAvoidCopyReply != 0;
        server.Services.ShareRepliesFrom = sharesReplies ? ShareRepliesFrom : long.MaxValue;
        server.LeastOutputLimit = long.MaxValue;
        foreach (ClientBufferLimit limit in configuration.ClientOutputBufferLimits)
        {
            foreach (long bytes in (ReadOnlySpan<long>)[limit.HardBytes, limit.SoftBytes])
            {
                // Chunks are counted whole, so some output may take a chunk more than its bytes.
                if (bytes != 0)
                    server.LeastOutputLimit = Math.Min(server.LeastOutputLimit, Math.Max(bytes - 2 * OutputChunkPool.ChunkBytes, 1));
            }
        }
        server.ClientMemory.Configure();
        server.Replication.Configure();
        server.ChooseKeptExpired();
        server.Keyspace.LazyExpire = configuration.LazyfreeLazyExpire;
        server.Keyspace.LazyOverwrite = configuration.LazyfreeLazyServerDel;
        server.Keyspace.Access.LogFactor = configuration.LfuLogFactor;
        server.Keyspace.Access.DecayMinutes = configuration.LfuDecayTime;
        server.Memory.Configure();
        server.SetCondition(ServerCondition.NeedsReplicas, configuration.NeedsReplicas);
        server.Services.Notifications = server.KeyspaceEvents.Configure(ClassesOf(configuration.NotifyKeyspaceEvents))
            | (server.Keyspace.Access.CountsOnlyWrites ? NotificationClass.AccessTime : NotificationClass.None);
    }

    private static NotificationClass ClassesOf(KeyspaceEvents events)
    {
        var classes = NotificationClass.None;
        foreach (KeyspaceEvents single in Enum.GetValues<KeyspaceEvents>())
        {
            if (System.Numerics.BitOperations.IsPow2((int)single) && (events & single) != 0)
                classes |= Enum.Parse<NotificationClass>(single.ToString());
        }
        return classes;
    }

    private void ApplyThresholds(ServerConfiguration configuration)
    {
        server.Latency.Threshold = configuration.LatencyMonitorThreshold;
        long slow = Threshold(configuration.SlowlogThreshold, configuration.SlowlogMaxLen, 1000);
        long spike = configuration.LatencyMonitorThreshold == 0 ? long.MaxValue : Threshold(configuration.LatencyMonitorThreshold, 1, 1_000_000);
        server.SlowNanoseconds = Math.Min(slow, spike);
        server.TimesEachCommand = server.SlowNanoseconds < SharedTimeFrom;
        server.LargeRequestBytes = Threshold(configuration.CommandlogRequestLargerThan, configuration.CommandlogLargeRequestMaxLen, 1);
        server.LargeReplyBytes = Threshold(configuration.CommandlogReplyLargerThan, configuration.CommandlogLargeReplyMaxLen, 1);
    }

    private void ApplyLimits(ServerConfiguration configuration)
    {
        CollectionLimits limits = server.Services.Limits;
        limits.HashPackEntries = configuration.HashMaxListpackEntries;
        limits.HashPackValue = configuration.HashMaxListpackValue;
        limits.ListPackSize = configuration.ListMaxListpackSize;
        limits.ListCompressDepth = configuration.ListCompressDepth;
        limits.SetIntSetEntries = configuration.SetMaxIntsetEntries;
        limits.SetPackEntries = configuration.SetMaxListpackEntries;
        limits.SetPackValue = configuration.SetMaxListpackValue;
        limits.SortedSetPackEntries = configuration.ZsetMaxListpackEntries;
        limits.SortedSetPackValue = configuration.ZsetMaxListpackValue;
        limits.StreamNodeBytes = configuration.StreamNodeMaxBytes;
        limits.StreamNodeEntries = configuration.StreamNodeMaxEntries;
        limits.IdempotencySeconds = configuration.StreamIdmpDuration;
        limits.IdempotencyIds = configuration.StreamIdmpMaxsize;
        limits.SparseHyperLogLogBytes = configuration.HllSparseMaxBytes;
    }

    private static long Threshold(long value, long mostEntries, long unit) =>
        value < 0 || mostEntries == 0 || value > long.MaxValue / unit ? long.MaxValue : value * unit;
}
