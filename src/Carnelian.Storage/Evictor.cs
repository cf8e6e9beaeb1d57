namespace Carnelian.Storage;

/// <summary>
/// Chooses the keys that make room and removes them, one at a time, each as a unit of its own under the lock of its shard.
/// </summary>
/// <remarks>
/// One a thread that evicts; it takes the locks itself, one at a time, and must be called without any. Keys are sampled shard by
/// shard, beginning anywhere: a shard's keys are a random part of all keys. What was sampled competes in a pool, and before a
/// candidate is removed its rank is taken anew: a key that was used meanwhile goes back into the pool.
/// </remarks>
public sealed unsafe class Evictor : IDisposable
{
    private const int MostBuckets = 64;

    private readonly Keyspace _keyspace;
    private readonly EvictionPool _pool = new();
    private FastRandom _random;
    private EvictionPolicy _policy;
    private RecordList _records;
    private int _nextDatabase;

    /// <summary>Makes an evictor for a keyspace.</summary>
    /// <param name="keyspace">The keyspace.</param>
    /// <param name="seed">Where the choice of samples begins.</param>
    public Evictor(Keyspace keyspace, ulong seed)
    {
        _keyspace = keyspace;
        _random = new FastRandom(seed);
    }

    /// <summary>Removes the key that the policy chooses.</summary>
    /// <param name="policy">The policy; with <see cref="EvictionPolicy.NoEviction"/> there is never a key.</param>
    /// <param name="samples">How many keys are looked at, at least, unless there are fewer.</param>
    /// <param name="now">The time in milliseconds of Unix time.</param>
    /// <param name="isLazy">Whether a big value is freed in the background.</param>
    /// <returns>False if there is no key that may go.</returns>
    public bool EvictOne(EvictionPolicy policy, int samples, long now, bool isLazy)
    {
        if (policy != _policy)
        {
            _policy = policy;
            _pool.Clear();
        }
        if (policy == EvictionPolicy.NoEviction)
            return false;
        if (policy is EvictionPolicy.AllKeysRandom or EvictionPolicy.VolatileRandom)
            return EvictRandom(isLazy);
        while (SampleShards(samples, now))
        {
            for (int tries = 0; tries <= EvictionPool.Capacity && _pool.TryTake(out EvictionCandidate candidate); tries++)
            {
                if (TryEvict(candidate, now, isLazy))
                    return true;
            }
        }
        return false;
    }

    /// <inheritdoc/>
    public void Dispose() => _records.Dispose();

    private bool IsVolatile => _policy is EvictionPolicy.VolatileLru or EvictionPolicy.VolatileLfu or EvictionPolicy.VolatileLrm
        or EvictionPolicy.VolatileRandom or EvictionPolicy.VolatileTtl;

    private bool TryEvict(in EvictionCandidate candidate, long now, bool isLazy)
    {
        int shard = _keyspace.ShardOf(candidate.Hash);
        _keyspace.Locks.Acquire(shard);
        Database database = _keyspace[candidate.Database];
        Entry entry = FindByHash(database, shard, candidate.Hash);
        bool isGone = false;
        if (entry.Exists && (entry.HasDeadline || !IsVolatile))
        {
            long rank = RankOf(entry, now);
            isGone = rank <= candidate.Rank;
            if (isGone)
                database.Evict(new Key(entry.KeyData, entry.KeyLength, candidate.Hash), isLazy);
            else
                _pool.Offer(candidate with { Rank = rank });
        }
        _keyspace.Locks.Release(shard);
        return isGone;
    }

    /// <summary>Offers keys of a shard taken by chance, and of those behind it until enough were seen.</summary>
    /// <returns>False if no shard has a key that may go.</returns>
    private bool SampleShards(int samples, long now)
    {
        int seen = 0;
        int first = _random.Next(_keyspace.ShardCount);
        for (int i = 0; i < _keyspace.ShardCount && seen < samples; i++)
        {
            int shard = (first + i) & (_keyspace.ShardCount - 1);
            if (!HasCandidates(shard))
                continue;
            _keyspace.Locks.Acquire(shard);
            for (int index = 0; index < _keyspace.DatabaseCount; index++)
                seen += SampleDatabase(_keyspace[index], shard, samples, now);
            _keyspace.Locks.Release(shard);
        }
        return seen != 0;
    }

    private int SampleDatabase(Database database, int shard, int samples, long now)
    {
        if (Candidates(database, shard) == 0)
            return 0;
        DatabasePart* part = database.PartAt(shard);
        _records.Clear();
        if (_policy == EvictionPolicy.VolatileTtl)
            CollectEarliest(part, samples);
        else if (IsVolatile)
            CollectVolatile(part, samples);
        else
            CollectAny(part, samples);
        for (int i = 0; i < _records.Count; i++)
        {
            var entry = new Entry(_records[i]);
            _pool.Offer(new EvictionCandidate(database.Index, Entry.Hash(entry.Address), RankOf(entry, now)));
        }
        return _records.Count;
    }

