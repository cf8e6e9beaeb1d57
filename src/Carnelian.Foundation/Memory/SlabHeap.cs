using System.Runtime.CompilerServices;

namespace Carnelian.Memory;

/// <summary>
/// The allocator proper, under <see cref="NativeHeap"/>: the paths that almost every call takes are here, inlined; they touch the
/// thread's cache and, to free, one class byte.
/// </summary>
internal static unsafe class SlabHeap
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static byte* Allocate(nuint size)
    {
        ThreadCache* cache = ThreadCache.Current;
        if (size <= SizeClasses.MaxSmall && cache != null)
        {
            CacheBin* bin = ThreadCache.Bin(cache, SizeClasses.ClassOfWords[(size + 7) >> 3]);
            byte* block = bin->Head;
            if (block != null)
            {
                bin->Head = *(byte**)block;
                bin->Count--;
                cache->Used += bin->Size;
                return block;
            }
        }
        return AllocateSlow(size);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Free(byte* block)
    {
        ThreadCache* cache = ThreadCache.Current;
        if (block == null)
            return;
        int sizeClass = *Region.ClassSlot(block);
        if (cache != null)
        {
            CacheBin* bin = ThreadCache.Bin(cache, sizeClass);
            if (bin->Count < bin->Limit)
            {
                Push(cache, bin, block);
                return;
            }
        }
        FreeSlow(block, sizeClass);
    }

    public static nuint UsableSize(byte* block)
    {
        int sizeClass = *Region.ClassSlot(block);
        if (sizeClass <= SizeClasses.SmallClasses && sizeClass != 0)
            return (nuint)SizeClasses.Table[sizeClass].Size;
        if (sizeClass == SizeClasses.RunClass)
            return (*Region.RunSlot(block))->Bytes;
        if (sizeClass != SizeClasses.LargeClass)
            HeapFailure.InvalidBlock(block);
        return LargeBlock.UsableSize(block);
    }

    public static byte* Reallocate(byte* block, nuint size)
    {
        if (block == null)
            return Allocate(size);
        nuint old = UsableSize(block);
        nuint wanted = SizeClasses.GoodSize(size);
        if (wanted == old)
            return block;
        if (old > SizeClasses.MaxSmall && wanted > SizeClasses.MaxSmall)
        {
            byte* resized = ResizePages(block, old, wanted);
            if (resized != null)
                return resized;
        }
        byte* copy = Allocate(size);
        nuint length = Math.Min(old, wanted);
        Buffer.MemoryCopy(block, copy, length, length);
        Free(block);
        return copy;
    }

    /// <summary>How full the span is that a block lies in; a block of its own is alone.</summary>
    public static SpanUsage SpanUsageOf(byte* block)
    {
        int sizeClass = *Region.ClassSlot(block);
        if (sizeClass > SizeClasses.SmallClasses)
            return new SpanUsage(1, 1);
        if (sizeClass == 0)
            HeapFailure.InvalidBlock(block);
        PageRun* span = *Region.RunSlot(block);
        return new SpanUsage(Volatile.Read(ref span->Live), span->Capacity);
    }

    /// <summary>Copies a block to a fuller span; null if it had better stay.</summary>
    public static byte* TryRelocate(byte* block)
    {
        int sizeClass = *Region.ClassSlot(block);
        if (sizeClass == 0)
            HeapFailure.InvalidBlock(block);
        byte* copy = sizeClass > SizeClasses.SmallClasses ? null : CentralList.TakeFuller(sizeClass, block);
        if (copy == null)
            return null;
        int size = SizeClasses.Table[sizeClass].Size;
        Buffer.MemoryCopy(block, copy, size, size);
        CountPages(ThreadCache.Attach(), size);
        return copy;
    }

    /// <summary>Frees a block that <see cref="TryRelocate"/> has copied: back to its span and not to the thread's cache, which would soon hand it out again.</summary>
    public static void FreeRelocated(byte* block)
    {
        int sizeClass = *Region.ClassSlot(block);
        if (sizeClass is 0 or > SizeClasses.SmallClasses)
            HeapFailure.InvalidBlock(block);
        CountPages(ThreadCache.Attach(), -SizeClasses.Table[sizeClass].Size);
        *(byte**)block = null;
        CentralList.Return(sizeClass, block, 1, keepsPages: true);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Push(ThreadCache* cache, CacheBin* bin, byte* block)
    {
        *(byte**)block = bin->Head;
        bin->Head = block;
        bin->Count++;
        cache->Used -= bin->Size;
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static byte* AllocateSlow(nuint size)
    {
        ThreadCache* cache = ThreadCache.Attach();
        if (size <= SizeClasses.MaxSmall)
        {
            int sizeClass = SizeClasses.ClassOfWords[(size + 7) >> 3];
            if (ThreadCache.Bin(cache, sizeClass)->Head == null)
                ThreadCache.Refill(cache, sizeClass);
            return Allocate(size);
        }
        nuint usable = SizeClasses.GoodSize(size);
        byte* block;
        if (usable <= SizeClasses.MaxRun)
        {
            PageRun* run = PageHeap.Allocate((int)(usable >> Region.PageShift), SizeClasses.RunClass);
            if (run == null)
                HeapFailure.ThrowOutOfMemory(size);
            CountRun((long)usable, 1);
            block = run->Start;
        }
        else
        {
            block = LargeBlock.Allocate(usable);
        }
        CountPages(cache, (long)usable);
        return block;
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void FreeSlow(byte* block, int sizeClass)
    {
        if (sizeClass is 0 or >= SizeClasses.Count)
            HeapFailure.InvalidBlock(block);
        ThreadCache* cache = ThreadCache.Attach();
        if (sizeClass <= SizeClasses.SmallClasses)
        {
            CacheBin* bin = ThreadCache.Bin(cache, sizeClass);
            if (bin->Count >= bin->Limit)
                ThreadCache.MakeRoom(cache, sizeClass);
            Push(cache, bin, block);
            return;
        }
        nuint usable = UsableSize(block);
        CountPages(cache, -(long)usable);
        if (sizeClass == SizeClasses.LargeClass)
        {
            LargeBlock.Free(block);
            return;
        }
        CountRun(-(long)usable, -1);
        PageHeap.Free(*Region.RunSlot(block));
    }

    private static byte* ResizePages(byte* block, nuint old, nuint wanted)
    {
        byte* resized = null;
        if (old > SizeClasses.MaxRun && wanted > SizeClasses.MaxRun)
        {
            resized = LargeBlock.TryResize(block, wanted);
        }
        else if (old <= SizeClasses.MaxRun && wanted <= SizeClasses.MaxRun
            && PageHeap.TryResize(*Region.RunSlot(block), (int)(wanted >> Region.PageShift)))
        {
            CountRun((long)wanted - (long)old, 0);
            resized = block;
        }
        if (resized != null)
            CountPages(ThreadCache.Attach(), (long)wanted - (long)old);
        return resized;
    }

    private static void CountPages(ThreadCache* cache, long bytes)
    {
        cache->Used += bytes;
        HeapTotals.AddTaken(bytes);
    }

    private static void CountRun(long bytes, int blocks)
    {
        Interlocked.Add(ref HeapTotals.Shared->RunBytes, bytes);
        if (blocks != 0)
            Interlocked.Add(ref HeapTotals.Shared->RunBlocks, blocks);
    }
}
