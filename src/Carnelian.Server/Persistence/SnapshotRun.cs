using Carnelian.Storage.Snapshots;
using Carnelian.Threading;

namespace Carnelian.Server.Persistence;

/// <summary>One snapshot from its cut to the moment when the next one may begin. See <see cref="Snapshots.TryCut"/>.</summary>
/// <remarks>
/// Its owner has a thread, which calls <see cref="Step"/> without locks until there is nothing left, writing what the sink holds in between, and then
/// <see cref="End"/>. All else may be read by any thread.
/// </remarks>
internal sealed class SnapshotRun
{
    /// <summary>A long delay is slept in pieces, so that the snapshot can be given up meanwhile.</summary>
    private const int MostSleepMicroseconds = 10_000;

    /// <summary>So often a loop or a client that waits for this core may go first.</summary>
    private const long NanosecondsBetweenYields = 200_000;

    private readonly ServerInstance _server;
    private readonly ISnapshotSink _sink;
    private readonly Snapshot _snapshot;
    private long _progressAt;
    private long _peakBytes;
    private long _delayed;
    private long _yieldedAt;

    public SnapshotRun(ServerInstance server, SnapshotPurpose purpose, ISnapshotSink sink, Snapshot snapshot)
    {
        _server = server;
        _sink = sink;
        _snapshot = snapshot;
        Purpose = purpose;
        StartedAt = _progressAt = Clock.Nanoseconds;
        foreach (SnapshotSize size in snapshot.Sizes)
            KeysTotal += size.Keys;
    }

    /// <summary>What it is taken for.</summary>
    public SnapshotPurpose Purpose { get; }

    /// <summary>When the cut was made, on the monotonic clock.</summary>
    public long StartedAt { get; }

    /// <summary>The databases that had keys at the cut.</summary>
    public IReadOnlyList<SnapshotSize> Sizes => _snapshot.Sizes;

    /// <summary>The keys that there were at the cut.</summary>
    public long KeysTotal { get; }

    /// <summary>Those that are saved.</summary>
    public long KeysProcessed => _snapshot.Walked + _snapshot.SavedEarly;

    /// <summary>Whether it was given up.</summary>
    public bool IsAborted => _snapshot.IsAborted;

    /// <summary>What was saved before it changed and is not written yet, in bytes.</summary>
    public long EarlyBytes => _sink.EarlyBytes;

    /// <summary>The most that this was when somebody looked.</summary>
    public long PeakBytes
    {
        get
        {
            long now = EarlyBytes;
            if (now > Volatile.Read(ref _peakBytes))
                Volatile.Write(ref _peakBytes, now);
            return Volatile.Read(ref _peakBytes);
        }
    }

    /// <summary>For how long the owner has written nothing, in nanoseconds.</summary>
    public long NanosecondsWithoutProgress => Clock.Nanoseconds - Volatile.Read(ref _progressAt);

    /// <summary>Saves some keys, and waits as <c>rdb-key-save-delay</c> says.</summary>
    /// <returns>False when nothing is left or the snapshot was given up.</returns>
    public bool Step()
    {
        long before = KeysProcessed;
        bool goesOn = _snapshot.Step();
        _ = PeakBytes;
        int delay = _server.Configuration.RdbKeySaveDelay;
        if (delay != 0)
            Delay(delay, KeysProcessed - before);
        else if (Clock.Nanoseconds - _yieldedAt > NanosecondsBetweenYields)
            Yield();
        return goesOn;
    }

    /// <summary>Notes that bytes have gone to the file or the socket.</summary>
    public void NoteProgress() => Volatile.Write(ref _progressAt, Clock.Nanoseconds);

    /// <summary>Gives the snapshot up. Under all locks.</summary>
    public void Abort() => _snapshot.Abort();

    /// <summary>Ends the walk, complete or not: nobody calls the sink after that. Once, on the owner's thread.</summary>
    public void End() => _snapshot.End();

    // It holds no lock here. A thread that uses all the time it gets is stopped after milliseconds otherwise, perhaps with one.
    private void Yield()
    {
        _ = Thread.Yield();
        _yieldedAt = Clock.Nanoseconds;
    }

    private void Delay(int delay, long keys)
    {
        if (delay < 0)
        {
            // So many keys for a microsecond.
            _delayed += keys;
            keys = _delayed / -(long)delay;
            _delayed %= -(long)delay;
            delay = 1;
        }
        for (long left = keys * delay; left > 0 && !IsAborted && _server.Configuration.RdbKeySaveDelay != 0; left -= MostSleepMicroseconds)
        {
            NoteProgress();
            Thread.Sleep(TimeSpan.FromMicroseconds(Math.Min(left, MostSleepMicroseconds)));
        }
    }
}
