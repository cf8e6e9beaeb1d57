using Carnelian.Storage.Lists;
using Carnelian.Storage.Streams;

namespace Carnelian.Storage.Snapshots;

/// <summary>
/// A big value that a snapshot saves in steps, so that nobody waits for its whole length. The walk goes over it; a unit that is about to change a part that
/// the walk has not come to saves that part first.
/// </summary>
/// <remarks>Under the lock of the value's key, but for what says otherwise.</remarks>
internal abstract unsafe class ValueGuard
{
    /// <summary>A table of more elements is saved in steps.</summary>
    private const int MostElements = 1024;

    /// <summary>A list of more nodes, or a stream of more blocks, is saved in steps.</summary>
    private const int MostNodes = 8;

    private readonly Snapshot _snapshot;
    private int _shard;

    protected ValueGuard(Snapshot snapshot, Entry entry, int shard, ISnapshotValue value)
    {
        _snapshot = snapshot;
        Type = entry.Type;
        Encoding = entry.Encoding;
        Root = entry.IsCollection ? entry.Collection : entry.Block.Address;
        Value = value;
        _shard = shard;
    }

    /// <summary>Where the value lies. It does not move while it is guarded, but for a string, which may. Under the lock of <see cref="ValueGuards"/>.</summary>
    public byte* Root { get; set; }

    /// <summary>Its type.</summary>
    public ValueType Type { get; }

    /// <summary>Its encoding.</summary>
    public ValueEncoding Encoding { get; }

    /// <summary>Takes the elements.</summary>
    public ISnapshotValue Value { get; }

    /// <summary>The shard whose lock protects the value: it changes when the key gets another name.</summary>
    public int Shard
    {
        get => Volatile.Read(ref _shard);
        set => Volatile.Write(ref _shard, value);
    }

    /// <summary>Whether no key has the value any more and it has to be freed in the end. Under the lock of <see cref="ValueGuards"/>.</summary>
    public bool IsLeft { get; set; }

    /// <summary>Whether the value is guarded no longer. Under the lock of <see cref="ValueGuards"/>.</summary>
    public bool IsEnded { get; set; }

    /// <summary>Whether the snapshot was given up: nothing is saved any more.</summary>
    protected bool IsAborted => _snapshot.IsAborted;

    /// <summary>Whether a value is one that is saved in steps.</summary>
    public static bool IsBig(Entry entry) => entry.Encoding switch
    {
        ValueEncoding.HashTable or ValueEncoding.SkipList => CollectionType.Of(entry.Type).Count(entry.Encoding, entry.Collection) > MostElements,
        ValueEncoding.QuickList => new QuickList(entry.Collection).Nodes > MostNodes || new QuickList(entry.Collection).HasLongElement(SavedBlock.LeastShared),
        ValueEncoding.Stream => new StreamValue(entry.Collection).BlockCount > MostNodes,
        // One that several keys share is guarded for one of them; the others refer to it.
        ValueEncoding.Block => entry.Block.Length >= StringGuard.LeastLength && !ValueGuards.Guards(entry.Block.Address),
        _ => false,
    };

    /// <summary>Begins to save a big value.</summary>
    public static ValueGuard Of(Snapshot snapshot, Entry entry, int shard, ISnapshotValue value) => entry.Encoding switch
    {
        ValueEncoding.QuickList => new ListGuard(snapshot, entry, shard, value),
        ValueEncoding.Stream => new StreamGuard(snapshot, entry, shard, value),
        ValueEncoding.Block => new StringGuard(snapshot, entry, shard, value),
        _ => new TableGuard(snapshot, entry, shard, value),
    };

    /// <summary>Saves some elements. On the walking thread.</summary>
    /// <returns>Whether all are saved.</returns>
    public abstract bool Step();

    /// <summary>Passes on what a step has copied, some of it. On the walking thread, without locks.</summary>
    public virtual void Deliver()
    {
    }

    /// <summary>Ends: frees the value if no key has it any more. On the walking thread, without locks.</summary>
    public void End()
    {
        if (ValueGuards.Remove(this))
            CollectionType.Of(Type).Free(Encoding, Root);
        Free();
    }

    /// <summary>Frees what was kept for saving.</summary>
    protected abstract void Free();
}
