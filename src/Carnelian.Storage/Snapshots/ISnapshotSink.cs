namespace Carnelian.Storage.Snapshots;

/// <summary>Takes the keys of a snapshot, each exactly once, as they were at the cut.</summary>
public interface ISnapshotSink
{
    /// <summary>What was saved early and is still in memory, in bytes. Any thread.</summary>
    long EarlyBytes { get; }

    /// <summary>
    /// Takes a key. Under the lock of its shard, so it copies or encodes the entry and returns, without waiting and without touching a file. On the
    /// thread that walks, or, early, on that of a unit that is about to change the key: several at once, of different shards.
    /// </summary>
    /// <param name="database">The number that the key's database had at the cut.</param>
    /// <param name="shard">The key's shard.</param>
    /// <param name="entry">The key with its value; expired ones too.</param>
    /// <param name="isEarly">Whether this comes from a unit and not from the walk.</param>
    void Save(int database, int shard, Entry entry, bool isEarly);
}
