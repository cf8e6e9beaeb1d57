using System.Numerics;

namespace Carnelian.Memory;

/// <summary>
/// All regions and their free pages. Any thread may call it; one short lock guards everything, and no system call is made
/// under that lock except the rare mapping of new regions.
/// </summary>
/// <remarks>
/// Invariants: two neighbouring runs of a region are never both free; a free run is in exactly one list, by its
/// length and by whether any of its pages may be resident ("dirty"); regions are never unmapped, so a stale pointer into one can
/// always be read (it may read zeros). Free dirty pages beyond an eighth of the pages in use (but at least 8 MiB) go back
/// to the system, the longest runs first and 2 MiB at a time, by the thread that freed a run; those that nobody has needed for a second, little
/// by little by <see cref="ReturnIdle"/>.
/// </remarks>
internal static unsafe class PageHeap
{
    private const int MinimumDirtyPages = 1024;
    private const int ReturnStepPages = Region.Pages;
    private const int MaxChunkRegions = 32;
    private const int LeastIdlePages = 16;

    // A heap of this many regions is big enough for address translation to matter more than the rest of a huge page.
    private const int HugePagesFrom = 32;

    // With shorter free runs only, the heap will soon need another region.
    private const int ScarceRun = 40;

    private static ShortLock s_lock;
    private static readonly RunList* s_dirtyRuns = NewLists();
    private static readonly RunList* s_cleanRuns = NewLists();
    private static readonly ulong* s_dirtyLengths = (ulong*)MetadataArena.AllocateOrThrow(64, 64);
    private static readonly ulong* s_cleanLengths = (ulong*)MetadataArena.AllocateOrThrow(64, 64);
    private static PageRun* s_unusedRuns;
    private static byte* s_nextRegion;
    private static int s_regionsInChunk;
    private static int s_returning;
    private static readonly long[] s_idleSamples = new long[10];
    private static int s_nextIdleSample;

    private static long s_regions;
    private static long s_usedPages;
    private static long s_freePages;
    private static long s_dirtyPages;

    public static long Regions => Volatile.Read(ref s_regions);

    public static long UsedPages => Volatile.Read(ref s_usedPages);

    public static long FreePages => Volatile.Read(ref s_freePages) + RegionReserve.Count * Region.UsablePages;

    /// <summary>Free pages that may be resident.</summary>
    public static long DirtyPages => Volatile.Read(ref s_dirtyPages);

    /// <summary>Takes a run of pages: the shortest free one that is long enough, resident ones first.</summary>
    /// <param name="pages">1 to 255.</param>
    /// <param name="sizeClass">Goes to the class byte of every page (small objects) or of the first.</param>
    /// <returns>Null when the system refuses memory.</returns>
    public static PageRun* Allocate(int pages, int sizeClass)
    {
        bool isReserving = false;
        s_lock.Enter();
        PageRun* run = EnsureUnusedRuns() ? TakeFree(pages) : null;
        if (run != null)
        {
            bool tookRegion = run->Pages == Region.UsablePages && run->DirtyPages == 0;
            if (run->Pages > pages)
                Insert(SplitOff(run, pages));
            s_dirtyPages -= run->DirtyPages;
            if (run->DirtyPages != 0)
                Region.ClearDirty(run->Start, run->Pages);
            run->DirtyPages = 0;
            s_usedPages += pages;
            s_freePages -= pages;
            run->State = RunState.InUse;
            run->SizeClass = (byte)sizeClass;
            MarkInUse(run);
            isReserving = s_regions >= HugePagesFrom && RegionReserve.Wants(tookRegion, IsScarce()) && TryReserve();
        }
        s_lock.Exit();
        if (isReserving)
            RegionReserve.Notify();
        return run;
    }

    /// <summary>Takes back a run that holds nothing any more.</summary>
    /// <param name="run">The run.</param>
    /// <param name="keepsPages">Whether free pages stay, even if they are too many: for a caller that gives them back later.</param>
    public static void Free(PageRun* run, bool keepsPages = false)
    {
        s_lock.Enter();
        byte* end = run->Start + run->Bytes;
        for (byte* page = run->Start; page < end; page += Region.PageSize)
            *Region.ClassSlot(page) = 0;
        s_usedPages -= run->Pages;
        Release(run);
        bool tooMany = s_dirtyPages > DirtyLimit();
        s_lock.Exit();
        if (tooMany && !keepsPages)
            ReturnExcess(ReturnStepPages);
    }

