using System.Runtime.InteropServices;

namespace Carnelian.Memory;

/// <summary>
/// The spans of one size class, shared by all threads. Threads take and return blocks in batches under a short lock; taking the page
/// heap's lock happens outside of it.
/// </summary>
/// <remarks>
/// Spans with room are kept in four lists by how full they are, and blocks are taken from the fullest ones, so that sparse
/// spans run empty. Invariants: a span is in the list of its bucket, or in none when it is full; an empty span is not here but went
/// back to the page heap.
/// </remarks>
[StructLayout(LayoutKind.Sequential, Size = 128)]
internal unsafe struct CentralList
{
    public const int Buckets = 4;

    /// <summary>The bucket of a span without a free block, which is in no list.</summary>
    public const byte FullBucket = Buckets;

    private static readonly CentralList* s_lists =
        (CentralList*)MetadataArena.AllocateOrThrow((nuint)(SizeClasses.Count * sizeof(CentralList)), 128);

    private ShortLock _lock;
    private RunList _bucket0;
    private RunList _bucket1;
    private RunList _bucket2;
    private RunList _bucket3;
    private int _spans;
    private long _blocks;

    public static CentralList* Of(int sizeClass) => s_lists + sizeClass;

    /// <summary>Spans of the class.</summary>
    public readonly int Spans => _spans;

    /// <summary>Blocks given out: in use or in the caches of threads.</summary>
    public readonly long Blocks => _blocks;

    /// <summary>Takes up to <paramref name="wanted"/> blocks, at least one.</summary>
    /// <param name="chain">The blocks, linked through their first words.</param>
    /// <exception cref="OutOfMemoryException">There is no free block and the system refuses memory.</exception>
    public static int Take(int sizeClass, int wanted, out byte* chain)
    {
        CentralList* list = Of(sizeClass);
        SizeClass* entry = SizeClasses.Table + sizeClass;
        byte* taken = null;
        byte* fresh = null;
        int count = 0;
        int freshCount = 0;
        list->_lock.Enter();
        while (true)
        {
            PageRun* span = list->FullestSpan();
            if (span == null)
            {
                if (count != 0)
                    break;
                list->_lock.Exit();
                span = NewSpan(sizeClass, entry);
                list->_lock.Enter();
                list->_spans++;
                list->Bucket(0)->Add(span);
            }
            int before = count;
            while (count < wanted && span->FreeObjects != null)
            {
                byte* block = span->FreeObjects;
                span->FreeObjects = *(byte**)block;
                *(byte**)block = taken;
                taken = block;
                count++;
            }
            freshCount = Math.Min(wanted - count, span->Capacity - span->Carved);
            if (freshCount > 0)
            {
                fresh = span->Start + (nint)span->Carved * entry->Size;
                span->Carved += freshCount;
                count += freshCount;
            }
            span->Live += count - before;
            list->Rebucket(span, entry);
            if (count == wanted || freshCount > 0)
                break;
        }
        list->_blocks += count;
        list->_lock.Exit();

        // Blocks never used before are reserved under the lock but touched outside of it: the touch may be a page fault.
        if (freshCount > 0)
        {
            byte* block = fresh + (nint)(freshCount - 1) * entry->Size;
            for (; block >= fresh; block -= entry->Size)
            {
                *(byte**)block = taken;
                taken = block;
            }
        }
        chain = taken;
        return count;
    }

    /// <summary>Takes back a chain of blocks of any spans of the class.</summary>
    /// <param name="sizeClass">The class.</param>
    /// <param name="chain">The blocks, linked through their first words.</param>
    /// <param name="count">Their number.</param>
    /// <param name="keepsPages">Whether the caller itself looks after free pages that are too many, where it has more time.</param>
    public static void Return(int sizeClass, byte* chain, int count, bool keepsPages = false)
    {
        CentralList* list = Of(sizeClass);
        SizeClass* entry = SizeClasses.Table + sizeClass;
        PageRun* empty = null;
        list->_lock.Enter();
        list->_blocks -= count;
        while (chain != null)
        {
            byte* block = chain;
            chain = *(byte**)block;
            PageRun* span = *Region.RunSlot(block);
            *(byte**)block = span->FreeObjects;
            span->FreeObjects = block;
            span->Live--;
            if (span->Live == 0)
            {
                if (span->Bucket != FullBucket)
                    list->Bucket(span->Bucket)->Remove(span);
                list->_spans--;
                span->Next = empty;
                empty = span;
            }
            else
            {
                list->Rebucket(span, entry);
            }
        }
        list->_lock.Exit();
        while (empty != null)
        {
            PageRun* span = empty;
            empty = span->Next;
            PageHeap.Free(span, keepsPages);
        }
    }

