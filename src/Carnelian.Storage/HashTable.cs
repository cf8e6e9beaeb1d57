using System.Diagnostics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Carnelian.Memory;
using static Carnelian.Storage.HashBucket;

namespace Carnelian.Storage;

/// <summary>
/// Extendible hashing: a directory of segments, each an array of 64-byte buckets with seven records and their one-byte
/// fingerprints, and behind them a few stash buckets for what did not fit.
/// </summary>
/// <remarks>
/// <para>
/// The highest bits of a hash choose the directory slot; the 16 bits behind the segment's own depth, scaled to the number
/// of buckets, choose the bucket. So the buckets lie in the order of the hash whatever their number is, a segment can grow
/// in steps finer than two, and a position in hash order stays meaningful when segments grow, split and merge: that is the
/// cursor of SCAN.
/// </para>
/// <para>Bucket: seven fingerprints (0 = free), one byte that tells which stash buckets may hold records that belong here
/// (bit 7: the overflow, which only a table under attack or a very uneven split has), seven pointers.</para>
/// <para>Invariants: a record is in its main bucket or in a stash bucket that the main bucket announces; a directory slot and
/// all slots with the same leading <c>LocalDepth</c> bits name the same segment; the word of a slot carries the segment's
/// depth and number of buckets, so that a prefetch reads nothing but the directory.</para>
/// <para>Directories come from memory that is never unmapped or reused otherwise: <see cref="PrefetchBucket"/> may be called
/// without the shard's lock. All else is called with it.</para>
/// </remarks>
[StructLayout(LayoutKind.Sequential)]
public unsafe struct HashTable<TRecord> where TRecord : struct, IRecordOperations
{
    /// <summary>Positions in hash order are the highest bits of the hash, this many.</summary>
    public const int PositionBits = 43;

    private const int MaxDepth = 26;
    private const int LargestSegment = 56;

    /// <summary>Quarters of records for each bucket that is made ahead: so full are those that have grown, on average, before they grow again.</summary>
    private const int FillReserved = 25;

    private ulong _directory; // pointer | depth << 56
    private long _count;
    private long _bytes;
    private int _deepest;     // segments whose depth is that of the directory
    private int _segments;

    /// <summary>Whether tables become smaller when records go. For tests of the server; one setting a process.</summary>
    internal static bool AllowsShrinking { get; set; } = true;

    /// <summary>The number of records.</summary>
    public readonly long Count => _count;

    /// <summary>The bytes that the table itself occupies, without its records.</summary>
    public readonly long Bytes => _bytes;

    /// <summary>The number of segments, for statistics.</summary>
    public readonly int Segments => _segments;

    /// <summary>The number of leading hash bits that the directory tells apart.</summary>
    public readonly int Depth => (int)(_directory >> 56);

    // --- lookup ---------------------------------------------------------------------------------------------------

    /// <summary>Starts to load the directory slot of a hash. May be called without the lock.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public readonly void PrefetchSlot(ulong hash)
    {
        ulong directory = Volatile.Read(in _directory);
        CacheLine.Prefetch((ulong*)(directory & PointerMask) + ((hash >> 1) >> (int)(63 - (directory >> 56))));
    }

    /// <summary>Starts to load the bucket of a hash. May be called without the lock.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public readonly void PrefetchBucket(ulong hash)
    {
        ulong directory = Volatile.Read(in _directory);
        if (directory != 0)
            CacheLine.Prefetch(BucketOf(SlotWord(directory, hash), hash));
    }

    /// <summary>Starts to load what adding or removing a record will touch, but for the record. May be called without the lock.</summary>
    public readonly void PrefetchChange(ulong hash)
    {
        ulong directory = Volatile.Read(in _directory);
        if (directory == 0)
            return;
        ulong word = SlotWord(directory, hash);
        CacheLine.Prefetch((byte*)(word & PointerMask));
        CacheLine.Prefetch(BucketOf(word, hash));
    }