    private long RankOf(Entry entry, long now) => _policy switch
    {
        EvictionPolicy.VolatileTtl => entry.Deadline,
        EvictionPolicy.AllKeysLfu or EvictionPolicy.VolatileLfu => _keyspace.Access.Frequency(entry, now),
        _ => now / 1000 - AccessClock.IdleSeconds(entry, now),
    };

    // --- samples --------------------------------------------------------------------------------------------------

    private long Candidates(Database database, int shard)
    {
        DatabasePart* part = database.PartAt(shard);
        return part == null ? 0 : IsVolatile ? part->Expiry.Count : part->Table.Count;
    }

    private bool HasCandidates(int shard)
    {
        for (int index = 0; index < _keyspace.DatabaseCount; index++)
        {
            if (Candidates(_keyspace[index], shard) != 0)
                return true;
        }
        return false;
    }

    /// <summary>Collects the keys of some neighbouring buckets; where the buckets begin is left to chance.</summary>
    private void CollectAny(DatabasePart* part, int samples)
    {
        long start = (long)(_random.Next() >> (64 - HashTable<Entry>.PositionBits));
        long position = start;
        bool isWrapped = false;
        for (int buckets = 0; buckets < MostBuckets && _records.Count < samples; buckets++)
        {
            part->Table.Collect(ref position, ref _records);
            if (isWrapped && (position > start || position < 0))
                return;
            if (position < 0)
            {
                if (_records.Count == part->Table.Count)
                    return;
                isWrapped = true;
                position = 0;
            }
        }
        // Sparse tables: after many empty buckets, single keys.
        if (_records.Count == 0)
            _records.Add(part->Table.Sample(ref _random));
    }

    private void CollectVolatile(DatabasePart* part, int samples)
    {
        for (int i = 0; i < samples && i < part->Expiry.Count; i++)
            CollectItem(part, part->Expiry.Sample(ref _random));
    }

    private void CollectEarliest(DatabasePart* part, int samples)
    {
        Span<ulong> items = stackalloc ulong[Math.Min(samples, 64)];
        int count = part->Expiry.PeekDue(long.MaxValue, items);
        for (int i = 0; i < count; i++)
            CollectItem(part, items[i]);
    }

    /// <summary>Collects the key, or the keys, of an item of the expiry index.</summary>
    private void CollectItem(DatabasePart* part, ulong item)
    {
        long first = ExpiryIndex.PositionOf(item);
        long position = first;
        int kept = _records.Count;
        do
        {
            int from = _records.Count;
            part->Table.Collect(ref position, ref _records);
            int end = _records.Count;
            _records.Truncate(kept);
            for (int i = from; i < end; i++)
            {
                var entry = new Entry(_records[i]);
                if (entry.HasDeadline && ExpiryIndex.ItemOf(entry.Deadline, Entry.Hash(entry.Address)) == item)
                {
                    _records.Add(entry.Address);
                    kept++;
                }
            }
        }
        while (position >= 0 && position < first + ExpiryIndex.PositionsPerItem);
    }

    private Entry FindByHash(Database database, int shard, ulong hash)
    {
        DatabasePart* part = database.PartAt(shard);
        if (part == null)
            return default;
        _records.Clear();
        long position = (long)(hash >> (64 - HashTable<Entry>.PositionBits));
        part->Table.Collect(ref position, ref _records);
        for (int i = 0; i < _records.Count; i++)
        {
            if (Entry.Hash(_records[i]) == hash)
                return new Entry(_records[i]);
        }
        return default;
    }

    // --- random policies ------------------------------------------------------------------------------------------

    /// <summary>Removes any key, of each database in turn.</summary>
    private bool EvictRandom(bool isLazy)
    {
        for (int i = 0; i < _keyspace.DatabaseCount; i++)
        {
            Database database = _keyspace[_nextDatabase];
            _nextDatabase = (_nextDatabase + 1) % _keyspace.DatabaseCount;
            int first = _random.Next(_keyspace.ShardCount);
            for (int k = 0; k < _keyspace.ShardCount; k++)
            {
                int shard = (first + k) & (_keyspace.ShardCount - 1);
                if (Candidates(database, shard) == 0)
                    continue;
                _keyspace.Locks.Acquire(shard);
                Entry entry = Candidates(database, shard) == 0 ? default : RandomEntry(database.PartAt(shard));
                if (entry.Exists)
                    database.Evict(entry.Key, isLazy);
                _keyspace.Locks.Release(shard);
                if (entry.Exists)
                    return true;
            }
        }
        return false;
    }

    private Entry RandomEntry(DatabasePart* part)
    {
        if (_policy == EvictionPolicy.AllKeysRandom)
            return new Entry(part->Table.Sample(ref _random));
        _records.Clear();
        CollectVolatile(part, samples: 1);
        return _records.Count == 0 ? default : new Entry(_records[0]);
    }
}
