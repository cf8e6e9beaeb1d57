using System.Runtime.CompilerServices;
using Carnelian.Memory;
using Carnelian.Storage.Packed;

namespace Carnelian.Storage.Loading;

/// <summary>Makes a <see cref="ListPack"/> element by element, with room in advance.</summary>
public unsafe struct ListPackBuilder
{
    private byte* _block;
    private long _used;
    private long _count;

    /// <summary>Begins a pack.</summary>
    /// <param name="capacity">How many bytes it will have, about.</param>
    public ListPackBuilder(int capacity)
    {
        _block = NativeHeap.Allocate((nuint)Math.Max(capacity, 64));
        _used = ListPack.HeaderSize;
    }

    /// <summary>The number of elements.</summary>
    public readonly long Count => _count;

    /// <summary>Whether a string of this length has room in a pack.</summary>
    public readonly bool HasRoomFor(int length) => _used + length + 16 <= ListPack.MostBytes;

    /// <summary>Appends a string; one that is an integer in canonical form is kept as such.</summary>
    public void Append(ReadOnlySpan<byte> value)
    {
        byte* at = Reserve(ListPack.StringSize(value.Length) + PackedValue.MostDigits);
        _used = ListPack.Write(at, value) - _block;
        _count++;
    }

    /// <summary>Appends an integer.</summary>
    public void Append(long value)
    {
        byte* at = Reserve(PackedValue.MostDigits);
        _used = ListPack.Write(at, value) - _block;
        _count++;
    }

    /// <summary>Appends an element of another pack as it is.</summary>
    public void AppendElement(byte* element)
    {
        int size = ListPack.SizeOf(element);
        Unsafe.CopyBlockUnaligned(Reserve(size), element, (uint)size);
        _used += size;
        _count++;
    }

    /// <summary>Ends the pack, which is the caller's.</summary>
    public ListPack Finish()
    {
        *Reserve(1) = ListPack.End;
        _used++;
        *(int*)_block = (int)_used;
        *(ushort*)(_block + 4) = (ushort)Math.Min(_count, ushort.MaxValue);
        byte* pack = NativeHeap.Reallocate(_block, (nuint)_used);
        _block = null;
        return new ListPack(pack);
    }

    /// <summary>Frees what there is.</summary>
    public void Discard()
    {
        NativeHeap.Free(_block);
        _block = null;
    }

    private byte* Reserve(int bytes)
    {
        if ((nuint)(_used + bytes) > NativeHeap.UsableSize(_block))
            _block = NativeHeap.Reallocate(_block, (nuint)Math.Max(_used + bytes, _used + (_used >> 1)));
        return _block + _used;
    }
}
