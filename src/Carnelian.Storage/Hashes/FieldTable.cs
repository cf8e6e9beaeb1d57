using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Carnelian.Memory;
using Carnelian.Storage.Defragmentation;
using Carnelian.Storage.Snapshots;

namespace Carnelian.Storage.Hashes;

/// <summary>
/// A big hash: its fields in a table, and what is known of their deadlines. The root of the value, in native memory of its own.
/// </summary>
/// <remarks>
/// <para>Invariants: <see cref="VolatileCount"/> is the number of fields with a deadline, those that have passed included;
/// <see cref="Earliest"/> is at most the earliest of them, and -1 exactly if there is none; <see cref="Registered"/> is the
/// deadline under which the shard's index of field deadlines knows the hash, -1 if it does not.</para>
/// <para>A hash of more than <see cref="MostScanned"/> fields of which some expire has an index of its own; the fields of a smaller one are
/// all looked at when one is due. So nothing but 8 bytes in the record is paid for the deadline of a field in a small hash.</para>
/// <para>Under the lock of the key's shard.</para>
/// </remarks>
[StructLayout(LayoutKind.Sequential)]
public unsafe struct FieldTable
{
    /// <summary>A deadline to pass where the field keeps the one it has.</summary>
    public const long KeepDeadline = -2;

    /// <summary>Up to this many fields, those that are due are found by looking at all.</summary>
    public const int MostScanned = 64;

    /// <summary>The fields by name, for lookups and walks.</summary>
    internal HashTable<HashField> Fields;


    private ExpiryIndex* _index;
    private long _volatileCount;
    private long _earliest;
    private long _registered;

    /// <summary>The number of fields, expired ones that are still there included.</summary>
    public readonly long Count => Fields.Count;

    /// <summary>The number of fields with a deadline.</summary>
    public readonly long VolatileCount => _volatileCount;

    /// <summary>No field expires before this time, in milliseconds of Unix time; -1 if none expires.</summary>
    public readonly long Earliest => _earliest;

    /// <summary>The deadline under which the shard's index knows the hash, or -1.</summary>
    public long Registered
    {
        readonly get => _registered;
        internal set => _registered = value;
    }

    /// <summary>The bytes of root, table and index, without the records.</summary>
    public readonly long Bytes => sizeof(FieldTable) + Fields.Bytes + (_index == null ? 0 : sizeof(ExpiryIndex) + _index->Bytes);

    /// <summary>The table of fields, for statistics.</summary>
    public static ref readonly HashTable<HashField> FieldsOf(FieldTable* table) => ref table->Fields;

    /// <summary>Makes an empty table.</summary>
    public static FieldTable* Create()
    {
        var table = (FieldTable*)NativeHeap.Allocate((nuint)sizeof(FieldTable));
        *table = default;
        table->_earliest = table->_registered = -1;
        return table;
    }

    /// <summary>Frees everything.</summary>
    public static void Free(FieldTable* table)
    {
        if (ValueGuards.TryLeave((byte*)table))
            return;
        RecordList records = default;
        for (long position = 0; position >= 0;)
        {
            records.Clear();
            table->Fields.CollectSegment(ref position, ref records);
            for (int i = 0; i < records.Count; i++)
                new HashField(records[i]).Free();
        }
        records.Dispose();
        table->Fields.Clear();
        table->DropIndex();
        NativeHeap.Free((byte*)table);
    }

    /// <summary>Moves some fields, and the segments of the table, out of spans that are nearly empty.</summary>
    /// <param name="table">The table.</param>
    /// <param name="position">Where in hash order to begin, and then to go on; -1 at the end.</param>
    /// <param name="relocator">Moves blocks.</param>
    internal static void Relocate(FieldTable* table, ref long position, Relocator relocator)
    {
        var mover = new FieldMover(relocator);
        TableRelocation.Step(table->Fields.Directory, ref position, relocator, ref mover);
    }

    private readonly struct FieldMover(Relocator relocator) : IRecordMover
    {
        public byte* Move(byte* record) => new HashField(record).Relocate(relocator).Address;
    }

