using Carnelian.Storage.Hashes;
using Carnelian.Storage.Sets;
using Carnelian.Storage.SortedSets;

namespace Carnelian.Storage.Snapshots;

/// <summary>
/// A big hash, set or sorted set. The elements lie in a table: the walk goes over it in hash order, and a unit that is about to change an element
/// behind the walk's position saves it first.
/// </summary>
/// <remarks>
/// <para>Invariant: an element is saved exactly if its position in hash order lies before that of the walk, or is among the early ones. A unit saves all
/// elements of a position at once, and notes the position also if there is none: what is added there later is not part of the snapshot.</para>
/// <para>Under the lock of the value's key, but for what says otherwise.</para>
/// </remarks>
internal sealed unsafe class TableGuard(Snapshot snapshot, Entry entry, int shard, ISnapshotValue value) : ValueGuard(snapshot, entry, shard, value)
{
    private const int ElementsPerStep = 128;
    private const int HashShift = 64 - HashTable<Entry>.PositionBits;

    private readonly HashSet<long> _early = [];
    private RecordList _records;
    private RecordList _found;
    private long _position;

    /// <summary>Saves the elements of a hash, unless they are, before one of them changes.</summary>
    public void BeforeChange(ulong hash)
    {
        long position = (long)(hash >> HashShift);
        if (position < _position || IsAborted || !_early.Add(position))
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

    /// <inheritdoc/>
    public override bool Step()
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

    /// <inheritdoc/>
    protected override void Free()
    {
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
