using System.Runtime.InteropServices;

namespace Carnelian.Memory;

/// <summary>What the allocator needs to know about one class of small blocks.</summary>
[StructLayout(LayoutKind.Sequential, Size = 32)]
internal struct SizeClass
{
    /// <summary>Bytes of a block.</summary>
    public int Size;

    /// <summary>Blocks that move between a thread's cache and the central list at once.</summary>
    public int Batch;

    /// <summary>The most blocks that one thread's cache may keep.</summary>
    public int MaxCached;

    /// <summary>Pages of a span.</summary>
    public int Pages;

    /// <summary>Blocks of a span.</summary>
    public int Capacity;

    /// <summary>Live blocks times this, shifted right by 16, is the occupancy bucket 0-3 of a span that is not full.</summary>
    public int BucketScale;
}

/// <summary>
/// The table of block sizes: steps of 8 bytes up to 128, then eight steps for every doubling up to 1 KiB, 32 up to 2 KiB, where full blocks of streams mostly
/// end, sixteen up to 8 KiB and eight up to 32 KiB. Blocks above that are runs of whole pages up to 1 MiB, and mappings of their own beyond.
/// </summary>
/// <remarks>
/// Every size from 128 that is a multiple of 64 rounds up to a class that is a multiple of 64, and spans begin at a page, so
/// such blocks lie on cache line boundaries. Class 0 means "no block".
/// </remarks>
internal static unsafe class SizeClasses
{
    public const nuint MaxSmall = 32 * 1024;
    public const nuint MaxRun = 1024 * 1024;

    /// <summary>Requests above this fail at once: more than any address space that user programs get.</summary>
    public static nuint MaxSize => (nuint)1 << 46;

    public const int SmallClasses = 16 + 3 * 8 + 32 + 2 * 16 + 2 * 8;

    /// <summary>A block that is a run of whole pages.</summary>
    public const int RunClass = SmallClasses + 1;

    /// <summary>A block with a mapping of its own.</summary>
    public const int LargeClass = SmallClasses + 2;

    /// <summary>Number of values that a class byte can have.</summary>
    public const int Count = SmallClasses + 3;

    private const int MaxSpanPages = 32;

    /// <summary>Indexed by class, 1 to <see cref="SmallClasses"/>.</summary>
    public static readonly SizeClass* Table = BuildTable();

    /// <summary>Indexed by (size + 7) / 8 for sizes up to <see cref="MaxSmall"/>; size 0 counts as 1.</summary>
    public static readonly byte* ClassOfWords = BuildClassOfWords();

    /// <summary>Bytes that a request really takes.</summary>
    public static nuint GoodSize(nuint size)
    {
        if (size <= MaxSmall)
            return (nuint)Table[ClassOfWords[(size + 7) >> 3]].Size;
        if (size > MaxSize)
            return size;
        return (size + Region.PageSize - 1) & ~(Region.PageSize - 1);
    }

    private static SizeClass* BuildTable()
    {
        SizeClass* table = (SizeClass*)MetadataArena.AllocateOrThrow((nuint)(Count * sizeof(SizeClass)), 64);
        for (int index = 1; index <= SmallClasses; index++)
        {
            SizeClass* entry = table + index;
            int size = SizeOf(index);
            entry->Size = size;
            entry->Batch = Math.Clamp((int)Region.PageSize / size, 1, 64);
            entry->MaxCached = Math.Max(2 * entry->Batch, Math.Min(1024, 64 * 1024 / size));
            entry->Pages = SpanPages(size);
            entry->Capacity = (entry->Pages << Region.PageShift) / size;
            entry->BucketScale = (CentralList.Buckets << 16) / entry->Capacity;
        }
        return table;
    }

    private static int SizeOf(int index)
    {
        int below = 0, steps = 16;
        for (int doubled = 128; index > steps; doubled *= 2)
        {
            index -= steps;
            below = doubled;
            steps = doubled == 1024 ? 32 : doubled is 2048 or 4096 ? 16 : 8;
        }
        return below + index * (Math.Max(below, 128) / steps);
    }

    // The shortest span of at least eight blocks that wastes at most one part in 64, at its end and at that of a region full of such spans;
    // else the one that wastes least.
    private static int SpanPages(int size)
    {
        int best = 0;
        double bestWaste = 1;
        for (int pages = 2; pages <= MaxSpanPages; pages++)
        {
            int bytes = pages << Region.PageShift;
            if (bytes / size < 8)
                continue;
            double used = (double)(bytes - (bytes % size)) * (Region.UsablePages / pages);
            double waste = 1 - (used / ((long)Region.UsablePages << Region.PageShift));
            if (waste <= 1.0 / 64)
                return pages;
            if (waste < bestWaste)
            {
                best = pages;
                bestWaste = waste;
            }
        }
        return best;
    }

    private static byte* BuildClassOfWords()
    {
        int words = (int)MaxSmall / 8;
        byte* map = MetadataArena.AllocateOrThrow((nuint)words + 1, 64);
        int index = 1;
        for (int word = 0; word <= words; word++)
        {
            if (word * 8 > SizeOf(index))
                index++;
            map[word] = (byte)index;
        }
        return map;
    }
}