    /// <summary>Makes a single-block run longer or shorter where it lies.</summary>
    /// <returns>False when the pages behind it are taken.</returns>
    public static bool TryResize(PageRun* run, int pages)
    {
        s_lock.Enter();
        bool done = EnsureUnusedRuns() && (pages < run->Pages ? Shrink(run, pages) : Extend(run, pages - run->Pages));
        s_lock.Exit();
        return done;
    }

    /// <summary>Gives all free pages back to the system now.</summary>
    /// <returns>Bytes that were possibly resident and are not any more.</returns>
    public static long Purge()
    {
        s_lock.Enter();
        while (RegionReserve.TryEmpty(out PageRun* run))
        {
            s_freePages += run->Pages;
            s_dirtyPages += run->Pages;
            Region.SetDirty(run->Start, run->Pages);
            run->DirtyPages = run->Pages;
            Insert(run);
        }
        s_lock.Exit();
        long pages = 0;
        int returned;
        while ((returned = ReturnLongestRun()) != 0)
            pages += returned;
        return pages << Region.PageShift;
    }

    /// <summary>
    /// Gives back a part of the free pages that nobody has needed for a while. To be called about ten times a second, by one thread.
    /// </summary>
    public static void ReturnIdle()
    {
        if (Regions >= HugePagesFrom / 2)
            RegionReserve.Start();
        RegionReserve.ReturnUnneeded();
        s_idleSamples[s_nextIdleSample] = Volatile.Read(ref s_dirtyPages);
        s_nextIdleSample = (s_nextIdleSample + 1) % s_idleSamples.Length;
        long idle = long.MaxValue;
        foreach (long sample in s_idleSamples)
            idle = Math.Min(idle, sample);
        if (idle < LeastIdlePages || Interlocked.Exchange(ref s_returning, 1) != 0)
            return;
        long goal = Math.Clamp(idle / 2, LeastIdlePages, ReturnStepPages);
        for (long returned = 0; returned < goal;)
        {
            int pages = ReturnLongestRun();
            if (pages == 0)
                break;
            returned += pages;
        }
        Volatile.Write(ref s_returning, 0);
    }

    /// <summary>Gives back the longest free runs while there are too many free pages, and a few more.</summary>
    /// <param name="most">Pages after which to stop.</param>
    public static void ReturnExcess(int most)
    {
        if (Volatile.Read(ref s_dirtyPages) <= DirtyLimit() * 3 / 4 || Interlocked.Exchange(ref s_returning, 1) != 0)
            return;
        int returned = 0;
        while (returned < most && Volatile.Read(ref s_dirtyPages) > DirtyLimit() * 3 / 4)
        {
            int pages = ReturnLongestRun();
            if (pages == 0)
                break;
            returned += pages;
        }
        Volatile.Write(ref s_returning, 0);
    }

    private static long DirtyLimit() => Math.Max(MinimumDirtyPages, Volatile.Read(ref s_usedPages) / 8);

    // The run is out of all lists while the lock is released, and its state keeps its neighbours from merging with it.
    private static int ReturnLongestRun()
    {
        s_lock.Enter();
        int length = LongestIn(s_dirtyLengths);
        if (length == 0)
        {
            s_lock.Exit();
            return 0;
        }
        PageRun* run = s_dirtyRuns[length].First;
        Unlink(run);
        run->State = RunState.Returning;
        int dirty = run->DirtyPages;
        s_dirtyPages -= dirty;
        s_freePages -= run->Pages;
        s_lock.Exit();

        if (length == Region.UsablePages)
        {
            OsMemory.GiveBack(Region.Of(run->Start), Region.Size);
            if (Regions > HugePagesFrom)
                OsMemory.PreferHugePages(Region.Of(run->Start), Region.Size);
        }
        else
        {
            OsMemory.RefuseHugePages(Region.Of(run->Start), Region.Size);
            OsMemory.GiveBack(run->Start, run->Bytes);
        }

        s_lock.Enter();
        // The header of a region that went back whole is all zero already; writing to it would bring it back.
        if (length != Region.UsablePages || !OsMemory.HasMappings)
            Region.ClearDirty(run->Start, run->Pages);
        run->DirtyPages = 0;
        s_freePages += run->Pages;
        Insert(Coalesce(run));
        s_lock.Exit();
        return dirty;
    }

