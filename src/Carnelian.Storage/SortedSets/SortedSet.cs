using System.Runtime.CompilerServices;
using Carnelian.Storage.Packed;

namespace Carnelian.Storage.SortedSets;

/// <summary>
/// A sorted set as commands see it, in either encoding: a <see cref="PackedSortedSet"/> while it is small, a <see cref="TreeSortedSet"/> after that.
/// </summary>
/// <remarks>
/// A change may move or convert the value: whoever holds it (an <see cref="Entry"/>) takes encoding and address from here after each one, see <see cref="StoreTo"/>.
/// A set that has become a tree stays one. Members are given with their hash where it is known (see <see cref="KeyHash"/>), else 0. Under the lock of the key's shard.
/// </remarks>
public unsafe struct SortedSet
{
    private byte* _address;

    /// <summary>The sorted set of an entry that holds one.</summary>
    public SortedSet(Entry entry)
        : this(entry.Encoding, entry.Collection)
    {
    }

    /// <summary>The sorted set at an address.</summary>
    public SortedSet(ValueEncoding encoding, byte* address)
    {
        Encoding = encoding;
        _address = address;
    }

    /// <summary>How it is held.</summary>
    public ValueEncoding Encoding { get; private set; }

    /// <summary>Where it lies.</summary>
    public readonly byte* Address => _address;

    /// <summary>The number of members.</summary>
    public readonly long Count => IsPacked ? PackedSortedSet.Count(Pack) : Tree->Tree.Count;

