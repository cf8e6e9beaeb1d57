namespace Carnelian.Storage.Snapshots;

/// <summary>
/// The numbers of snapshots, which entries carry in eight bits. After a complete walk all entries have the present number. A walk that was given up
/// leaves one more number among them; before all are in use, the entries get the present one without being saved.
/// </summary>
/// <remarks>The present number changes under all locks and may be read under any lock.</remarks>
internal sealed unsafe class SnapshotEpochs(Keyspace keyspace)
{
    private const int MostInUse = 250;
    private const int RecordsAtOnce = 64;

    private int _inUse = 1;

    /// <summary>Takes a number that no entry has. Under all locks.</summary>
    public byte Next()
    {
        _inUse++;
        return ++keyspace.Epoch;
    }

    /// <summary>Notes that all entries have the present number. Under all locks.</summary>
    public void NoteComplete() => _inUse = 1;

    /// <summary>Notes that a walk was given up, and sees to it that there are numbers left. Without locks, before the next snapshot.</summary>
    public void NoteGivenUp()
    {
        if (_inUse < MostInUse)
            return;
        RecordList records = default;
        // Databases that are exchanged or emptied meanwhile, and keys that get another name, do no harm: whatever is new has the present number.
        var databases = new Database[keyspace.DatabaseCount];
        for (int i = 0; i < databases.Length; i++)
            databases[i] = keyspace[i];
        foreach (Database database in databases)
        {
            for (int shard = 0; shard < keyspace.ShardCount && database.HasParts; shard++)
                Renumber(database.PartAt(shard), shard, ref records);
        }
        records.Dispose();
        _inUse = 1;
    }

    private void Renumber(DatabasePart* part, int shard, ref RecordList records)
    {
        for (long position = 0; position >= 0;)
        {
            records.Clear();
            keyspace.Locks.Acquire(shard);
            while (position >= 0 && records.Count < RecordsAtOnce)
                part->Table.Collect(ref position, ref records);
            for (int i = 0; i < records.Count; i++)
                SetEpoch(new Entry(records[i]));
            keyspace.Locks.Release(shard);
        }
    }

    private void SetEpoch(Entry entry) => entry.Epoch = keyspace.Epoch;
}
