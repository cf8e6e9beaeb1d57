using System.Runtime.CompilerServices;
using Carnelian.Memory;
using Carnelian.Storage.Packed;

namespace Carnelian.Storage.Hashes;

/// <summary>
/// A hash as its entry holds it: a listpack of field, value, field, value, or from a certain size on, and for ever when a field is to
/// expire, a <see cref="FieldTable"/>.
/// </summary>
/// <remarks>
/// Under the lock of the key's shard. Whatever a method hands out is valid until the next change of the hash. Fields that have
/// expired by the time passed to a method count as absent, except in <see cref="Count"/> and for walks, whose callers look at the deadlines.
/// </remarks>
public readonly unsafe struct Hash
{
    /// <summary>A field keeps the deadline that it has.</summary>
    public const long KeepDeadline = FieldTable.KeepDeadline;

    /// <summary>Packs do not grow beyond this, in bytes.</summary>
    private const long MostPackBytes = 1L << 30;

    private readonly Entry _entry;

    /// <summary>Refers to the hash of an entry that holds one.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public Hash(Entry entry) => _entry = entry;

    /// <summary>The entry.</summary>
    public Entry Entry => _entry;

    /// <summary>Whether the hash is a listpack.</summary>
    public bool IsPacked
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => _entry.Encoding == ValueEncoding.ListPack;
    }

    /// <summary>The listpack; only if <see cref="IsPacked"/>.</summary>
    public ListPack Pack
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => new(_entry.Collection);
    }

    /// <summary>The table; only if not <see cref="IsPacked"/>.</summary>
    public FieldTable* Table
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => (FieldTable*)_entry.Collection;
    }

    /// <summary>The number of fields, expired ones that are still there included.</summary>
    public long Count => IsPacked ? Pack.Count / 2 : Table->Count;

    /// <summary>Whether fields of it expire.</summary>
    public bool IsVolatile => !IsPacked && Table->VolatileCount != 0;

    /// <summary>Makes an empty hash under a key that does not exist. The caller adds a field, or removes the key again.</summary>
    public static Hash Create(Database database, in Key key, long now) =>
        new(database.AddCollection(key, ValueType.Hash, ValueEncoding.ListPack, ListPack.Create().Address, now));

    // --- reading --------------------------------------------------------------------------------------------------

    /// <summary>Finds the value of a field.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public bool TryGet(ReadOnlySpan<byte> field, long now, out PackedValue value)
    {
        if (!IsPacked)
            return TryGetFromTable(field, now, out value);
        LoadPack(_entry.Collection);
        byte* element = ListPack.Find(Pack.First, field, 1);
        if (element == null)
        {
            value = default;
            return false;
        }
        value = ListPack.Read(ListPack.Next(element));
        return true;
    }

    /// <summary>Finds the deadline of a field: -1 if it has none.</summary>
    /// <returns>Whether the field is there.</returns>
    public bool TryGetDeadline(ReadOnlySpan<byte> field, long now, out long deadline)
    {
        deadline = -1;
        if (IsPacked)
            return ListPack.Find(Pack.First, field, 1) != null;
        byte** slot = Table->Find(field, out _);
        if (slot == null)
            return false;
        deadline = new HashField(*slot).Deadline;
        return deadline < 0 || deadline >= now;
    }

    // --- change ---------------------------------------------------------------------------------------------------

    /// <summary>Makes the hash a table at once if fields and values are going to be too many or too long for a pack.</summary>
    /// <param name="added">How many fields are going to be set.</param>
    /// <param name="longest">The length of the longest of the fields and values.</param>
    /// <param name="bytes">The length of them all.</param>
    /// <param name="limits">The limits.</param>
    public void Prepare(long added, long longest, long bytes, in HashLimits limits)
    {
        if (IsPacked && (added > limits.Entries || longest > limits.Value || Pack.Bytes + bytes + added * 32 > MostPackBytes))
            MakeTable();
    }

    /// <summary>Sets a field.</summary>
    /// <param name="field">The field.</param>
    /// <param name="value">The value.</param>
    /// <param name="deadline">Milliseconds of Unix time, -1 for none, or <see cref="KeepDeadline"/>.</param>
    /// <param name="now">The time of the unit.</param>
    /// <param name="limits">When a pack becomes a table.</param>
    public HashSetOutcome Set(ReadOnlySpan<byte> field, ReadOnlySpan<byte> value, long deadline, long now, in HashLimits limits)
    {
        if (IsPacked)
        {
            if (deadline < 0 && Math.Max(field.Length, value.Length) <= limits.Value && Pack.Bytes + (long)field.Length + value.Length < MostPackBytes)
                return SetInPack(field, value, limits);
            MakeTable();
        }
        FieldTable* table = Table;
        byte** slot = table->Find(field, out ulong hash);
        if (slot == null)
        {
            table->Add(field, value, Math.Max(deadline, -1), hash);
            return HashSetOutcome.Added;
        }
        bool isExpired = new HashField(*slot).HasDeadline && new HashField(*slot).Deadline < now;
        table->Update(slot, hash, value, isExpired ? Math.Max(deadline, -1) : deadline);
        return isExpired ? HashSetOutcome.Renewed : HashSetOutcome.Updated;
    }

    /// <summary>Sets the deadline of a field that is there.</summary>
    /// <param name="field">The field.</param>
    /// <param name="deadline">Milliseconds of Unix time, or -1 for none.</param>
    public void SetDeadline(ReadOnlySpan<byte> field, long deadline)
    {
        if (IsPacked)
        {
            if (deadline < 0)
                return;
            MakeTable();
        }
        byte** slot = Table->Find(field, out ulong hash);
        if (slot != null)
            Table->SetDeadline(slot, hash, deadline);
    }

    /// <summary>Removes a field.</summary>
    /// <returns>Whether it was there; one that had expired stays, its time is the cycle's business.</returns>
    public bool Remove(ReadOnlySpan<byte> field, long now)
    {
        if (IsPacked)
        {
            byte* element = ListPack.Find(Pack.First, field, 1);
            if (element == null)
                return false;
            _entry.Collection = Pack.Remove(element, 2, out _).Address;
            return true;
        }
        byte** slot = Table->Find(field, out ulong hash);
        if (slot == null || (new HashField(*slot).HasDeadline && new HashField(*slot).Deadline < now))
            return false;
        Table->Remove(slot, hash);
        return true;
    }

    /// <summary>Makes a pack a table.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    public void MakeTable()
    {
        ListPack pack = Pack;
        FieldTable* table = FieldTable.Create();
        Span<byte> fieldDigits = stackalloc byte[PackedValue.MostDigits], valueDigits = stackalloc byte[PackedValue.MostDigits];
        for (byte* element = pack.First; element != null;)
        {
            ReadOnlySpan<byte> field = ListPack.Read(element).Bytes(fieldDigits);
            element = ListPack.Next(element);
            ReadOnlySpan<byte> value = ListPack.Read(element).Bytes(valueDigits);
            element = ListPack.Next(element);
            table->Add(field, value, -1, KeyHash.Compute(field));
        }
        _entry.SetCollection(ValueEncoding.HashTable, (byte*)table);
        pack.Free();
    }

    // --- inside ---------------------------------------------------------------------------------------------------

    private bool TryGetFromTable(ReadOnlySpan<byte> field, long now, out PackedValue value)
    {
        byte** slot = Table->Find(field, out _);
        if (slot != null)
        {
            var record = new HashField(*slot);
            if (!record.HasDeadline || record.Deadline >= now)
            {
                value = record.Value;
                return true;
            }
        }
        value = default;
        return false;
    }

    /// <summary>Starts to load a pack of usual size as a whole: a search reads its way from element to element, line after line.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static void LoadPack(byte* pack)
    {
        CacheLine.Prefetch(pack);
        CacheLine.Prefetch(pack + 64);
        CacheLine.Prefetch(pack + 128);
        CacheLine.Prefetch(pack + 192);
        CacheLine.Prefetch(pack + 256);
    }

    private HashSetOutcome SetInPack(ReadOnlySpan<byte> field, ReadOnlySpan<byte> value, in HashLimits limits)
    {
        LoadPack(_entry.Collection);
        ListPack pack = Pack;
        byte* element = ListPack.Find(pack.First, field, 1);
        bool isNew = element == null;
        pack = isNew ? pack.Append(field).Append(value) : pack.Replace(ListPack.Next(element), value, out _);
        _entry.Collection = pack.Address;
        // Also when a field was there: the limit may be lower than it was.
        if (pack.Count / 2 > limits.Entries)
            MakeTable();
        return isNew ? HashSetOutcome.Added : HashSetOutcome.Updated;
    }
}