    /// <summary>Whether it is a listpack.</summary>
    public readonly bool IsPacked
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => Encoding == ValueEncoding.ListPack;
    }

    internal readonly ListPack Pack => new(_address);

    internal readonly TreeSortedSet* Tree => (TreeSortedSet*)_address;

    /// <summary>A set without members.</summary>
    /// <param name="members">How many are expected.</param>
    /// <param name="longest">The length of the longest that is known, in bytes.</param>
    /// <param name="limits">Up to which size it is a listpack.</param>
    public static SortedSet Create(long members, long longest, in SortedSetLimits limits) =>
        members <= limits.Entries && longest <= limits.Value
            ? new SortedSet(ValueEncoding.ListPack, ListPack.Create().Address)
            : new SortedSet(ValueEncoding.SkipList, (byte*)TreeSortedSet.Create());

    /// <summary>Makes an entry hold the set, after a change.</summary>
    public readonly void StoreTo(Entry entry) => entry.SetCollection(Encoding, _address);

    /// <summary>Frees a set that no entry holds.</summary>
    public void Free()
    {
        if (IsPacked)
            Pack.Free();
        else
            TreeSortedSet.Free(Tree);
        _address = null;
    }

    /// <summary>Converts the set if what comes is more, or longer, than a listpack may hold.</summary>
    /// <param name="members">How many members come.</param>
    /// <param name="longest">The length of the longest of them, in bytes.</param>
    /// <param name="limits">Up to which size the set is a listpack.</param>
    public void Expect(long members, long longest, in SortedSetLimits limits)
    {
        if (IsPacked && (members > limits.Entries || longest > limits.Value))
            ConvertToTree();
    }

    // --- members --------------------------------------------------------------------------------------------------

    /// <summary>Looks a member's score up.</summary>
    public readonly bool TryGetScore(ReadOnlySpan<byte> member, out double score, ulong hash = 0)
    {
        score = 0;
        if (IsPacked)
        {
            byte* element = PackedSortedSet.Find(Pack, member);
            if (element == null)
                return false;
            score = PackedSortedSet.ScoreOf(element);
            return true;
        }
        fixed (byte* data = member)
        {
            byte* record = Tree->Find(data, member.Length, HashOf(data, member.Length, hash));
            if (record == null)
                return false;
            score = new MemberRecord(record).Score;
            return true;
        }
    }

    /// <summary>The rank of a member, from 0 and from the lowest score on; -1 if it is not there.</summary>
    public readonly long Rank(ReadOnlySpan<byte> member, out double score, ulong hash = 0)
    {
        score = 0;
        if (IsPacked)
        {
            byte* element = PackedSortedSet.Find(Pack, member);
            if (element == null)
                return -1;
            score = PackedSortedSet.ScoreOf(element);
            return PackedSortedSet.RankOf(Pack, element);
        }
        fixed (byte* data = member)
        {
            byte* record = Tree->Find(data, member.Length, HashOf(data, member.Length, hash));
            if (record == null)
                return -1;
            var found = new MemberRecord(record);
            score = found.Score;
            return Tree->Tree.Rank(TreeTarget.Of(found));
        }
    }

    /// <summary>Adds a member or changes its score.</summary>
    /// <param name="member">The member.</param>
    /// <param name="score">The score, which is a number, or what is added to it.</param>
    /// <param name="conditions">When to do nothing.</param>
    /// <param name="limits">Up to which size the set is a listpack.</param>
    /// <param name="result">The member's score after that, if it is there and the change is not refused.</param>
    public SortedSetChange Put(ReadOnlySpan<byte> member, double score, SortedSetConditions conditions, in SortedSetLimits limits, out double result, ulong hash = 0)
    {
        result = score;
        if (IsPacked)
        {
            byte* element = PackedSortedSet.Find(Pack, member);
            if (element != null)
            {
                double old = PackedSortedSet.ScoreOf(element);
                SortedSetChange change = Decide(old, conditions, ref result);
                if (change == SortedSetChange.Updated)
                    _address = PackedSortedSet.Add(PackedSortedSet.Remove(Pack, element), member, result).Address;
                return change;
            }
            if ((conditions & SortedSetConditions.OnlyPresent) != 0)
                return SortedSetChange.Refused;
            if (Count < limits.Entries && member.Length <= limits.Value && Pack.HasRoomFor(PackedSortedSet.SizeFor(member.Length)))
            {
                _address = PackedSortedSet.Add(Pack, member, score).Address;
                return SortedSetChange.Added;
            }
            ConvertToTree();
        }
        fixed (byte* data = member)
        {
            hash = HashOf(data, member.Length, hash);
            byte** slot = Tree->Members.Find(data, member.Length, hash);
            if (slot == null)
            {
                if ((conditions & SortedSetConditions.OnlyPresent) != 0)
                    return SortedSetChange.Refused;
                Tree->Add(data, member.Length, hash, score);
                return SortedSetChange.Added;
            }
            SortedSetChange change = Decide(new MemberRecord(*slot).Score, conditions, ref result);
            if (change == SortedSetChange.Updated)
                Tree->Rescore(slot, result);
            return change;
        }
    }

    /// <summary>Adds a member behind all others, which it must belong to; for values that are read in order.</summary>
    public void Append(ReadOnlySpan<byte> member, double score, in SortedSetLimits limits)
    {
        if (IsPacked)
        {
            if (Count < limits.Entries && member.Length <= limits.Value && Pack.HasRoomFor(PackedSortedSet.SizeFor(member.Length)))
            {
                _address = PackedSortedSet.Append(Pack, member, score).Address;
                return;
            }
            ConvertToTree();
        }
        fixed (byte* data = member)
        {
            byte* record = MemberRecord.Create(data, member.Length, score).Address;
            Tree->Members.Add(record, KeyHash.Compute(data, member.Length));
            Tree->Tree.Append(record);
        }
    }

    /// <summary>Removes a member.</summary>
    /// <returns>Whether it was there.</returns>
    public bool Remove(ReadOnlySpan<byte> member, ulong hash = 0)
    {
        if (IsPacked)
        {
            byte* element = PackedSortedSet.Find(Pack, member);
            if (element == null)
                return false;
            _address = PackedSortedSet.Remove(Pack, element).Address;
            return true;
        }
        fixed (byte* data = member)
            return Tree->Remove(data, member.Length, HashOf(data, member.Length, hash));
    }

    /// <summary>Removes members that follow each other.</summary>
    public void Remove(RankRange range)
    {
        if (range.Count == 0)
            return;
        if (IsPacked)
            _address = Pack.Remove(PackedSortedSet.At(Pack, range.Start), range.Count * 2, out _).Address;
        else
            Tree->RemoveRange(range.Start, range.Count);
    }

    // --- walking in the order of the hash ---------------------------------------------------------------------------

    /// <summary>Collects some members of a tree from a position of hash order on, see <see cref="HashTable{TRecord}.Collect"/>.</summary>
    public readonly void Collect(ref long position, ref RecordList into) => Tree->Members.Collect(ref position, ref into);

    /// <summary>A member that was collected, with its score.</summary>
    public static ReadOnlySpan<byte> Collected(in RecordList records, int index, out double score)
    {
        var record = new MemberRecord(records[index]);
        score = record.Score;
        return record.Member;
    }

    // --- ranges ---------------------------------------------------------------------------------------------------

    /// <summary>The members whose scores are in a range.</summary>
    public readonly RankRange Find(in ScoreRange range)
    {
        if (range.IsEmpty)
            return RankRange.None;
        if (!IsPacked)
        {
            ref ScoreTree tree = ref Tree->Tree;
            long first = range.Min == double.NegativeInfinity && !range.ExcludesMin
                ? 0 : tree.Rank(range.ExcludesMin ? TreeTarget.Behind(range.Min) : TreeTarget.Before(range.Min));
            long end = range.Max == double.PositiveInfinity && !range.ExcludesMax
                ? tree.Count : tree.Rank(range.ExcludesMax ? TreeTarget.Before(range.Max) : TreeTarget.Behind(range.Max));
            return new RankRange(first, Math.Max(end - first, 0));
        }
        long start = 0, count = 0;
        for (byte* at = Pack.First; at != null; at = PackedSortedSet.Next(at))
        {
            double score = PackedSortedSet.ScoreOf(at);
            if (!range.IsBelowMax(score))
                break;
            if (range.IsAboveMin(score))
                count++;
            else
                start++;
        }
        return new RankRange(start, count);
    }

    /// <summary>The members in a lexicographic range, if all have the same score.</summary>
    /// <param name="range">The range.</param>
    /// <param name="fromEnd">Where scores differ, which end the range is looked for from.</param>
    public readonly RankRange Find(in LexRange range, bool fromEnd)
    {
        if (range.IsEmpty || Count == 0 || !IsBetweenEnds(range))
            return RankRange.None;
        if (IsPacked)
            return fromEnd ? FindLexFromEnd(range) : FindLexFromStart(range);
        ref ScoreTree tree = ref Tree->Tree;
        long first = range.MinKind == LexBoundKind.Lowest ? 0 : tree.LexRank(range.Min, range.MinKind == LexBoundKind.Exclusive);
        long end = range.MaxKind == LexBoundKind.Highest ? tree.Count : tree.LexRank(range.Max, range.MaxKind == LexBoundKind.Inclusive);
        return new RankRange(first, Math.Max(end - first, 0));
    }

    /// <summary>A cursor at a member.</summary>
    /// <param name="rank">Its rank, from 0 to below <see cref="Count"/>.</param>
    public readonly SortedSetCursor At(long rank) => new(this, rank);

    /// <summary>Whether a range overlaps with what lies between the first and the last member: where scores differ, that need not be all.</summary>
    private readonly bool IsBetweenEnds(in LexRange range)
    {
        Span<byte> digits = stackalloc byte[SortedSetCursor.MostDigits];
        return range.IsAboveMin(At(Count - 1).Member(digits)) && range.IsBelowMax(At(0).Member(digits));
    }

    private readonly RankRange FindLexFromStart(in LexRange range)
    {
        Span<byte> digits = stackalloc byte[PackedValue.MostDigits];
        long start = 0, count = 0;
        byte* at = Pack.First;
        while (at != null && !range.IsAboveMin(ListPack.Read(at).Bytes(digits)))
        {
            at = PackedSortedSet.Next(at);
            start++;
        }
        while (at != null && range.IsBelowMax(ListPack.Read(at).Bytes(digits)))
        {
            at = PackedSortedSet.Next(at);
            count++;
        }
        return new RankRange(start, count);
    }

    private readonly RankRange FindLexFromEnd(in LexRange range)
    {
        Span<byte> digits = stackalloc byte[PackedValue.MostDigits];
        long end = Count, count = 0;
        byte* at = PackedSortedSet.At(Pack, end - 1);
        while (at != null && !range.IsBelowMax(ListPack.Read(at).Bytes(digits)))
        {
            at = PackedSortedSet.Previous(Pack, at);
            end--;
        }
        while (at != null && range.IsAboveMin(ListPack.Read(at).Bytes(digits)))
        {
            at = PackedSortedSet.Previous(Pack, at);
            count++;
        }
        return new RankRange(end - count, count);
    }

    /// <summary>What the set is made of; not for a listpack.</summary>
    public readonly SortedSetStatistics GetStatistics()
    {
        ref ScoreTree tree = ref Tree->Tree;
        ref HashTable<MemberRecord> table = ref Tree->Members;
        return new SortedSetStatistics(tree.Count, table.CountSlots(), table.Bytes, tree.Levels + 1, tree.Nodes, tree.Bytes);
    }

    // --- inside ---------------------------------------------------------------------------------------------------

    /// <summary>What to do with a member that is there.</summary>
    /// <param name="old">Its score.</param>
    /// <param name="conditions">The conditions.</param>
    /// <param name="score">The score that is meant for it, or what to add; on return the score that it has or gets.</param>
    private static SortedSetChange Decide(double old, SortedSetConditions conditions, ref double score)
    {
        if ((conditions & SortedSetConditions.OnlyNew) != 0)
            return SortedSetChange.Refused;
        if ((conditions & SortedSetConditions.Increment) != 0)
        {
            score += old;
            if (double.IsNaN(score))
                return SortedSetChange.NotANumber;
        }
        if (((conditions & SortedSetConditions.OnlyGreater) != 0 && score <= old) || ((conditions & SortedSetConditions.OnlyLess) != 0 && score >= old))
            return SortedSetChange.Refused;
        return score == old ? SortedSetChange.Same : SortedSetChange.Updated;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static ulong HashOf(byte* data, int length, ulong hash) => hash != 0 ? hash : KeyHash.Compute(data, length);

    private void ConvertToTree()
    {
        TreeSortedSet* tree = TreeSortedSet.Create();
        byte* digits = stackalloc byte[PackedValue.MostDigits];
        for (byte* at = Pack.First; at != null; at = PackedSortedSet.Next(at))
        {
            ReadOnlySpan<byte> member = ListPack.Read(at).Bytes(new Span<byte>(digits, PackedValue.MostDigits));
            fixed (byte* data = member)
            {
                byte* record = MemberRecord.Create(data, member.Length, PackedSortedSet.ScoreOf(at)).Address;
                tree->Members.Add(record, KeyHash.Compute(data, member.Length));
                tree->Tree.Append(record);
            }
        }
        Pack.Free();
        Encoding = ValueEncoding.SkipList;
        _address = (byte*)tree;
    }
}
