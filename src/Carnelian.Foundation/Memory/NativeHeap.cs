using System.Runtime.CompilerServices;

namespace Carnelian.Memory;

/// <summary>
/// The process's heap for everything that does not live on the managed one: keys, values, tables, buffers. Any thread may call every method, and free or
/// resize what another has allocated. It takes no lock on the usual path; see <c>docs/design/memory.md</c>.
/// </summary>
/// <remarks>
/// With the environment variable CARNELIAN_DEBUG_HEAP set to 1 or <c>stack</c> at start, every call goes through the
/// <see cref="DebugHeap"/>, which finds overruns, double frees, writes after free and leaks; sizes and accounting stay the same.
/// </remarks>
public static unsafe class NativeHeap
{
    private const int RelocatedStepPages = 8;

    /// <summary>Allocates a block of at least <paramref name="size"/> bytes with unspecified contents.</summary>
    /// <param name="size">Bytes; 0 counts as 1.</param>
    /// <returns>Never null. Aligned to 8 bytes; to 64 if <see cref="GoodSize"/> is a multiple of 64, as it is for every multiple of 64.</returns>
    /// <exception cref="OutOfMemoryException">The system refuses memory.</exception>
    public static byte* Allocate(nuint size)
    {
        if (DebugHeap.Enabled)
            return DebugHeap.Instance.Allocate(size);
        return SlabHeap.Allocate(size);
    }

    /// <summary>
    /// Changes a block's size and keeps its contents up to the smaller one. The block may stay where it is; if it moves, the old
    /// address is free.
    /// </summary>
    /// <param name="block">Null allocates.</param>
    /// <param name="size">Bytes; 0 counts as 1.</param>
    /// <returns>The block, aligned as by <see cref="Allocate"/>.</returns>
    /// <exception cref="OutOfMemoryException">The system refuses memory; the old block is untouched.</exception>
    public static byte* Reallocate(byte* block, nuint size)
    {
        if (DebugHeap.Enabled)
            return DebugHeap.Instance.Reallocate(block, size);
        return SlabHeap.Reallocate(block, size);
    }

    /// <summary>Frees a block; null is ignored. Anything else that is no live block ends the process, if it is noticed.</summary>
    public static void Free(byte* block)
    {
        if (DebugHeap.Enabled)
            DebugHeap.Instance.Free(block);
        else
            SlabHeap.Free(block);
    }

    /// <summary>Bytes of a live block that may be used: the <see cref="GoodSize"/> of what was asked for.</summary>
    public static nuint UsableSize(byte* block)
    {
        if (DebugHeap.Enabled)
            return DebugHeap.Instance.UsableSize(block);
        return SlabHeap.UsableSize(block);
    }

    /// <summary>Bytes that a block of the given size really takes and is counted with.</summary>
    public static nuint GoodSize(nuint size) => SizeClasses.GoodSize(size);

    /// <summary>
    /// Bytes of all blocks handed out and not freed, rounded up to their classes, with those of the <see cref="TypeStablePool"/>. Exact;
    /// takes one read per thread that uses the heap.
    /// </summary>
    public static long UsedBytes =>
        (DebugHeap.Enabled ? DebugHeap.Instance.UsedBytes : ThreadCache.TotalUsed()) + TypeStablePool.UsedBytes;

    /// <summary>
    /// <see cref="UsedBytes"/> and the blocks in the caches of threads (some 256 KiB a thread): two reads. While this is under a
    /// limit the exact number need not be asked for.
    /// </summary>
    public static long UsedBytesUpperBound =>
        (DebugHeap.Enabled ? DebugHeap.Instance.UsedBytes : Volatile.Read(ref HeapTotals.Shared->TakenBytes)) + TypeStablePool.UsedBytes;

    /// <summary>Bytes of address space taken from the system, resident or not.</summary>
    public static long MappedBytes =>
        PageHeap.Regions * (long)Region.Size
        + Volatile.Read(ref HeapTotals.Shared->LargeMappedBytes)
        + MetadataArena.MappedBytes
        + TypeStablePool.MappedBytes;

