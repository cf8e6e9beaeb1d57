using System.Diagnostics;
using System.Runtime.CompilerServices;
using Carnelian.Memory;
using Carnelian.Storage.Defragmentation;
using Carnelian.Storage.Packed;
using Carnelian.Storage.Snapshots;

namespace Carnelian.Storage.Lists;

/// <summary>
/// A node of a <see cref="QuickList"/>: a pack of some elements, or one long element by itself (a plain node).
/// </summary>
/// <remarks>
/// <para>A pack may begin anywhere in its block, and the block may be larger than the pack. So elements come and go at either end without the
/// others being moved: at the head the pack's header moves, and nothing else.</para>
/// <para>A plain node's block is a <see cref="StringBlock"/>, of which a reply may hold a reference.</para>
/// </remarks>
internal unsafe struct QuickListNode
{
    private const int PlainMark = -1;

    /// <summary>Below this size of a block nobody cares how much of it is used.</summary>
    private const int LeastTrimmed = 512;

    /// <summary>The node before, or null.</summary>
    public QuickListNode* Previous;

    /// <summary>The node behind, or null.</summary>
    public QuickListNode* Next;

    private byte* _block;

    /// <summary>The number of elements.</summary>
    public int Count;

    private int _offset;

    /// <summary>Whether the node is one long element.</summary>
    public readonly bool IsPlain
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => _offset < 0;
    }

    /// <summary>The elements; not of a plain node.</summary>
    public readonly ListPack Pack
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => new(_block + _offset);
    }

    /// <summary>The element of a plain node.</summary>
    public readonly StringBlock Text => new(_block);

    /// <summary>The bytes of the pack, or of the plain element.</summary>
    public readonly long Size => IsPlain ? Text.Length : Pack.Bytes;

    /// <summary>The memory that node and content occupy, in bytes.</summary>
    public readonly long AllocatedBytes => (long)(NativeHeap.GoodSize((nuint)sizeof(QuickListNode)) + NativeHeap.UsableSize(_block));

    // --- making and freeing ---------------------------------------------------------------------------------------

    /// <summary>Makes a node of one long element.</summary>
    public static QuickListNode* CreatePlain(scoped in ListElement element) => Create(element.ToBlock().Address, PlainMark, 1);

    /// <summary>Makes a node of one element.</summary>
    /// <param name="element">The element.</param>
    /// <param name="capacity">Bytes to make room for at once.</param>
    /// <param name="atFront">Whether the room is in front of the element.</param>
    public static QuickListNode* CreatePacked(scoped in ListElement element, int capacity, bool atFront)
    {
        int bytes = ListPack.EmptySize + element.PackedSize;
        capacity = Math.Max(capacity, bytes);
        byte* block = NativeHeap.Allocate((nuint)capacity);
        int offset = atFront ? capacity - bytes : 0;
        byte* pack = block + offset;
        *(int*)pack = bytes;
        *(ushort*)(pack + 4) = 1;
        element.Write(pack + ListPack.HeaderSize);
        pack[bytes - 1] = ListPack.End;
        return Create(block, offset, 1);
    }

    /// <summary>Makes a node of a pack, which it takes over.</summary>
    public static QuickListNode* Adopt(ListPack pack) => Create(pack.Address, 0, pack.Count);

    /// <summary>Makes a copy.</summary>
    public readonly QuickListNode* Copy()
    {
        if (!IsPlain)
            return Create(Pack.Copy().Address, 0, Count);
        // Nobody ever changes the bytes of a plain node, so both can have the same.
        Text.AddReference();
        return Create(_block, PlainMark, 1);
    }

    /// <summary>Frees the node with what it holds.</summary>
    public static void Free(QuickListNode* node)
    {
        if (node->IsPlain)
            node->Text.Release();
        else
            NativeHeap.Free(node->_block);
        NativeHeap.Free((byte*)node);
    }

    /// <summary>The content for a snapshot: a copy of a pack, or a reference to a long element.</summary>
    /// <param name="isEarly">Whether it is kept because the node is about to change.</param>
    public readonly SavedBlock Save(bool isEarly)
    {
        if (!IsPlain)
            return new SavedBlock(Pack.Copy().Address, 0, isPlain: false) { IsEarly = isEarly };
        Text.AddReference();
        return new SavedBlock(_block, 0, isPlain: true) { IsEarly = isEarly };
    }

    /// <summary>Takes the content out for a snapshot; the node is freed.</summary>
    public static SavedBlock TakeContent(QuickListNode* node)
    {
        var saved = new SavedBlock(node->_block, Math.Max(node->_offset, 0), node->IsPlain) { IsEarly = true };
        NativeHeap.Free((byte*)node);
        return saved;
    }

    /// <summary>Moves the node's pack, or its long element if nobody shares that, out of a span that is nearly empty.</summary>
    public void RelocateBlock(Relocator relocator) => _block = IsPlain ? relocator.Move(Text).Address : relocator.Move(_block);

    /// <summary>Takes the pack out, as a block of its own without room; the node is freed.</summary>
    public static ListPack Release(QuickListNode* node)
    {
        node->Compact();
        var pack = new ListPack(node->_block);
        NativeHeap.Free((byte*)node);
        return pack;
    }

    private static QuickListNode* Create(byte* block, int offset, int count)
    {
        var node = (QuickListNode*)NativeHeap.Allocate((nuint)sizeof(QuickListNode));
        node->Previous = node->Next = null;
        node->_block = block;
        node->_offset = offset;
        node->Count = count;
        return node;
    }

    // --- changing -------------------------------------------------------------------------------------------------

    /// <summary>Puts an element in the place of some others that follow each other, maybe of none.</summary>
    /// <param name="at">The first of these, or what the element is put before, or the end mark.</param>
    /// <param name="removed">The bytes of those that go.</param>
    /// <param name="countRemoved">Their number.</param>
    /// <param name="element">What comes.</param>
    /// <param name="usual">Up to which size to make room in advance, in bytes.</param>
    /// <returns>The new element.</returns>
    public byte* Put(byte* at, int removed, int countRemoved, scoped in ListElement element, int usual)
    {
        byte* room = Splice(at, removed, element.PackedSize, 1 - countRemoved, usual);
        element.Write(room);
        return room;
    }

    /// <summary>Removes some elements that follow each other.</summary>
    /// <param name="at">The first of them.</param>
    /// <param name="removed">Their bytes.</param>
    /// <param name="count">Their number.</param>
    /// <returns>The element behind them, or the end mark.</returns>
    public byte* Cut(byte* at, int removed, int count)
    {
        byte* next = Splice(at, removed, 0, -count, 0);
        nuint usable = NativeHeap.UsableSize(_block);
        int bytes = Pack.Bytes;
        if (usable > LeastTrimmed && (nuint)bytes * 2 < usable)
        {
            nint offset = (nint)(next - (_block + _offset));
            Compact();
            next = _block + offset;
        }
        return next;
    }

    /// <summary>Moves the elements from one on to a new node.</summary>
    /// <param name="at">The first element of the new node, which is not the first of this one.</param>
    /// <param name="count">How many elements stay here.</param>
    public QuickListNode* SplitBefore(byte* at, int count)
    {
        byte* pack = _block + _offset;
        int moved = (int)(pack + Pack.Bytes - at);
        byte* block = NativeHeap.Allocate((nuint)(ListPack.HeaderSize + moved));
        Unsafe.CopyBlockUnaligned(block + ListPack.HeaderSize, at, (uint)moved);
        QuickListNode* behind = Create(block, 0, Count - count);
        WriteHeader(block, ListPack.HeaderSize + moved, behind->Count);
        *at = ListPack.End;
        Count = count;
        WriteHeader(pack, (int)(at - pack) + 1, count);
        Compact();
        return behind;
    }

    /// <summary>Appends the elements of another node, which is empty after that and still to be freed.</summary>
    public void Append(QuickListNode* other)
    {
        ListPack pack = other->Pack;
        int size = pack.Bytes - ListPack.EmptySize;
        byte* room = Splice(Pack.EndMark, 0, size, other->Count, 0);
        Unsafe.CopyBlockUnaligned(room, pack.Address + ListPack.HeaderSize, (uint)size);
    }

    /// <summary>Gives back what the block is larger than the pack, if that is worth while.</summary>
    public void Trim()
    {
        if (!IsPlain && NativeHeap.GoodSize((nuint)Pack.Bytes) < NativeHeap.UsableSize(_block))
            Compact();
    }

    /// <summary>Moves the pack to the beginning of a block of just its size.</summary>
    private void Compact()
    {
        int bytes = Pack.Bytes;
        if (_offset != 0)
        {
            Buffer.MemoryCopy(_block + _offset, _block, bytes, bytes);
            _offset = 0;
        }
        _block = NativeHeap.Reallocate(_block, (nuint)bytes);
    }

    /// <summary>
    /// Puts a gap in the place of some bytes of the pack, moving what is before or what is behind it, whichever is shorter. Header, count and
    /// end mark are right after that.
    /// </summary>
    private byte* Splice(byte* at, int removed, int size, int added, int usual)
    {
        byte* pack = _block + _offset;
        int bytes = *(int*)pack, change = size - removed;
        long before = at - pack, behind = bytes - before - removed;
        Debug.Assert(bytes + (long)change <= ListPack.MostBytes, "whoever adds to a pack has looked at its size");
        bool moveFront = before < behind;
        if (change > 0)
        {
            long room = moveFront ? _offset : (long)NativeHeap.UsableSize(_block) - _offset - bytes;
            if (room < change)
            {
                MakeRoom(bytes, change, moveFront, usual);
                pack = _block + _offset;
                at = pack + before;
            }
        }
        if (moveFront)
        {
            byte* target = pack - change;
            if (before > ListPack.HeaderSize)
                Buffer.MemoryCopy(pack, target, before, before);
            _offset -= change;
            pack = target;
        }
        else if (behind > 1)
        {
            Buffer.MemoryCopy(at + removed, at + size, behind, behind);
        }
        else
        {
            at[size] = ListPack.End;
        }
        Count += added;
        WriteHeader(pack, bytes + change, Count);
        return pack + before;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void WriteHeader(byte* pack, int bytes, int count)
    {
        *(int*)pack = bytes;
        *(ushort*)(pack + 4) = (ushort)Math.Min(count, ushort.MaxValue);
    }

    /// <summary>
    /// Makes room in front of or behind the pack: it slides to the other end of its block if that is not nearly full, else it gets a larger one.
    /// </summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private void MakeRoom(int bytes, int change, bool atFront, int usual)
    {
        byte* pack = _block + _offset;
        int needed = bytes + change;
        long usable = (long)NativeHeap.UsableSize(_block);
        if (usable - needed >= needed / 4)
        {
            _offset = atFront ? (int)usable - bytes : 0;
            Buffer.MemoryCopy(pack, _block + _offset, bytes, bytes);
            return;
        }
        var capacity = (int)NativeHeap.GoodSize((nuint)Math.Max(needed, Math.Min(needed + (needed / 4), usual)));
        byte* block = NativeHeap.Allocate((nuint)capacity);
        _offset = atFront ? capacity - bytes : 0;
        Unsafe.CopyBlockUnaligned(block + _offset, pack, (uint)bytes);
        NativeHeap.Free(_block);
        _block = block;
    }
}
