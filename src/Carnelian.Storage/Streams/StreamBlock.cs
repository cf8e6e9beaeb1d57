using System.Runtime.CompilerServices;
using Carnelian.Memory;
using Carnelian.Storage.Packed;

namespace Carnelian.Storage.Streams;

/// <summary>
/// A block of a stream: entries with ids close to each other in one listpack, byte for byte as Valkey has it in memory and in RDB files.
/// </summary>
/// <remarks>
/// <para>Layout: the number of entries, the number of deleted ones that are still there, the number of fields, the fields, 0. That is the master entry; its
/// fields are those of the entry that the block was made for, and its id, the block's key in the index, is the id of that entry.</para>
/// <para>An entry: flags, milliseconds and sequence as differences to the master id, then the values only (flag 2: the fields are the master's) or the number
/// of fields and each with its value; last the number of elements that came before it, for walking backwards. A deleted entry (flag 1) stays until its
/// block goes.</para>
/// <para>While a block is the last of its stream its memory is larger than the pack in it.</para>
/// </remarks>
internal readonly unsafe struct StreamBlock(byte* address)
{
    /// <summary>Flag of an entry that was deleted.</summary>
    public const long DeletedFlag = 1;

    /// <summary>Flag of an entry whose fields are the master's.</summary>
    public const long SameFieldsFlag = 2;

    private const int MostMasterNumberBytes = 10;
    private const int FirstCapacity = 96;
    private const int UnknownCount = ushort.MaxValue;

    private readonly byte* _address = address;

    public byte* Address => _address;

    public ListPack Pack => new(_address);

    public int Bytes => *(int*)_address;

    public long AllocatedBytes => (long)NativeHeap.UsableSize(_address);

    /// <summary>The number of entries that are not deleted.</summary>
    public long Live => ListPack.Read(_address + ListPack.HeaderSize).Integer;

    /// <summary>The number of deleted entries.</summary>
    public long Deleted => ListPack.Read(ListPack.Skip(_address + ListPack.HeaderSize)).Integer;

    /// <summary>The mark behind the last entry.</summary>
    public byte* End => _address + Bytes - 1;

    /// <summary>Makes a block for an entry, which is to be appended then.</summary>
    /// <param name="fields">The entry's fields.</param>
    /// <param name="bytes">How large the block will become, perhaps.</param>
    public static StreamBlock Create<TFields>(in TFields fields, long bytes) where TFields : IFieldSource, allows ref struct
    {
        long size = ListPack.EmptySize + 3 * MostMasterNumberBytes;
        for (int i = 0; i < fields.Count; i++)
            size += ListPack.StringSize(fields[2 * i].Length);
        byte* block = NativeHeap.Allocate((nuint)Math.Max(size, Math.Max(bytes, FirstCapacity)));
        byte* at = block + ListPack.HeaderSize;
        at = ListPack.Write(at, 0);
        at = ListPack.Write(at, 0);
        at = ListPack.Write(at, fields.Count);
        for (int i = 0; i < fields.Count; i++)
            at = ListPack.Write(at, fields[2 * i]);
        at = ListPack.Write(at, 0);
        *(int*)block = 0;
        *(ushort*)(block + 4) = 0;
        Finish(block, at, fields.Count + 4);
        return new StreamBlock(block);
    }

    /// <summary>Appends an entry; the block may move.</summary>
    /// <param name="master">The block's id.</param>
    /// <param name="id">The entry's, greater than all in the block.</param>
    /// <param name="fields">The fields.</param>
    /// <param name="most">Up to which size memory is taken in advance.</param>
    public StreamBlock Append<TFields>(StreamId master, StreamId id, in TFields fields, long most) where TFields : IFieldSource, allows ref struct
    {
        int count = fields.Count;
        StreamBlock block = this;
        bool isSame = block.HasFields(fields);
        long size = Bytes + 5 * MostMasterNumberBytes + 2;
        for (int i = isSame ? 1 : 0; i < 2 * count; i += isSame ? 2 : 1)
            size += ListPack.StringSize(fields[i].Length);
        if (size > AllocatedBytes)
            block = new StreamBlock(NativeHeap.Reallocate(_address, (nuint)Math.Max(size, Math.Min(2L * Bytes, most))));
        block = block.Count(1, 0);

        byte* at = block.End;
        at = ListPack.Write(at, isSame ? SameFieldsFlag : 0);
        at = ListPack.Write(at, (long)(id.Milliseconds - master.Milliseconds));
        at = ListPack.Write(at, (long)(id.Sequence - master.Sequence));
        int elements;
        if (isSame)
        {
            elements = count + 3;
            for (int i = 1; i < 2 * count; i += 2)
                at = ListPack.Write(at, fields[i]);
        }
        else
        {
            elements = 2 * count + 4;
            at = ListPack.Write(at, count);
            for (int i = 0; i < 2 * count; i++)
                at = ListPack.Write(at, fields[i]);
        }
        at = ListPack.Write(at, elements);
        Finish(block._address, at, elements + 1);
        return block;
    }

    /// <summary>Whether the fields are the master's.</summary>
    private bool HasFields<TFields>(in TFields fields) where TFields : IFieldSource, allows ref struct
    {
        byte* at = ListPack.Skip(ListPack.Skip(_address + ListPack.HeaderSize));
        if (ListPack.Read(at).Integer != fields.Count)
            return false;
        for (int i = 0; i < fields.Count; i++)
        {
            at = ListPack.Skip(at);
            if (!ListPack.Read(at).Equals(fields[2 * i]))
                return false;
        }
        return true;
    }

    /// <summary>Marks an entry as deleted that is not; the block may move.</summary>
    /// <param name="entry">The entry's flags.</param>
    public StreamBlock Delete(byte* entry)
    {
        MarkDeleted(entry);
        return Count(-1, 1);
    }

    /// <summary>Marks an entry as deleted; its block has to <see cref="Count"/> it.</summary>
    public static void MarkDeleted(byte* entry) => ListPack.Write(entry, ListPack.Read(entry).Integer | DeletedFlag);

    /// <summary>Changes the numbers of entries; the block may move.</summary>
    public StreamBlock Count(long live, long deleted)
    {
        StreamBlock block = this;
        if (live != 0)
            block = block.AddTo(block._address + ListPack.HeaderSize, live);
        if (deleted != 0)
            block = block.AddTo(ListPack.Skip(block._address + ListPack.HeaderSize), deleted);
        return block;
    }

    /// <summary>Gives back the memory beyond the pack's end.</summary>
    public StreamBlock Trim() =>
        NativeHeap.GoodSize((nuint)Bytes) < NativeHeap.UsableSize(_address) ? new StreamBlock(NativeHeap.Reallocate(_address, (nuint)Bytes)) : this;

    private StreamBlock AddTo(byte* element, long change)
    {
        long value = ListPack.Read(element).Integer + change;
        int size = (int)(ListPack.Skip(element) - element), needed = ListPack.SizeFor(value);
        if (size == needed)
        {
            ListPack.Write(element, value);
            return this;
        }
        int bytes = Bytes, offset = (int)(element - _address);
        byte* address = _address;
        if ((nuint)(bytes + needed - size) > NativeHeap.UsableSize(address))
            address = NativeHeap.Reallocate(address, (nuint)(bytes + needed - size));
        element = address + offset;
        int tail = bytes - offset - size;
        Buffer.MemoryCopy(element + size, element + needed, tail, tail);
        ListPack.Write(element, value);
        *(int*)address = bytes + needed - size;
        return new StreamBlock(address);
    }

    /// <summary>Writes the end mark, and the header for it.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Finish(byte* block, byte* end, int added)
    {
        *end = 0xFF;
        *(int*)block = (int)(end + 1 - block);
        int count = *(ushort*)(block + 4);
        if (count != UnknownCount)
            *(ushort*)(block + 4) = (ushort)Math.Min(count + added, UnknownCount);
    }

    public void Free() => NativeHeap.Free(_address);
}
