using Carnelian.Memory;

namespace Carnelian.Storage.Waits;

/// <summary>
/// Those who wait for keys of one database. Who they are the keyspace does not know: they are tokens.
/// </summary>
/// <remarks>
/// Under the lock of the key's shard, if nothing else is said. <see cref="DatabasePart.AwaitedKeys"/> counts the queues of a part, so that a
/// change of a key in a part without any costs one test.
/// </remarks>
public sealed unsafe class DatabaseWaits
{
    private readonly Database _database;

    internal DatabaseWaits(Database database) => _database = database;

    /// <summary>The keys that somebody waits for. Without a lock: may be a moment old.</summary>
    public long KeyCount
    {
        get
        {
            long sum = 0;
            for (int shard = 0; _database.HasParts && shard < _database.Keyspace.ShardCount; shard++)
                sum += _database.PartAt(shard)->AwaitedKeys;
            return sum;
        }
    }

    /// <summary>Those of <see cref="KeyCount"/> whose removal somebody waits for as well.</summary>
    public long KeyCountWithRemoval
    {
        get
        {
            long sum = 0;
            for (int shard = 0; _database.HasParts && shard < _database.Keyspace.ShardCount; shard++)
            {
                DatabasePart* part = _database.PartAt(shard);
                sum += part->Waits == null ? 0 : part->Waits->WantingRemoval;
            }
            return sum;
        }
    }

    /// <summary>The queue of a key; null if nobody waits for it.</summary>
    public WaitQueue* Find(in Key key)
    {
        if (!_database.HasParts)
            return null;
        DatabasePart* part = _database.PartOf(key.Hash);
        return part->AwaitedKeys == 0 ? null : part->Waits->Find(key);
    }

    /// <summary>Puts somebody at the end of a key's queue.</summary>
    public Waiter* Enter(in Key key, nint token, WaiterFlags flags)
    {
        DatabasePart* part = _database.PartOf(key.Hash);
        if (part->Waits == null)
        {
            part->Waits = (WaitQueues*)NativeHeap.Allocate((nuint)sizeof(WaitQueues));
            *part->Waits = default;
        }
        Waiter* waiter = part->Waits->Enter(key, token, flags);
        part->AwaitedKeys = part->Waits->Count;
        return waiter;
    }

    /// <summary>Takes somebody out of a queue of this database, and frees the place.</summary>
    public void Leave(Waiter* waiter)
    {
        DatabasePart* part = _database.PartOf(waiter->Queue->Hash);
        part->Waits->Leave(waiter);
        part->AwaitedKeys = part->Waits->Count;
    }

    /// <summary>Lets go of a queue of this database that was pinned.</summary>
    public void Unpin(WaitQueue* queue)
    {
        DatabasePart* part = _database.PartOf(queue->Hash);
        part->Waits->Unpin(queue);
        part->AwaitedKeys = part->Waits->Count;
    }

    /// <summary>Collects all queues, as pointers. Under all locks.</summary>
    public void Collect(ref RecordList into)
    {
        for (int shard = 0; _database.HasParts && shard < _database.Keyspace.ShardCount; shard++)
        {
            DatabasePart* part = _database.PartAt(shard);
            if (part->AwaitedKeys != 0)
                part->Waits->Collect(ref into);
        }
    }

    /// <summary>Exchanges those who wait with another database: they wait in the database of a number. Under all locks.</summary>
    public void Swap(DatabaseWaits other)
    {
        if (!_database.HasParts && !other._database.HasParts)
            return;
        DatabasePart* mine = _database.PartOf(0);
        DatabasePart* theirs = other._database.PartOf(0);
        for (int i = 0; i < _database.Keyspace.ShardCount; i++)
        {
            (mine[i].AwaitedKeys, theirs[i].AwaitedKeys) = (theirs[i].AwaitedKeys, mine[i].AwaitedKeys);
            WaitQueues* waits = mine[i].Waits;
            mine[i].Waits = theirs[i].Waits;
            theirs[i].Waits = waits;
        }
    }

    internal void Dispose()
    {
        for (int shard = 0; _database.HasParts && shard < _database.Keyspace.ShardCount; shard++)
        {
            DatabasePart* part = _database.PartAt(shard);
            if (part->Waits == null)
                continue;
            part->Waits->ReleaseIfEmpty();
            NativeHeap.Free((byte*)part->Waits);
            part->Waits = null;
        }
    }
}