    /// <summary>
    /// Takes a block to move another one to, from the fullest span with room, if the other's span is worth emptying. Every such move goes from a span to one
    /// that is at least as full, so moving comes to an end by itself.
    /// </summary>
    /// <param name="sizeClass">The class of the block.</param>
    /// <param name="block">A live block that the caller may move.</param>
    /// <returns>Null if the block had better stay.</returns>
    public static byte* TakeFuller(int sizeClass, byte* block)
    {
        PageRun* sparse = *Region.RunSlot(block);
        if (Volatile.Read(ref sparse->Bucket) == FullBucket)
            return null;
        CentralList* list = Of(sizeClass);
        SizeClass* entry = SizeClasses.Table + sizeClass;
        byte* taken = null;
        list->_lock.Enter();
        PageRun* span = list->FullestSpan();
        if (span != null && span != sparse && list->IsWorthEmptying(sparse, entry))
        {
            if (span->Live >= sparse->Live)
                taken = list->TakeOne(span, entry);
            else
                list->FillNext(sparse);
        }
        list->_lock.Exit();
        return taken;
    }

    private byte* TakeOne(PageRun* span, SizeClass* entry)
    {
        byte* block = span->FreeObjects;
        if (block != null)
            span->FreeObjects = *(byte**)block;
        else
            block = span->Start + (nint)span->Carved++ * entry->Size;
        span->Live++;
        _blocks++;
        Rebucket(span, entry);
        return block;
    }

    /// <summary>Makes a span the first to be filled of those in its bucket, which are in no order otherwise.</summary>
    private void FillNext(PageRun* span)
    {
        Bucket(span->Bucket)->Remove(span);
        Bucket(span->Bucket)->Add(span);
    }

    /// <summary>
    /// Whether blocks should leave a span: there is room for a span's worth of them elsewhere, and it is not among the fullest. The less of the class
    /// is in use, the more of its spans have to be emptied.
    /// </summary>
    private readonly bool IsWorthEmptying(PageRun* span, SizeClass* entry)
    {
        long capacity = (long)_spans * entry->Capacity;
        long free = capacity - _blocks;
        return free >= entry->Capacity && free >= capacity / 32 && (long)span->Live * _spans <= Math.Max(_blocks, free);
    }

    private static PageRun* NewSpan(int sizeClass, SizeClass* entry)
    {
        PageRun* span = PageHeap.Allocate(entry->Pages, sizeClass);
        if (span == null)
            HeapFailure.ThrowOutOfMemory((nuint)entry->Size);
        span->FreeObjects = null;
        span->Live = 0;
        span->Carved = 0;
        span->Capacity = entry->Capacity;
        span->Bucket = 0;
        return span;
    }

    private void Rebucket(PageRun* span, SizeClass* entry)
    {
        int bucket = span->Live == span->Capacity ? FullBucket : (int)((long)span->Live * entry->BucketScale >> 16);
        if (bucket == span->Bucket)
            return;
        if (span->Bucket != FullBucket)
            Bucket(span->Bucket)->Remove(span);
        if (bucket != FullBucket)
            Bucket(bucket)->Add(span);
        span->Bucket = (byte)bucket;
    }

    private PageRun* FullestSpan()
    {
        for (int bucket = Buckets - 1; bucket >= 0; bucket--)
        {
            PageRun* span = Bucket(bucket)->First;
            if (span != null)
                return span;
        }
        return null;
    }

    // The struct only ever lies in native memory, so its address is stable.
    private RunList* Bucket(int index)
    {
        fixed (RunList* first = &_bucket0)
            return first + index;
    }
}
