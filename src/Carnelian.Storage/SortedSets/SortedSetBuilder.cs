using Carnelian.Memory;

namespace Carnelian.Storage.SortedSets;

/// <summary>
/// A sorted set in the making, whose members come in no order: they are collected first and sorted once. Where a member may come more than once,
/// a table finds it, and goes over to the set.
/// </summary>
/// <remarks>Members are added, then <see cref="Sort"/> is called, then they are read by index or taken by <see cref="Build"/>.</remarks>
public unsafe struct SortedSetBuilder : IDisposable
{
    private HashTable<MemberRecord> _table;
    private byte** _records;
    private int _capacity;
    private long _longest;

    /// <summary>The number of members.</summary>
    public int Count { get; private set; }

    /// <summary>The place of a member's score. A new one has none yet, and the caller sets it; valid until the next call.</summary>
    /// <param name="member">The member.</param>
    /// <param name="isNew">Whether it was not there.</param>
    public ref double ScoreOf(ReadOnlySpan<byte> member, out bool isNew)
    {
        fixed (byte* data = member)
        {
            ulong hash = KeyHash.Compute(data, member.Length);
            byte** slot = _table.Find(data, member.Length, hash);
            isNew = slot == null;
            byte* record = isNew ? Create(data, member.Length, 0) : *slot;
            if (isNew)
                _table.Add(record, hash);
            return ref *(double*)record;
        }
    }

    /// <summary>Adds a member that comes only once.</summary>
    public void Add(ReadOnlySpan<byte> member, double score)
    {
        fixed (byte* data = member)
            Create(data, member.Length, score);
    }

    /// <summary>Brings the members into order.</summary>
    public void Sort()
    {
        if (Count == 0)
            return;
        var buffer = (long*)NativeHeap.Allocate((nuint)Count * sizeof(long));
        for (int i = 0; i < Count; i++)
            buffer[i] = ScoreKey.Of(new MemberRecord(_records[i]).Score);
        var keys = new Span<long>(buffer, Count);
        var records = new Span<nint>(_records, Count);
        keys.Sort(records);
        for (int i = 0; i < Count;)
        {
            int end = i + 1;
            while (end < Count && buffer[end] == buffer[i])
                end++;
            if (end - i > 1)
                records[i..end].Sort(static (a, b) => new MemberRecord((byte*)a).Member.SequenceCompareTo(new MemberRecord((byte*)b).Member));
            i = end;
        }
        NativeHeap.Free((byte*)buffer);
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

    private byte* Create(byte* member, int length, double score)
    {
        byte* record = MemberRecord.Create(member, length, score).Address;
        if (Count == _capacity)
        {
            _capacity = checked(Math.Max(64, _capacity * 2));
            _records = (byte**)NativeHeap.Reallocate((byte*)_records, (nuint)_capacity * 8);
        }
        _records[Count++] = record;
        _longest = Math.Max(_longest, length);
        return record;
    }
}