    /// <summary>Bytes of physical memory behind the heap, estimated from above.</summary>
    public static long ResidentBytes =>
        (PageHeap.UsedPages + PageHeap.DirtyPages + PageHeap.Regions + RegionReserve.Resident * Region.UsablePages) * (long)Region.PageSize
        + Volatile.Read(ref HeapTotals.Shared->LargeMappedBytes)
        + MetadataArena.UsedBytes
        + TypeStablePool.CarvedBytes;

    /// <summary>Bytes of free blocks that threads keep for themselves.</summary>
    public static long ThreadCacheBytes
    {
        get
        {
            long bytes = 0;
            for (int sizeClass = 1; sizeClass <= SizeClasses.SmallClasses; sizeClass++)
                bytes += ThreadCache.CachedBlocks(sizeClass) * SizeClasses.Table[sizeClass].Size;
            return bytes;
        }
    }

    /// <summary>All counters at once; with the debug heap, those of the heap below it except for the bytes in use.</summary>
    public static HeapStatistics GetStatistics() => new(
        UsedBytes: UsedBytes,
        ThreadCacheBytes: ThreadCacheBytes,
        SpanBytes: PageHeap.UsedPages * (long)Region.PageSize,
        FreePageBytes: PageHeap.FreePages * (long)Region.PageSize,
        ResidentFreePageBytes: PageHeap.DirtyPages * (long)Region.PageSize,
        LargeBytes: Volatile.Read(ref HeapTotals.Shared->LargeMappedBytes),
        PoolBytes: TypeStablePool.UsedBytes,
        PoolMappedBytes: TypeStablePool.MappedBytes,
        MetadataBytes: MetadataArena.UsedBytes + PageHeap.Regions * (long)Region.PageSize,
        MappedBytes: MappedBytes,
        ResidentBytes: ResidentBytes,
        ThreadCaches: ThreadCache.Registered());

    /// <summary>Counters of every class of small blocks, then of runs of pages, then of large blocks.</summary>
    public static SizeClassStatistics[] GetClassStatistics()
    {
        SizeClassStatistics[] all = new SizeClassStatistics[SizeClasses.SmallClasses + 2];
        for (int sizeClass = 1; sizeClass <= SizeClasses.SmallClasses; sizeClass++)
        {
            SizeClass* entry = SizeClasses.Table + sizeClass;
            CentralList* list = CentralList.Of(sizeClass);
            long cached = ThreadCache.CachedBlocks(sizeClass);
            long blocks = Math.Max(0, list->Blocks - cached);
            all[sizeClass - 1] = new SizeClassStatistics(
                entry->Size, SizeClassKind.Small, blocks, blocks * entry->Size, cached,
                list->Spans, (long)list->Spans * entry->Pages * (long)Region.PageSize);
        }
        HeapTotals* totals = HeapTotals.Shared;
        all[^2] = new SizeClassStatistics(
            0, SizeClassKind.Pages, totals->RunBlocks, totals->RunBytes, 0, totals->RunBlocks, totals->RunBytes);
        all[^1] = new SizeClassStatistics(
            0, SizeClassKind.Large, totals->LargeBlocks, totals->LargeMappedBytes - totals->LargeBlocks * (long)Region.PageSize, 0,
            totals->LargeBlocks, totals->LargeMappedBytes);
        return all;
    }

    /// <summary>
    /// How full the span is that a live block lies in, from its header: a sparse span is worth emptying. Constant time, no lock; other threads
    /// may be changing the number.
    /// </summary>
    public static SpanUsage SpanUtilization(byte* block) =>
        SlabHeap.SpanUsageOf(DebugHeap.Enabled ? DebugHeap.RawBlock(block) : block);