    private static PageRun* TakeFree(int pages)
    {
        int dirty = ShortestIn(s_dirtyLengths, pages);
        int clean = ShortestIn(s_cleanLengths, pages);
        PageRun* run = dirty != 0 && (clean == 0 || dirty <= clean) ? s_dirtyRuns[dirty].First
            : clean != 0 ? s_cleanRuns[clean].First
            : null;
        bool isWhole = run == null || (run->Pages == Region.UsablePages && run->DirtyPages == 0);
        if (isWhole && RegionReserve.TryTake(out PageRun* ready))
        {
            s_freePages += ready->Pages;
            return ready;
        }
        if (run == null)
            return MapRegion();
        Unlink(run);
        return run;
    }

    // No span is longer than 32 pages.
    private static bool IsScarce() => LongestIn(s_dirtyLengths) <= ScarceRun && LongestIn(s_cleanLengths) <= ScarceRun;

    /// <summary>Has a region filled that will be needed soon.</summary>
    private static bool TryReserve()
    {
        if (RegionReserve.TryRevive())
            return true;
        if (RegionReserve.IsFull || !EnsureUnusedRuns())
            return false;
        PageRun* run = s_cleanRuns[Region.UsablePages].First;
        if (run != null)
            Unlink(run);
        else
            run = MapRegion();
        if (run == null)
            return false;
        s_freePages -= run->Pages;
        run->State = RunState.Returning;
        RegionReserve.Put(run);
        return true;
    }

    private static PageRun* MapRegion()
    {
        if (s_regionsInChunk == 0)
        {
            int wanted = (int)Math.Clamp(s_regions / 8, 1, MaxChunkRegions);
            byte* chunk = OsMemory.Map((nuint)wanted * Region.Size);
            if (chunk == null && wanted > 1)
            {
                wanted = 1;
                chunk = OsMemory.Map(Region.Size);
            }
            if (chunk == null)
                return null;
            if (s_regions >= HugePagesFrom)
                OsMemory.PreferHugePages(chunk, (nuint)wanted * Region.Size);
            s_nextRegion = chunk;
            s_regionsInChunk = wanted;
        }
        byte* region = s_nextRegion;
        s_nextRegion += Region.Size;
        s_regionsInChunk--;
        s_regions++;
        s_freePages += Region.UsablePages;
        return NewRun(region + Region.PageSize, Region.UsablePages);
    }

    private static PageRun* SplitOff(PageRun* run, int keep)
    {
        PageRun* rest = NewRun(run->Start + ((nuint)keep << Region.PageShift), run->Pages - keep);
        if (run->DirtyPages != 0)
        {
            rest->DirtyPages = Region.CountDirty(rest->Start, rest->Pages);
            run->DirtyPages -= rest->DirtyPages;
        }
        run->Pages = keep;
        return rest;
    }

    private static bool Shrink(PageRun* run, int pages)
    {
        PageRun* rest = SplitOff(run, pages);
        *Region.RunSlot(run->LastPage) = run;
        s_usedPages -= rest->Pages;
        Release(rest);
        return true;
    }

    private static bool Extend(PageRun* run, int extra)
    {
        byte* end = run->Start + run->Bytes;
        if (Region.PageOf(run->LastPage) == Region.Pages - 1)
            return false;
        PageRun* next = *Region.RunSlot(end);
        if (next->State != RunState.Free || next->Pages < extra)
            return false;
        Unlink(next);
        if (next->Pages > extra)
            Insert(SplitOff(next, extra));
        s_dirtyPages -= next->DirtyPages;
        Region.ClearDirty(next->Start, next->Pages);
        s_usedPages += extra;
        s_freePages -= extra;
        run->Pages += extra;
        *Region.RunSlot(run->LastPage) = run;
        Discard(next);
        return true;
    }

