using Carnelian.Memory;
using Carnelian.Storage;

namespace Carnelian.Server.Tracking;

/// <summary>Which clients have read which keys since these changed last. Keys of all databases count as one, as the clients' caches take them.</summary>
/// <remarks>Native memory: one table for each shard, under the shard's lock. The totals are of all.</remarks>
internal sealed unsafe class TrackingTable(Keyspace keyspace)
{
    private HashTable<TrackedKey>* _tables;
    private long _keys;
    private long _items;

    /// <summary>The number of keys. Any thread.</summary>
    public long KeyCount => Volatile.Read(ref _keys);

    /// <summary>The sum of the clients of all keys. Any thread.</summary>
    public long ItemCount => Volatile.Read(ref _items);

    /// <summary>Makes the tables, if they are not there. Once, before the first key.</summary>
    public void Create()
    {
        if (_tables == null)
            _tables = NewTables();
    }

    /// <summary>Notes that a client has read a key. Under the key's lock.</summary>
    public void Add(in Key key, long client)
    {
        HashTable<TrackedKey>* table = _tables + keyspace.ShardOf(key.Hash);
        byte** slot = table->Find(key.Data, key.Length, key.Hash);
        if (slot == null)
        {
            table->Add(TrackedKey.Create(key.Data, key.Length, client), key.Hash);
            Interlocked.Increment(ref _keys);
            Interlocked.Increment(ref _items);
        }
        else if (TrackedKey.TryAdd(ref *slot, client))
        {
            Interlocked.Increment(ref _items);
        }
    }

    /// <summary>Takes a key out. Under its lock.</summary>
    /// <returns>Its record (<see cref="TrackedKey"/>), to be freed by the caller; null if nobody has read it.</returns>
    public byte* Take(in Key key)
    {
        if (_tables == null)
            return null;
        HashTable<TrackedKey>* table = _tables + keyspace.ShardOf(key.Hash);
        byte** slot = table->Find(key.Data, key.Length, key.Hash);
        return slot == null ? null : TakeAt(table, slot, key.Hash);
    }

    /// <summary>Takes out a key by chance. Under the lock of its shard.</summary>
    /// <returns>As for <see cref="Take"/>; null if the shard has none.</returns>
    public byte* TakeAny(int shard, ref FastRandom random)
    {
        HashTable<TrackedKey>* table = _tables + shard;
        byte* record = table->Sample(ref random);
        if (record == null)
            return null;
        ReadOnlySpan<byte> key = TrackedKey.KeyOf(record);
        ulong hash = TrackedKey.Hash(record);
        fixed (byte* data = key)
            return TakeAt(table, table->Find(data, key.Length, hash), hash);
    }

    /// <summary>Forgets everything. Under all locks.</summary>
    /// <returns>What frees the memory, on any thread.</returns>
    public Action Clear()
    {
        HashTable<TrackedKey>* old = _tables;
        _tables = old == null ? null : NewTables();
        _keys = _items = 0;
        int shards = keyspace.ShardCount;
        return () => Free(old, shards);
    }

    /// <summary>Frees everything. When no thread is left that could look here.</summary>
    public void Dispose()
    {
        Free(_tables, keyspace.ShardCount);
        _tables = null;
    }

    private byte* TakeAt(HashTable<TrackedKey>* table, byte** slot, ulong hash)
    {
        byte* record = *slot;
        table->RemoveAt(slot, hash);
        Interlocked.Decrement(ref _keys);
        Interlocked.Add(ref _items, -TrackedKey.ClientsOf(record).Length);
        return record;
    }

    private HashTable<TrackedKey>* NewTables()
    {
        nuint bytes = (nuint)(keyspace.ShardCount * sizeof(HashTable<TrackedKey>));
        byte* tables = NativeHeap.Allocate(bytes);
        new Span<byte>(tables, (int)bytes).Clear();
        return (HashTable<TrackedKey>*)tables;
    }

    private static void Free(HashTable<TrackedKey>* tables, int shards)
    {
        if (tables == null)
            return;
        RecordList records = default;
        for (int i = 0; i < shards; i++)
        {
            HashTable<TrackedKey>* table = tables + i;
            for (long position = table->Count == 0 ? -1 : 0; position >= 0;)
            {
                records.Clear();
                table->CollectSegment(ref position, ref records);
                for (int k = 0; k < records.Count; k++)
                    NativeHeap.Free(records[k]);
            }
            table->Clear();
        }
        records.Dispose();
        NativeHeap.Free((byte*)tables);
    }
}
