using System.Runtime.CompilerServices;
using Carnelian.Storage.Hashes;

namespace Carnelian.Storage;

/// <summary>
/// Removes the fields of hashes when their time has come. The part's index has one item for each hash with such fields: a deadline that is
/// at most the earliest of them, and the position of the key. Nothing is sampled, and a field that moves its own deadline costs the index nothing
/// unless it becomes the earliest: when the deadline in the index is due and no field is, the hash is just registered anew.
/// </summary>
/// <remarks>Under the lock of the part's shard.</remarks>
internal static unsafe class DueFields
{
    /// <summary>Brings the index in line with a hash of the part.</summary>
    /// <returns>Whether the part has got an earlier deadline than all it had.</returns>
    public static bool Register(DatabasePart* part, Entry entry, ulong hash)
    {
        if (entry.Type != ValueType.Hash)
            return false;
        var table = (FieldTable*)entry.Collection;
        long earliest = table->Earliest;
        if (table->Registered == earliest)
            return false;
        bool isEarliest = earliest >= 0 && earliest < part->FieldExpiry.Earliest;
        if (table->Registered >= 0)
            part->FieldExpiry.Remove(table->Registered, hash);
        if (earliest >= 0)
            part->FieldExpiry.Add(earliest, hash);
        table->Registered = earliest;
        return isEarliest;
    }

    /// <summary>Takes the hash of an entry that leaves the part, if it holds one, out of the index.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Unregister(DatabasePart* part, Entry entry, ulong hash)
    {
        if (entry.Encoding == ValueEncoding.HashTable && entry.Type == ValueType.Hash)
            Unregister(part, (FieldTable*)entry.Collection, hash);
    }

    /// <summary>Removes some expired fields of the hash whose turn it is, and the hash with its last field.</summary>
    public static void Expire(Database database, DatabasePart* part, long now, int most)
    {
        ulong item = 0;
        if (part->FieldExpiry.PeekDue(now - 1, new Span<ulong>(ref item)) == 0)
            return;
        Entry entry = Find(part, item);
        if (!entry.Exists)
        {
            part->FieldExpiry.RemoveFirst(1);
            return;
        }
        Key key = entry.Key;
        var table = (FieldTable*)entry.Collection;
        database.SaveBeforeChange(entry, key.Hash);
        RecordList removed = default;
        table->RemoveDue(now, most, ref removed);
        bool isEmpty = table->Count == 0;
        if (removed.Count != 0)
            database.Keyspace.Observer?.OnFieldsExpired(database, key, removed, isEmpty);
        for (int i = 0; i < removed.Count; i++)
            new HashField(removed[i]).Free();
        removed.Dispose();
        if (isEmpty)
            database.RemoveEmptyHash(part, key);
        else
            Register(part, entry, key.Hash);
    }

    private static void Unregister(DatabasePart* part, FieldTable* table, ulong hash)
    {
        if (table->Registered < 0)
            return;
        part->FieldExpiry.Remove(table->Registered, hash);
        table->Registered = -1;
    }

    /// <summary>The hash that an item stands for.</summary>
    private static Entry Find(DatabasePart* part, ulong item)
    {
        long first = ExpiryIndex.PositionOf(item);
        Entry found = default;
        RecordList records = default;
        for (long position = first; position >= 0 && position < first + ExpiryIndex.PositionsPerItem && !found.Exists;)
        {
            records.Clear();
            part->Table.Collect(ref position, ref records);
            for (int i = 0; i < records.Count; i++)
            {
                var entry = new Entry(records[i]);
                if (entry.Type != ValueType.Hash || entry.Encoding != ValueEncoding.HashTable)
                    continue;
                long registered = ((FieldTable*)entry.Collection)->Registered;
                if (registered < 0 || ExpiryIndex.ItemOf(registered, entry.Key.Hash) != item)
                    continue;
                found = entry;
                break;
            }
        }
        records.Dispose();
        return found;
    }
}
