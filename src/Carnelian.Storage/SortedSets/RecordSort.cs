using Carnelian.Memory;

namespace Carnelian.Storage.SortedSets;

/// <summary>Sorts members by score, and by name among equal scores.</summary>
internal static unsafe class RecordSort
{
    /// <summary>Fewer are sorted by comparing them.</summary>
    private const int LeastForBytes = 128;

    private const int KeyBytes = sizeof(long);

    /// <summary>Brings records into order.</summary>
    public static void Sort(byte** records, int count)
    {
        var all = (Scored*)NativeHeap.Allocate((nuint)count * 2 * (nuint)sizeof(Scored));
        for (int i = 0; i < count; i++)
            all[i] = new Scored { Key = ScoreKey.Of(new MemberRecord(records[i]).Score), Record = records[i] };
        Scored* sorted = all;
        if (count < LeastForBytes)
            new Span<Scored>(all, count).Sort(Compare);
        else
            SortByBytes(ref sorted, all + count, count);
        for (int i = 0; i < count; i++)
            records[i] = sorted[i].Record;
        NativeHeap.Free((byte*)all);
    }

    /// <summary>Goes through the bytes of the keys, from the lowest on: each time from one place to the other, those with lower bytes first. Bytes that all have are left out.</summary>
    private static void SortByBytes(ref Scored* from, Scored* to, int count)
    {
        int* counts = stackalloc int[KeyBytes * 256];
        new Span<int>(counts, KeyBytes * 256).Clear();
        for (int i = 0; i < count; i++)
        {
            ulong bits = Bits(from[i].Key);
            for (int b = 0; b < KeyBytes; b++, bits >>= 8)
                counts[(b << 8) + (byte)bits]++;
        }
        for (int b = 0; b < KeyBytes; b++)
        {
            int* places = counts + (b << 8);
            if (places[(byte)(Bits(from[0].Key) >> (b * 8))] == count)
                continue;
            for (int value = 0, place = 0; value < 256; value++)
                (places[value], place) = (place, place + places[value]);
            for (int i = 0; i < count; i++)
                to[places[(byte)(Bits(from[i].Key) >> (b * 8))]++] = from[i];
            Scored* taken = from;
            from = to;
            to = taken;
        }
        for (int i = 0; i < count;)
        {
            int end = i + 1;
            while (end < count && from[end].Key == from[i].Key)
                end++;
            if (end - i > 1)
                new Span<Scored>(from + i, end - i).Sort(Compare);
            i = end;
        }
    }

    /// <summary>The bits of a key in the order of numbers without a sign.</summary>
    private static ulong Bits(long key) => (ulong)key ^ 1UL << 63;

    private static int Compare(Scored one, Scored other) =>
        one.Key != other.Key ? one.Key.CompareTo(other.Key) : new MemberRecord(one.Record).Member.SequenceCompareTo(new MemberRecord(other.Record).Member);

    /// <summary>A member and the key of its score.</summary>
    private struct Scored
    {
        public long Key;
        public byte* Record;
    }
}
