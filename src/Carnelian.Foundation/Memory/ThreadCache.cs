using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Carnelian.Memory;

/// <summary>A thread's free blocks of one size class.</summary>
[StructLayout(LayoutKind.Sequential, Size = 32)]
internal unsafe struct CacheBin
{
    /// <summary>Free blocks linked through their first words, the last freed first.</summary>
    public byte* Head;
    public int Count;

    /// <summary>A free that would go beyond this takes the slow path. Always 0 for classes that are not small, so one compare tells both.</summary>
    public int Limit;
    public int Size;
}

/// <summary>
/// The free blocks that one thread keeps for itself, used by that thread only and without a lock; other threads read just
/// the counters. Followed in memory by one <see cref="CacheBin"/> for each value of a byte: a class byte read for a pointer that is no
/// block finds a bin without room and so the slow path, which reports it.
/// </summary>
/// <remarks>
/// Invariants: the sum of Limit x Size over the bins is <c>LimitBytes</c>, which exceeds <see cref="Budget"/> only by each used
/// bin's first batch; a bin that wants more room takes it from another. Caches are never freed: one whose thread has ended is emptied and given to the
/// next new thread, and its counter goes on, so that the sum over all caches is always the number of bytes in use.
/// </remarks>
[StructLayout(LayoutKind.Sequential, Size = 64)]
internal unsafe struct ThreadCache
{
    /// <summary>Bytes that a cache may hold, apart from one batch of every class in use.</summary>
    public const int Budget = 256 * 1024;

    [ThreadStatic]
    private static ThreadCache* t_current;

    [ThreadStatic]
    private static ThreadCacheOwner? t_owner;

    private static ShortLock s_registryLock;
    private static ThreadCache* s_registered;
    private static ThreadCache* s_idle;

    /// <summary>Bytes that the owners have allocated less those that they have freed; may be negative.</summary>
    public long Used;
    private ThreadCache* _nextRegistered;
    private ThreadCache* _nextIdle;
    private long _limitBytes;
    private int _victim;

    /// <summary>The calling thread's cache; null when it has none yet.</summary>
    public static ThreadCache* Current
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => t_current;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static CacheBin* Bin(ThreadCache* cache, int sizeClass) => (CacheBin*)(cache + 1) + sizeClass;

    /// <summary>The sum of <see cref="Used"/> over all caches: exact when no thread is between two counters.</summary>
    public static long TotalUsed()
    {
        long sum = 0;
        for (ThreadCache* cache = FirstRegistered(); cache != null; cache = cache->_nextRegistered)
            sum += Volatile.Read(ref cache->Used);
        return sum;
    }

    /// <summary>Free blocks of a class in the caches of all threads.</summary>
    public static long CachedBlocks(int sizeClass)
    {
        long sum = 0;
        for (ThreadCache* cache = FirstRegistered(); cache != null; cache = cache->_nextRegistered)
            sum += Volatile.Read(ref Bin(cache, sizeClass)->Count);
        return sum;
    }

    /// <summary>Number of caches, those waiting for a new thread included.</summary>
    public static int Registered()
    {
        int count = 0;
        for (ThreadCache* cache = FirstRegistered(); cache != null; cache = cache->_nextRegistered)
            count++;
        return count;
    }

    /// <summary>Gives the calling thread a cache, or returns the one it has.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    public static ThreadCache* Attach()
    {
        if (t_current != null)
            return t_current;
        s_registryLock.Enter();
        ThreadCache* cache = s_idle;
        if (cache != null)
            s_idle = cache->_nextIdle;
        s_registryLock.Exit();
        if (cache == null)
            cache = Create();
        t_owner = new ThreadCacheOwner(cache);
        t_current = cache;
        return cache;
    }

    /// <summary>Empties the calling thread's cache and gives it up; the next allocation attaches another.</summary>
    public static void ReleaseCurrent()
    {
        ThreadCache* cache = t_current;
        if (cache == null)
            return;
        GC.SuppressFinalize(t_owner!);
        t_owner = null;
        t_current = null;
        Retire(cache);
    }

    /// <summary>Empties a cache that no thread uses any more and keeps it for the next one.</summary>
    public static void Retire(ThreadCache* cache)
    {
        for (int sizeClass = 1; sizeClass <= SizeClasses.SmallClasses; sizeClass++)
        {
            CacheBin* bin = Bin(cache, sizeClass);
            Flush(bin, sizeClass, bin->Count);
            bin->Limit = 0;
        }
        cache->_limitBytes = 0;
        s_registryLock.Enter();
        cache->_nextIdle = s_idle;
        s_idle = cache;
        s_registryLock.Exit();
    }

