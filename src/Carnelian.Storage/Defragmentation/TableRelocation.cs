using static Carnelian.Storage.HashBucket;

namespace Carnelian.Storage.Defragmentation;

/// <summary>
/// Moves the blocks of a <see cref="HashTable{TRecord}"/>, bucket by bucket in hash order: records, whose slots are rewritten, and segments, to which only
/// the directory points. Directories stay: their memory is never given back.
/// </summary>
/// <remarks>
/// Under the lock of the table. Those who prefetch without it may read the memory that a segment has left, as they do when a segment grows. A segment's own
/// block and the records of its stash move together with the first bucket; records in an overflow stay, there may be any number of them.
/// </remarks>
internal static unsafe class TableRelocation
{
    private const int MostBuckets = 32;

    /// <summary>Moves what some buckets hold.</summary>
    /// <param name="directory">The table's <see cref="HashTable{TRecord}.Directory"/>.</param>
    /// <param name="position">The position of the first bucket; on return that of the next, or -1 at the table's end.</param>
    /// <param name="relocator">Moves segments.</param>
    /// <param name="mover">Moves records.</param>
    public static void Step<TMover>(ulong directory, ref long position, Relocator relocator, ref TMover mover) where TMover : struct, IRecordMover
    {
        if (directory == 0)
            position = -1;
        long end = relocator.Looked + Relocator.StepBlocks;
        for (int buckets = 0; buckets < MostBuckets && position >= 0 && relocator.Looked < end; buckets++)
            MoveBucket(directory, ref position, relocator, ref mover);
    }

    private static void MoveBucket<TMover>(ulong directory, ref long position, Relocator relocator, ref TMover mover) where TMover : struct, IRecordMover
    {
        ulong hash = (ulong)position << (64 - HashTable<Entry>.PositionBits);
        ulong word = SlotWord(directory, hash);
        int index = BucketIndex(word, hash);
        var segment = (HashSegment*)(word & PointerMask);
        if (index == 0)
        {
            segment = MoveSegment(directory, segment, hash, relocator);
            for (int i = 0; i < segment->StashBuckets; i++)
                MoveSlots(BucketAt(segment, segment->Buckets + i), ref mover);
        }
        MoveSlots(BucketAt(segment, index), ref mover);
        position = PositionBehind(segment, index, hash);
    }

    private static void MoveSlots<TMover>(byte* bucket, ref TMover mover) where TMover : struct, IRecordMover
    {
        var slots = (byte**)(bucket + 8);
        for (int i = 0; i < SlotsPerBucket; i++)
        {
            if (slots[i] != null)
                slots[i] = mover.Move(slots[i]);
        }
    }

    private static HashSegment* MoveSegment(ulong directory, HashSegment* segment, ulong hash, Relocator relocator)
    {
        if (segment->Overflow != null)
            segment->Overflow = relocator.Move(segment->Overflow);
        var copy = (HashSegment*)relocator.TryCopy((byte*)segment);
        if (copy == null)
            return segment;
        int depth = (int)(directory >> 56), shared = depth - copy->Depth;
        ulong* slots = (ulong*)(directory & PointerMask) + (hash >> 1 >> (63 - depth) >> shared << shared);
        for (long i = 0; i < 1L << shared; i++)
            slots[i] = slots[i] & ~PointerMask | (ulong)copy;
        relocator.Free((byte*)segment);
        return copy;
    }
}
