using System.Diagnostics;
using System.Runtime.InteropServices;
using Carnelian.Memory;
using Carnelian.Storage.Defragmentation;

namespace Carnelian.Storage.SortedSets;

/// <summary>
/// An order-statistics B+ tree of <see cref="MemberRecord"/>s, ordered by score and then by the bytes of the member.
/// </summary>
/// <remarks>
/// <para>Leaves hold addresses of records beside most of the bits of their scores and are linked in both directions; inner nodes hold, for each child, its
/// smallest member and the number of members below it, so that a place is found by member, by score or by rank in O(log n).</para>
/// <para>Invariants: no leaf is empty but the only one of an empty tree; all leaves are at the same depth; what an inner node says of a child (smallest member,
/// number of members) is exact at all times.</para>
/// <para>A leaf that is full gives to its neighbours under the same parent before anything is split, and when both are full, two become three; so leaves are
/// seven eighths full on average. A leaf at either end that is full and gets a member beyond its end is left full: sets filled in order are packed.</para>
/// <para>A change that finds a full node makes room in one place and starts anew from the root; so no step needs more than two levels at a time.</para>
/// </remarks>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct ScoreTree
{
    /// <summary>A neighbour takes entries when it has at least so many places free: otherwise moving would soon begin anew.</summary>
    private const int LeastFree = 6;

    /// <summary>A leaf with fewer entries is joined with a neighbour, or takes entries from it.</summary>
    private const int FewEntries = 20;

    private const int FewChildren = 16;

    /// <summary>Two leaves become one when they have so many entries together: it is not full at once.</summary>
    private const int MostJoinedEntries = LeafNode.MostEntries * 7 / 8;

    private const int MostJoinedChildren = InnerNode.MostChildren * 7 / 8;

    private byte* _root;
    private LeafNode* _first;
    private LeafNode* _last;
    private long _count;
    private long _leaves;
    private long _inner;
    private int _levels; // inner nodes on the way to a leaf

    /// <summary>The number of members.</summary>
    public readonly long Count => _count;

    /// <summary>The first leaf.</summary>
    public readonly LeafNode* First => _first;

    /// <summary>The last leaf.</summary>
    public readonly LeafNode* Last => _last;

    /// <summary>The number of nodes.</summary>
    public readonly long Nodes => _leaves + _inner;

    /// <summary>The inner nodes on the way to a leaf.</summary>
    public readonly int Levels => _levels;

    /// <summary>The memory that the nodes occupy, in bytes.</summary>
    public readonly long Bytes =>
        _levels == 0 ? (long)NativeHeap.UsableSize(_root) : _leaves * (long)NativeHeap.UsableSize((byte*)_first) + _inner * (long)NativeHeap.UsableSize(_root);

    /// <summary>A tree without members.</summary>
    public static ScoreTree Create()
    {
        LeafNode* leaf = LeafNode.Create(LeafNode.FewestEntries);
        return new ScoreTree { _root = (byte*)leaf, _first = leaf, _last = leaf, _leaves = 1 };
    }

    /// <summary>Frees the nodes, not the records.</summary>
    public void Clear()
    {
        FreeBelow(_root, _levels);
        this = default;
    }

    private static void FreeBelow(byte* node, int levels)
    {
        if (levels > 0)
        {
            var inner = (InnerNode*)node;
            for (int i = 0; i < inner->Count; i++)
                FreeBelow(InnerNode.Children(inner)[i], levels - 1);
        }
        NativeHeap.Free(node);
    }

    // --- places ---------------------------------------------------------------------------------------------------

    /// <summary>Finds the leaf and the place in it that a target has.</summary>
    public readonly void Find(in TreeTarget target, ref TreePath path)
    {
        FindLeaf(target, ref path);
        path.Position = LeafNode.Find(path.Leaf, target);
    }

    /// <summary>Finds the place of a record that is in the tree.</summary>
    public readonly void Find(MemberRecord record, ref TreePath path)
    {
        TreeTarget target = TreeTarget.Of(record);
        FindLeaf(target, ref path);
        path.Position = LeafNode.IndexOf(path.Leaf, target.Key, record.Address);
    }

    private readonly void FindLeaf(in TreeTarget target, ref TreePath path)
    {
        byte* node = _root;
        for (int level = 0; level < _levels; level++)
        {
            var inner = (InnerNode*)node;
            int index = InnerNode.Find(inner, target);
            path.Set(level, inner, index);
            node = InnerNode.Children(inner)[index];
        }
        if (_levels != 0)
            LeafNode.PrefetchTails(node);
        path.Leaf = (LeafNode*)node;
    }

    /// <summary>How many members lie before a target.</summary>
    public readonly long Rank(in TreeTarget target)
    {
        byte* node = _root;
        long rank = 0;
        for (int level = 0; level < _levels; level++)
        {
            var inner = (InnerNode*)node;
            int index = InnerNode.Find(inner, target);
            node = InnerNode.Children(inner)[index];
            CacheLine.Prefetch(node);
            rank += InnerNode.Sum(inner, index);
        }
        return rank + LeafNode.Find((LeafNode*)node, target);
    }

    /// <summary>How many members lie before a string in lexicographic order, if all have the same score.</summary>
    /// <param name="member">The string.</param>
    /// <param name="isBehind">Whether the string itself counts, if it is a member.</param>
    public readonly long LexRank(ReadOnlySpan<byte> member, bool isBehind)
    {
        byte* node = _root;
        long rank = 0;
        for (int level = 0; level < _levels; level++)
        {
            var inner = (InnerNode*)node;
            int low = 0, high = inner->Count;
            while (low < high)
            {
                int half = (low + high) >> 1;
                if (IsBefore(InnerNode.Records(inner)[half], member, isBehind))
                    low = half + 1;
                else
                    high = half;
            }
            low = Math.Max(low - 1, 0);
            rank += InnerNode.Sum(inner, low);
            node = InnerNode.Children(inner)[low];
        }
        var leaf = (LeafNode*)node;
        int from = 0, to = leaf->Count;
        while (from < to)
        {
            int half = (from + to) >> 1;
            if (IsBefore(LeafNode.RecordAt(leaf, half), member, isBehind))
                from = half + 1;
            else
                to = half;
        }
        return rank + from;
    }

    private static bool IsBefore(byte* record, ReadOnlySpan<byte> member, bool orEqual)
    {
        int order = new MemberRecord(record).Member.SequenceCompareTo(member);
        return order < 0 || (orEqual && order == 0);
    }

    /// <summary>Finds the member of a rank.</summary>
    /// <param name="rank">From 0 to below <see cref="Count"/>.</param>
    /// <param name="path">Takes the way to it.</param>
    public readonly void At(long rank, ref TreePath path)
    {
        Debug.Assert(rank >= 0 && rank < _count);
        byte* node = _root;
        for (int level = 0; level < _levels; level++)
        {
            var inner = (InnerNode*)node;
            long* counts = InnerNode.Counts(inner);
            int index = 0;
            while (rank >= counts[index])
                rank -= counts[index++];
            path.Set(level, inner, index);
            node = InnerNode.Children(inner)[index];
        }
        path.Leaf = (LeafNode*)node;
        path.Position = (int)rank;
    }

    // --- adding ---------------------------------------------------------------------------------------------------

    /// <summary>Adds a record whose member is not in the tree.</summary>
    public void Add(byte* record)
    {
        var member = new MemberRecord(record);
        TreeTarget target = TreeTarget.Of(member);
        TreePath path = default;
        Find(target, ref path);
        while (path.Leaf->Count == path.Leaf->Capacity)
        {
            MakeRoom(ref path, record);
            if (path.Leaf == null)
                return;
            Find(target, ref path);
        }
        LeafNode* leaf = path.Leaf;
        int position = path.Position;
        LeafNode.Move(leaf, position, leaf, position + 1, leaf->Count - position);
        LeafNode.Set(leaf, position, target.Key, record);
        leaf->Count++;
        _count++;
        for (int level = 0; level < _levels; level++)
            InnerNode.Counts(path.NodeAt(level))[path.IndexAt(level)]++;
        if (position == 0)
            UpdateSmallest(path);
    }

    /// <summary>Adds a record behind all others.</summary>
    public void Append(byte* record)
    {
        if (_last->Count == _last->Capacity)
        {
            Add(record);
            return;
        }
        LeafNode.Set(_last, _last->Count++, ScoreKey.Of(new MemberRecord(record).Score), record);
        byte* node = _root;
        for (int level = 0; level < _levels; level++)
        {
            var inner = (InnerNode*)node;
            int index = inner->Count - 1;
            InnerNode.Counts(inner)[index]++;
            node = InnerNode.Children(inner)[index];
        }
        _count++;
    }

    /// <summary>
    /// Makes room for a record in or about a full leaf. If it has put the record into a leaf of its own already, the path's leaf is null afterwards.
    /// </summary>
    private void MakeRoom(ref TreePath path, byte* record)
    {
        LeafNode* leaf = path.Leaf;
        if (_levels == 0)
        {
            if (leaf->Capacity < LeafNode.MostEntries)
                ResizeOnlyLeaf(leaf->Capacity * 2 + 2);
            else
                RaiseRoot();
            return;
        }
        InnerNode* parent = path.NodeAt(_levels - 1);
        int index = path.IndexAt(_levels - 1);
        bool isBeyondEnd = (leaf == _last && path.Position == leaf->Count) || (leaf == _first && path.Position == 0);
        if (!isBeyondEnd && GiveToNeighbour(parent, index))
            return;
        if (parent->Count == InnerNode.MostChildren)
        {
            SplitInner(path, _levels - 1);
            return;
        }
        if (isBeyondEnd)
        {
            AddLeafBeyond(path, leaf == _last && path.Position == leaf->Count ? index + 1 : index, record);
            path.Leaf = null;
            return;
        }
        SplitLeaf(parent, index);
    }

    private void ResizeOnlyLeaf(int capacity)
    {
        LeafNode* leaf = LeafNode.Create(capacity);
        LeafNode.Move(_first, 0, leaf, 0, _first->Count);
        leaf->Count = _first->Count;
        NativeHeap.Free((byte*)_first);
        _first = _last = leaf;
        _root = (byte*)leaf;
    }

    /// <summary>Puts a root with one child above the present one.</summary>
    private void RaiseRoot()
    {
        InnerNode* root = InnerNode.Create();
        root->Count = 1;
        InnerNode.Children(root)[0] = _root;
        InnerNode.Counts(root)[0] = _count;
        SetSmallest(root, 0, _levels == 0);
        _root = (byte*)root;
        _levels++;
        _inner++;
    }

    private void AddLeafBeyond(in TreePath path, int index, byte* record)
    {
        LeafNode* leaf = LeafNode.Create(LeafNode.MostEntries);
        LeafNode.Set(leaf, 0, ScoreKey.Of(new MemberRecord(record).Score), record);
        leaf->Count = 1;
        Link(leaf, index == 0 ? null : path.Leaf);
        for (int level = 0; level < _levels - 1; level++)
            InnerNode.Counts(path.NodeAt(level))[path.IndexAt(level)]++;
        InsertChild(path.NodeAt(_levels - 1), index, (byte*)leaf, isLeaf: true, count: 1);
        _count++;
        if (index == 0)
            UpdateSmallest(path);
    }

    /// <summary>Puts a new leaf behind another, or before the first.</summary>
    private void Link(LeafNode* leaf, LeafNode* before)
    {
        leaf->Previous = before;
        leaf->Next = before == null ? _first : before->Next;
        if (before == null)
            _first = leaf;
        else
            before->Next = leaf;
        if (leaf->Next == null)
            _last = leaf;
        else
            leaf->Next->Previous = leaf;
        _leaves++;
    }

    private static void InsertChild(InnerNode* parent, int index, byte* child, bool isLeaf, long count)
    {
        InnerNode.Move(parent, index, parent, index + 1, parent->Count - index);
        parent->Count++;
        InnerNode.Children(parent)[index] = child;
        InnerNode.Counts(parent)[index] = count;
        SetSmallest(parent, index, isLeaf);
    }

    /// <summary>Moves entries of a full leaf to the neighbour that has more places free, if either has enough.</summary>
    private static bool GiveToNeighbour(InnerNode* parent, int index)
    {
        byte** children = InnerNode.Children(parent);
        int left = index > 0 ? LeafNode.MostEntries - ((LeafNode*)children[index - 1])->Count : 0;
        int right = index + 1 < parent->Count ? LeafNode.MostEntries - ((LeafNode*)children[index + 1])->Count : 0;
        if (Math.Max(left, right) < LeastFree)
            return false;
        Spread(parent, left > right ? index - 1 : index, 2);
        return true;
    }

    /// <summary>Makes three leaves of a full one and a neighbour, or two of one that has none.</summary>
    private void SplitLeaf(InnerNode* parent, int index)
    {
        int first = Math.Max(Math.Min(index, parent->Count - 2), 0);
        int last = Math.Min(first + 1, parent->Count - 1);
        LeafNode* leaf = LeafNode.Create(LeafNode.MostEntries);
        var before = (LeafNode*)InnerNode.Children(parent)[last];
        Link(leaf, before);
        // The new leaf has an entry for a moment, so that there is a smallest one to note.
        before->Count--;
        InnerNode.Counts(parent)[last]--;
        LeafNode.Move(before, before->Count, leaf, 0, 1);
        leaf->Count = 1;
        InsertChild(parent, last + 1, (byte*)leaf, isLeaf: true, count: 1);
        Spread(parent, first, last - first + 2);
    }

    /// <summary>Spreads the entries of neighbouring leaves evenly.</summary>
    private static void Spread(InnerNode* parent, int first, int leaves)
    {
        const int most = 3 * LeafNode.MostEntries;
        int* heads = stackalloc int[most];
        ulong* tails = stackalloc ulong[most];
        int count = 0;
        byte** children = InnerNode.Children(parent);
        for (int i = first; i < first + leaves; i++)
        {
            var leaf = (LeafNode*)children[i];
            Buffer.MemoryCopy(LeafNode.Heads(leaf), heads + count, leaf->Count * sizeof(int), leaf->Count * sizeof(int));
            Buffer.MemoryCopy(LeafNode.Tails(leaf), tails + count, leaf->Count * sizeof(ulong), leaf->Count * sizeof(ulong));
            count += leaf->Count;
        }
        int from = 0;
        for (int i = 0; i < leaves; i++)
        {
            var leaf = (LeafNode*)children[first + i];
            int share = (count - from) / (leaves - i);
            Buffer.MemoryCopy(heads + from, LeafNode.Heads(leaf), share * sizeof(int), share * sizeof(int));
            Buffer.MemoryCopy(tails + from, LeafNode.Tails(leaf), share * sizeof(ulong), share * sizeof(ulong));
            leaf->Count = share;
            from += share;
            InnerNode.Counts(parent)[first + i] = share;
            // The smallest member of the first leaf stays what it was.
            if (i != 0)
                SetSmallest(parent, first + i, isLeaf: true);
        }
    }

    /// <summary>Splits a full inner node, or the next one above that is not below another full one.</summary>
    private void SplitInner(in TreePath path, int level)
    {
        while (level > 0 && path.NodeAt(level - 1)->Count == InnerNode.MostChildren)
            level--;
        if (level == 0)
        {
            RaiseRoot();
            var root = (InnerNode*)_root;
            SplitChild(root, 0, isAtEnd: false);
            return;
        }
        bool isAtEnd = true;
        for (int above = 0; above < level; above++)
            isAtEnd &= path.IndexAt(above) == path.NodeAt(above)->Count - 1;
        SplitChild(path.NodeAt(level - 1), path.IndexAt(level - 1), isAtEnd);
    }

    private void SplitChild(InnerNode* parent, int index, bool isAtEnd)
    {
        var node = (InnerNode*)InnerNode.Children(parent)[index];
        // A set that grows at its end leaves the nodes behind nearly full.
        int kept = isAtEnd ? node->Count * 7 / 8 : node->Count / 2;
        InnerNode* added = InnerNode.Create();
        added->Count = node->Count - kept;
        InnerNode.Move(node, kept, added, 0, added->Count);
        node->Count = kept;
        _inner++;
        long moved = InnerNode.Total(added);
        InnerNode.Counts(parent)[index] -= moved;
        InsertChild(parent, index + 1, (byte*)added, isLeaf: false, moved);
    }

    // --- removing -------------------------------------------------------------------------------------------------

    /// <summary>Removes entries from a place on; the records are the caller's.</summary>
    /// <param name="path">The place of the first, which is stale after that.</param>
    /// <param name="count">How many; they lie in the same leaf.</param>
    public void Remove(in TreePath path, int count)
    {
        LeafNode* leaf = path.Leaf;
        int position = path.Position;
        LeafNode.Move(leaf, position + count, leaf, position, leaf->Count - position - count);
        leaf->Count -= count;
        _count -= count;
        for (int level = 0; level < _levels; level++)
            InnerNode.Counts(path.NodeAt(level))[path.IndexAt(level)] -= count;
        if (_levels == 0)
        {
            if (leaf->Capacity > LeafNode.FewestEntries && leaf->Count <= leaf->Capacity / 4)
                ResizeOnlyLeaf((leaf->Capacity - 2) / 2);
            return;
        }
        if (_count == 0)
        {
            Clear();
            this = Create();
            return;
        }
        int changed = _levels - 1;
        if (leaf->Count == 0)
        {
            changed = RemoveLeaf(path);
        }
        else
        {
            if (position == 0)
                UpdateSmallest(path);
            if (leaf->Count < FewEntries)
                FillLeaf(path.NodeAt(changed), path.IndexAt(changed));
        }
        for (; changed > 0 && path.NodeAt(changed)->Count < FewChildren; changed--)
            FillInner(path.NodeAt(changed - 1), path.IndexAt(changed - 1));
        while (_levels > 0 && ((InnerNode*)_root)->Count == 1)
            LowerRoot();
    }

    /// <summary>Removes an empty leaf and the nodes above that had no other child.</summary>
    /// <returns>The level of the node that has lost a child.</returns>
    private int RemoveLeaf(in TreePath path)
    {
        Unlink(path.Leaf);
        int level = _levels - 1;
        RemoveChild(path.NodeAt(level), path.IndexAt(level));
        while (path.NodeAt(level)->Count == 0)
        {
            NativeHeap.Free((byte*)path.NodeAt(level));
            _inner--;
            level--;
            RemoveChild(path.NodeAt(level), path.IndexAt(level));
        }
        if (path.IndexAt(level) == 0)
            UpdateSmallestAbove(path, level);
        return level;
    }

    private void Unlink(LeafNode* leaf)
    {
        if (leaf->Previous == null)
            _first = leaf->Next;
        else
            leaf->Previous->Next = leaf->Next;
        if (leaf->Next == null)
            _last = leaf->Previous;
        else
            leaf->Next->Previous = leaf->Previous;
        NativeHeap.Free((byte*)leaf);
        _leaves--;
    }

    private static void RemoveChild(InnerNode* parent, int index)
    {
        parent->Count--;
        InnerNode.Move(parent, index + 1, parent, index, parent->Count - index);
    }

    /// <summary>Joins a leaf of few entries with a neighbour, or shares their entries evenly.</summary>
    private void FillLeaf(InnerNode* parent, int index)
    {
        if (parent->Count == 1)
            return;
        int first = Math.Max(index - 1, 0);
        var left = (LeafNode*)InnerNode.Children(parent)[first];
        var right = (LeafNode*)InnerNode.Children(parent)[first + 1];
        if (left->Count + right->Count > MostJoinedEntries)
        {
            Spread(parent, first, 2);
            return;
        }
        LeafNode.Move(right, 0, left, left->Count, right->Count);
        left->Count += right->Count;
        InnerNode.Counts(parent)[first] = left->Count;
        Unlink(right);
        RemoveChild(parent, first + 1);
    }

    /// <summary>Joins an inner node of few children with a neighbour, or shares their children evenly.</summary>
    private void FillInner(InnerNode* parent, int index)
    {
        if (parent->Count == 1)
            return;
        int first = Math.Max(index - 1, 0);
        var left = (InnerNode*)InnerNode.Children(parent)[first];
        var right = (InnerNode*)InnerNode.Children(parent)[first + 1];
        int all = left->Count + right->Count;
        if (all <= MostJoinedChildren)
        {
            InnerNode.Move(right, 0, left, left->Count, right->Count);
            left->Count = all;
            InnerNode.Counts(parent)[first] += InnerNode.Counts(parent)[first + 1];
            NativeHeap.Free((byte*)right);
            _inner--;
            RemoveChild(parent, first + 1);
            return;
        }
        int moved = left->Count - all / 2;
        if (moved > 0)
        {
            InnerNode.Move(right, 0, right, moved, right->Count);
            InnerNode.Move(left, left->Count - moved, right, 0, moved);
        }
        else
        {
            InnerNode.Move(right, 0, left, left->Count, -moved);
            InnerNode.Move(right, -moved, right, 0, right->Count + moved);
        }
        left->Count -= moved;
        right->Count += moved;
        InnerNode.Counts(parent)[first] = InnerNode.Total(left);
        InnerNode.Counts(parent)[first + 1] = InnerNode.Total(right);
        SetSmallest(parent, first + 1, isLeaf: false);
    }

    private void LowerRoot()
    {
        byte* child = InnerNode.Children((InnerNode*)_root)[0];
        NativeHeap.Free(_root);
        _root = child;
        _levels--;
        _inner--;
    }

    // --- changing -------------------------------------------------------------------------------------------------

    /// <summary>Gives a member another score, and moves it to the place that it has then.</summary>
    /// <param name="record">The member's record.</param>
    /// <param name="score">The score.</param>
    /// <returns>The member's record from then on; if it is another, the old one is the caller's.</returns>
    public byte* Rescore(byte* record, double score)
    {
        var member = new MemberRecord(record);
        TreePath path = default;
        Find(member, ref path);
        LeafNode* leaf = path.Leaf;
        int position = path.Position;
        Debug.Assert(LeafNode.RecordAt(leaf, position) == record);
        var target = new TreeTarget(ScoreKey.Of(score), member.Data, member.Length);
        int place = LeafNode.Find(leaf, target);
        if (!member.TrySetScore(score))
            record = MemberRecord.Create(member.Data, member.Length, score).Address;
        // Between two entries of the same leaf, or no other leaf is there: the record stays in the leaf.
        if ((place > 0 || leaf == _first) && (place < leaf->Count || leaf == _last))
        {
            if (place > position)
                LeafNode.Move(leaf, position + 1, leaf, position, --place - position);
            else
                LeafNode.Move(leaf, place, leaf, place + 1, position - place);
            LeafNode.Set(leaf, place, target.Key, record);
            if (position == 0 || place == 0)
                UpdateSmallest(path);
            return record;
        }
        Remove(path, 1);
        Add(record);
        return record;
    }

    // --- what inner nodes say of their children -------------------------------------------------------------------

    private static void SetSmallest(InnerNode* parent, int index, bool isLeaf)
    {
        byte* child = InnerNode.Children(parent)[index];
        if (isLeaf)
        {
            byte* record = LeafNode.RecordAt((LeafNode*)child, 0);
            InnerNode.Keys(parent)[index] = ScoreKey.Of(new MemberRecord(record).Score);
            InnerNode.Records(parent)[index] = record;
        }
        else
        {
            InnerNode.Keys(parent)[index] = InnerNode.Keys((InnerNode*)child)[0];
            InnerNode.Records(parent)[index] = InnerNode.Records((InnerNode*)child)[0];
        }
    }

    /// <summary>Notes the smallest member of a leaf in the nodes above that have it as theirs.</summary>
    private readonly void UpdateSmallest(in TreePath path)
    {
        int level = _levels - 1;
        if (level < 0)
            return;
        SetSmallest(path.NodeAt(level), path.IndexAt(level), isLeaf: true);
        if (path.IndexAt(level) == 0)
            UpdateSmallestAbove(path, level);
    }

    /// <summary>Notes the smallest member of an inner node in the nodes above that have it as theirs.</summary>
    private static void UpdateSmallestAbove(in TreePath path, int level)
    {
        while (--level >= 0)
        {
            SetSmallest(path.NodeAt(level), path.IndexAt(level), isLeaf: false);
            if (path.IndexAt(level) != 0)
                return;
        }
    }

    // --- moving memory --------------------------------------------------------------------------------------------

    /// <summary>
    /// Moves the leaf with a rank, its records, and the inner nodes above whose first leaf it is, out of spans that are nearly empty. What points to them follows.
    /// </summary>
    /// <param name="rank">From 0 to below <see cref="Count"/>.</param>
    /// <param name="members">The table that points to the same records.</param>
    /// <param name="relocator">Moves blocks.</param>
    /// <returns>The rank behind the leaf.</returns>
    public long RelocateLeaf(long rank, ref HashTable<MemberRecord> members, Relocator relocator)
    {
        TreePath path = default;
        At(rank, ref path);
        long first = rank - path.Position;
        int level = _levels - 1;
        MoveLeaf(ref path, relocator);
        for (; level >= 0 && path.IndexAt(level) == 0; level--)
            MoveInner(ref path, level, relocator);
        LeafNode* leaf = path.Leaf;
        for (int i = 0; i < leaf->Count; i++)
        {
            byte* record = LeafNode.RecordAt(leaf, i);
            byte* copy = relocator.TryCopy(record);
            if (copy == null)
                continue;
            var member = new MemberRecord(copy);
            byte** slot = members.Find(member.Data, member.Length, KeyHash.Compute(member.Data, member.Length));
            Debug.Assert(*slot == record, "table and tree hold the same records");
            *slot = copy;
            LeafNode.Set(leaf, i, ScoreKey.Of(member.Score), copy);
            if (i == 0)
                UpdateSmallest(path);
            relocator.Free(record);
        }
        return first + leaf->Count;
    }

    private void MoveLeaf(ref TreePath path, Relocator relocator)
    {
        LeafNode* leaf = path.Leaf;
        var copy = (LeafNode*)relocator.TryCopy((byte*)leaf);
        if (copy == null)
            return;
        if (leaf->Previous == null)
            _first = copy;
        else
            leaf->Previous->Next = copy;
        if (leaf->Next == null)
            _last = copy;
        else
            leaf->Next->Previous = copy;
        SetChild(path, _levels - 1, (byte*)copy);
        path.Leaf = copy;
        relocator.Free((byte*)leaf);
    }

    private void MoveInner(ref TreePath path, int level, Relocator relocator)
    {
        InnerNode* node = path.NodeAt(level);
        var copy = (InnerNode*)relocator.TryCopy((byte*)node);
        if (copy == null)
            return;
        SetChild(path, level - 1, (byte*)copy);
        path.Set(level, copy, path.IndexAt(level));
        relocator.Free((byte*)node);
    }

    /// <summary>Makes the inner node of a level point to another child; above all levels is the root.</summary>
    private void SetChild(in TreePath path, int level, byte* child)
    {
        if (level < 0)
            _root = child;
        else
            InnerNode.Children(path.NodeAt(level))[path.IndexAt(level)] = child;
    }

    // --- check ----------------------------------------------------------------------------------------------------

    /// <summary>Throws unless all invariants hold. For tests.</summary>
    internal readonly void Verify()
    {
        long leaves = 0, inner = 0;
        LeafNode* expected = _first;
        long count = VerifyBelow(_root, _levels, ref expected, ref leaves, ref inner);
        Require(expected == null, "the list of leaves goes on");
        Require(count == _count && leaves == _leaves && inner == _inner, "the tree counts wrong");
        byte* before = null;
        for (LeafNode* leaf = _first; leaf != null; leaf = leaf->Next)
        {
            Require(leaf->Next == null ? leaf == _last : leaf->Next->Previous == leaf, "the leaves are linked wrong");
            for (int i = 0; i < leaf->Count; i++)
            {
                byte* record = LeafNode.RecordAt(leaf, i);
                long key = ScoreKey.Of(new MemberRecord(record).Score);
                Require(LeafNode.Heads(leaf)[i] == ScoreKey.Head(key) && ScoreKey.Middle(LeafNode.Tails(leaf)[i]) == ScoreKey.Middle(key), "a leaf has a wrong score");
                Require(before == null || TreeTarget.Of(new MemberRecord(record)).IsBehind(before), "the order is wrong");
                before = record;
            }
        }
    }

    private readonly long VerifyBelow(byte* node, int levels, ref LeafNode* expected, ref long leaves, ref long inner)
    {
        if (levels == 0)
        {
            var leaf = (LeafNode*)node;
            Require(leaf == expected, "a leaf is not in the list");
            Require(leaf->Count > 0 || _count == 0, "a leaf is empty");
            Require(leaf->Count <= leaf->Capacity && (_levels == 0 || leaf->Capacity == LeafNode.MostEntries), "a leaf has a wrong size");
            expected = leaf->Next;
            leaves++;
            return leaf->Count;
        }
        var parent = (InnerNode*)node;
        Require(parent->Count is > 0 and <= InnerNode.MostChildren, "an inner node has a wrong number of children");
        inner++;
        long sum = 0;
        for (int i = 0; i < parent->Count; i++)
        {
            LeafNode* first = expected;
            long count = VerifyBelow(InnerNode.Children(parent)[i], levels - 1, ref expected, ref leaves, ref inner);
            Require(InnerNode.Counts(parent)[i] == count, "an inner node counts wrong");
            byte* record = LeafNode.RecordAt(first, 0);
            Require(InnerNode.Records(parent)[i] == record, "an inner node has a wrong member");
            Require(InnerNode.Keys(parent)[i] == ScoreKey.Of(new MemberRecord(record).Score), "an inner node has a wrong score");
            sum += count;
        }
        return sum;
    }

    private static void Require(bool holds, string what)
    {
        if (!holds)
            throw new InvalidOperationException(what);
    }
}
