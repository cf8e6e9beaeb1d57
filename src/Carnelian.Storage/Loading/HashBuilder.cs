using Carnelian.Storage.Hashes;
using Carnelian.Storage.Packed;

namespace Carnelian.Storage.Loading;

/// <summary>Makes a hash of fields that come one by one: a pack as long as it may be one, else a table.</summary>
public unsafe struct HashBuilder
{
    private readonly HashLimits _limits;
    private ListPackBuilder _pack;
    private FieldTable* _table;

    /// <summary>Begins a hash.</summary>
    /// <param name="expected">How many fields will come.</param>
    /// <param name="limits">When it has to be a table.</param>
    /// <param name="reserved">How many fields a table should have room for at once.</param>
    public HashBuilder(long expected, in HashLimits limits, long reserved = 0)
    {
        _limits = limits;
        if (expected > limits.Entries)
        {
            _table = FieldTable.Create();
            TableReservation.Make(ref _table->Fields, reserved);
        }
        else
        {
            _pack = new ListPackBuilder(0);
        }
    }

    /// <summary>Adds a field.</summary>
    /// <param name="field">The field.</param>
    /// <param name="value">The value.</param>
    /// <param name="deadline">Milliseconds of Unix time, or -1 for none.</param>
    /// <returns>False if it is there, as far as that is known yet.</returns>
    public bool TryAdd(ReadOnlySpan<byte> field, ReadOnlySpan<byte> value, long deadline)
    {
        if (_table == null)
        {
            bool fits = deadline < 0 && Math.Max(field.Length, value.Length) <= _limits.Value && _pack.Count / 2 < _limits.Entries
                && _pack.HasRoomFor(field.Length + value.Length);
            if (fits)
            {
                _pack.Append(field);
                _pack.Append(value);
                return true;
            }
            if (!TryMakeTable())
                return false;
        }
        if (_table->Find(field, out ulong hash) != null)
            return false;
        _table->Add(field, value, deadline, hash);
        return true;
    }

    /// <summary>Ends the hash, which is the caller's.</summary>
    /// <returns>False if a field was there twice; then there is nothing.</returns>
    public bool TryFinish(out LoadedValue value)
    {
        value = default;
        if (_table != null)
        {
            value = LoadedValue.OfCollection(ValueType.Hash, ValueEncoding.HashTable, (byte*)_table);
            return true;
        }
        ListPack pack = _pack.Finish();
        if (PackDuplicates.Exist(pack, step: 2))
        {
            pack.Free();
            return false;
        }
        value = LoadedValue.OfCollection(ValueType.Hash, ValueEncoding.ListPack, pack.Address);
        return true;
    }

    /// <summary>Frees what there is.</summary>
    public void Discard()
    {
        if (_table != null)
            FieldTable.Free(_table);
        else
            _pack.Discard();
        _table = null;
    }

    private bool TryMakeTable()
    {
        ListPack pack = _pack.Finish();
        _table = FieldTable.Create();
        bool isUnique = true;
        Span<byte> digits = stackalloc byte[PackedValue.MostDigits], valueDigits = stackalloc byte[PackedValue.MostDigits];
        for (byte* element = pack.First; element != null && isUnique; element = ListPack.Next(element))
        {
            ReadOnlySpan<byte> field = ListPack.Read(element).Bytes(digits);
            element = ListPack.Next(element);
            isUnique = _table->Find(field, out ulong hash) == null;
            if (isUnique)
                _table->Add(field, ListPack.Read(element).Bytes(valueDigits), -1, hash);
        }
        pack.Free();
        return isUnique;
    }
}