    /// <summary>Returns all blocks of the calling thread's cache to the central lists.</summary>
    public static void FlushCurrent()
    {
        ThreadCache* cache = t_current;
        if (cache == null)
            return;
        for (int sizeClass = 1; sizeClass <= SizeClasses.SmallClasses; sizeClass++)
        {
            CacheBin* bin = Bin(cache, sizeClass);
            Flush(bin, sizeClass, bin->Count);
        }
    }

    /// <summary>Fills an empty bin with a batch from the central list.</summary>
    /// <exception cref="OutOfMemoryException">The system refuses memory.</exception>
    public static void Refill(ThreadCache* cache, int sizeClass)
    {
        CacheBin* bin = Bin(cache, sizeClass);
        GrowLimit(cache, bin, sizeClass);
        int count = CentralList.Take(sizeClass, SizeClasses.Table[sizeClass].Batch, out byte* chain);
        bin->Head = chain;
        bin->Count = count;
        HeapTotals.AddTaken((long)count * bin->Size);
    }

    /// <summary>Makes room for one more free block in a full bin.</summary>
    public static void MakeRoom(ThreadCache* cache, int sizeClass)
    {
        CacheBin* bin = Bin(cache, sizeClass);
        if (!GrowLimit(cache, bin, sizeClass))
            Flush(bin, sizeClass, SizeClasses.Table[sizeClass].Batch);
    }

    private static bool GrowLimit(ThreadCache* cache, CacheBin* bin, int sizeClass)
    {
        SizeClass* entry = SizeClasses.Table + sizeClass;
        long bytes = (long)entry->Batch * entry->Size;
        if (bin->Limit != 0)
        {
            if (bin->Limit + entry->Batch > entry->MaxCached)
                return false;
            if (cache->_limitBytes + bytes > Budget && !TakeRoom(cache, sizeClass, bytes))
                return false;
        }
        bin->Limit += entry->Batch;
        cache->_limitBytes += bytes;
        return true;
    }

    // Every class gives up a batch in turn, so that room moves to the classes that ask for it.
    private static bool TakeRoom(ThreadCache* cache, int forClass, long bytes)
    {
        for (int tries = 0; tries < SizeClasses.SmallClasses; tries++)
        {
            cache->_victim = cache->_victim % SizeClasses.SmallClasses + 1;
            int victim = cache->_victim;
            CacheBin* bin = Bin(cache, victim);
            int batch = SizeClasses.Table[victim].Batch;
            if (victim == forClass || bin->Limit <= batch)
                continue;
            bin->Limit -= batch;
            cache->_limitBytes -= (long)batch * bin->Size;
            Flush(bin, victim, bin->Count - bin->Limit);
            if (cache->_limitBytes + bytes <= Budget)
                return true;
        }
        return false;
    }

    private static void Flush(CacheBin* bin, int sizeClass, int count)
    {
        if (count <= 0)
            return;
        byte* first = bin->Head;
        byte* last = first;
        for (int i = 1; i < count; i++)
            last = *(byte**)last;
        bin->Head = *(byte**)last;
        *(byte**)last = null;
        bin->Count -= count;
        HeapTotals.AddTaken(-(long)count * bin->Size);
        CentralList.Return(sizeClass, first, count);
    }

    private static ThreadCache* Create()
    {
        nuint size = (nuint)(sizeof(ThreadCache) + 256 * sizeof(CacheBin));
        ThreadCache* cache = (ThreadCache*)MetadataArena.AllocateOrThrow(size, 128);
        for (int sizeClass = 1; sizeClass <= SizeClasses.SmallClasses; sizeClass++)
            Bin(cache, sizeClass)->Size = SizeClasses.Table[sizeClass].Size;
        s_registryLock.Enter();
        cache->_nextRegistered = s_registered;
        Thread.MemoryBarrier();
        s_registered = cache;
        s_registryLock.Exit();
        return cache;
    }

    private static ThreadCache* FirstRegistered() => (ThreadCache*)Volatile.Read(ref *(nint*)RegisteredAddress());

    private static ThreadCache** RegisteredAddress()
    {
        fixed (ThreadCache** address = &s_registered)
            return address;
    }
}
