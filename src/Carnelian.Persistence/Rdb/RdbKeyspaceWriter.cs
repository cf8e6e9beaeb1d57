using Carnelian.Memory;
using Carnelian.Storage;

namespace Carnelian.Persistence.Rdb;

/// <summary>Writes all keys of all databases at once, under all locks: for SAVE. What goes on beside commands takes a snapshot.</summary>
public static unsafe class RdbKeyspaceWriter
{
    private const int PrefetchDistance = 8;

    /// <summary>Writes the databases that have keys.</summary>
    /// <param name="writer">The file, whose header is written.</param>
    /// <param name="keyspace">The keyspace.</param>
    /// <param name="now">The time, in milliseconds of Unix time.</param>
    /// <param name="afterKey">Called after every key: for tests that want it slow; or null.</param>
    /// <returns>What the format cannot hold, or null; then the file is of no use.</returns>
    public static UnwritableKey? Write(RdbFileWriter writer, Keyspace keyspace, long now, Action? afterKey = null)
    {
        RecordList records = default;
        try
        {
            for (int i = 0; i < keyspace.DatabaseCount; i++)
            {
                Database database = keyspace[i];
                if (database.Count == 0)
                    continue;
                writer.SelectDatabase(i);
                writer.WriteSize(database.Count, database.VolatileCount);
                for (int shard = 0; shard < keyspace.ShardCount; shard++)
                {
                    for (long position = 0; position >= 0;)
                    {
                        records.Clear();
                        database.Collect(shard, ref position, ref records);
                        if (WriteRecords(writer, records, keyspace.Access, now, afterKey) is { } unwritable)
                            return unwritable with { Database = i };
                    }
                }
            }
            return null;
        }
        finally
        {
            records.Dispose();
        }
    }

    private static UnwritableKey? WriteRecords(RdbFileWriter writer, in RecordList records, AccessClock access, long now, Action? afterKey)
    {
        for (int i = 0; i < records.Count; i++)
        {
            if (i + PrefetchDistance < records.Count)
                CacheLine.Prefetch(records[i + PrefetchDistance]);
            var entry = new Entry(records[i]);
            RdbObstacle obstacle = writer.Entries.WriteEntry(entry, access, now);
            if (obstacle != RdbObstacle.None)
                return new UnwritableKey(0, entry.KeyBytes.ToArray(), obstacle);
            afterKey?.Invoke();
        }
        return null;
    }
}
