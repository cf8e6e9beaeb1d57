using System.Diagnostics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using Carnelian.Memory;
using Carnelian.Storage.Defragmentation;
using Carnelian.Storage.Packed;

namespace Carnelian.Storage.Hashes;

/// <summary>
/// A field of a big hash with its value: one allocation that holds lengths, optional deadline, field and, when small, the value.
/// </summary>
/// <remarks>
/// <para>Layout: flags (1 byte), then the lengths of field and value (1 byte each; with the flag Long 3 bytes unused and 4 bytes
/// each), deadline (8, only with its flag), field, value. With the flag Block the value area is a pointer to a <see cref="StringBlock"/>.</para>
/// <para>Only the table points to a record, so it may move whenever its shard's lock is held.</para>
/// </remarks>
public readonly unsafe struct HashField : IRecordOperations
{
    /// <summary>Values up to this length lie in their record.</summary>
    public const int InlineLimit = 4096;

    private const byte DeadlineFlag = 1;
    private const byte LongFlag = 2;
    private const byte BlockFlag = 4;

    private const int ShortHeader = 3;
    private const int LongHeader = 12;

    private readonly byte* _address;

    /// <summary>Refers to a record by its address.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public HashField(byte* address) => _address = address;

    /// <summary>The address of the record.</summary>
    public byte* Address => _address;

    /// <summary>Whether the field expires at some time.</summary>
    public bool HasDeadline
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => (*_address & DeadlineFlag) != 0;
    }

    /// <summary>The time of expiry in milliseconds of Unix time, or -1.</summary>
    public long Deadline
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => HasDeadline ? *(long*)(_address + HeaderSize) : -1;
    }

    /// <summary>The field's name. Valid until the next change of the hash.</summary>
    public ReadOnlySpan<byte> Name
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => new(NameData, NameLength);
    }

    /// <summary>The length of the field's name in bytes.</summary>
    public int NameLength
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => (*_address & LongFlag) == 0 ? _address[1] : *(int*)(_address + 4);
    }

    /// <summary>The first byte of the field's name.</summary>
    public byte* NameData
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => _address + HeaderSize + (*_address & DeadlineFlag) * sizeof(long);
    }

    /// <summary>The value. Valid until the next change of the hash.</summary>
    public PackedValue Value
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => IsBlock ? new PackedValue(Block.Data, checked((int)Block.Length)) : new PackedValue(ValueData, ValueAreaLength);
    }

    /// <summary>The block of a long value; null if the value lies in the record.</summary>
    public byte* BlockAddress => IsBlock ? *(byte**)ValueData : null;

    /// <summary>The bytes that the record occupies, with its value.</summary>
    public long TotalBytes => (long)NativeHeap.UsableSize(_address) + (IsBlock ? Block.AllocatedBytes : 0);

    private bool IsBlock
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => (*_address & BlockFlag) != 0;
    }

    private StringBlock Block => new(*(byte**)ValueData);

    private int HeaderSize
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => (*_address & LongFlag) == 0 ? ShortHeader : LongHeader;
    }

    private int ValueAreaLength
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => (*_address & LongFlag) == 0 ? _address[2] : *(int*)(_address + 8);
    }

    private byte* ValueData
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => NameData + NameLength;
    }

    /// <summary>Makes a record.</summary>
    /// <param name="name">The field's name.</param>
    /// <param name="value">The value.</param>
    /// <param name="deadline">Milliseconds of Unix time, or -1 for none.</param>
    public static HashField Create(ReadOnlySpan<byte> name, ReadOnlySpan<byte> value, long deadline)
    {
        if (value.Length <= InlineLimit)
        {
            HashField field = Allocate(name, value.Length, deadline, 0);
            fixed (byte* bytes = value)
                Entry.Copy(bytes, field.ValueData, value.Length);
            return field;
        }
        StringBlock block = StringBlock.Create(value.Length, 0);
        value.CopyTo(new Span<byte>(block.Data, value.Length));
        HashField outer = Allocate(name, sizeof(long), deadline, BlockFlag);
        *(byte**)outer.ValueData = block.Address;
        return outer;
    }

    /// <summary>Sets value and deadline, keeping the record if its memory just fits.</summary>
    /// <returns>The record that takes the place of this one, which may be freed; may be the same.</returns>
    public HashField With(ReadOnlySpan<byte> value, long deadline)
    {
        if ((*_address & BlockFlag) == 0 && HasDeadline == deadline >= 0 && FitsInPlace(value.Length))
        {
            if (deadline >= 0)
                *(long*)(_address + HeaderSize) = deadline;
            if ((*_address & LongFlag) == 0)
                _address[2] = (byte)value.Length;
            else
                *(int*)(_address + 8) = value.Length;
            fixed (byte* bytes = value)
                Entry.Copy(bytes, ValueData, value.Length);
            return this;
        }
        HashField changed = Create(Name, value, deadline);
        Free();
        return changed;
    }

    /// <summary>Sets the deadline and keeps the value.</summary>
    /// <returns>The record that takes the place of this one, which may be freed; may be the same.</returns>
    public HashField WithDeadline(long deadline)
    {
        if (HasDeadline == deadline >= 0)
        {
            if (deadline >= 0)
                *(long*)(_address + HeaderSize) = deadline;
            return this;
        }
        HashField changed = Allocate(Name, ValueAreaLength, deadline, (byte)(*_address & BlockFlag));
        Unsafe.CopyBlockUnaligned(changed.ValueData, ValueData, (uint)ValueAreaLength);
        NativeHeap.Free(_address);
        return changed;
    }

    /// <summary>A copy of the record; a long value is shared.</summary>
    public HashField Copy()
    {
        var size = (uint)(ValueData - _address + ValueAreaLength);
        byte* copy = NativeHeap.Allocate(size);
        Unsafe.CopyBlockUnaligned(copy, _address, size);
        if (IsBlock)
            Block.AddReference();
        return new HashField(copy);
    }

    /// <summary>Moves the record and a long value that nobody shares out of spans that are nearly empty.</summary>
    /// <returns>The record that takes the place of this one; may be the same.</returns>
    internal HashField Relocate(Relocator relocator)
    {
        var moved = new HashField(relocator.Move(_address));
        if (moved.IsBlock)
            *(byte**)moved.ValueData = relocator.Move(moved.Block).Address;
        return moved;
    }

    /// <summary>Frees the record with its value.</summary>
    public void Free()
    {
        if (IsBlock)
            Block.Release();
        NativeHeap.Free(_address);
    }

    /// <inheritdoc/>
    public static ulong Hash(byte* record)
    {
        var field = new HashField(record);
        return KeyHash.Compute(field.NameData, field.NameLength);
    }

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool HasKey(byte* record, byte* key, int length)
    {
        var field = new HashField(record);
        return field.NameLength == length && AreEqual(field.NameData, key, length);
    }

    private static HashField Allocate(ReadOnlySpan<byte> name, int valueLength, long deadline, byte flags)
    {
        bool isLong = name.Length > byte.MaxValue || valueLength > byte.MaxValue;
        if (deadline >= 0)
            flags |= DeadlineFlag;
        if (isLong)
            flags |= LongFlag;
        int offset = (isLong ? LongHeader : ShortHeader) + (deadline >= 0 ? sizeof(long) : 0);
        byte* address = NativeHeap.Allocate((nuint)offset + (nuint)name.Length + (nuint)valueLength);
        *address = flags;
        if (isLong)
        {
            *(int*)(address + 4) = name.Length;
            *(int*)(address + 8) = valueLength;
        }
        else
        {
            address[1] = (byte)name.Length;
            address[2] = (byte)valueLength;
        }
        if (deadline >= 0)
            *(long*)(address + offset - sizeof(long)) = deadline;
        fixed (byte* bytes = name)
            Entry.Copy(bytes, address + offset, name.Length);
        return new HashField(address);
    }

    /// <summary>Whether the allocation could hold an inline value of this length without waste.</summary>
    private bool FitsInPlace(int valueLength)
    {
        if (valueLength > InlineLimit || (*_address & LongFlag) != 0 != (valueLength > byte.MaxValue || NameLength > byte.MaxValue))
            return false;
        if (valueLength == ValueAreaLength)
            return true;
        var needed = (nuint)(ValueData - _address + valueLength);
        nuint size = NativeHeap.UsableSize(_address);
        return needed <= size && NativeHeap.GoodSize(needed) == size;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static bool AreEqual(byte* a, byte* b, int length)
    {
        if (length is >= 16 and <= 32)
            return Vector128.Load(a) == Vector128.Load(b) && Vector128.Load(a + length - 16) == Vector128.Load(b + length - 16);
        if (length is >= 8 and < 16)
            return *(ulong*)a == *(ulong*)b && *(ulong*)(a + length - 8) == *(ulong*)(b + length - 8);
        return new ReadOnlySpan<byte>(a, length).SequenceEqual(new ReadOnlySpan<byte>(b, length));
    }
}
