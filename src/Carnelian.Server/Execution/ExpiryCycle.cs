using Carnelian.Storage;
using Carnelian.Threading;

namespace Carnelian.Server.Execution;

/// <summary>
/// Removes keys and fields of hashes when their time has come: each loop looks after its share of the shards, between its rounds, in slices of a
/// millisecond so that clients are served in between.
/// </summary>
/// <remarks>One a loop, on its thread. Each slice of up to 64 keys of one shard is a unit of its own under that shard's lock.</remarks>
internal sealed class ExpiryCycle(ServerInstance server, EventLoop loop)
{
    private const int KeysPerUnit = 64;
    private const int FieldsPerUnit = 64;
    private const long SliceNanoseconds = 1_000_000;
    private const long RescanNanoseconds = 5_000_000;

    private long _earliest = long.MaxValue;
    private long _scannedAt;
    private long _seenChanges = -1;
    private int _nextShard;
    private bool _hasVolatileKeys;

    // A pause counts from the moment it begins: that is under all locks when it is part of a transaction, whose keys may be due before all
    // loops have heard of it.
    private bool MayExpire => server.ExpiresActively && !server.Keyspace.KeepsExpired && !server.Pause.IsInForce;

    /// <summary>Milliseconds until this loop has something to expire; at most <paramref name="most"/>.</summary>
    public int MillisecondsUntilDue(int most)
    {
        if (!MayExpire)
            return most;
        Rescan();
        // Keys that other loops put into this loop's shards are noticed soon and not at once.
        if (_hasVolatileKeys && server.LoopCount > 1)
            most = Math.Min(most, 5);
        if (_earliest == long.MaxValue)
            return most;
        return (int)Math.Clamp(_earliest + 1 - Clock.Sample(loop.Timestamp), 0, most);
    }

    /// <summary>Expires what is due, for one slice of time at most.</summary>
    public void Run()
    {
        if (!MayExpire)
            return;
        Rescan();
        long now = Clock.Sample(loop.Timestamp);
        if (_earliest >= now)
            return;
        long begin = Clock.Nanoseconds;
        long end = begin + SliceNanoseconds;
        bool visitedAll = true;
        Keyspace keyspace = server.Keyspace;
        int loops = server.LoopCount;
        int shares = (keyspace.ShardCount + loops - 1) / loops;
        for (int visited = 0; visited < shares; visited++)
        {
            int shard = loop.Index + _nextShard * loops;
            if (shard < keyspace.ShardCount && !ExpireShard(keyspace, shard, now, end))
            {
                visitedAll = false;
                break;
            }
            _nextShard = (_nextShard + 1) % shares;
        }
        _scannedAt = 0;
        NoteTime(begin, visitedAll);
    }

    private void NoteTime(long begin, bool visitedAll)
    {
        long elapsed = Clock.Nanoseconds - begin;
        Interlocked.Add(ref server.Statistics.ExpiryNanoseconds, elapsed);
        if (!visitedAll)
            Interlocked.Increment(ref server.Statistics.ExpirySlicesCut);
        server.Latency.Add("expire-cycle", elapsed);
    }

    /// <summary>Expires what is due in a shard.</summary>
    /// <returns>False if time was over first.</returns>
    private bool ExpireShard(Keyspace keyspace, int shard, long now, long end)
    {
        for (int i = 0; i < keyspace.DatabaseCount; i++)
        {
            while (keyspace[i].EarliestDeadline(shard) < now)
            {
                if (!keyspace.Locks.TryAcquire(shard))
                    break;
                if (!MayExpire)
                {
                    keyspace.Locks.Release(shard);
                    return true;
                }
                int due = keyspace[i].ExpireDue(shard, now, KeysPerUnit);
                loop.Dispatcher.Effects.Unit.Flush(isTransaction: false);
                keyspace.Locks.Release(shard);
                if (Clock.Nanoseconds >= end)
                    return false;
                if (due == 0)
                    break;
            }
            while (keyspace[i].EarliestFieldDeadline(shard) < now)
            {
                if (!keyspace.Locks.TryAcquire(shard))
                    break;
                if (!MayExpire)
                {
                    keyspace.Locks.Release(shard);
                    return true;
                }
                keyspace[i].ExpireFieldsDue(shard, now, FieldsPerUnit);
                loop.Dispatcher.Effects.Unit.Flush();
                keyspace.Locks.Release(shard);
                if (Clock.Nanoseconds >= end)
                    return false;
            }
        }
        return true;
    }

    private void Rescan()
    {
        Keyspace keyspace = server.Keyspace;
        long changes = keyspace.DeadlineChanges;
        if (loop.Timestamp - _scannedAt < RescanNanoseconds && changes == _seenChanges)
            return;
        _scannedAt = loop.Timestamp;
        _seenChanges = changes;
        _earliest = long.MaxValue;
        int loops = server.LoopCount;
        for (int i = 0; i < keyspace.DatabaseCount; i++)
        {
            Database database = keyspace[i];
            if (!database.HasParts)
                continue;
            for (int shard = loop.Index; shard < keyspace.ShardCount; shard += loops)
                _earliest = Math.Min(_earliest, Math.Min(database.EarliestDeadline(shard), database.EarliestFieldDeadline(shard)));
        }
        _hasVolatileKeys = _earliest != long.MaxValue || keyspace.Sum(static database => database.VolatileCount + database.VolatileHashCount) != 0;
    }
}
