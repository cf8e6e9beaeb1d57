using Carnelian.Memory;

namespace Carnelian.Storage;

/// <summary>
/// The deadlines of one shard of one database in order, so that expiry needs no sampling: sorted blocks of eight-byte items
/// under a sorted array of the blocks.
/// </summary>
/// <remarks>
/// <para>An item is the deadline (42 bits of Unix milliseconds, enough until the year 2109) and the first 22 bits of the key's
/// position in its table: it names no entry, so entries may move. Items are a multiset: two keys may share one value.</para>
/// <para>Invariants: blocks are never empty; every item of a block is at most every item of the next; a block's first item is
/// copied in the array. Under the shard's lock.</para>
/// </remarks>
public unsafe struct ExpiryIndex
{
    /// <summary>How many leading bits of the position an item keeps.</summary>
    public const int HashBits = 22;

    /// <summary>How many positions of a table, one behind the other, an item may stand for.</summary>
    public const long PositionsPerItem = 1L << (HashTable<Entry>.PositionBits - HashBits);

    private const int BlockCapacity = 252; // with its header an exact size class: 2 KiB, less than a page
    private const long LatestDeadline = (1L << 42) - 1;

    private BlockReference* _blocks;
    private int _blockCount;
    private int _blockRoom;
    private int _count;
    private int _units;
    private long _beforeNever;

    private struct BlockReference
    {
        public ulong First;
        public ulong* Items;
        public int Count;
        public int Room;
    }

    /// <summary>The number of items.</summary>
    public readonly long Count => _count;

    /// <summary>The bytes the index occupies.</summary>
    public long Bytes
    {
        readonly get => (long)_units * 8;
        private set => _units = (int)(value / 8);
    }

    /// <summary>
    /// The earliest deadline, or <see cref="long.MaxValue"/> if there is none. A number of its own, so that whoever does not hold the lock may
    /// read it while blocks come and go; kept as the distance to the maximum, so that an index of zeros is empty.
    /// </summary>
    public readonly long Earliest => long.MaxValue - _beforeNever;

    /// <summary>The deadline of an item.</summary>
    public static long DeadlineOf(ulong item) => (long)(item >> HashBits);

    /// <summary>The leading bits of the hash of an item's key; the others are 0.</summary>
    public static ulong HashOf(ulong item) => item << (64 - HashBits);

    /// <summary>The first position of a table at which an item's key may be.</summary>
    public static long PositionOf(ulong item) => (long)(HashOf(item) >> (64 - HashTable<Entry>.PositionBits));

    /// <summary>The item for a key with a deadline.</summary>
    public static ulong ItemOf(long deadline, ulong hash) => (ulong)Math.Min(deadline, LatestDeadline) << HashBits | hash >> (64 - HashBits);

    /// <summary>Adds the deadline of a key.</summary>
    public void Add(long deadline, ulong hash)
    {
        ulong item = ItemOf(deadline, hash);
        _count++;
        if (_blockCount == 0)
        {
            InsertBlock(0, room: 4);
            _blocks[0].Items[0] = _blocks[0].First = item;
            _blocks[0].Count = 1;
            NoteEarliest();
            return;
        }
        int index = BlockFor(item);
        if (_blocks[index].Count == BlockCapacity)
        {
            SplitBlock(index, item);
            index = BlockFor(item);
        }
        ref BlockReference block = ref _blocks[index];
        if (block.Count == block.Room)
            ResizeBlock(ref block, Math.Min(block.Room * 2, BlockCapacity));
        int place = LowerBound(block.Items, block.Count, item);
        Buffer.MemoryCopy(block.Items + place, block.Items + place + 1, BlockCapacity * 8, (long)(block.Count - place) * 8);
        block.Items[place] = item;
        block.Count++;
        block.First = block.Items[0];
        if (index == 0)
            NoteEarliest();
    }

