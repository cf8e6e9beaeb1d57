using System.Buffers.Binary;
using System.Diagnostics;
using System.Runtime.CompilerServices;
using Carnelian.Memory;
using Carnelian.Text;

namespace Carnelian.Storage.Packed;

/// <summary>
/// A list of strings and integers in one block of memory, byte for byte what Valkey and Redis keep in memory and in RDB files.
/// </summary>
/// <remarks>
/// <para>Layout: all bytes (4, little endian), elements (2; 65535 means more than can be told), the elements, 0xFF. An element is its
/// encoding with its data, and behind it the length of that in 1 to 5 bytes of seven bits, readable from the right, so that one can walk backwards.</para>
/// <para>A string that is the canonical form of a 64-bit integer is kept as one, in the fewest bytes.</para>
/// <para>The block belongs to whoever holds the value; a method that changes the pack returns its new address and makes all addresses of
/// elements stale but those that it gives. No method checks bounds but <see cref="IsValid"/>: packs from outside pass through that first.
/// An element is named by its address, null behind the last and before the first one.</para>
/// </remarks>
public readonly unsafe struct ListPack
{
    /// <summary>The bytes before the first element.</summary>
    public const int HeaderSize = 6;

    /// <summary>The size of a pack without elements, in bytes.</summary>
    public const int EmptySize = HeaderSize + 1;

    /// <summary>No pack becomes larger, in bytes.</summary>
    public const int MostBytes = 1 << 30;

    /// <summary>The byte behind the last element.</summary>
    internal const byte End = 0xFF;
    private const int UnknownCount = ushort.MaxValue;
    private const int MostIntegerBytes = 9;

    private readonly byte* _address;

    /// <summary>Refers to a pack by its address.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public ListPack(byte* address) => _address = address;

    /// <summary>The address of the header.</summary>
    public byte* Address => _address;

    /// <summary>The size of the whole pack in bytes.</summary>
    public int Bytes
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => *(int*)_address;
    }

    /// <summary>The memory that the pack occupies, in bytes.</summary>
    public long AllocatedBytes => (long)NativeHeap.UsableSize(_address);

    /// <summary>The number of elements; from 65535 on they are counted one by one.</summary>
    public int Count
    {
        get
        {
            int count = *(ushort*)(_address + 4);
            return count != UnknownCount ? count : CountElements();
        }
    }

    /// <summary>Whether there is no element.</summary>
    public bool IsEmpty => _address[HeaderSize] == End;

    /// <summary>The first element, or null.</summary>
    public byte* First
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => _address[HeaderSize] == End ? null : _address + HeaderSize;
    }

    /// <summary>The last element, or null.</summary>
    public byte* Last => Previous(EndMark);

    /// <summary>The mark behind the last element: where <see cref="Insert"/> appends.</summary>
    public byte* EndMark => _address + Bytes - 1;

    // --- memory ---------------------------------------------------------------------------------------------------

    /// <summary>Makes a pack without elements.</summary>
    /// <param name="capacity">Bytes to make room for at once.</param>
    public static ListPack Create(int capacity = 0)
    {
        byte* address = NativeHeap.Allocate((nuint)Math.Max(capacity, EmptySize));
        *(int*)address = EmptySize;
        *(ushort*)(address + 4) = 0;
        address[HeaderSize] = End;
        return new ListPack(address);
    }

    /// <summary>Takes a copy of a pack that lies anywhere and is valid.</summary>
    public static ListPack From(ReadOnlySpan<byte> bytes)
    {
        byte* address = NativeHeap.Allocate((nuint)bytes.Length);
        bytes.CopyTo(new Span<byte>(address, bytes.Length));
        return new ListPack(address);
    }

    /// <summary>A copy with memory of its own.</summary>
    public ListPack Copy() => From(AsSpan());

    /// <summary>The bytes of the whole pack.</summary>
    public ReadOnlySpan<byte> AsSpan() => new(_address, Bytes);

    /// <summary>Frees the memory.</summary>
    public void Free() => NativeHeap.Free(_address);

    // --- walking --------------------------------------------------------------------------------------------------

    /// <summary>The element behind another, or null.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static byte* Next(byte* element)
    {
        element += SizeOf(element);
        return *element == End ? null : element;
    }

    /// <summary>The place behind an element: another or the <see cref="EndMark"/>.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static byte* Skip(byte* element) => element + SizeOf(element);

    /// <summary>The element before another or before the <see cref="EndMark"/>, or null.</summary>
    public byte* Previous(byte* element)
    {
        if (element - _address == HeaderSize)
            return null;
        // The length of the element before is read from the right.
        byte* at = element - 1;
        int length = *at & 127;
        for (int shift = 7; (*at & 128) != 0; shift += 7)
            length |= (*--at & 127) << shift;
        return at - length;
    }

    /// <summary>The element at an index, from the end if it is negative; null if there is none.</summary>
    public byte* At(long index)
    {
        int count = *(ushort*)(_address + 4);
        if (count != UnknownCount)
        {
            if (index < 0)
                index += count;
            if (index < 0 || index >= count)
                return null;
            if (index > count / 2)
                index -= count;
        }
        byte* element;
        if (index >= 0)
        {
            for (element = First; index > 0 && element != null; index--)
                element = Next(element);
            return element;
        }
        for (element = Last; index < -1 && element != null; index++)
            element = Previous(element);
        return element;
    }

    /// <summary>Reads an element.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static PackedValue Read(byte* element)
    {
        byte head = *element;
        if ((head & 0x80) == 0)
            return new PackedValue((long)head);
        if ((head & 0xC0) == 0x80)
            return new PackedValue(element + 1, head & 0x3F);
        return ReadLong(element);
    }

    /// <summary>Finds a string among the elements from one on.</summary>
    /// <param name="element">Where to begin; null finds nothing.</param>
    /// <param name="value">What to look for.</param>
    /// <param name="skip">How many elements to leave out after each that is compared.</param>
    public static byte* Find(byte* element, ReadOnlySpan<byte> value, int skip)
    {
        if (element == null)
            return null;
        bool mayBeInteger = value.Length is > 0 and <= PackedValue.MostDigits;
        long integer = 0;
        if (mayBeInteger && !AsciiNumber.TryParseInt64(value, out integer))
            mayBeInteger = false;
        while (*element != End)
        {
            PackedValue candidate = Read(element);
            if (candidate.IsInteger ? mayBeInteger && candidate.Integer == integer : candidate.Length == value.Length && value.SequenceEqual(new ReadOnlySpan<byte>(candidate.Data, candidate.Length)))
                return element;
            for (int i = 0; i <= skip; i++)
            {
                element += SizeOf(element);
                if (*element == End)
                    return null;
            }
        }
        return null;
    }

    // --- change ---------------------------------------------------------------------------------------------------

    /// <summary>The bytes that an element takes in a pack.</summary>
    public static int SizeFor(ReadOnlySpan<byte> value) =>
        value.Length <= PackedValue.MostDigits && AsciiNumber.TryParseInt64(value, out long integer) ? SizeFor(integer) : StringSize(value.Length);

    /// <summary>The bytes that an integer takes in a pack.</summary>
    public static int SizeFor(long value)
    {
        int size = IntegerSize(value);
        return size + BackLengthSize(size);
    }

    /// <summary>Whether a pack stays small enough with so many bytes more.</summary>
    public bool HasRoomFor(long bytes) => Bytes + bytes <= MostBytes;

    /// <summary>Inserts a string before an element, or before the <see cref="EndMark"/>.</summary>
    /// <param name="at">The element.</param>
    /// <param name="value">The string, which does not lie in the pack itself.</param>
    /// <param name="inserted">The new element.</param>
    public ListPack Insert(byte* at, ReadOnlySpan<byte> value, out byte* inserted) => Put(at, 0, value, 1, out inserted);

    /// <summary>Inserts an integer before an element, or before the <see cref="EndMark"/>.</summary>
    public ListPack Insert(byte* at, long value, out byte* inserted) => Put(at, 0, value, 1, out inserted);

    /// <summary>Puts a string, which does not lie in the pack itself, in the place of an element.</summary>
    public ListPack Replace(byte* at, ReadOnlySpan<byte> value, out byte* replaced) => Put(at, SizeOf(at), value, 0, out replaced);

    /// <summary>Puts an integer in the place of an element.</summary>
    public ListPack Replace(byte* at, long value, out byte* replaced) => Put(at, SizeOf(at), value, 0, out replaced);

    /// <summary>Makes room for an element before another, or before the <see cref="EndMark"/>; the caller writes it.</summary>
    /// <param name="at">The element.</param>
    /// <param name="size">The bytes of the new element.</param>
    /// <param name="room">Where they go.</param>
    internal ListPack InsertRoom(byte* at, int size, out byte* room) => MakeRoom(at, 0, size, 1, out room);

    /// <summary>Inserts a string behind the last element.</summary>
    public ListPack Append(ReadOnlySpan<byte> value) => Put(EndMark, 0, value, 1, out _);

    /// <summary>Inserts an integer behind the last element.</summary>
    public ListPack Append(long value) => Put(EndMark, 0, value, 1, out _);

    /// <summary>Inserts a string before the first element.</summary>
    public ListPack Prepend(ReadOnlySpan<byte> value) => Put(_address + HeaderSize, 0, value, 1, out _);

    /// <summary>Appends an element of another pack, or of this one, as it is.</summary>
    public ListPack AppendElement(byte* element)
    {
        int size = SizeOf(element);
        if (element < _address || element >= _address + Bytes)
        {
            ListPack grown = MakeRoom(EndMark, 0, size, 1, out byte* room);
            Unsafe.CopyBlockUnaligned(room, element, (uint)size);
            return grown;
        }
        nint offset = (nint)(element - _address);
        ListPack pack = MakeRoom(EndMark, 0, size, 1, out byte* target);
        Unsafe.CopyBlockUnaligned(target, pack._address + offset, (uint)size);
        return pack;
    }

    /// <summary>Removes an element.</summary>
    /// <param name="at">The element.</param>
    /// <param name="next">The one behind it, or null.</param>
    public ListPack Remove(byte* at, out byte* next)
    {
        ListPack pack = MakeRoom(at, SizeOf(at), 0, -1, out next);
        if (*next == End)
            next = null;
        return pack;
    }

    /// <summary>Removes some elements that follow each other.</summary>
    /// <param name="at">The first of them.</param>
    /// <param name="count">How many; the pack may end before.</param>
    /// <param name="next">The element behind them, or null.</param>
    public ListPack Remove(byte* at, long count, out byte* next)
    {
        byte* end = at;
        int removed = 0;
        while (removed < count && *end != End)
        {
            end += SizeOf(end);
            removed++;
        }
        ListPack pack = MakeRoom(at, (int)(end - at), 0, -removed, out next);
        if (*next == End)
            next = null;
        return pack;
    }

    /// <summary>Appends all elements of another pack, which stays as it is.</summary>
    public ListPack AppendAll(ListPack other)
    {
        int size = other.Bytes - EmptySize;
        ListPack pack = MakeRoom(EndMark, 0, size, other.Count, out byte* room);
        Unsafe.CopyBlockUnaligned(room, other._address + HeaderSize, (uint)size);
        return pack;
    }

    // --- check ----------------------------------------------------------------------------------------------------

    /// <summary>
    /// Whether bytes are a whole pack whose every element can be read, forwards and backwards, without leaving it. Reads nothing outside of them.
    /// </summary>
    public static bool IsValid(ReadOnlySpan<byte> bytes) => IsValid(bytes, out _);

    /// <summary>As <see cref="IsValid(ReadOnlySpan{byte})"/>, and counts the elements.</summary>
    public static bool IsValid(ReadOnlySpan<byte> bytes, out int count)
    {
        count = 0;
        if (bytes.Length < EmptySize || bytes.Length > MostBytes || BinaryPrimitives.ReadUInt32LittleEndian(bytes) != (uint)bytes.Length || bytes[^1] != End)
            return false;
        int at = HeaderSize, end = bytes.Length - 1;
        Span<byte> back = stackalloc byte[5];
        while (at < end)
        {
            if (!TryMeasure(bytes[at..end], out int size))
                return false;
            int backSize = WriteBackLength(back, size);
            if (backSize > end - at - size || !bytes.Slice(at + size, backSize).SequenceEqual(back[..backSize]))
                return false;
            at += size + backSize;
            count++;
        }
        int stored = BinaryPrimitives.ReadUInt16LittleEndian(bytes[4..]);
        return stored == UnknownCount || stored == count;
    }

    private static bool TryMeasure(ReadOnlySpan<byte> bytes, out int size)
    {
        byte head = bytes[0];
        long length = head switch
        {
            < 0x80 => 1,
            < 0xC0 => 1 + (head & 0x3F),
            < 0xE0 => 2,
            < 0xF0 => bytes.Length < 2 ? long.MaxValue : 2 + ((head & 15) << 8 | bytes[1]),
            0xF0 => bytes.Length < 5 ? long.MaxValue : 5L + BinaryPrimitives.ReadUInt32LittleEndian(bytes[1..]),
            0xF1 => 3,
            0xF2 => 4,
            0xF3 => 5,
            0xF4 => 9,
            _ => long.MaxValue,
        };
        size = (int)Math.Min(length, int.MaxValue);
        return length <= bytes.Length;
    }

    // --- inside ---------------------------------------------------------------------------------------------------

    private int CountElements()
    {
        int count = 0;
        for (byte* element = _address + HeaderSize; *element != End; element += SizeOf(element))
            count++;
        if (count < UnknownCount)
            *(ushort*)(_address + 4) = (ushort)count;
        return count;
    }

    private static PackedValue ReadLong(byte* element)
    {
        byte head = *element;
        if ((head & 0xE0) == 0xC0)
        {
            int value = (head & 0x1F) << 8 | element[1];
            return new PackedValue((long)(value << 19 >> 19));
        }
        return head switch
        {
            0xF0 => new PackedValue(element + 5, *(int*)(element + 1)),
            0xF1 => new PackedValue((long)*(short*)(element + 1)),
            0xF2 => new PackedValue((long)((element[1] | element[2] << 8 | (sbyte)element[3] << 16))),
            0xF3 => new PackedValue((long)*(int*)(element + 1)),
            0xF4 => new PackedValue(*(long*)(element + 1)),
            _ => new PackedValue(element + 2, (head & 15) << 8 | element[1]),
        };
    }

    /// <summary>The size of an element with the length behind it.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static int SizeOf(byte* element)
    {
        byte head = *element;
        if ((head & 0x80) == 0)
            return 2;
        if ((head & 0xC0) == 0x80)
            return (head & 0x3F) + 2;
        return SizeOfLong(element);
    }

    private static int SizeOfLong(byte* element)
    {
        byte head = *element;
        int size = head switch
        {
            < 0xE0 => 2,
            < 0xF0 => 2 + ((head & 15) << 8 | element[1]),
            0xF0 => 5 + *(int*)(element + 1),
            0xF1 => 3,
            0xF2 => 4,
            0xF3 => 5,
            _ => 9,
        };
        return size + BackLengthSize(size);
    }

    private ListPack Put(byte* at, int replaced, ReadOnlySpan<byte> value, int added, out byte* element)
    {
        if (value.Length <= PackedValue.MostDigits && AsciiNumber.TryParseInt64(value, out long integer))
            return Put(at, replaced, integer, added, out element);
        ListPack pack = MakeRoom(at, replaced, StringSize(value.Length), added, out element);
        WriteString(element, value);
        return pack;
    }

    private ListPack Put(byte* at, int replaced, long value, int added, out byte* element)
    {
        ListPack pack = MakeRoom(at, replaced, SizeFor(value), added, out element);
        Write(element, value);
        return pack;
    }

    /// <summary>Writes an element to where room for <see cref="StringSize"/> has been made, and returns the place behind it.</summary>
    internal static byte* Write(byte* at, ReadOnlySpan<byte> value) =>
        value.Length <= PackedValue.MostDigits && AsciiNumber.TryParseInt64(value, out long integer) ? Write(at, integer) : WriteString(at, value);

    /// <summary>Writes a string, whatever it looks like, as an element with the length behind it.</summary>
    /// <param name="element">Where to write: <see cref="StringSize"/> bytes.</param>
    /// <param name="value">The string.</param>
    /// <returns>The place behind it.</returns>
    internal static byte* WriteString(byte* element, ReadOnlySpan<byte> value)
    {
        byte* data = element;
        if (value.Length < 64)
        {
            *data++ = (byte)(0x80 | value.Length);
        }
        else if (value.Length < 4096)
        {
            *data++ = (byte)(0xE0 | value.Length >> 8);
            *data++ = (byte)value.Length;
        }
        else
        {
            *data++ = 0xF0;
            *(int*)data = value.Length;
            data += 4;
        }
        value.CopyTo(new Span<byte>(data, value.Length));
        data += value.Length;
        int size = (int)(data - element);
        if (size > 127)
            return data + WriteBackLength(new Span<byte>(data, 5), size);
        *data = (byte)size;
        return data + 1;
    }

    /// <summary>Writes an integer as an element with the length behind it.</summary>
    /// <param name="element">Where to write: <see cref="SizeFor(long)"/> bytes.</param>
    /// <param name="value">The integer.</param>
    /// <returns>The place behind it.</returns>
    internal static byte* Write(byte* element, long value)
    {
        int size = IntegerSize(value);
        switch (size)
        {
            case 1:
                element[0] = (byte)value;
                break;
            case 2:
                element[0] = (byte)(0xC0 | value >> 8 & 0x1F);
                element[1] = (byte)value;
                break;
            case 3:
                element[0] = 0xF1;
                *(short*)(element + 1) = (short)value;
                break;
            case 4:
                element[0] = 0xF2;
                *(short*)(element + 1) = (short)value;
                element[3] = (byte)(value >> 16);
                break;
            case 5:
                element[0] = 0xF3;
                *(int*)(element + 1) = (int)value;
                break;
            default:
                element[0] = 0xF4;
                *(long*)(element + 1) = value;
                break;
        }
        element[size] = (byte)size;
        return element + size + 1;
    }

    /// <summary>Makes a gap of some bytes in the place of others; header and end are right after that.</summary>
    private ListPack MakeRoom(byte* at, int removed, int size, int added, out byte* room)
    {
        int bytes = Bytes, change = size - removed;
        nint offset = (nint)(at - _address);
        Debug.Assert(bytes + (long)change <= MostBytes, "whoever adds to a pack has looked at its size");
        byte* address = _address;
        if (change > 0)
            address = NativeHeap.Reallocate(address, (nuint)(bytes + change));
        room = address + offset;
        if (change != 0)
        {
            long tail = bytes - offset - removed;
            Buffer.MemoryCopy(room + removed, room + size, tail, tail);
        }
        if (change < 0)
        {
            address = NativeHeap.Reallocate(address, (nuint)(bytes + change));
            room = address + offset;
        }
        *(int*)address = bytes + change;
        int count = *(ushort*)(address + 4);
        if (count != UnknownCount)
            *(ushort*)(address + 4) = (ushort)Math.Min(count + added, UnknownCount);
        return new ListPack(address);
    }

    /// <summary>The bytes that a string of a length takes in a pack.</summary>
    internal static int StringSize(int length)
    {
        int size = length + (length < 64 ? 1 : length < 4096 ? 2 : 5);
        return size + BackLengthSize(size);
    }

    private static int IntegerSize(long value) => value switch
    {
        >= 0 and <= 127 => 1,
        >= -4096 and <= 4095 => 2,
        >= short.MinValue and <= short.MaxValue => 3,
        >= -(1 << 23) and < 1 << 23 => 4,
        >= int.MinValue and <= int.MaxValue => 5,
        _ => MostIntegerBytes,
    };

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static int BackLengthSize(int length) => length < 1 << 7 ? 1 : length < 1 << 14 ? 2 : length < 1 << 21 ? 3 : length < 1 << 28 ? 4 : 5;

    private static int WriteBackLength(Span<byte> target, int length)
    {
        int size = BackLengthSize(length);
        for (int i = size - 1; i >= 0; i--)
        {
            target[i] = (byte)(length & 127 | (i == 0 ? 0 : 128));
            length >>= 7;
        }
        return size;
    }
}
