using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Carnelian.Storage;

/// <summary>
/// Where things lie in the segments and buckets of a <see cref="HashTable{TRecord}"/>, whatever its records are. The layout is described there.
/// </summary>
internal static unsafe class HashBucket
{
    /// <summary>Bytes of a bucket: a cache line.</summary>
    public const int BucketSize = 64;

    /// <summary>Records of a bucket.</summary>
    public const int SlotsPerBucket = 7;

    /// <summary>A bit for every slot.</summary>
    public const uint SlotMask = 0x7f;

    /// <summary>Bytes of a segment before its buckets.</summary>
    public const int HeaderSize = 64;

    /// <summary>The bit by which a bucket announces records in the overflow.</summary>
    public const int OverflowBit = 7;

    /// <summary>The pointer in a word of the directory.</summary>
    public const ulong PointerMask = 0x0000_FFFF_FFFF_FFFF;

    /// <summary>The word of the directory slot of a hash: segment, depth, buckets.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ulong SlotWord(ulong directory, ulong hash) =>
        ((ulong*)(directory & PointerMask))[(hash >> 1) >> (int)(63 - (directory >> 56))];

    /// <summary>The number of the main bucket of a hash.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static int BucketIndex(ulong word, ulong hash)
    {
        uint bits = (uint)((hash << (int)(word >> 48 & 0xff)) >> 48);
        return (int)(bits * (uint)(word >> 56) >> 16);
    }

    /// <summary>The main bucket of a hash.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static byte* BucketOf(ulong word, ulong hash) =>
        (byte*)(word & PointerMask) + HeaderSize + (nint)BucketIndex(word, hash) * BucketSize;

    /// <summary>A bucket by number: the main ones, then the stash, then the overflow.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static byte* BucketAt(HashSegment* segment, int index)
    {
        int overflow = index - segment->Buckets - segment->StashBuckets;
        return overflow < 0 ? (byte*)segment + HeaderSize + (nint)index * BucketSize : segment->Overflow + (nint)overflow * BucketSize;
    }

    /// <summary>A stash bucket by the slot word alone.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static byte* StashAt(ulong word, int index) =>
        (byte*)(word & PointerMask) + HeaderSize + (nint)((uint)(word >> 56) + (uint)index) * BucketSize;

    /// <summary>The bit by which main buckets announce records in a bucket of the stash or overflow.</summary>
    public static uint AnnouncementOf(HashSegment* segment, int index) =>
        1u << (index < segment->Buckets + segment->StashBuckets ? index - segment->Buckets : OverflowBit);

    /// <summary>The byte that stands for a hash in its bucket; never 0.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static byte Fingerprint(ulong hash)
    {
        var fingerprint = (byte)(hash >> 8);
        return fingerprint == 0 ? (byte)1 : fingerprint;
    }

    /// <summary>The slots of a bucket with a fingerprint, as bits.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static uint Candidates(byte* bucket, byte fingerprint) =>
        Vector128.Equals(Vector128.CreateScalarUnsafe(*(ulong*)bucket).AsByte(), Vector128.Create(fingerprint)).ExtractMostSignificantBits() & SlotMask;

    /// <summary>The free slots of a bucket, as bits.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static uint FreeSlots(byte* bucket) =>
        Vector128.Equals(Vector128.CreateScalarUnsafe(*(ulong*)bucket).AsByte(), Vector128<byte>.Zero).ExtractMostSignificantBits() & SlotMask;

    /// <summary>Puts a record into a free slot.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Place(byte* bucket, int slot, byte* record, ulong hash)
    {
        ((byte**)(bucket + 8))[slot] = record;
        bucket[slot] = Fingerprint(hash);
    }

    /// <summary>The position of hash order behind a main bucket.</summary>
    /// <param name="segment">The segment.</param>
    /// <param name="index">The number of the bucket.</param>
    /// <param name="hash">A hash that belongs into the bucket.</param>
    /// <returns>A position of <see cref="HashTable{TRecord}.PositionBits"/> bits, or -1 at the table's end.</returns>
    public static long PositionBehind(HashSegment* segment, int index, ulong hash)
    {
        const int PositionBits = HashTable<Entry>.PositionBits;
        int depth = segment->Depth;
        ulong prefix = depth == 0 ? 0 : hash >> (64 - depth);
        if (index + 1 < segment->Buckets)
        {
            ulong start = ((ulong)(index + 1) * 65536 + segment->Buckets - 1) / segment->Buckets;
            ulong next = start << (48 - depth) | (depth == 0 ? 0 : prefix << (64 - depth));
            return (long)(next >> (64 - PositionBits));
        }
        prefix++;
        return prefix >> depth != 0 ? -1 : (long)(prefix << (PositionBits - depth));
    }

    /// <summary>Collects the records of a bucket.</summary>
    public static void CollectSlots(byte* bucket, ref RecordList into)
    {
        for (int slot = 0; slot < SlotsPerBucket; slot++)
        {
            byte* record = *(byte**)(bucket + 8 + 8 * slot);
            if (record != null)
                into.Add(record);
        }
    }
}