    /// <summary>Removes the deadline of a key, which has been added.</summary>
    public void Remove(long deadline, ulong hash)
    {
        ulong item = ItemOf(deadline, hash);
        if (_blockCount == 0)
            return;
        int index = BlockFor(item);
        ref BlockReference block = ref _blocks[index];
        int place = LowerBound(block.Items, block.Count, item);
        if (place < block.Count && block.Items[place] == item)
            RemoveRange(index, place, 1);
    }

    /// <summary>Copies the earliest items with a deadline of at most <paramref name="now"/>, which stay in the index.</summary>
    public readonly int PeekDue(long now, Span<ulong> items)
    {
        if (_blockCount == 0)
            return 0;
        ref BlockReference block = ref _blocks[0];
        int count = 0;
        while (count < block.Count && count < items.Length && DeadlineOf(block.Items[count]) <= now)
        {
            items[count] = block.Items[count];
            count++;
        }
        return count;
    }

    /// <summary>An item taken by chance, each as likely as the others; the index must not be empty.</summary>
    public readonly ulong Sample(ref FastRandom random)
    {
        if (_blockCount == 1)
            return _blocks[0].Items[random.Next(_blocks[0].Count)];
        while (true)
        {
            // A place that its block has not filled is drawn again: then fuller blocks come up more often.
            ref BlockReference block = ref _blocks[random.Next(_blockCount)];
            int place = random.Next(BlockCapacity);
            if (place < block.Count)
                return block.Items[place];
        }
    }

    /// <summary>Removes the earliest items; there are at least as many.</summary>
    public void RemoveFirst(int count)
    {
        while (count > 0)
        {
            int some = Math.Min(count, _blocks[0].Count);
            RemoveRange(0, 0, some);
            count -= some;
        }
    }

    /// <summary>Some deadlines, evenly spread over the index: their sum and their number.</summary>
    /// <param name="most">How many blocks to look at; with fewer blocks all deadlines count.</param>
    public readonly (long Sum, int Count) SampleDeadlines(int most)
    {
        long sum = 0;
        int count = 0;
        int stride = Math.Max(_blockCount / most, 1);
        for (int i = 0; i < _blockCount; i += stride)
        {
            ref BlockReference block = ref _blocks[i];
            int step = stride == 1 ? 1 : Math.Max(block.Count / 4, 1);
            for (int k = 0; k < block.Count; k += step)
            {
                sum += DeadlineOf(block.Items[k]);
                count++;
            }
        }
        return (sum, count);
    }

    /// <summary>Frees everything.</summary>
    public void Clear()
    {
        for (int i = 0; i < _blockCount; i++)
            NativeHeap.Free((byte*)_blocks[i].Items);
        NativeHeap.Free((byte*)_blocks);
        this = default;
    }

    private static int LowerBound(ulong* items, int count, ulong item)
    {
        int low = 0;
        while (count > 0)
        {
            int half = count >> 1;
            if (items[low + half] < item)
            {
                low += half + 1;
                count -= half + 1;
            }
            else
            {
                count = half;
            }
        }
        return low;
    }

    /// <summary>The last block whose first item is at most the item, or the first block.</summary>
    private readonly int BlockFor(ulong item)
    {
        int low = 0, high = _blockCount - 1;
        if (_blocks[high].First <= item)
            return high;
        while (low < high)
        {
            int middle = (low + high + 1) >> 1;
            if (_blocks[middle].First <= item)
                low = middle;
            else
                high = middle - 1;
        }
        return low;
    }

    private void InsertBlock(int index, int room)
    {
        if (_blockCount == _blockRoom)
        {
            _blockRoom = Math.Max(2, _blockRoom * 2);
            if (_blocks != null)
                Bytes -= (long)NativeHeap.UsableSize((byte*)_blocks);
            _blocks = (BlockReference*)NativeHeap.Reallocate((byte*)_blocks, (nuint)(_blockRoom * sizeof(BlockReference)));
            Bytes += (long)NativeHeap.UsableSize((byte*)_blocks);
        }
        long moved = (long)(_blockCount - index) * sizeof(BlockReference);
        Buffer.MemoryCopy(_blocks + index, _blocks + index + 1, moved, moved);
        _blockCount++;
        _blocks[index] = new BlockReference { Items = (ulong*)NativeHeap.Allocate((nuint)room * 8), Room = room };
        Bytes += (long)NativeHeap.UsableSize((byte*)_blocks[index].Items);
    }

