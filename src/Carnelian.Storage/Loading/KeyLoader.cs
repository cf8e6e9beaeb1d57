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
        Entry entry = value.ToEntry(key, deadline);
        entry.SetAccess(accessBits, database.Keyspace.Epoch);
        database.Link(part, key, entry);
        return true;
    }
}
