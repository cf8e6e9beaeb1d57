using Carnelian.Memory;
using Carnelian.Storage;
using Carnelian.Storage.Defragmentation;
using Carnelian.Threading;

namespace Carnelian.Server.Execution;

/// <summary>
/// Moves what lies in nearly empty spans of the heap, so that their pages go back to the system: each loop looks after its share of the shards, between its
/// rounds, in slices of <c>active-defrag-cycle-us</c>, with pauses that keep it within the <see cref="DefragmentationBudget"/>.
/// </summary>
/// <remarks>
/// One a loop, on its thread. Each step of some 64 blocks is a unit of its own under the lock of one shard. A lock that somebody else holds ends the slice.
/// When a walk over the whole share has moved next to nothing, the loop rests.
/// </remarks>
internal sealed class DefragmentationCycle(ServerInstance server, EventLoop loop)
{
    private const long RestNanoseconds = 10_000_000_000;
    private const long ShortRestNanoseconds = 100_000_000;
    private const long RetryNanoseconds = 1_000_000;

    /// <summary>A walk that moves fewer than one of so many blocks was not worth while.</summary>
    private const long FewestHits = 128;

    /// <summary>A walk over so few blocks costs next to nothing and is soon repeated.</summary>
    private const long FewBlocks = 1000;

    private readonly Defragmenter _defragmenter = new();
    private long _nextSlice;
    private int _loops;
    private int _nextShard;
    private int _database;
    private long _hitsBefore;
    private long _lookedBefore;

    private long Looked => _defragmenter.Hits + _defragmenter.Misses;

    /// <summary>Milliseconds until the next slice; at most <paramref name="most"/>.</summary>
    public int MillisecondsUntilDue(int most) =>
        server.Defragmentation.Percent == 0 ? most : (int)Math.Clamp((_nextSlice - loop.Timestamp + 999_999) / 1_000_000, 0, most);

    /// <summary>Works for one slice of time, if it is due.</summary>
    public void Run()
    {
        int percent = server.Defragmentation.Percent;
        if (percent == 0)
            _nextSlice = 0;
        else if (loop.Timestamp >= _nextSlice)
            RunSlice(percent);
    }

    private void RunSlice(int percent)
    {
        long begin = Clock.Nanoseconds;
        long end = begin + (server.Configuration.ActiveDefragCycleMicroseconds * 1000L);
        long hits = _defragmenter.Hits, misses = _defragmenter.Misses, keyHits = _defragmenter.KeyHits, keyMisses = _defragmenter.KeyMisses;
        bool isOver = false, isLocked = false;
        long now;
        do
        {
            isLocked = !Step(ref isOver);
            NativeHeap.ReturnRelocatedPages();
            now = Clock.Nanoseconds;
        }
        while (!isLocked && !isOver && now < end);
        long elapsed = now - begin;
        _nextSlice = now + Math.Max(elapsed * (100 - percent) / percent, isLocked ? RetryNanoseconds : 0);
        if (isOver)
            EndWalk(now);
        ServerStatistics statistics = server.Statistics;
        Interlocked.Add(ref statistics.DefragmentationHits, _defragmenter.Hits - hits);
        Interlocked.Add(ref statistics.DefragmentationMisses, _defragmenter.Misses - misses);
        Interlocked.Add(ref statistics.DefragmentationKeyHits, _defragmenter.KeyHits - keyHits);
        Interlocked.Add(ref statistics.DefragmentationKeyMisses, _defragmenter.KeyMisses - keyMisses);
        server.Defragmentation.NoteWork(now);
        server.Latency.Add("active-defrag-cycle", elapsed);
    }

    /// <summary>Makes a step in the present part.</summary>
    /// <param name="isOver">Set when that was the last of this loop's share.</param>
    /// <returns>False if the shard is locked.</returns>
    private bool Step(ref bool isOver)
    {
        Keyspace keyspace = server.Keyspace;
        if (_loops != server.LoopCount)
            BeginWalk();
        int shard = loop.Index + (_nextShard * _loops);
        if (shard >= keyspace.ShardCount)
        {
            isOver = true;
            return true;
        }
        if (!keyspace.Locks.TryAcquire(shard))
            return false;
        bool isFinished = _defragmenter.Step(keyspace[_database], shard, server.Configuration.ActiveDefragMaxScanFields);
        keyspace.Locks.Release(shard);
        if (isFinished && ++_database == keyspace.DatabaseCount)
        {
            _database = 0;
            _nextShard++;
        }
        return true;
    }

    private void EndWalk(long now)
    {
        long hits = _defragmenter.Hits - _hitsBefore, looked = Looked - _lookedBefore;
        BeginWalk();
        if (looked < FewBlocks)
            _nextSlice = now + ShortRestNanoseconds;
        else if (hits * FewestHits < looked)
            _nextSlice = now + RestNanoseconds;
    }

    private void BeginWalk()
    {
        _defragmenter.Restart();
        _loops = server.LoopCount;
        _nextShard = _database = 0;
        _hitsBefore = _defragmenter.Hits;
        _lookedBefore = Looked;
        // Free blocks that this thread keeps for itself hold sparse spans, too.
        NativeHeap.FlushThread();
    }
}