    private void ResizeBlock(ref BlockReference block, int room)
    {
        Bytes -= (long)NativeHeap.UsableSize((byte*)block.Items);
        block.Items = (ulong*)NativeHeap.Reallocate((byte*)block.Items, (nuint)room * 8);
        block.Room = room;
        Bytes += (long)NativeHeap.UsableSize((byte*)block.Items);
    }

    /// <summary>
    /// Makes room around an item. Deadlines mostly ascend, though not strictly within a millisecond: so near the end of a block only
    /// what is behind the item moves on, to the next block or to a fresh one at the end. Elsewhere the block becomes two halves.
    /// </summary>
    private void SplitBlock(int index, ulong item)
    {
        int place = LowerBound(_blocks[index].Items, BlockCapacity, item);
        bool isNearEnd = place >= BlockCapacity / 4 * 3;
        int kept = isNearEnd ? Math.Min(place, BlockCapacity - 1) : BlockCapacity / 2;
        int moved = BlockCapacity - kept;
        bool hasNext = index + 1 < _blockCount;
        if (!isNearEnd || !hasNext || _blocks[index + 1].Count + moved >= BlockCapacity)
            InsertBlock(index + 1, isNearEnd ? BlockCapacity / 4 + 1 : BlockCapacity);
        ref BlockReference from = ref _blocks[index];
        ref BlockReference to = ref _blocks[index + 1];
        if (to.Room < to.Count + moved)
            ResizeBlock(ref to, BlockCapacity);
        Buffer.MemoryCopy(to.Items, to.Items + moved, (long)(to.Room - moved) * 8, (long)to.Count * 8);
        Buffer.MemoryCopy(from.Items + kept, to.Items, (long)to.Room * 8, (long)moved * 8);
        from.Count = kept;
        to.Count += moved;
        to.First = to.Items[0];
    }

    private void NoteEarliest() => _beforeNever = long.MaxValue - DeadlineOf(_blocks[0].First);

    private void RemoveRange(int index, int place, int count)
    {
        RemoveItems(index, place, count);
        if (_blockCount != 0)
            NoteEarliest();
    }

    private void RemoveItems(int index, int place, int count)
    {
        ref BlockReference block = ref _blocks[index];
        _count -= count;
        block.Count -= count;
        long moved = (long)(block.Count - place) * 8;
        Buffer.MemoryCopy(block.Items + place + count, block.Items + place, moved, moved);
        if (block.Count == 0)
        {
            RemoveBlock(index);
            return;
        }
        block.First = block.Items[0];
        if (block.Count < BlockCapacity / 4 && index + 1 < _blockCount && block.Count + _blocks[index + 1].Count <= BlockCapacity / 2)
            MergeWithNext(index);
        else if (block.Count * 4 < block.Room && block.Room > 8)
            ResizeBlock(ref block, block.Room / 2);
    }

    private void MergeWithNext(int index)
    {
        ref BlockReference block = ref _blocks[index];
        ref BlockReference next = ref _blocks[index + 1];
        if (block.Room < block.Count + next.Count)
            ResizeBlock(ref block, BlockCapacity);
        Buffer.MemoryCopy(next.Items, block.Items + block.Count, (long)next.Count * 8, (long)next.Count * 8);
        block.Count += next.Count;
        RemoveBlock(index + 1);
    }

    private void RemoveBlock(int index)
    {
        Bytes -= (long)NativeHeap.UsableSize((byte*)_blocks[index].Items);
        NativeHeap.Free((byte*)_blocks[index].Items);
        _blockCount--;
        long moved = (long)(_blockCount - index) * sizeof(BlockReference);
        Buffer.MemoryCopy(_blocks + index + 1, _blocks + index, moved, moved);
        if (_blockCount == 0)
            Clear();
    }
}
