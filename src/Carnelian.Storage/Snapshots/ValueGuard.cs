using Carnelian.Storage.Hashes;
using Carnelian.Storage.Sets;
using Carnelian.Storage.SortedSets;

namespace Carnelian.Storage.Snapshots;

/// <summary>
/// A value of many elements that a snapshot saves in steps, so that nobody waits for its whole length. The elements lie in a table: the walk goes over it
/// in hash order, and a unit that is about to change an element behind the walk's position saves it first.
/// </summary>
/// <remarks>
/// <para>Invariant: an element is saved exactly if its position in hash order lies before that of the walk, or is among the early ones. A unit saves all
/// elements of a position at once, and notes the position also if there is none: what is added there later is not part of the snapshot.</para>
/// <para>Under the lock of the value's key, but for what says otherwise.</para>
/// </remarks>
internal sealed unsafe class ValueGuard
{
    /// <summary>A value of more elements is saved in steps.</summary>
    public const int LeastElements = 1024;

    private const int ElementsPerStep = 128;
    private const int HashShift = 64 - HashTable<Entry>.PositionBits;

    private readonly Snapshot _snapshot;
    private readonly HashSet<long> _early = [];
    private RecordList _records;
    private RecordList _found;
    private long _position;
    private int _shard;

    public ValueGuard(Snapshot snapshot, Entry entry, int shard, ISnapshotValue value)
    {
        _snapshot = snapshot;
        Type = entry.Type;
        Encoding = entry.Encoding;
        Root = entry.Collection;
        Value = value;
        _shard = shard;
    }

    /// <summary>Where the value lies; it does not move while it is guarded.</summary>
    public byte* Root { get; }

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

    /// <summary>Whether a value is one that is saved in steps.</summary>
    public static bool IsBig(Entry entry) =>
        entry.Encoding is ValueEncoding.HashTable or ValueEncoding.SkipList && CollectionType.Of(entry.Type).Count(entry.Encoding, entry.Collection) > LeastElements;

    /// <summary>Saves the elements of a hash, unless they are, before one of them changes.</summary>
    public void BeforeChange(ulong hash)
    {
        long position = (long)(hash >> HashShift);
        if (position < _position || _snapshot.IsAborted || !_early.Add(position))
            return;
        _found.Clear();
        long next = position;
        Collect(ref next, ref _found);
        for (int i = 0; i < _found.Count; i++)
        {
            if (PositionOf(_found[i]) == position)
                Value.Add(_found[i], isEarly: true);
        }
    }

    /// <summary>Saves some elements. On the walking thread.</summary>
    /// <returns>Whether all are saved.</returns>
    public bool Step()
    {
        long start = _position, next = start;
        _records.Clear();
        while (next >= 0 && _records.Count < ElementsPerStep)
            Collect(ref next, ref _records);
        for (int i = 0; i < _records.Count; i++)
        {
            long position = PositionOf(_records[i]);
            // The first bucket may have become larger to the front.
            if (position >= start && !_early.Contains(position))
                Value.Add(_records[i], isEarly: false);
        }
        _position = next < 0 ? long.MaxValue : next;
        return next < 0;
    }

    /// <summary>Ends: frees the value if no key has it any more. On the walking thread, without locks.</summary>
    public void End()
    {
        if (ValueGuards.Remove(this))
            CollectionType.Of(Type).Free(Encoding, Root);
        _records.Dispose();
        _found.Dispose();
    }

    private long PositionOf(byte* record) => (long)((Type switch
    {
        ValueType.Hash => HashField.Hash(record),
        ValueType.Set => SetMember.Hash(record),
        _ => MemberRecord.Hash(record),
    }) >> HashShift);

    private void Collect(ref long position, ref RecordList into)
    {
        switch (Type)
        {
            case ValueType.Hash:
                ((FieldTable*)Root)->Collect(ref position, ref into);
                break;
            case ValueType.Set:
                SetTable.TableOf((SetTable*)Root).Collect(ref position, ref into);
                break;
            default:
                ((TreeSortedSet*)Root)->Members.Collect(ref position, ref into);
                break;
        }
    }
}
