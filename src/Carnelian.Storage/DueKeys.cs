using System.Runtime.CompilerServices;
using Carnelian.Memory;

namespace Carnelian.Storage;

/// <summary>
/// Removes the keys of one part whose deadlines are the earliest, many at a time. Keys that expire together lie in the index in
/// the order of their hashes, so neighbours in the index are neighbours in the table: a bucket is read once for all of its keys that
/// are due, and the index gives up its first items in one go. A segment of the table whose records all are due goes as a whole.
/// </summary>
/// <remarks>Under the lock of the part's shard.</remarks>
internal static unsafe class DueKeys
{
    private const int MostAtOnce = 64;
    private const int PrefetchDistance = 16;
    private const int LeastForSegment = 16;

    /// <summary>Tells the observer if a key that is about to be overwritten has expired.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void NoteOverwritten(Database database, Entry old, in Key key, long now)
    {
        if (old.HasDeadline && old.Deadline < now && !database.Keyspace.KeepsExpired)
            TellOfExpiry(database, key);
    }

    /// <summary>Removes a key that has expired and is kept, though lookups do not find it, before another takes its name.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    public static void RemoveHidden(Database database, DatabasePart* part, in Key key)
    {
        byte** slot = part->Table.Find(key.Data, key.Length, key.Hash);
        if (slot != null)
            database.Remove(part, slot, key, database.Keyspace.LazyExpire);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void TellOfExpiry(Database database, in Key key)
    {
        database.Keyspace.Observer?.OnExpired(database, key);
        database.Keyspace.Observer?.CountExpired(1);
    }

    /// <summary>Removes some keys.</summary>
    /// <returns>How many deadlines were due.</returns>
    public static int Expire(Database database, DatabasePart* part, long now, int most)
    {
        Span<ulong> items = stackalloc ulong[Math.Min(most, MostAtOnce)];
        items = items[..part->Expiry.PeekDue(now - 1, items)];
        if (items.IsEmpty)
            return 0;
        RecordList records = default;
        // A few keys, or keys that expire one after the other, are no segment.
        int removed = items.Length >= LeastForSegment && RunLength(items) == items.Length ? ExpireSegment(database, part, items[0], ref records) : 0;
        if (removed != 0)
        {
            records.Dispose();
            database.Keyspace.Observer?.CountExpired(removed);
            return removed;
        }
        foreach (ulong item in items)
            part->Table.PrefetchBucket(ExpiryIndex.HashOf(item));
        for (int done = 0; done < items.Length;)
        {
            ReadOnlySpan<ulong> run = items.Slice(done, RunLength(items[done..]));
            records.Clear();
            Collect(part, run, ref records);
            removed += RemoveRun(database, part, run, ref records);
            done += run.Length;
        }
        records.Dispose();
        // An item without a key, if there ever is one, goes as well.
        part->Expiry.RemoveFirst(items.Length);
        database.Keyspace.Observer?.CountExpired(removed);
        return items.Length;
    }

    /// <summary>
    /// Removes all records of the segment that the earliest item points to, if all of them expire at that time: then their items are the
    /// first of the index, and no record has to be looked up.
    /// </summary>
    /// <returns>How many were removed; 0 if there is a record that stays.</returns>
    private static int ExpireSegment(Database database, DatabasePart* part, ulong item, ref RecordList records)
    {
        if (part->Table.Count == 0)
            return 0;
        ulong hash = ExpiryIndex.HashOf(item);
        long deadline = ExpiryIndex.DeadlineOf(item);
        records.Clear();
        if (part->Table.CollectSegment(hash, ref records) > ExpiryIndex.HashBits)
            return 0;
        for (int i = 0; i < records.Count; i++)
        {
            if (i + PrefetchDistance < records.Count)
                CacheLine.Prefetch(records[i + PrefetchDistance]);
            if (new Entry(records[i]).Deadline != deadline)
                return 0;
        }
        if (database.Keyspace.Snapshot != null)
        {
            for (int i = 0; i < records.Count; i++)
                database.SaveBeforeChange(new Entry(records[i]), Entry.Hash(records[i]));
        }
        IKeyspaceObserver? observer = database.Keyspace.Observer;
        if (observer != null && (part->HasObservedKeys || observer.HearsExpired))
        {
            for (int i = 0; i < records.Count; i++)
                observer.OnExpired(database, new Entry(records[i]).Key);
        }
        if (part->FieldExpiry.Count != 0)
        {
            for (int i = 0; i < records.Count; i++)
                DueFields.Unregister(part, new Entry(records[i]), Entry.Hash(records[i]));
        }
        part->Expiry.RemoveFirst(records.Count);
        part->Table.RemoveSegment(hash);
        bool isLazy = database.Keyspace.LazyExpire;
        for (int i = 0; i < records.Count; i++)
            database.Free(new Entry(records[i]), isLazy);
        return records.Count;
    }

    /// <summary>How many items from the first on have the same deadline, and so ascend in the table.</summary>
    private static int RunLength(ReadOnlySpan<ulong> items)
    {
        int length = 1;
        while (length < items.Length && ExpiryIndex.DeadlineOf(items[length]) == ExpiryIndex.DeadlineOf(items[0]))
            length++;
        return length;
    }

    /// <summary>Collects the records of all buckets that a run's items point to, each bucket once, and loads them.</summary>
    private static void Collect(DatabasePart* part, ReadOnlySpan<ulong> run, ref RecordList records)
    {
        long end = 0;
        foreach (ulong item in run)
        {
            long first = ExpiryIndex.PositionOf(item);
            long position = Math.Max(first, end);
            int from = records.Count;
            while (position >= 0 && position < first + ExpiryIndex.PositionsPerItem)
                part->Table.Collect(ref position, ref records);
            end = position < 0 ? long.MaxValue : position;
            for (int i = from; i < records.Count; i++)
                CacheLine.Prefetch(records[i]);
            if (end == long.MaxValue)
                break;
        }
    }

    /// <summary>
    /// Removes the records that the run's items stand for. The index holds the items of all keys, so those between the first and the
    /// last of a run are all in it; should a key beyond have the same item as the last, its item goes next time without a key.
    /// </summary>
    private static int RemoveRun(Database database, DatabasePart* part, ReadOnlySpan<ulong> run, ref RecordList records)
    {
        IKeyspaceObserver? observer = database.Keyspace.Observer;
        bool isLazy = database.Keyspace.LazyExpire;
        long deadline = ExpiryIndex.DeadlineOf(run[0]);
        int removed = 0;
        for (int i = 0; i < records.Count; i++)
        {
            var entry = new Entry(records[i]);
            if (!entry.HasDeadline || entry.Deadline != deadline)
                continue;
            Key key = entry.Key;
            ulong item = ExpiryIndex.ItemOf(deadline, key.Hash);
            if (item < run[0] || item > run[^1])
                continue;
            database.SaveBeforeChange(entry, key.Hash);
            observer?.OnExpired(database, key);
            DueFields.Unregister(part, entry, key.Hash);
            part->Table.RemoveAt(part->Table.Find(key.Data, key.Length, key.Hash), key.Hash);
            database.Free(entry, isLazy);
            removed++;
        }
        return removed;
    }
}