    /// <summary>
    /// Starts to load the records that a lookup of a hash will compare, or the stash bucket where it will go on. May be called
    /// without the lock.
    /// </summary>
    /// <returns>Whether the lookup will go on in the stash, so that <see cref="PrefetchStashed"/> is worth while.</returns>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public readonly bool PrefetchRecords(ulong hash)
    {
        ulong directory = Volatile.Read(in _directory);
        if (directory == 0)
            return false;
        ulong word = SlotWord(directory, hash);
        byte* bucket = BucketOf(word, hash);
        uint candidates = Candidates(bucket, Fingerprint(hash));
        if (candidates != 0)
        {
            PrefetchCandidates(bucket, candidates);
            return false;
        }
        uint announced = AnnouncedStash(word, bucket);
        if (announced == 0)
            return false;
        CacheLine.Prefetch(StashAt(word, (int)uint.TrailingZeroCount(announced)));
        return true;
    }

    /// <summary>Starts to load what <see cref="PrefetchRecords"/> could not yet: records in the stash. May be called without the lock.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public readonly void PrefetchStashed(ulong hash)
    {
        ulong directory = Volatile.Read(in _directory);
        if (directory == 0)
            return;
        ulong word = SlotWord(directory, hash);
        byte* bucket = BucketOf(word, hash);
        uint announced = AnnouncedStash(word, bucket);
        if (announced == 0 || Candidates(bucket, Fingerprint(hash)) != 0)
            return;
        byte* stash = StashAt(word, (int)uint.TrailingZeroCount(announced));
        PrefetchCandidates(stash, Candidates(stash, Fingerprint(hash)));
    }

    /// <summary>What tells where the buckets are, as long as the table does not change; 0 while it is empty. For <see cref="TableLookup"/>.</summary>
    public readonly ulong Directory => Volatile.Read(in _directory);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void PrefetchCandidates(byte* bucket, uint candidates)
    {
        while (candidates != 0)
        {
            byte* record = *(byte**)(bucket + 8 + 8 * uint.TrailingZeroCount(candidates));
            CacheLine.Prefetch(record);
            CacheLine.Prefetch(record + 64);
            // A usual entry of 80 to 96 bytes that begins late in its line reaches into a third one.
            nuint at = (nuint)record;
            CacheLine.Prefetch(record + 64 + ((at & (at << 1) & 32) << 1));
            candidates &= candidates - 1;
        }
    }

    /// <summary>The stash buckets that a bucket announces, and none that the segment cannot have, whatever a stale bucket says.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static uint AnnouncedStash(ulong word, byte* bucket) => bucket[7] & ((1u << StashFor((int)(word >> 56))) - 1);