    private static void Release(PageRun* run)
    {
        Region.SetDirty(run->Start, run->Pages);
        run->DirtyPages = run->Pages;
        s_dirtyPages += run->Pages;
        s_freePages += run->Pages;
        Insert(Coalesce(run));
    }

    private static PageRun* Coalesce(PageRun* run)
    {
        if (Region.PageOf(run->Start) > 1)
        {
            PageRun* before = *Region.RunSlot(run->Start - 1);
            if (before->State == RunState.Free)
            {
                Unlink(before);
                before->Pages += run->Pages;
                before->DirtyPages += run->DirtyPages;
                Discard(run);
                run = before;
            }
        }
        if (Region.PageOf(run->LastPage) < Region.Pages - 1)
        {
            PageRun* after = *Region.RunSlot(run->Start + run->Bytes);
            if (after->State == RunState.Free)
            {
                Unlink(after);
                run->Pages += after->Pages;
                run->DirtyPages += after->DirtyPages;
                Discard(after);
            }
        }
        return run;
    }

    private static void Insert(PageRun* run)
    {
        run->State = RunState.Free;
        if (run->Pages != Region.UsablePages)
        {
            *Region.RunSlot(run->Start) = run;
            *Region.RunSlot(run->LastPage) = run;
        }
        bool dirty = run->DirtyPages != 0;
        (dirty ? s_dirtyRuns : s_cleanRuns)[run->Pages].Add(run);
        (dirty ? s_dirtyLengths : s_cleanLengths)[run->Pages >> 6] |= 1UL << run->Pages;
    }

    private static void Unlink(PageRun* run)
    {
        bool dirty = run->DirtyPages != 0;
        RunList* list = (dirty ? s_dirtyRuns : s_cleanRuns) + run->Pages;
        list->Remove(run);
        if (list->First == null)
            (dirty ? s_dirtyLengths : s_cleanLengths)[run->Pages >> 6] &= ~(1UL << run->Pages);
    }

    private static void MarkInUse(PageRun* run)
    {
        if (run->SizeClass > SizeClasses.SmallClasses)
        {
            *Region.ClassSlot(run->Start) = run->SizeClass;
            *Region.RunSlot(run->Start) = run;
            *Region.RunSlot(run->LastPage) = run;
            return;
        }
        byte* end = run->Start + run->Bytes;
        for (byte* page = run->Start; page < end; page += Region.PageSize)
        {
            *Region.ClassSlot(page) = run->SizeClass;
            *Region.RunSlot(page) = run;
        }
    }

    // Descriptors for the one operation that follows, so that nothing can fail half way: a region, a split.
    private static bool EnsureUnusedRuns()
    {
        if (s_unusedRuns != null && s_unusedRuns->Next != null)
            return true;
        const int Count = 64;
        PageRun* runs = (PageRun*)MetadataArena.Allocate((nuint)(Count * sizeof(PageRun)), (nuint)sizeof(PageRun));
        if (runs == null)
            return false;
        for (int i = 0; i < Count; i++)
            Discard(runs + i);
        return true;
    }

    private static PageRun* NewRun(byte* start, int pages)
    {
        PageRun* run = s_unusedRuns;
        s_unusedRuns = run->Next;
        *run = default;
        run->Start = start;
        run->Pages = pages;
        return run;
    }

    private static void Discard(PageRun* run)
    {
        run->State = RunState.Unused;
        run->Next = s_unusedRuns;
        s_unusedRuns = run;
    }

    private static int ShortestIn(ulong* lengths, int minimum)
    {
        int word = minimum >> 6;
        ulong bits = lengths[word] & (ulong.MaxValue << minimum);
        while (bits == 0)
        {
            if (++word == 4)
                return 0;
            bits = lengths[word];
        }
        return word * 64 + BitOperations.TrailingZeroCount(bits);
    }

    private static int LongestIn(ulong* lengths)
    {
        for (int word = 3; word >= 0; word--)
        {
            if (lengths[word] != 0)
                return word * 64 + BitOperations.Log2(lengths[word]);
        }
        return 0;
    }

    private static RunList* NewLists() =>
        (RunList*)MetadataArena.AllocateOrThrow((nuint)(Region.Pages * sizeof(RunList)), 64);
}
