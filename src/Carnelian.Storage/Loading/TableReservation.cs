namespace Carnelian.Storage.Loading;

/// <summary>
/// Makes the tables of databases large enough for the keys that are said to come, so that they are loaded without growing and splitting, which moves every
/// key three times. What turns out to be too large is given back.
/// </summary>
/// <remarks>One thread; the locks of shards are taken one by one, unless the caller has all.</remarks>
/// <param name="keyspace">The keyspace.</param>
/// <param name="holdsAllLocks">Whether the caller holds all locks.</param>
public sealed unsafe class TableReservation(Keyspace keyspace, bool holdsAllLocks)
{
    /// <summary>Values of fewer elements grow as if commands made them.</summary>
    private const int LeastForValue = 1024;

    /// <summary>Fewer keys for each shard are not worth while.</summary>
    private const int LeastForShard = 64;

    private readonly List<(Database Database, long ForShard)> _made = [];

    /// <summary>Makes room in a database. Tables that hold keys already stay as they are.</summary>
    /// <param name="database">The database.</param>
    /// <param name="keys">How many keys will come.</param>
    public void Make(Database database, long keys)
    {
        long forShard = keys / keyspace.ShardCount;
        if (forShard < LeastForShard)
            return;
        _made.Add((database, forShard));
        for (int shard = 0; shard < keyspace.ShardCount; shard++)
        {
            Acquire(shard);
            database.PartOf((ulong)shard)->Table.Reserve(forShard);
            Release(shard);
        }
    }

    /// <summary>Makes room in the empty table of a value, if so many elements will come that it is worth while.</summary>
    internal static void Make<TRecord>(ref HashTable<TRecord> table, long elements) where TRecord : struct, IRecordOperations
    {
        if (elements >= LeastForValue)
            table.Reserve(elements);
    }

    /// <summary>Gives back what has been reserved for keys that have not come.</summary>
    public void Trim()
    {
        foreach ((Database database, long forShard) in _made)
        {
            for (int shard = 0; shard < keyspace.ShardCount; shard++)
            {
                Acquire(shard);
                DatabasePart* part = database.PartOf((ulong)shard);
                if (part->Table.Count < forShard / 4 * 3)
                    part->Table.Trim();
                Release(shard);
            }
        }
        _made.Clear();
    }

    private void Acquire(int shard)
    {
        if (!holdsAllLocks)
            keyspace.Locks.Acquire(shard);
    }

    private void Release(int shard)
    {
        if (!holdsAllLocks)
            keyspace.Locks.Release(shard);
    }
}
