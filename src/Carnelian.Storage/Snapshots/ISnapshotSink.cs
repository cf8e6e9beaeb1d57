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

    /// <summary>
    /// Begins with a value of many elements, which come in steps, so that nobody waits for its whole length. Under the lock of its key, on any thread, as
    /// <see cref="Save"/>.
    /// </summary>
    /// <returns>What takes the elements; null for a sink that wants the value as a whole.</returns>
    ISnapshotValue? BeginValue(int database, Entry entry) => null;

    /// <summary>From now on the walk brings the elements of this value and nothing else. On the walking thread, without locks.</summary>
    void StartValue(ISnapshotValue value)
    {
    }

    /// <summary>All elements of the value have come. On the walking thread, without locks.</summary>
    void EndValue(ISnapshotValue value)
    {
    }
}