    /// <summary>Finds a field.</summary>
    /// <returns>The place of its record, until the next change; null if it is not there. It may have expired.</returns>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public readonly byte** Find(ReadOnlySpan<byte> name, out ulong hash)
    {
        fixed (byte* data = name)
        {
            hash = KeyHash.Compute(data, name.Length);
            return Fields.Find(data, name.Length, hash);
        }
    }

    /// <summary>Adds a field that is not there.</summary>
    public void Add(ReadOnlySpan<byte> name, ReadOnlySpan<byte> value, long deadline, ulong hash)
    {
        BeforeChange(hash);
        Link(HashField.Create(name, value, deadline), hash);
    }

    /// <summary>Changes value and deadline of a field that is there.</summary>
    /// <param name="slot">The place of its record.</param>
    /// <param name="hash">Its hash.</param>
    /// <param name="value">The new value.</param>
    /// <param name="deadline">The new deadline, -1 for none, or <see cref="KeepDeadline"/>.</param>
    public void Update(byte** slot, ulong hash, ReadOnlySpan<byte> value, long deadline)
    {
        BeforeChange(hash);
        var field = new HashField(*slot);
        long old = field.Deadline;
        if (deadline == KeepDeadline)
            deadline = old;
        *slot = field.With(value, deadline).Address;
        if (old != deadline)
            ChangeDeadline(old, deadline, hash);
    }

    /// <summary>Changes or removes the deadline of a field that is there.</summary>
    public void SetDeadline(byte** slot, ulong hash, long deadline)
    {
        BeforeChange(hash);
        var field = new HashField(*slot);
        long old = field.Deadline;
        *slot = field.WithDeadline(deadline).Address;
        if (old != deadline)
            ChangeDeadline(old, deadline, hash);
    }

    /// <summary>Removes a field.</summary>
    public void Remove(byte** slot, ulong hash)
    {
        BeforeChange(hash);
        var field = new HashField(*slot);
        long deadline = field.Deadline;
        Fields.RemoveAt(slot, hash);
        field.Free();
        if (deadline >= 0)
            ForgetDeadline(deadline, hash);
    }

    /// <summary>Collects the records of the bucket at a position of hash order, see <see cref="HashTable{TRecord}.Collect"/>.</summary>
    public readonly void Collect(ref long position, ref RecordList into) => Fields.Collect(ref position, ref into);

    /// <summary>Collects the records of a segment, see <see cref="HashTable{TRecord}.CollectSegment"/>.</summary>
    public readonly void CollectSegment(ref long position, ref RecordList into) => Fields.CollectSegment(ref position, ref into);

    /// <summary>A field by chance, see <see cref="HashTable{TRecord}.Sample"/>.</summary>
    public readonly byte* Sample(ref FastRandom random) => Fields.Sample(ref random);

    /// <summary>A copy that no index of a shard knows yet.</summary>
    public readonly FieldTable* Copy()
    {
        FieldTable* copy = Create();
        RecordList records = default;
        for (long position = 0; position >= 0;)
        {
            records.Clear();
            Fields.CollectSegment(ref position, ref records);
            for (int i = 0; i < records.Count; i++)
                copy->Link(new HashField(records[i]).Copy(), HashField.Hash(records[i]));
        }
        records.Dispose();
        return copy;
    }

    /// <summary>Removes some of the fields that have expired.</summary>
    /// <param name="now">The time.</param>
    /// <param name="most">How many to remove at most, about.</param>
    /// <param name="into">Takes the fields that went, which the caller frees. If more are due, <see cref="Earliest"/> still lies before <paramref name="now"/>.</param>
    public void RemoveDue(long now, int most, ref RecordList into)
    {
        if (_volatileCount == 0)
            return;
        if (_index == null)
            RemoveDueOfAll(now, ref into);
        else
            RemoveDueByIndex(now, most, ref into);
    }

    // --- inside ---------------------------------------------------------------------------------------------------

    /// <summary>Before a field comes, changes or goes: a snapshot may want it as it is.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void BeforeChange(ulong hash)
    {
        if (ValueGuards.Any)
            ValueGuards.BeforeChange((byte*)Unsafe.AsPointer(ref this), hash);
    }

