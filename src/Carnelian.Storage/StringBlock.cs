using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Carnelian.Memory;

namespace Carnelian.Storage;

/// <summary>
/// The bytes of a long string, outside of its entry, with a count of references: a reply or a snapshot that still reads them
/// holds one. Bytes that anybody else refers to are never changed; who wants to change them takes a copy.
/// </summary>
/// <remarks>Layout: references (4 bytes), 4 unused, length (8), then the bytes. The capacity is the block's size class.</remarks>
public readonly unsafe struct StringBlock
{
    /// <summary>The bytes before the data.</summary>
    public const int HeaderSize = 16;

    /// <summary>A string from this length on is worth a block before it is known what becomes of it, in bytes. A shorter one is copied
    /// out of a buffer that is at hand sooner than a block's fresh pages are there.</summary>
    public const int LeastLong = 1024 * 1024;

    private readonly byte* _address;

    /// <summary>Refers to a block by its address.</summary>
    public StringBlock(byte* address) => _address = address;

    /// <summary>The address of the header.</summary>
    public byte* Address => _address;

    /// <summary>The first byte of the string.</summary>
    public byte* Data => _address + HeaderSize;

    /// <summary>The length of the string in bytes.</summary>
    public long Length => *(long*)(_address + 8);

    /// <summary>How long the string can become in place.</summary>
    public long Capacity => (long)NativeHeap.UsableSize(_address) - HeaderSize;

    /// <summary>The bytes that the block occupies.</summary>
    public long AllocatedBytes => (long)NativeHeap.UsableSize(_address);

    /// <summary>Whether only one reference is left: the caller's.</summary>
    public bool IsUnshared => References == 1;

    /// <summary>How many references there are.</summary>
    internal int References => Volatile.Read(ref Unsafe.AsRef<int>(_address));

    /// <summary>The block that a string's first byte lies in.</summary>
    public static StringBlock OfData(byte* data) => new(data - HeaderSize);

    /// <summary>Makes a block with one reference; its bytes are not set.</summary>
    public static StringBlock Create(long length, long capacity)
    {
        byte* address = NativeHeap.Allocate((nuint)(HeaderSize + Math.Max(length, capacity)));
        *(int*)address = 1;
        *(int*)(address + 4) = 0;
        *(long*)(address + 8) = length;
        return new StringBlock(address);
    }

    /// <summary>Changes the length of a block of which all holders know about it, moving it if it has to grow; new bytes are zero.</summary>
    public StringBlock Resize(long length)
    {
        byte* address = _address;
        long old = Length;
        if (length > Capacity)
        {
            // Strings that grow tend to grow on: twice the size, up to a megabyte more.
            long capacity = length < 1 << 20 ? length * 2 : length + (1 << 20);
            address = NativeHeap.Reallocate(address, (nuint)(HeaderSize + capacity));
        }
        *(long*)(address + 8) = length;
        if (length > old)
            NativeMemory.Clear(address + HeaderSize + old, (nuint)(length - old));
        return new StringBlock(address);
    }

    /// <summary>Adds a reference.</summary>
    public void AddReference() => Interlocked.Increment(ref Unsafe.AsRef<int>(_address));

    /// <summary>Gives a reference back; the last one frees the block. Any thread.</summary>
    public void Release() => Release(_address);

    /// <summary>Gives a reference back, by address.</summary>
    public static void Release(byte* address)
    {
        if (Interlocked.Decrement(ref Unsafe.AsRef<int>(address)) == 0)
            NativeHeap.Free(address);
    }
}
