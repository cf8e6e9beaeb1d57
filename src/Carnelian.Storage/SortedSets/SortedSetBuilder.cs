using Carnelian.Memory;
using Carnelian.Storage.Loading;

namespace Carnelian.Storage.SortedSets;

/// <summary>
/// A sorted set in the making, whose members come in no order: they are collected first and sorted once.
/// </summary>
/// <remarks>
/// Members are added, either all by <see cref="Add"/> into a list, or all by <see cref="TryAdd"/> into a table, which goes over to the set; then
/// <see cref="Sort"/> is called, then they are read by index or taken by <see cref="Build"/>.
/// </remarks>
public unsafe struct SortedSetBuilder : IDisposable
{
    private HashTable<MemberRecord> _table;
    private byte** _records;
    private int _capacity;
    private long _longest;

    /// <summary>The number of members.</summary>
    public int Count { get; private set; }

    /// <summary>Makes room for members that <see cref="TryAdd"/> is about to add, at least so many that differ.</summary>
    public void Reserve(long members) => TableReservation.Make(ref _table, members);

    /// <summary>Adds a member that may be there already.</summary>
    /// <param name="member">The member.</param>
    /// <param name="score">Its score if it is new.</param>
    /// <param name="place">If it is not, where it is, for <see cref="SetScore"/>; until the next call.</param>
    /// <param name="present">The score that it has then.</param>
    /// <returns>Whether it was new.</returns>
    public bool TryAdd(ReadOnlySpan<byte> member, double score, out nint place, out double present)
    {
        fixed (byte* data = member)
        {
            ulong hash = KeyHash.Compute(data, member.Length);
            byte** slot = _table.Find(data, member.Length, hash);
            place = (nint)slot;
            present = slot == null ? score : new MemberRecord(*slot).Score;
            if (slot != null)
                return false;
            _table.Add(MemberRecord.Create(data, member.Length, score).Address, hash);
            _longest = Math.Max(_longest, member.Length);
            Count = checked((int)_table.Count);
            return true;
        }
    }

    /// <summary>Changes the score of a member that <see cref="TryAdd"/> has found.</summary>
    public static void SetScore(nint place, double score)
    {
        var slot = (byte**)place;
        var record = new MemberRecord(*slot);
        if (record.TrySetScore(score))
            return;
        *slot = MemberRecord.Create(record.Data, record.Length, score).Address;
        record.Free();
    }

    /// <summary>Adds a member that comes only once.</summary>
    public void Add(ReadOnlySpan<byte> member, double score)
    {
        fixed (byte* data = member)
        {
            if (Count == _capacity)
            {
                _capacity = checked(Math.Max(64, _capacity * 2));
                _records = (byte**)NativeHeap.Reallocate((byte*)_records, (nuint)_capacity * 8);
            }
            _records[Count++] = MemberRecord.Create(data, member.Length, score).Address;
        }
        _longest = Math.Max(_longest, member.Length);
    }

    /// <summary>Brings the members into order.</summary>
    public void Sort()
    {
        if (Count == 0)
            return;
        if (_records == null)
            CollectTable();
        RecordSort.Sort(_records, Count);
    }

    /// <summary>A member.</summary>
    public readonly ReadOnlySpan<byte> MemberAt(int index) => new MemberRecord(_records[index]).Member;

    /// <summary>A score.</summary>
    public readonly double ScoreAt(int index) => new MemberRecord(_records[index]).Score;

    /// <summary>Makes a set of the members, which are in order; the builder is empty after that.</summary>
    public SortedSet Build(in SortedSetLimits limits)
    {
        if (Count <= limits.Entries && _longest <= limits.Value)
        {
            SortedSet packed = SortedSet.Create(0, 0, limits);
            for (int i = 0; i < Count; i++)
                packed.Append(MemberAt(i), ScoreAt(i), limits);
            Dispose();
            return packed;
        }
        TreeSortedSet* set = TreeSortedSet.Create();
        set->Members = _table;
        bool hasTable = _table.Count != 0;
        for (int i = 0; i < Count; i++)
        {
            set->Tree.Append(_records[i]);
            if (!hasTable)
                set->Members.Add(_records[i], MemberRecord.Hash(_records[i]));
        }
        NativeHeap.Free((byte*)_records);
        this = default;
        return new SortedSet(ValueEncoding.SkipList, (byte*)set);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        for (int i = 0; i < Count; i++)
            new MemberRecord(_records[i]).Free();
        NativeHeap.Free((byte*)_records);
        _table.Clear();
        this = default;
    }

    private void CollectTable()
    {
        _records = (byte**)NativeHeap.Allocate((nuint)Count * 8);
        RecordList records = default;
        int collected = 0;
        for (long position = 0; position >= 0;)
        {
            records.Clear();
            _table.CollectSegment(ref position, ref records);
            for (int i = 0; i < records.Count; i++)
                _records[collected++] = records[i];
        }
        records.Dispose();
    }
}
