using Carnelian.Server.Clients;
using Carnelian.Storage;
using Carnelian.Threading;

namespace Carnelian.Server.Transactions;

/// <summary>
/// Who watches which key. A watched key has one record with a version; a change raises it, and EXEC compares it with the
/// version that the client saw.
/// </summary>
/// <remarks>
/// Any thread. A version is read and written under the lock of the key's shard. The table has a short lock of its own, taken
/// after shard locks. <see cref="DatabasePart.WatchedKeys"/> counts the records of a part, so that a change of a key in a part
/// that nobody watches never comes here.
/// </remarks>
internal sealed unsafe class WatchTable(Keyspace keyspace)
{
    /// <summary>What a watched key takes beside its name: its record, its places in the table and in the client's list.</summary>
    private const int KeyWatchBytes = 144;

    private readonly Lock _lock = new();
    private readonly Dictionary<int, Dictionary<byte[], WatchRecord>> _databases = [];

    /// <summary>Has a client watch a key of its database, once. Under the key's lock.</summary>
    public void Watch(Client client, Database database, in Key key)
    {
        WatchList watched = client.WatchedKeys ??= [];
        lock (_lock)
        {
            if (!_databases.TryGetValue(database.Index, out Dictionary<byte[], WatchRecord>? records))
                _databases.Add(database.Index, records = new(ByteKeyComparer.Instance));
            if (!records.GetAlternateLookup<ReadOnlySpan<byte>>().TryGetValue(key.Bytes, out WatchRecord? record))
            {
                byte[] bytes = key.Bytes.ToArray();
                records.Add(bytes, record = new WatchRecord(database.Index, bytes, key.Hash));
                database.AddWatchedKeys(key.Hash, 1);
            }
            if (!watched.TryAdd(record))
                return;
            record.Watchers++;
            client.WatchedBytes += KeyWatchBytes + key.Length;
        }
    }

    /// <summary>The number of keys that somebody watches.</summary>
    public int KeyCount
    {
        get
        {
            lock (_lock)
                return _databases.Values.Sum(static records => records.Count);
        }
    }

    /// <summary>Has a client watch nothing. Without locks.</summary>
    public void Unwatch(Client client)
    {
        WatchList? watched = client.WatchedKeys;
        if (watched == null)
            return;
        client.WatchedKeys = null;
        client.WatchedBytes = 0;
        foreach (KeyWatch watch in watched)
        {
            // The lock keeps the record's database number from changing hands in SWAPDB.
            int shard = keyspace.ShardOf(watch.Record.Hash);
            keyspace.Locks.Acquire(shard);
            Leave(watch.Record);
            keyspace.Locks.Release(shard);
        }
    }

    private void Leave(WatchRecord record)
    {
        lock (_lock)
        {
            if (--record.Watchers != 0)
                return;
            _databases[record.Database].Remove(record.Key);
            keyspace[record.Database].AddWatchedKeys(record.Hash, -1);
        }
    }

    /// <summary>Whether no key that a client watches has changed or expired. Under the locks of all of them.</summary>
    /// <param name="client">The client.</param>
    /// <param name="now">The time of the unit.</param>
    public bool AreUnchanged(Client client, long now)
    {
        if (client.WatchedKeys == null)
            return true;
        foreach (KeyWatch watch in client.WatchedKeys)
        {
            // The lookup removes a key that has expired, and that counts as a change.
            WatchRecord record = watch.Record;
            fixed (byte* bytes = record.Key)
                _ = keyspace[record.Database].Find(new Key(bytes, record.Key.Length, record.Hash), now, LookupFlags.NoTouch | LookupFlags.NoStatistics);
            if (record.Version != watch.Version)
                return false;
        }
        return true;
    }

    /// <summary>Whether a client watches a key that is known to have changed. Any thread, for CLIENT LIST.</summary>
    public bool HasChanged(Client client)
    {
        WatchList? watched = client.WatchedKeys;
        if (watched == null)
            return false;
        lock (_lock)
            return watched.HasChanged;
    }

    /// <summary>Marks those who watch a key. Under the key's lock.</summary>
    public void Touch(Database database, in Key key)
    {
        lock (_lock)
        {
            if (_databases.TryGetValue(database.Index, out Dictionary<byte[], WatchRecord>? records)
                && records.GetAlternateLookup<ReadOnlySpan<byte>>().TryGetValue(key.Bytes, out WatchRecord? record))
            {
                record.Version++;
            }
        }
    }

    /// <summary>Marks those who watch keys that exist in a database. Under all locks, before the database is emptied.</summary>
    public void TouchAll(Database database)
    {
        lock (_lock)
            TouchExisting(database.Index, database, database);
    }

    /// <summary>
    /// Removes watched keys whose time has come from two databases that are about to change places: afterwards nobody could tell whether they
    /// were there. Under all locks.
    /// </summary>
    public void BeforeSwap(int first, int second)
    {
        WatchRecord[] records;
        lock (_lock)
            records = [.. RecordsOf(first), .. RecordsOf(second)];
        long now = Clock.Latest;
        foreach (WatchRecord record in records)
        {
            fixed (byte* bytes = record.Key)
            {
                var key = new Key(bytes, record.Key.Length, record.Hash);
                _ = keyspace[first].Find(key, now, LookupFlags.NoTouch | LookupFlags.NoStatistics);
                _ = keyspace[second].Find(key, now, LookupFlags.NoTouch | LookupFlags.NoStatistics);
            }
        }
    }

    private IEnumerable<WatchRecord> RecordsOf(int database) =>
        _databases.TryGetValue(database, out Dictionary<byte[], WatchRecord>? records) ? records.Values : [];

    /// <summary>Marks those who watch keys that exist in either of two databases that change places. Under all locks.</summary>
    public void OnSwap(int first, int second)
    {
        if (first == second)
            return;
        lock (_lock)
        {
            TouchExisting(first, keyspace[first], keyspace[second]);
            TouchExisting(second, keyspace[first], keyspace[second]);
            // Watches belong to the number, the counters to the database that goes elsewhere.
            keyspace[first].SwapWatchedKeys(keyspace[second]);
        }
    }

    private void TouchExisting(int index, Database one, Database other)
    {
        if (!_databases.TryGetValue(index, out Dictionary<byte[], WatchRecord>? records))
            return;
        long now = Clock.Latest;
        foreach (WatchRecord record in records.Values)
        {
            fixed (byte* bytes = record.Key)
            {
                var key = new Key(bytes, record.Key.Length, record.Hash);
                if (one.Peek(key, now).Exists || other.Peek(key, now).Exists)
                    record.Version++;
            }
        }
    }
}
