using Carnelian.Memory;
using Carnelian.Server.Configuration;
using Carnelian.Storage.Snapshots;
using Carnelian.Threading;

namespace Carnelian.Server.Persistence;

/// <summary>
/// The one snapshot that a server takes at a time, for BGSAVE, for the base of the append only file or for replicas; whoever wants one while another is
/// taken tries again later. Keeps what is saved before it changes within a budget.
/// </summary>
/// <remarks>
/// Cuts are made and given up under all locks. Near the budget, loops wait before they read from clients and take locks (<see cref="WaitForRoom"/>);
/// when nothing is written for a while the snapshot fails.
/// </remarks>
internal sealed class Snapshots(ServerInstance server)
{
    private const long LeastBudget = 64L << 20;
    private const int PartOfMemory = 16;
    private const int MostWaitMilliseconds = 50;
    private const long MostNanosecondsWithoutProgress = 20_000_000_000;

    private volatile SnapshotRun? _current;
    private long _budget;

    /// <summary>The snapshot that is being taken or written, or null.</summary>
    public SnapshotRun? Current => _current;

    /// <summary>How many there were.</summary>
    public long Count { get; private set; }

    /// <summary>How long the last cut took, in nanoseconds.</summary>
    public long LastCutNanoseconds { get; private set; }

    /// <summary>Whether loops should wait.</summary>
    public bool IsCrowded => _current is { IsAborted: false } run && run.EarlyBytes > Volatile.Read(ref _budget);

    /// <summary>Makes a cut, if no other snapshot is being taken. Under all locks.</summary>
    /// <param name="purpose">What for.</param>
    /// <param name="sink">Takes the keys.</param>
    /// <returns>The run, whose owner goes on with it on a thread and gives it back by <see cref="Release"/>; or null.</returns>
    public SnapshotRun? TryCut(SnapshotPurpose purpose, ISnapshotSink sink)
    {
        if (_current != null)
            return null;
        long begin = Clock.Nanoseconds;
        Volatile.Write(ref _budget, Math.Max(LeastBudget, NativeHeap.UsedBytes / PartOfMemory));
        var run = new SnapshotRun(server, purpose, sink, Snapshot.Cut(server.Keyspace, sink));
        _current = run;
        Count++;
        LastCutNanoseconds = Clock.Nanoseconds - begin;
        server.Latency.Add("fork", LastCutNanoseconds);
        return run;
    }

    /// <summary>Says that the owner of the present snapshot is done with it: the next one may begin. Any thread, after <see cref="SnapshotRun.End"/>.</summary>
    public void Release(SnapshotRun run) => Interlocked.CompareExchange(ref _current, null, run);

    /// <summary>Waits for a short time while too much is in memory that was saved early. On a loop's thread, without locks.</summary>
    public void WaitForRoom()
    {
        long end = Clock.Nanoseconds + MostWaitMilliseconds * 1_000_000L;
        while (IsCrowded && Clock.Nanoseconds < end)
        {
            if (_current is { } run && run.NanosecondsWithoutProgress > MostNanosecondsWithoutProgress)
            {
                GiveUp(run);
                return;
            }
            Thread.Sleep(1);
        }
    }

    private void GiveUp(SnapshotRun run)
    {
        server.Keyspace.Locks.AcquireAll();
        bool isFirst = !run.IsAborted;
        run.Abort();
        server.Keyspace.Locks.ReleaseAll();
        if (isFirst)
            server.Log.Write(LogLevel.Warning, "The snapshot is given up: nothing of it could be written for a while, and keys that change are kept in memory for it.");
    }
}