    /// <summary>
    /// Copies a block of up to 32 KiB to a span that is fuller than its own, if that helps to empty a sparse one; the debug heap always copies.
    /// The caller makes all pointers point to the copy and then calls <see cref="FreeRelocated"/>.
    /// </summary>
    /// <returns>The copy, of the same size; null if the block had better stay where it is, or is larger.</returns>
    public static byte* TryRelocate(byte* block)
    {
        if (!DebugHeap.Enabled)
            return SlabHeap.TryRelocate(block);
        nuint size = DebugHeap.Instance.UsableSize(block);
        byte* copy = DebugHeap.Instance.Allocate(size);
        Buffer.MemoryCopy(block, copy, size, size);
        return copy;
    }

    /// <summary>
    /// Gives some free pages back to the system, 64 KiB or a run, if there are too many: after relocations, which leave that to their caller, since it
    /// should not happen under a lock. Some 10 µs.
    /// </summary>
    public static void ReturnRelocatedPages() => PageHeap.ReturnExcess(RelocatedStepPages);

    /// <summary>Frees a block that <see cref="TryRelocate"/> has copied, so that its span runs empty: nobody gets it before the fuller spans are full.</summary>
    public static void FreeRelocated(byte* block)
    {
        if (DebugHeap.Enabled)
            DebugHeap.Instance.Free(block);
        else
            SlabHeap.FreeRelocated(block);
    }

    /// <summary>
    /// Bytes of free room between blocks of up to 32 KiB, in spans that also hold blocks: what relocation can win at most. Takes one read for each class.
    /// </summary>
    public static long FragmentedBytes
    {
        get
        {
            long bytes = 0;
            for (int sizeClass = 1; sizeClass <= SizeClasses.SmallClasses; sizeClass++)
            {
                SizeClass* entry = SizeClasses.Table + sizeClass;
                CentralList* list = CentralList.Of(sizeClass);
                bytes += Math.Max(0, (long)list->Spans * entry->Capacity - list->Blocks) * entry->Size;
            }
            return bytes;
        }
    }

    /// <summary>Empties the calling thread's cache: its blocks may keep spans alive that are nearly empty.</summary>
    public static void FlushThread() => ThreadCache.FlushCurrent();

    /// <summary>
    /// Gives all free pages back to the system now, after emptying the calling thread's cache; the caches of other threads stay. Takes about 100 µs for 2 MiB of resident
    /// memory; nobody else waits for it.
    /// </summary>
    /// <returns>Bytes of pages given back.</returns>
    public static long Purge()
    {
        ThreadCache.FlushCurrent();
        return PageHeap.Purge();
    }

    /// <summary>
    /// Gives back a part of the free pages that nobody has needed for a second: at most 2 MiB, some 100 µs. To be called about ten times a
    /// second, always by the same thread.
    /// </summary>
    public static void ReturnIdlePages() => PageHeap.ReturnIdle();

    /// <summary>
    /// To be called by busy threads where some milliseconds do no harm: brings memory behind addresses that will soon be handed out, if that is due,
    /// so that no allocation has to wait for it. One read in all other cases.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Prepare() => RegionReserve.Attend();

    /// <summary>
    /// Returns the calling thread's cached blocks to all: for a thread that is about to end or to be idle for long. Without it that
    /// happens some time after the thread has ended, with a garbage collection.
    /// </summary>
    public static void ReleaseThread() => ThreadCache.ReleaseCurrent();

    /// <summary>Whether the debug heap is on.</summary>
    public static bool DebugEnabled => DebugHeap.Enabled;

    /// <summary>The live blocks, oldest first, for leak checks; empty unless the debug heap is on.</summary>
    public static IReadOnlyList<DebugBlock> DebugLiveBlocks() =>
        DebugHeap.Enabled ? DebugHeap.Instance.LiveBlocks() : [];

    /// <summary>
    /// The last check of a process that has freed everything: looks over all guards and all freed blocks, and tells which blocks are still
    /// live. Damage is reported as it always is.
    /// </summary>
    /// <returns>What has leaked, a line each, or null if nothing has or the debug heap is off.</returns>
    public static string? DebugDescribeLeaks() =>
        DebugHeap.Enabled ? DebugHeap.Instance.DescribeLeaks() : null;
}
