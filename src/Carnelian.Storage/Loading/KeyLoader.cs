namespace Carnelian.Storage.Loading;

/// <summary>Puts values that were read from outside into a database.</summary>
/// <remarks>Under the lock of the key's shard.</remarks>
public static unsafe class KeyLoader
{
    /// <summary>Adds a key unless it exists.</summary>
    /// <param name="database">The database.</param>
    /// <param name="key">The key.</param>
    /// <param name="value">Its value, which belongs to the database then.</param>
    /// <param name="deadline">Milliseconds of Unix time, or -1 for none.</param>
    /// <param name="accessBits">See <see cref="Entry.AccessBits"/>.</param>
    /// <returns>False if the key exists: the value is still the caller's.</returns>
    public static bool TryAdd(Database database, in Key key, in LoadedValue value, long deadline, int accessBits)
    {
        DatabasePart* part = database.PartOf(key.Hash);
        if (part->Table.Find(key.Data, key.Length, key.Hash) != null)
            return false;
        Link(database, part, key, MakeEntry(key, value, deadline, accessBits));
        return true;
    }

    /// <summary>Makes the entry of a key that is in no database yet. Needs no lock.</summary>
    /// <param name="key">The key.</param>
    /// <param name="value">Its value, which belongs to the entry then.</param>
    /// <param name="deadline">Milliseconds of Unix time, or -1 for none.</param>
    /// <param name="accessBits">See <see cref="Entry.AccessBits"/>.</param>
    public static Entry MakeEntry(in Key key, in LoadedValue value, long deadline, int accessBits)
    {
        Entry entry = value.ToEntry(key, deadline);
        entry.AccessBits = accessBits;
        return entry;
    }

    /// <summary>Adds an entry unless its key exists.</summary>
    /// <param name="database">The database.</param>
    /// <param name="entry">The entry.</param>
    /// <param name="hash">The hash of its key.</param>
    /// <returns>False if the key exists: the entry is still the caller's.</returns>
    public static bool TryAdd(Database database, Entry entry, ulong hash)
    {
        var key = new Key(entry.KeyData, entry.KeyLength, hash);
        DatabasePart* part = database.PartOf(hash);
        if (part->Table.Find(key.Data, key.Length, hash) != null)
            return false;
        Link(database, part, key, entry);
        return true;
    }

    /// <summary>Frees an entry that goes into no database, with its value.</summary>
    public static void Free(Entry entry)
    {
        if (entry.Encoding == ValueEncoding.Block)
            entry.Block.Release();
        else if (entry.IsCollection)
            CollectionType.Of(entry.Type).Free(entry.Encoding, entry.Collection);
        entry.FreeShell();
    }

    /// <summary>Starts to load what adding a key will touch, but for what <see cref="Database.PrefetchSlot"/> does. Needs no lock.</summary>
    public static void Prefetch(Database database, ulong hash)
    {
        DatabasePart* part = database.PartAt(database.Keyspace.ShardOf(hash));
        if (part != null)
            part->Table.PrefetchChange(hash);
    }

    private static void Link(Database database, DatabasePart* part, in Key key, Entry entry)
    {
        entry.Epoch = database.Keyspace.Epoch;
        database.Link(part, key, entry);
    }
}
