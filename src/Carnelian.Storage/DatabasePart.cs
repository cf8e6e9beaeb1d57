using System.Runtime.InteropServices;
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
}
