using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Carnelian.Memory;
using Carnelian.Storage.Defragmentation;
using Carnelian.Storage.Loading;
using Carnelian.Storage.Snapshots;

namespace Carnelian.Storage.Sets;

/// <summary>
/// A big set: a table of members. The root lies in native memory and an entry holds its address.
/// </summary>
/// <remarks>Invariants: each member is in the table once; <c>_memberBytes</c> is what all their records take in the heap.</remarks>
[StructLayout(LayoutKind.Sequential)]
public unsafe struct SetTable
{
    private const int PrefetchDistance = 8;

    private HashTable<SetMember> _table;
    private long _memberBytes;

    /// <summary>The number of members.</summary>
    public readonly long Count => _table.Count;

    /// <summary>The memory that the set occupies, in bytes.</summary>
    public readonly long AllocatedBytes => (long)NativeHeap.GoodSize((nuint)sizeof(SetTable)) + _table.Bytes + _memberBytes;

    /// <summary>The table, for walks, statistics and prefetching.</summary>
    public static ref readonly HashTable<SetMember> TableOf(SetTable* set) => ref set->_table;

    /// <summary>Makes an empty set.</summary>
    public static SetTable* Create()
    {
        var set = (SetTable*)NativeHeap.Allocate((nuint)sizeof(SetTable));
        *set = default;
        return set;
    }

    /// <summary>Makes room for so many members in an empty set.</summary>
    internal void Reserve(long members) => TableReservation.Make(ref _table, members);

    /// <summary>Frees a set with its members.</summary>
    public static void Free(SetTable* set)
    {
        if (ValueGuards.TryLeave((byte*)set))
            return;
        RecordList records = default;
        for (long position = 0; position >= 0;)
        {
            records.Clear();
            set->_table.CollectSegment(ref position, ref records);
            for (int i = 0; i < records.Count; i++)
                NativeHeap.Free(records[i]);
        }
        records.Dispose();
        set->_table.Clear();
        NativeHeap.Free((byte*)set);
    }

    /// <summary>Moves some members, and the segments of the table, out of spans that are nearly empty.</summary>
    /// <param name="set">The set.</param>
    /// <param name="position">Where in hash order to begin, and then to go on; -1 at the end.</param>
    /// <param name="relocator">Moves blocks.</param>
    internal static void Relocate(SetTable* set, ref long position, Relocator relocator)
    {
        var mover = new MemberMover(relocator);
        TableRelocation.Step(set->_table.Directory, ref position, relocator, ref mover);
    }

    private readonly struct MemberMover(Relocator relocator) : IRecordMover
    {
        public byte* Move(byte* record) => relocator.Move(record);
    }

    /// <summary>A copy that shares nothing.</summary>
    public readonly SetTable* Copy()
    {
        SetTable* copy = Create();
        RecordList records = default;
        for (long position = 0; position >= 0;)
        {
            records.Clear();
            _table.CollectSegment(ref position, ref records);
            for (int i = 0; i < records.Count; i++)
            {
                if (i + PrefetchDistance < records.Count)
                    CacheLine.Prefetch(records[i + PrefetchDistance]);
                byte* data = SetMember.Data(records[i], out int length);
                copy->AddNew(data, length, KeyHash.Compute(data, length));
            }
        }
        records.Dispose();
        return copy;
    }

    /// <summary>Whether a member is in the set.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public readonly bool Contains(byte* data, int length, ulong hash) => _table.Find(data, length, hash) != null;

    /// <summary>Adds a member unless it is there.</summary>
    /// <returns>Whether it was not.</returns>
    public bool Add(byte* data, int length, ulong hash)
    {
        if (_table.Find(data, length, hash) != null)
            return false;
        AddNew(data, length, hash);
        return true;
    }

    /// <summary>Adds a member that is not in the set.</summary>
    public void AddNew(byte* data, int length, ulong hash)
    {
        BeforeChange(hash);
        byte* record = SetMember.Create(data, length);
        _memberBytes += SetMember.AllocatedBytes(record);
        _table.Add(record, hash);
    }

    /// <summary>Removes a member.</summary>
    /// <returns>Whether it was there.</returns>
    public bool Remove(byte* data, int length, ulong hash)
    {
        byte** slot = _table.Find(data, length, hash);
        if (slot == null)
            return false;
        BeforeChange(hash);
        byte* record = *slot;
        _table.RemoveAt(slot, hash);
        _memberBytes -= SetMember.AllocatedBytes(record);
        NativeHeap.Free(record);
        return true;
    }

    /// <summary>Before a member comes or goes: a snapshot may want it.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void BeforeChange(ulong hash)
    {
        if (ValueGuards.Any)
            ValueGuards.BeforeChange((byte*)Unsafe.AsPointer(ref this), hash);
    }

    /// <summary>A member by chance, each as likely as the others; null in an empty set.</summary>
    public readonly byte* Sample(ref FastRandom random) => _table.Sample(ref random);

    /// <summary>Starts to load the bucket of a member.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public readonly void PrefetchBucket(ulong hash) => _table.PrefetchBucket(hash);

    /// <summary>With the bucket there, starts to load the records that a lookup will compare.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public readonly void PrefetchRecords(ulong hash) => _table.PrefetchRecords(hash);
}