    private void RemoveDueOfAll(long now, ref RecordList into)
    {
        RecordList records = default;
        for (long position = 0; position >= 0;)
            Fields.CollectSegment(ref position, ref records);
        int before = into.Count;
        long earliest = -1;
        for (int i = 0; i < records.Count; i++)
        {
            var field = new HashField(records[i]);
            long deadline = field.Deadline;
            if (deadline < 0)
                continue;
            if (deadline >= now)
            {
                earliest = earliest < 0 ? deadline : Math.Min(earliest, deadline);
                continue;
            }
            ulong hash = HashField.Hash(records[i]);
            BeforeChange(hash);
            Fields.RemoveAt(Fields.Find(field.NameData, field.NameLength, hash), hash);
            into.Add(field.Address);
        }
        records.Dispose();
        _volatileCount -= into.Count - before;
        _earliest = earliest;
    }

    private void RemoveDueByIndex(long now, int most, ref RecordList into)
    {
        Span<ulong> items = stackalloc ulong[Math.Min(most, 64)];
        int due = _index->PeekDue(now - 1, items);
        int before = into.Count;
        RecordList records = default;
        foreach (ulong item in items[..due])
        {
            long first = ExpiryIndex.PositionOf(item);
            records.Clear();
            for (long position = first; position >= 0 && position < first + ExpiryIndex.PositionsPerItem;)
                Fields.Collect(ref position, ref records);
            for (int i = 0; i < records.Count; i++)
            {
                var field = new HashField(records[i]);
                long deadline = field.Deadline;
                if (deadline < 0 || deadline >= now)
                    continue;
                ulong hash = HashField.Hash(records[i]);
                if (ExpiryIndex.ItemOf(deadline, hash) != item)
                    continue;
                BeforeChange(hash);
                Fields.RemoveAt(Fields.Find(field.NameData, field.NameLength, hash), hash);
                into.Add(field.Address);
            }
        }
        records.Dispose();
        // Should two fields have the same item, both are gone, and the second item goes without one.
        _index->RemoveFirst(due);
        _volatileCount -= into.Count - before;
        if (_volatileCount == 0)
            DropIndex();
        _earliest = _volatileCount == 0 ? -1 : _index->Earliest;
    }

    private void Link(HashField field, ulong hash)
    {
        long deadline = field.Deadline;
        Fields.Add(field.Address, hash);
        if (deadline >= 0)
            NoteDeadline(deadline, hash);
        else if (_volatileCount != 0 && _index == null && Fields.Count > MostScanned)
            IndexAll();
    }

    /// <summary>Counts a deadline that its record has already.</summary>
    private void NoteDeadline(long deadline, ulong hash)
    {
        _earliest = _earliest < 0 ? deadline : Math.Min(_earliest, deadline);
        _volatileCount++;
        if (_index != null)
        {
            _index->Add(deadline, hash);
        }
        else if (Fields.Count > MostScanned)
        {
            if (_volatileCount > 1)
            {
                IndexAll();
                return;
            }
            CreateIndex();
            _index->Add(deadline, hash);
        }
    }

    private void ForgetDeadline(long deadline, ulong hash)
    {
        if (--_volatileCount == 0)
        {
            _earliest = -1;
            DropIndex();
        }
        else if (_index != null)
        {
            _index->Remove(deadline, hash);
        }
    }

    private void ChangeDeadline(long old, long deadline, ulong hash)
    {
        // The new one first: a hash whose only deadline moves keeps its index.
        if (deadline >= 0)
            NoteDeadline(deadline, hash);
        if (old >= 0)
            ForgetDeadline(old, hash);
    }

    private void CreateIndex()
    {
        _index = (ExpiryIndex*)NativeHeap.Allocate((nuint)sizeof(ExpiryIndex));
        *_index = default;
    }

    /// <summary>Makes the index of a hash that has just become too large to do without.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private void IndexAll()
    {
        CreateIndex();
        RecordList records = default;
        for (long position = 0; position >= 0;)
        {
            records.Clear();
            Fields.CollectSegment(ref position, ref records);
            for (int i = 0; i < records.Count; i++)
            {
                long deadline = new HashField(records[i]).Deadline;
                if (deadline >= 0)
                    _index->Add(deadline, HashField.Hash(records[i]));
            }
        }
        records.Dispose();
    }

    private void DropIndex()
    {
        if (_index == null)
            return;
        _index->Clear();
        NativeHeap.Free((byte*)_index);
        _index = null;
    }
}