    /// <summary>The place of the record with this key, or null. It is valid until the next change of the table.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public readonly byte** Find(byte* key, int length, ulong hash)
    {
        ulong directory = _directory;
        if (directory == 0)
            return null;
        ulong word = SlotWord(directory, hash);
        byte* bucket = BucketOf(word, hash);
        uint candidates = Candidates(bucket, Fingerprint(hash));
        while (candidates != 0)
        {
            byte** slot = (byte**)(bucket + 8 + 8 * uint.TrailingZeroCount(candidates));
            if (TRecord.HasKey(*slot, key, length))
                return slot;
            candidates &= candidates - 1;
        }
        return bucket[7] == 0 ? null : FindInStash(word, bucket[7], key, length, hash);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static byte** FindInStash(ulong word, uint announced, byte* key, int length, ulong hash)
    {
        byte fingerprint = Fingerprint(hash);
        for (uint left = announced & SlotMask; left != 0; left &= left - 1)
        {
            byte** slot = FindInBucket(StashAt(word, (int)uint.TrailingZeroCount(left)), fingerprint, key, length);
            if (slot != null)
                return slot;
        }
        if (announced >> OverflowBit == 0)
            return null;
        var segment = (HashSegment*)(word & PointerMask);
        for (int i = 0; i < segment->OverflowBuckets; i++)
        {
            byte** slot = FindInBucket(segment->Overflow + i * BucketSize, fingerprint, key, length);
            if (slot != null)
                return slot;
        }
        return null;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static byte** FindInBucket(byte* bucket, byte fingerprint, byte* key, int length)
    {
        for (uint candidates = Candidates(bucket, fingerprint); candidates != 0; candidates &= candidates - 1)
        {
            byte** slot = (byte**)(bucket + 8 + 8 * uint.TrailingZeroCount(candidates));
            if (TRecord.HasKey(*slot, key, length))
                return slot;
        }
        return null;
    }

    // --- change ---------------------------------------------------------------------------------------------------

    /// <summary>Adds a record whose key is not in the table.</summary>
    public void Add(byte* record, ulong hash)
    {
        if (_directory == 0)
            CreateFirstSegment();
        while (true)
        {
            ulong word = SlotWord(_directory, hash);
            byte* bucket = BucketOf(word, hash);
            uint free = FreeSlots(bucket);
            var segment = (HashSegment*)(word & PointerMask);
            if (free != 0)
            {
                Place(bucket, (int)uint.TrailingZeroCount(free), record, hash);
                break;
            }
            if (AddToStash(segment, bucket, record, hash))
                break;
            if (IsCapped(segment))
            {
                AddToOverflow(segment, bucket, record, hash);
                break;
            }
            GrowSegment(segment, hash);
        }
        ((HashSegment*)(SlotWord(_directory, hash) & PointerMask))->Count++;
        _count++;
    }

    /// <summary>Removes the record in a place that <see cref="Find"/> returned; the record itself is the caller's.</summary>
    public void RemoveAt(byte** slot, ulong hash)
    {
        ulong word = SlotWord(_directory, hash);
        var segment = (HashSegment*)(word & PointerMask);
        byte* bucket = BucketOf(word, hash);
        byte* owner = (byte*)((nuint)slot & ~(nuint)(BucketSize - 1));
        owner[slot - (byte**)(owner + 8)] = 0;
        *slot = null;
        if (owner != bucket)
            segment->InStash--;
        // A stale announcement costs a look only; bringing records back costs their hashes.
        if (bucket[7] != 0 && segment->InStash * 2 >= segment->StashBuckets * SlotsPerBucket)
            RefillFromStash(segment, bucket, hash);
        segment->Count--;
        _count--;
        if (segment->Count * 2 < segment->Buckets * 3 && (segment->Count & 3) == 0)
            ShrinkSegment(segment, hash);
    }

    /// <summary>Makes an empty table as large as it would be with so many records, so that they come without growing and splitting. Does nothing to another.</summary>
    public void Reserve(long records)
    {
        if (_directory != 0 || records <= 0)
            return;
        int depth = 0;
        while (depth < MaxDepth && records >> depth > LargestSegment * FillReserved / 4)
            depth++;
        long slots = 1L << depth;
        var directory = (ulong*)TypeStablePool.Allocate(DirectoryBytes(slots));
        int buckets = 1;
        while (buckets < LargestSegment && records >> depth > buckets * FillReserved / 4)
            buckets = NextSize(buckets);
        for (long i = 0; i < slots; i++)
            directory[i] = WordOf(NewSegment(depth, buckets));
        _bytes += slots * 8;
        _segments = _deepest = (int)slots;
        Volatile.Write(ref _directory, (ulong)directory | (ulong)depth << 56);
    }

    /// <summary>Gives back what was reserved for records that did not come.</summary>
    public void Trim()
    {
        if (_count == 0)
        {
            Clear();
            return;
        }
        for (ulong next = 0; _directory != 0;)
        {
            HashSegment* segment, before;
            do
            {
                before = (HashSegment*)(SlotWord(_directory, next) & PointerMask);
                ShrinkSegment(before, next);
                segment = (HashSegment*)(SlotWord(_directory, next) & PointerMask);
            }
            while (segment != before);
            // The segment may have been joined with the one before it, too.
            int depth = segment->Depth;
            next = depth == 0 ? 0 : ((next >> (64 - depth)) + 1) << (64 - depth);
            if (next == 0)
                return;
        }
    }

    /// <summary>Frees the table's memory, without its records; the table is empty after that.</summary>
    public void Clear()
    {
        if (_directory == 0)
            return;
        ulong* directory = DirectoryPointer;
        int depth = Depth;
        long slots = 1L << depth;
        for (long i = 0; i < slots;)
        {
            var segment = (HashSegment*)(directory[i] & PointerMask);
            i += 1L << (depth - segment->Depth);
            FreeSegment(segment);
        }
        TypeStablePool.Free((byte*)directory, DirectoryBytes(slots));
        this = default;
    }

    // --- walking --------------------------------------------------------------------------------------------------

    /// <summary>Collects the records of the bucket at a position of hash order, and moves the position behind it.</summary>
    /// <param name="position">A position of <see cref="PositionBits"/> bits; 0 is the beginning. On return the next, or -1 at the end.</param>
    /// <param name="into">Takes the records, in no order.</param>
    public readonly void Collect(ref long position, ref RecordList into)
    {
        if (_directory == 0)
        {
            position = -1;
            return;
        }
        ulong hash = (ulong)position << (64 - PositionBits);
        ulong word = SlotWord(_directory, hash);
        var segment = (HashSegment*)(word & PointerMask);
        int index = BucketIndex(word, hash);
        byte* bucket = BucketAt(segment, index);
        CollectSlots(bucket, ref into);
        if (bucket[7] != 0)
        {
            for (int i = segment->Buckets; i < segment->AllBuckets; i++)
            {
                byte* stash = BucketAt(segment, i);
                if ((bucket[7] & AnnouncementOf(segment, i)) == 0)
                    continue;
                for (int slot = 0; slot < SlotsPerBucket; slot++)
                {
                    byte* record = *(byte**)(stash + 8 + 8 * slot);
                    if (record != null && BucketIndex(word, TRecord.Hash(record)) == index)
                        into.Add(record);
                }
            }
        }

        position = PositionBehind(segment, index, hash);
    }

    /// <summary>Collects all records of the segment that a hash belongs to, in no order.</summary>
    /// <returns>How many leading bits of the hash they share.</returns>
    public readonly int CollectSegment(ulong hash, ref RecordList into)
    {
        var segment = (HashSegment*)(SlotWord(_directory, hash) & PointerMask);
        int buckets = segment->AllBuckets;
        for (int i = 0; i < buckets; i++)
            CollectSlots(BucketAt(segment, i), ref into);
        return segment->Depth;
    }

    /// <summary>Removes all records of the segment that a hash belongs to; the records themselves are the caller's.</summary>
    public void RemoveSegment(ulong hash)
    {
        var segment = (HashSegment*)(SlotWord(_directory, hash) & PointerMask);
        _count -= segment->Count;
        HashSegment* empty = NewSegment(segment->Depth, buckets: 1);
        ReplaceInDirectory(hash, empty);
        FreeSegment(segment);
        if (!AllowsShrinking)
            return;
        while (empty->Depth > 0 && MergeWithBuddy(empty, hash))
            empty = (HashSegment*)(SlotWord(_directory, hash) & PointerMask);
    }

    /// <summary>Collects the records of the segment at a position of hash order, and moves the position behind it: the quickest way through a whole table.</summary>
    /// <param name="position">As for <see cref="Collect"/>. What was collected from a position on is complete as long as the table does not change.</param>
    /// <param name="into">Takes the records, in no order.</param>
    public readonly void CollectSegment(ref long position, ref RecordList into)
    {
        if (_directory == 0)
        {
            position = -1;
            return;
        }
        int depth = CollectSegment((ulong)position << (64 - PositionBits), ref into);
        ulong next = ((ulong)position >> (PositionBits - depth)) + 1;
        position = next >> depth != 0 ? -1 : (long)(next << (PositionBits - depth));
    }

    /// <summary>The number of records that the table has room for without growing, were they spread evenly.</summary>
    public readonly long CountSlots()
    {
        if (_directory == 0)
            return 0;
        long slots = 0;
        for (long i = 0; i < 1L << Depth;)
        {
            var segment = (HashSegment*)(DirectoryPointer[i] & PointerMask);
            slots += (segment->Buckets + segment->StashBuckets) * SlotsPerBucket;
            i += 1L << (Depth - segment->Depth);
        }
        return slots;
    }

    /// <summary>A record by chance, each as likely as the others (but for the overflow of a table under attack); null if there is none.</summary>
    public readonly byte* Sample(ref FastRandom random)
    {
        if (_count == 0)
            return null;
        // Every directory slot stands for as many places, whatever its segment has: so a place is as likely in a small segment as in a large one.
        int depth = Depth;
        int places = depth == 0 ? 0 : (LargestSegment + StashFor(LargestSegment)) * SlotsPerBucket;
        while (true)
        {
            ulong hash = random.Next();
            ulong word = SlotWord(_directory, hash);
            int buckets = (int)(word >> 56) + StashFor((int)(word >> 56)), slots = buckets * SlotsPerBucket;
            long place = depth == 0 ? random.Next(slots) : PlaceIn(word, hash, depth, places, ref random);
            if (place >= slots)
                continue;
            var segment = (HashSegment*)(word & PointerMask);
            if (segment->OverflowBuckets != 0)
                place = random.Next(segment->AllBuckets * SlotsPerBucket);
            byte* record = *(byte**)(BucketAt(segment, (int)(place / SlotsPerBucket)) + 8 + 8 * (place % SlotsPerBucket));
            if (record != null)
                return record;
        }
    }

    /// <summary>A place by chance within the slot of the directory that a hash chooses, counted from the first slot of its segment.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static long PlaceIn(ulong word, ulong hash, int depth, int places, ref FastRandom random)
    {
        int shared = depth - (int)(word >> 48 & 0xff);
        long slot = (long)(hash >> 1 >> (63 - depth)) & ((1L << shared) - 1);
        return slot * places + random.Next(places);
    }

    // --- the stash ------------------------------------------------------------------------------------------------

    /// <summary>Whether splitting no longer helps: then the stash takes whatever comes.</summary>
    private readonly bool IsCapped(HashSegment* segment) =>
        segment->Buckets == LargestSegment && (segment->Depth >= MaxDepth || segment->Depth > 64 - long.LeadingZeroCount(_count / LargestSegment) + 8);

    private static bool AddToStash(HashSegment* segment, byte* main, byte* record, ulong hash)
    {
        // A bucket's records stay together as long as there is room: fewer looks.
        uint announced = main[7] & SlotMask;
        int first = announced == 0 ? (int)((uint)hash % Math.Max(segment->StashBuckets, 1u)) : (int)uint.TrailingZeroCount(announced);
        for (int i = 0; i < segment->StashBuckets; i++)
        {
            int index = first + i < segment->StashBuckets ? first + i : first + i - segment->StashBuckets;
            byte* bucket = BucketAt(segment, segment->Buckets + index);
            uint free = FreeSlots(bucket);
            if (free == 0)
                continue;
            Place(bucket, (int)uint.TrailingZeroCount(free), record, hash);
            main[7] |= (byte)(1 << index);
            segment->InStash++;
            return true;
        }
        return false;
    }

    /// <summary>Adds a record outside of the segment's own memory: what neither growing nor splitting makes room for.</summary>
    private void AddToOverflow(HashSegment* segment, byte* main, byte* record, ulong hash)
    {
        main[7] |= 1 << OverflowBit;
        segment->InStash++;
        int buckets = segment->OverflowBuckets;
        for (int i = buckets - 1; i >= 0; i--)
        {
            byte* bucket = segment->Overflow + (nint)i * BucketSize;
            uint free = FreeSlots(bucket);
            if (free == 0)
                continue;
            Place(bucket, (int)uint.TrailingZeroCount(free), record, hash);
            return;
        }
        int grown = Math.Max(buckets * 2, 1);
        byte* overflow = AllocateCleared((nuint)grown * BucketSize);
        if (buckets != 0)
        {
            Buffer.MemoryCopy(segment->Overflow, overflow, (long)grown * BucketSize, (long)buckets * BucketSize);
            FreeCounted(segment->Overflow);
        }
        segment->Overflow = overflow;
        segment->OverflowBuckets = grown;
        Place(overflow + (nint)buckets * BucketSize, 0, record, hash);
    }

    /// <summary>Brings records back from the stash into free slots of their bucket, and announces only what is still there.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private readonly void RefillFromStash(HashSegment* segment, byte* main, ulong hash)
    {
        ulong word = SlotWord(_directory, hash);
        int index = BucketIndex(word, hash);
        uint announced = 0;
        for (int i = segment->Buckets; i < segment->AllBuckets; i++)
        {
            uint bit = AnnouncementOf(segment, i);
            if ((main[7] & bit) == 0)
                continue;
            byte* bucket = BucketAt(segment, i);
            for (int slot = 0; slot < SlotsPerBucket; slot++)
            {
                byte* record = *(byte**)(bucket + 8 + 8 * slot);
                if (record == null)
                    continue;
                ulong recordHash = TRecord.Hash(record);
                if (BucketIndex(word, recordHash) != index)
                    continue;
                uint free = FreeSlots(main);
                if (free == 0)
                {
                    announced |= bit;
                    continue;
                }
                Place(main, (int)uint.TrailingZeroCount(free), record, recordHash);
                bucket[slot] = 0;
                *(byte**)(bucket + 8 + 8 * slot) = null;
                segment->InStash--;
            }
        }
        main[7] = (byte)announced;
    }

    // --- segments -------------------------------------------------------------------------------------------------

    private readonly ulong* DirectoryPointer => (ulong*)(_directory & PointerMask);

    private static nuint DirectoryBytes(long slots) => (nuint)Math.Max(slots * 8, 64);

    private void CreateFirstSegment()
    {
        var directory = (ulong*)TypeStablePool.Allocate(DirectoryBytes(1));
        *directory = WordOf(NewSegment(depth: 0, buckets: 1));
        _bytes += 8;
        _segments = 1;
        _deepest = 1;
        Volatile.Write(ref _directory, (ulong)directory);
    }

    private static ulong WordOf(HashSegment* segment) => (ulong)segment | (ulong)segment->Depth << 48 | (ulong)segment->Buckets << 56;

    private byte* AllocateCleared(nuint size)
    {
        byte* memory = NativeHeap.Allocate(size);
        Debug.Assert(((nuint)memory & 63) == 0, "buckets lie in one cache line each");
        NativeMemory.Clear(memory, size);
        _bytes += (long)NativeHeap.UsableSize(memory);
        return memory;
    }

    private void FreeCounted(byte* memory)
    {
        _bytes -= (long)NativeHeap.UsableSize(memory);
        NativeHeap.Free(memory);
    }

    private HashSegment* NewSegment(int depth, int buckets)
    {
        int stash = StashFor(buckets);
        var segment = (HashSegment*)AllocateCleared((nuint)(HeaderSize + (buckets + stash) * BucketSize));
        segment->Depth = (byte)depth;
        segment->Buckets = (byte)buckets;
        segment->StashBuckets = (byte)stash;
        return segment;
    }

    private void FreeSegment(HashSegment* segment)
    {
        if (segment->Overflow != null)
            FreeCounted(segment->Overflow);
        FreeCounted((byte*)segment);
    }

    /// <summary>
    /// The steps in which a segment grows: with header and stash, each is an exact size class of the heap. Finer steps would fill
    /// segments better, but leave more of the heap's spans half empty.
    /// </summary>
    private static int NextSize(int buckets) => buckets switch
    {
        1 => 2,
        2 => 3,
        3 => 6,
        6 => 14,
        14 => 21,
        21 => 28,
        28 => 42,
        _ => LargestSegment,
    };

    /// <summary>The stash buckets of a segment; at most seven, which a byte can announce beside the overflow.</summary>
    private static int StashFor(int buckets) => buckets < 6 ? 0 : Math.Max(buckets / 7 - 1, 1);

    private static int SizeFor(int count)
    {
        int buckets = 1;
        while (buckets < LargestSegment && count * 2 > buckets * 11)
            buckets = NextSize(buckets);
        return buckets;
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private void GrowSegment(HashSegment* segment, ulong hash)
    {
        if (segment->Buckets < LargestSegment)
        {
            HashSegment* grown = NewSegment(segment->Depth, NextSize(segment->Buckets));
            MoveRecords(segment, grown, grown);
            ReplaceInDirectory(hash, grown);
            FreeSegment(segment);
            return;
        }
        if (segment->Depth == Depth)
            DoubleDirectory();
        int depth = segment->Depth + 1;
        int size = SizeFor(segment->Count / 2 + 8);
        HashSegment* low = NewSegment(depth, size);
        HashSegment* high = NewSegment(depth, size);
        ulong bit = 1UL << (64 - depth);
        MoveRecords(segment, low, high);
        ReplaceInDirectory(hash & ~bit, low);
        ReplaceInDirectory(hash | bit, high);
        _segments++;
        if (depth == Depth)
            _deepest += 2;
        FreeSegment(segment);
    }

    /// <summary>Moves all records of a segment to one or, by the bit behind its depth, two others that are empty.</summary>
    private void MoveRecords(HashSegment* from, HashSegment* low, HashSegment* high)
    {
        byte** records = stackalloc byte*[64];
        int held = 0, buckets = from->AllBuckets;
        for (int i = 0; i < buckets; i++)
        {
            byte* bucket = BucketAt(from, i);
            for (int slot = 0; slot < SlotsPerBucket; slot++)
            {
                byte* record = *(byte**)(bucket + 8 + 8 * slot);
                if (record == null)
                    continue;
                CacheLine.Prefetch(record);
                records[held++] = record;
            }
            if (held > 64 - SlotsPerBucket || i == buckets - 1)
            {
                for (int k = 0; k < held; k++)
                {
                    ulong hash = TRecord.Hash(records[k]);
                    HashSegment* target = low == high || (hash << from->Depth >> 63) == 0 ? low : high;
                    PlaceInSegment(target, records[k], hash);
                }
                held = 0;
            }
        }
    }

    private void PlaceInSegment(HashSegment* segment, byte* record, ulong hash)
    {
        byte* bucket = BucketOf(WordOf(segment), hash);
        uint free = FreeSlots(bucket);
        if (free != 0)
            Place(bucket, (int)uint.TrailingZeroCount(free), record, hash);
        else if (!AddToStash(segment, bucket, record, hash))
            AddToOverflow(segment, bucket, record, hash);
        segment->Count++;
    }

    private readonly void ReplaceInDirectory(ulong hash, HashSegment* segment)
    {
        int depth = Depth;
        ulong* directory = DirectoryPointer;
        ulong word = WordOf(segment);
        ulong first = (hash >> 1 >> (63 - depth)) >> (depth - segment->Depth) << (depth - segment->Depth);
        ulong count = 1UL << (depth - segment->Depth);
        for (ulong i = 0; i < count; i++)
            directory[first + i] = word;
    }

    private void DoubleDirectory()
    {
        int depth = Depth;
        long slots = 1L << depth;
        ulong* old = DirectoryPointer;
        var directory = (ulong*)TypeStablePool.Allocate(DirectoryBytes(slots * 2));
        for (long i = 0; i < slots; i++)
            directory[2 * i] = directory[2 * i + 1] = old[i];
        _bytes += slots * 8;
        _deepest = 0;
        Volatile.Write(ref _directory, (ulong)directory | (ulong)(depth + 1) << 56);
        TypeStablePool.Free((byte*)old, DirectoryBytes(slots));
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private void ShrinkSegment(HashSegment* segment, ulong hash)
    {
        if (!AllowsShrinking)
            return;
        if (segment->Depth > 0 && MergeWithBuddy(segment, hash))
            return;
        int size = SizeFor(segment->Count + segment->Count / 4);
        if (size >= segment->Buckets)
            return;
        HashSegment* shrunk = NewSegment(segment->Depth, size);
        MoveRecords(segment, shrunk, shrunk);
        ReplaceInDirectory(hash, shrunk);
        FreeSegment(segment);
    }

    private bool MergeWithBuddy(HashSegment* segment, ulong hash)
    {
        ulong bit = 1UL << (64 - segment->Depth);
        var buddy = (HashSegment*)(SlotWord(_directory, hash ^ bit) & PointerMask);
        int count = segment->Count + buddy->Count;
        if (buddy->Depth != segment->Depth || count * 2 > LargestSegment * 5)
            return false;
        HashSegment* merged = NewSegment(segment->Depth - 1, SizeFor(count + count / 4));
        MoveRecords(segment, merged, merged);
        MoveRecords(buddy, merged, merged);
        if (segment->Depth == Depth)
            _deepest -= 2;
        ReplaceInDirectory(hash, merged);
        FreeSegment(segment);
        FreeSegment(buddy);
        _segments--;
        if (_deepest == 0 && Depth > 0)
            HalveDirectory();
        return true;
    }

    private void HalveDirectory()
    {
        int depth = Depth - 1;
        long slots = 1L << depth;
        ulong* old = DirectoryPointer;
        var directory = (ulong*)TypeStablePool.Allocate(DirectoryBytes(slots));
        int deepest = 0;
        for (long i = 0; i < slots; i++)
        {
            directory[i] = old[2 * i];
            if ((int)(directory[i] >> 48 & 0xff) == depth)
                deepest++;
        }
        _bytes -= slots * 8;
        _deepest = deepest;
        Volatile.Write(ref _directory, (ulong)directory | (ulong)depth << 56);
        TypeStablePool.Free((byte*)old, DirectoryBytes(slots * 2));
    }
}
