using Carnelian.Storage.SortedSets;

namespace Carnelian.Storage.Loading;

/// <summary>Makes a big sorted set of members that come in any order; ascending and descending ones need no sorting.</summary>
public unsafe struct SortedSetLoader
{
    private TreeSortedSet* _set;
    private RecordList _records;
    private bool _isAscending;
    private bool _isDescending;

    /// <summary>Begins a set.</summary>
    /// <param name="expected">How many members to make room for.</param>
    public static SortedSetLoader Create(long expected)
    {
        TreeSortedSet* set = TreeSortedSet.Create();
        TableReservation.Make(ref set->Members, expected);
        return new SortedSetLoader { _set = set, _isAscending = true, _isDescending = true };
    }

    /// <summary>Adds a member.</summary>
    /// <returns>False if it is there.</returns>
    public bool TryAdd(ReadOnlySpan<byte> member, double score)
    {
        fixed (byte* data = member)
        {
            ulong hash = KeyHash.Compute(data, member.Length);
            if (_set->Members.Find(data, member.Length, hash) != null)
                return false;
            byte* record = MemberRecord.Create(data, member.Length, score).Address;
            _set->Members.Add(record, hash);
            if (_records.Count != 0)
            {
                int order = Compare(_records[_records.Count - 1], record);
                _isAscending &= order < 0;
                _isDescending &= order > 0;
            }
            _records.Add(record);
            return true;
        }
    }

    /// <summary>Ends the set, which is the caller's.</summary>
    public SortedSet Finish()
    {
        if (!_isAscending && !_isDescending)
            Sort();
        if (_isDescending && !_isAscending)
        {
            for (int i = _records.Count - 1; i >= 0; i--)
                _set->Tree.Append(_records[i]);
        }
        else
        {
            for (int i = 0; i < _records.Count; i++)
                _set->Tree.Append(_records[i]);
        }
        _records.Dispose();
        var set = new SortedSet(ValueEncoding.SkipList, (byte*)_set);
        _set = null;
        return set;
    }

    /// <summary>Frees what there is.</summary>
    public void Discard() => Finish().Free();

    private void Sort()
    {
        // The order of addresses is of no use to anybody; their numbers sort without a closure.
        nint[] records = new nint[_records.Count];
        for (int i = 0; i < records.Length; i++)
            records[i] = (nint)_records[i];
        records.AsSpan().Sort(static (left, right) => Compare((byte*)left, (byte*)right));
        _records.Clear();
        foreach (nint record in records)
            _records.Add((byte*)record);
        _isAscending = true;
    }

    private static int Compare(byte* left, byte* right)
    {
        MemberRecord one = new(left), other = new(right);
        int order = one.Score.CompareTo(other.Score);
        return order != 0 ? order : one.Member.SequenceCompareTo(other.Member);
    }
}
