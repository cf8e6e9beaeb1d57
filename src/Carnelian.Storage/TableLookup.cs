using System.Runtime.CompilerServices;
using Carnelian.Memory;
using static Carnelian.Storage.HashBucket;

namespace Carnelian.Storage;

/// <summary>
/// A lookup in a <see cref="HashTable{TRecord}"/> cut into its steps, for those who look many elements up and let the memory for all of them come at once: first
/// the buckets of all, then the records. None of it knows the kind of the records.
/// </summary>
public static unsafe class TableLookup
{
    /// <summary>Starts to load the bucket of a hash, under the table's lock.</summary>
    /// <param name="directory">The table's <see cref="HashTable{TRecord}.Directory"/>; not 0.</param>
    /// <param name="hash">The hash.</param>
    /// <returns>What the next step asks for.</returns>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ulong PrefetchBucket(ulong directory, ulong hash)
    {
        ulong word = SlotWord(directory, hash);
        CacheLine.Prefetch(BucketOf(word, hash));
        return word;
    }

    /// <summary>With the bucket there, starts to load the records that a lookup of a hash will compare. Needs no lock. For records that are small.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void PrefetchRecords(ulong word, ulong hash)
    {
        byte* bucket = BucketOf(word, hash);
        for (uint candidates = Candidates(bucket, Fingerprint(hash)); candidates != 0; candidates &= candidates - 1)
        {
            byte* record = *(byte**)(bucket + 8 + 8 * uint.TrailingZeroCount(candidates));
            CacheLine.Prefetch(record);
            CacheLine.Prefetch(record + 24);
        }
        uint announced = HashTable<Entry>.AnnouncedStash(word, bucket);
        if (announced != 0)
            CacheLine.Prefetch(StashAt(word, (int)uint.TrailingZeroCount(announced)));
    }

    /// <summary>With the bucket there, finds the record that can have a key of this hash, without comparing. The table has not changed since the first step.</summary>
    /// <param name="word">What the first step returned.</param>
    /// <param name="hash">The hash.</param>
    /// <param name="isSure">Whether no record but the one returned can have the key.</param>
    /// <returns>A record that may have the key, or null.</returns>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static byte* Probe(ulong word, ulong hash, out bool isSure)
    {
        byte* bucket = BucketOf(word, hash);
        uint candidates = Candidates(bucket, Fingerprint(hash));
        isSure = bucket[7] == 0 && (candidates & (candidates - 1)) == 0;
        return candidates == 0 ? null : *(byte**)(bucket + 8 + 8 * uint.TrailingZeroCount(candidates));
    }
}
