using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Carnelian.Memory;
using Carnelian.Storage.Snapshots;

namespace Carnelian.Storage.SortedSets;

/// <summary>
/// A big sorted set: a table finds records by member, a tree by score and rank. The struct lies in native memory; the entry of the key holds its address.
/// </summary>
/// <remarks>Invariant: table and tree hold the same records, each once, and nothing else points to them.</remarks>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct TreeSortedSet
{
    private const int PlacesAhead = 3;
    private const int SlotsAhead = 6;

    public ScoreTree Tree;
    public HashTable<MemberRecord> Members;

    public static TreeSortedSet* Create()
    {
        var set = (TreeSortedSet*)NativeHeap.Allocate((nuint)sizeof(TreeSortedSet));
        *set = new TreeSortedSet { Tree = ScoreTree.Create() };
        return set;
    }

    /// <summary>The record of a member, or null.</summary>
    public readonly byte* Find(byte* member, int length, ulong hash)
    {
        byte** slot = Members.Find(member, length, hash);
        return slot == null ? null : *slot;
    }

    /// <summary>Adds a member that is not in the set.</summary>
    public void Add(byte* member, int length, ulong hash, double score)
    {
        BeforeChange(hash);
        byte* record = MemberRecord.Create(member, length, score).Address;
        Members.Add(record, hash);
        Tree.Add(record);
    }

    /// <summary>Gives the member at a place of the table another score.</summary>
    public void Rescore(byte** slot, double score)
    {
        var old = new MemberRecord(*slot);
        if (ValueGuards.Any)
            BeforeChange(MemberRecord.Hash(old.Address));
        byte* record = Tree.Rescore(old.Address, score);
        if (record == old.Address)
            return;
        *slot = record;
        old.Free();
    }

    /// <summary>Removes a member.</summary>
    /// <returns>Whether it was there.</returns>
    public bool Remove(byte* member, int length, ulong hash)
    {
        byte** slot = Members.Find(member, length, hash);
        if (slot == null)
            return false;
        BeforeChange(hash);
        var record = new MemberRecord(*slot);
        TreePath path = default;
        Tree.Find(record, ref path);
        Tree.Remove(path, 1);
        Members.RemoveAt(slot, hash);
        record.Free();
        return true;
    }

    /// <summary>Removes members by rank.</summary>
    public void RemoveRange(long rank, long count)
    {
        TreePath path = default;
        byte** run = stackalloc byte*[LeafNode.MostEntries];
        while (count > 0)
        {
            Tree.At(rank, ref path);
            int length = (int)Math.Min(count, path.Leaf->Count - path.Position);
            for (int i = 0; i < length; i++)
            {
                run[i] = LeafNode.RecordAt(path.Leaf, path.Position + i);
                CacheLine.Prefetch(run[i]);
            }
            LoadAhead(path, atFront: rank == 0);
            Tree.Remove(path, length);
            for (int i = 0; i < length; i++)
            {
                var record = new MemberRecord(run[i]);
                ulong hash = KeyHash.Compute(record.Data, record.Length);
                BeforeChange(hash);
                Members.RemoveAt(Members.Find(record.Data, record.Length, hash), hash);
                record.Free();
            }
            count -= length;
        }
    }

    /// <summary>Before a member comes, goes or gets another score: a snapshot may want it as it is.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void BeforeChange(ulong hash)
    {
        if (ValueGuards.Any)
            ValueGuards.BeforeChange((byte*)Unsafe.AsPointer(ref this), hash);
    }

    /// <summary>
    /// Whoever takes a member from an end soon takes the next: starts to load where the table has the one a few places on, whose record
    /// is there since the walk that led here has asked for it.
    /// </summary>
    private readonly void LoadAhead(in TreePath path, bool atFront)
    {
        int slot = path.Position + (atFront ? SlotsAhead : -SlotsAhead);
        if ((uint)slot < (uint)path.Leaf->Count)
            Members.PrefetchSlot(MemberRecord.Hash(LeafNode.RecordAt(path.Leaf, slot)));
        int at = path.Position + (atFront ? PlacesAhead : -PlacesAhead);
        if ((uint)at < (uint)path.Leaf->Count)
            Members.PrefetchChange(MemberRecord.Hash(LeafNode.RecordAt(path.Leaf, at)));
    }

    public static long Bytes(TreeSortedSet* set, long samples)
    {
        long records = 0, seen = 0, count = set->Tree.Count;
        for (LeafNode* leaf = set->Tree.First; leaf != null && (samples == 0 || seen < samples); leaf = leaf->Next)
        {
            for (int i = 0; i < leaf->Count && (samples == 0 || seen < samples); i++, seen++)
                records += new MemberRecord(LeafNode.RecordAt(leaf, i)).AllocatedBytes;
        }
        if (seen < count)
            records = (long)((double)records / seen * count);
        return (long)NativeHeap.UsableSize((byte*)set) + set->Tree.Bytes + set->Members.Bytes + records;
    }

    public static TreeSortedSet* Copy(TreeSortedSet* source)
    {
        TreeSortedSet* copy = Create();
        for (LeafNode* leaf = source->Tree.First; leaf != null; leaf = leaf->Next)
        {
            for (int i = 0; i < leaf->Count; i++)
            {
                byte* record = new MemberRecord(LeafNode.RecordAt(leaf, i)).Copy().Address;
                copy->Members.Add(record, MemberRecord.Hash(record));
                copy->Tree.Append(record);
            }
        }
        return copy;
    }

    public static void Free(TreeSortedSet* set)
    {
        if (ValueGuards.TryLeave((byte*)set))
            return;
        for (LeafNode* leaf = set->Tree.First; leaf != null; leaf = leaf->Next)
        {
            for (int i = 0; i < leaf->Count; i++)
                new MemberRecord(LeafNode.RecordAt(leaf, i)).Free();
        }
        set->Tree.Clear();
        set->Members.Clear();
        NativeHeap.Free((byte*)set);
    }
}
