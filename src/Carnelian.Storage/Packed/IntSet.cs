using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Carnelian.Memory;

namespace Carnelian.Storage.Packed;

/// <summary>
/// A set of integers in one block of memory, byte for byte what Valkey and Redis keep in memory and in RDB files.
/// </summary>
/// <remarks>
/// <para>Layout: bytes of an integer (4: the number 2, 4 or 8), integers (4), the integers in ascending order, each once. All little endian.
/// Integers become wider when one is added that needs it, and never narrower again.</para>
/// <para>The block belongs to whoever holds the value; a method that changes the set returns its new address. No method checks bounds but
/// <see cref="IsValid"/>: sets from outside pass through that first.</para>
/// </remarks>
public readonly unsafe struct IntSet
{
    /// <summary>The bytes before the first integer.</summary>
    public const int HeaderSize = 8;

    /// <summary>No set takes more integers, whatever the configuration allows.</summary>
    public const int MostEntries = 1 << 30;

    private readonly byte* _address;

    /// <summary>Refers to a set by its address.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public IntSet(byte* address) => _address = address;

    /// <summary>The address of the header.</summary>
    public byte* Address => _address;

    /// <summary>The number of integers.</summary>
    public int Count
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => *(int*)(_address + 4);
    }

    /// <summary>The bytes of one integer: 2, 4 or 8.</summary>
    public int Width
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => *(int*)_address;
    }

    /// <summary>The size of the whole set in bytes.</summary>
    public long Bytes => HeaderSize + (long)Count * Width;

    /// <summary>The memory that the set occupies, in bytes.</summary>
    public long AllocatedBytes => (long)NativeHeap.UsableSize(_address);

    /// <summary>The integer at an index, in ascending order.</summary>
    public long this[int index]
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get
        {
            byte* data = _address + HeaderSize;
            return Width switch
            {
                2 => ((short*)data)[index],
                4 => ((int*)data)[index],
                _ => ((long*)data)[index],
            };
        }
    }

    /// <summary>The least integer; only if there is one.</summary>
    public long Least => this[0];

    /// <summary>The greatest integer; only if there is one.</summary>
    public long Greatest => this[Count - 1];

    // --- memory ---------------------------------------------------------------------------------------------------

    /// <summary>Makes an empty set.</summary>
    public static IntSet Create()
    {
        byte* address = NativeHeap.Allocate(HeaderSize);
        *(int*)address = 2;
        *(int*)(address + 4) = 0;
        return new IntSet(address);
    }

    /// <summary>Takes a copy of a set that lies anywhere and is valid.</summary>
    public static IntSet From(ReadOnlySpan<byte> bytes)
    {
        byte* address = NativeHeap.Allocate((nuint)bytes.Length);
        bytes.CopyTo(new Span<byte>(address, bytes.Length));
        return new IntSet(address);
    }

    /// <summary>A copy with memory of its own.</summary>
    public IntSet Copy()
    {
        long bytes = Bytes;
        byte* address = NativeHeap.Allocate((nuint)bytes);
        Buffer.MemoryCopy(_address, address, bytes, bytes);
        return new IntSet(address);
    }

    /// <summary>The bytes of the whole set; only up to 2 GB.</summary>
    public ReadOnlySpan<byte> AsSpan() => new(_address, checked((int)Bytes));

    /// <summary>Frees the memory.</summary>
    public void Free() => NativeHeap.Free(_address);

    // --- use ------------------------------------------------------------------------------------------------------

    /// <summary>Whether an integer is in the set.</summary>
    public bool Contains(long value) => Search(value) >= 0;

    /// <summary>Adds an integer.</summary>
    /// <param name="value">The integer.</param>
    /// <param name="added">Whether it was not there.</param>
    public IntSet Add(long value, out bool added)
    {
        int width = WidthFor(value);
        if (width > Width)
        {
            added = true;
            return Widen(width, value);
        }
        int index = Search(value);
        added = index < 0;
        if (!added)
            return this;
        index = ~index;
        width = Width;
        int count = Count;
        byte* address = NativeHeap.Reallocate(_address, (nuint)(HeaderSize + (count + 1L) * width));
        byte* at = address + HeaderSize + (nint)index * width;
        long tail = (long)(count - index) * width;
        Buffer.MemoryCopy(at, at + width, tail, tail);
        var set = new IntSet(address);
        *(int*)(address + 4) = count + 1;
        set.Write(index, value);
        return set;
    }

    /// <summary>Removes an integer.</summary>
    /// <param name="value">The integer.</param>
    /// <param name="removed">Whether it was there.</param>
    public IntSet Remove(long value, out bool removed)
    {
        int index = Search(value);
        removed = index >= 0;
        return removed ? RemoveAt(index) : this;
    }

    /// <summary>Removes the integer at an index.</summary>
    public IntSet RemoveAt(int index)
    {
        int width = Width, count = Count - 1;
        byte* at = _address + HeaderSize + (nint)index * width;
        long tail = (long)(count - index) * width;
        Buffer.MemoryCopy(at + width, at, tail, tail);
        *(int*)(_address + 4) = count;
        return new IntSet(NativeHeap.Reallocate(_address, (nuint)(HeaderSize + (long)count * width)));
    }

    /// <summary>
    /// Whether bytes are a whole set of at least one integer, in order and each once. Reads nothing outside of them.
    /// </summary>
    public static bool IsValid(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length < HeaderSize)
            return false;
        uint width = BinaryPrimitives.ReadUInt32LittleEndian(bytes);
        long count = BinaryPrimitives.ReadUInt32LittleEndian(bytes[4..]);
        if (width is not (2 or 4 or 8) || count is 0 or > MostEntries || bytes.Length != HeaderSize + count * width)
            return false;
        ReadOnlySpan<byte> data = bytes[HeaderSize..];
        return width switch
        {
            2 => IsAscending(MemoryMarshal.Cast<byte, short>(data)),
            4 => IsAscending(MemoryMarshal.Cast<byte, int>(data)),
            _ => IsAscending(MemoryMarshal.Cast<byte, long>(data)),
        };
    }

    // --- inside ---------------------------------------------------------------------------------------------------

    private static bool IsAscending<T>(ReadOnlySpan<T> values) where T : struct, IComparable<T>
    {
        for (int i = 1; i < values.Length; i++)
        {
            if (values[i - 1].CompareTo(values[i]) >= 0)
                return false;
        }
        return true;
    }

    private static int WidthFor(long value) => value == (short)value ? 2 : value == (int)value ? 4 : 8;

    /// <summary>The index of an integer, or the complement of the index where it would be.</summary>
    private int Search(long value)
    {
        int low = 0, high = Count - 1;
        if (high < 0)
            return ~0;
        // Sets are often filled in ascending order.
        if (value > this[high])
            return ~(high + 1);
        byte* data = _address + HeaderSize;
        int width = Width;
        while (low <= high)
        {
            int middle = (int)((uint)(low + high) >> 1);
            long found = width switch
            {
                2 => ((short*)data)[middle],
                4 => ((int*)data)[middle],
                _ => ((long*)data)[middle],
            };
            if (found == value)
                return middle;
            if (found < value)
                low = middle + 1;
            else
                high = middle - 1;
        }
        return ~low;
    }

    private void Write(int index, long value)
    {
        byte* data = _address + HeaderSize;
        switch (Width)
        {
            case 2:
                ((short*)data)[index] = (short)value;
                break;
            case 4:
                ((int*)data)[index] = (int)value;
                break;
            default:
                ((long*)data)[index] = value;
                break;
        }
    }

    /// <summary>Makes all integers wider and adds one that is too wide for the old width, hence less or greater than all.</summary>
    private IntSet Widen(int width, long value)
    {
        int count = Count, first = value < 0 ? 1 : 0;
        byte* address = NativeHeap.Allocate((nuint)(HeaderSize + (count + 1L) * width));
        *(int*)address = width;
        *(int*)(address + 4) = count + 1;
        var wide = new IntSet(address);
        for (int i = 0; i < count; i++)
            wide.Write(first + i, this[i]);
        wide.Write(value < 0 ? 0 : count, value);
        Free();
        return wide;
    }
}
