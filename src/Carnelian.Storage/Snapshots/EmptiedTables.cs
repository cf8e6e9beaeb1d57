namespace Carnelian.Storage.Snapshots;

/// <summary>The tables of a database that lost all its keys during a snapshot: they are the snapshot's, which saves what is not saved yet and frees them.</summary>
internal sealed unsafe class EmptiedTables(int database, DatabasePart* parts, int shards)
{
    private DatabasePart* _parts = parts;

    /// <summary>The number that the database had at the cut.</summary>
    public int Database => database;

    /// <summary>The shard that is next.</summary>
    public int Shard { get; set; }

    /// <summary>The position in it that is next.</summary>
    public long Position;

    /// <summary>Whether all shards are done.</summary>
    public bool IsDone => Shard == shards;

    /// <summary>The table of the shard that is next.</summary>
    public HashTable<Entry>* Table => &_parts[Shard].Table;

    /// <summary>Frees the keys and the tables.</summary>
    public void Free()
    {
        if (_parts != null)
            DatabasePart.Free(_parts, shards);
        _parts = null;
    }
}
