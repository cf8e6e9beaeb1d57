using System.Runtime.InteropServices;
using Carnelian.Memory;
using Carnelian.Storage.Loading;
using Carnelian.Storage.Waits;

namespace Carnelian.Storage;

/// <summary>What one shard holds of one database. In native memory, under the shard's lock; counters may be read by anyone.</summary>
[StructLayout(LayoutKind.Sequential, Size = 128)]
public unsafe struct DatabasePart
{
    /// <summary>The entries by key.</summary>
    public HashTable<Entry> Table;

    /// <summary>The deadlines of the entries that have one.</summary>
    public ExpiryIndex Expiry;

    /// <summary>The earliest deadlines of the hashes whose fields expire, each under its key.</summary>
    public ExpiryIndex FieldExpiry;

    /// <summary>Lookups that found their key.</summary>
    public long Hits;

    /// <summary>Lookups that did not.</summary>
    public long Misses;

    /// <summary>Keys of this part that somebody watches.</summary>
    public int WatchedKeys;

    /// <summary>Keys of this part that somebody waits for.</summary>
    public int AwaitedKeys;

    /// <summary>Whether anybody watches keys of this part or waits for some.</summary>
    public readonly bool HasObservedKeys => (WatchedKeys | AwaitedKeys) != 0;

    /// <summary>Those who wait; null as long as nobody ever has.</summary>
    public WaitQueues* Waits;

    /// <summary>Makes empty parts.</summary>
    internal static DatabasePart* Allocate(int shards)
    {
        nuint size = (nuint)(shards * sizeof(DatabasePart));
        byte* memory = NativeHeap.Allocate(size);
        NativeMemory.Clear(memory, size);
        return (DatabasePart*)memory;
    }

    /// <summary>Frees parts that nobody else knows, with all that is in them.</summary>
    internal static void Free(DatabasePart* parts, int shards)
    {
        RecordList records = default;
        for (int i = 0; i < shards; i++)
        {
            // All of a shard before the first is freed: the walk hashes the keys of a segment's stash again at every bucket
            // that has records there, those of other buckets too.
            records.Clear();
            for (long position = 0; position >= 0;)
                parts[i].Table.Collect(ref position, ref records);
            for (int k = 0; k < records.Count; k++)
                KeyLoader.Free(new Entry(records[k]));
            parts[i].Table.Clear();
            parts[i].Expiry.Clear();
            parts[i].FieldExpiry.Clear();
        }
        records.Dispose();
        NativeHeap.Free((byte*)parts);
    }
}
