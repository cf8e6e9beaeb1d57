using System.Diagnostics;
using Carnelian.Memory;
using Xunit;

namespace Carnelian.Tests.Memory;

/// <summary>The reserve of filled regions, through the heap that uses it. The heap is process-wide, so these tests grow it beyond what others have left.</summary>
[Collection(NativeHeapCollection.Name)]
public sealed unsafe class RegionReserveTests
{
    private const int BlockSize = 8192;
    private const int BlocksPerRegion = Region.UsablePages;

    // More regions than a heap has that does without huge pages.
    private const int Regions = 80;

    [Fact]
    public void A_growing_heap_has_its_next_region_filled_ahead()
    {
        if (!OsMemory.HasMappings)
            return;
        nint[] blocks = Grow();
        try
        {
            AwaitReady();
            Assert.InRange(RegionReserve.Count, 1, 4);
            Assert.True(IsResident(RegionReserve.ReadyRegion));
        }
        finally
        {
            Free(blocks);
        }
    }

    [Fact]
    public void Blocks_from_filled_regions_are_as_good_as_others()
    {
        nint[] blocks = Grow();
        for (int i = 0; i < blocks.Length; i++)
            Assert.Equal(i, *(long*)blocks[i]);
        Assert.Equal(blocks.Length, blocks.Distinct().Count());
        Free(blocks);
    }

    [Fact]
    public void A_purge_gives_the_reserve_back()
    {
        if (!OsMemory.HasMappings)
            return;
        nint[] blocks = Grow();
        AwaitReady();
        Free(blocks);
        // One that is being filled at the moment stays.
        long begin = Stopwatch.GetTimestamp();
        do
        {
            NativeHeap.Purge();
            Assert.True(Stopwatch.GetElapsedTime(begin) < TimeSpan.FromSeconds(30), "the reserve stays resident");
        }
        while (RegionReserve.Resident != 0);
        Assert.Equal(0, NativeHeap.GetStatistics().ResidentFreePageBytes);
    }

    [Fact]
    public void What_nobody_needs_goes_back_by_itself()
    {
        if (!OsMemory.HasMappings)
            return;
        nint[] blocks = Grow();
        AwaitReady();
        // Freed memory makes regions plentiful.
        Free(blocks);
        NativeHeap.Free(NativeHeap.Allocate(512 * 1024));
        long begin = Stopwatch.GetTimestamp();
        while (RegionReserve.Resident != 0)
        {
            Assert.True(Stopwatch.GetElapsedTime(begin) < TimeSpan.FromSeconds(30), "the reserve stays resident");
            Thread.Sleep(50);
            NativeHeap.ReturnIdlePages();
        }
    }

    [Fact]
    public void Free_pages_in_the_reserve_are_counted()
    {
        nint[] blocks = Grow();
        HeapStatistics statistics = NativeHeap.GetStatistics();
        Assert.Equal(PageHeap.Regions * Region.UsablePages * (long)Region.PageSize, statistics.SpanBytes + statistics.FreePageBytes);
        Free(blocks);
    }

    /// <summary>Allocates regions full of blocks, each with its number, as an event loop does that has time between its rounds.</summary>
    private static nint[] Grow()
    {
        NativeHeap.Purge();
        RegionReserve.Start();
        nint[] blocks = new nint[Regions * BlocksPerRegion];
        for (int i = 0; i < blocks.Length; i++)
        {
            blocks[i] = (nint)NativeHeap.Allocate(BlockSize);
            *(long*)blocks[i] = i;
            if (i % 16 == 0)
                NativeHeap.Prepare();
        }
        return blocks;
    }

    private static void Free(nint[] blocks)
    {
        foreach (nint block in blocks)
            NativeHeap.Free((byte*)block);
    }

    private static void AwaitReady()
    {
        long begin = Stopwatch.GetTimestamp();
        while (RegionReserve.ReadyRegion == null)
        {
            Assert.True(Stopwatch.GetElapsedTime(begin) < TimeSpan.FromSeconds(30), "no region gets filled");
            NativeHeap.Prepare();
            Thread.Sleep(1);
        }
    }

    /// <summary>Whether all usable pages of a region are in memory, from what the system tells of the process.</summary>
    private static bool IsResident(byte* region)
    {
        using FileStream map = new("/proc/self/pagemap", FileMode.Open, FileAccess.Read, FileShare.ReadWrite, bufferSize: 1);
        Span<byte> entry = stackalloc byte[8];
        for (int page = (int)Region.PageSize / Environment.SystemPageSize; page < (int)(Region.Size / (nuint)Environment.SystemPageSize); page++)
        {
            map.Position = ((long)region / Environment.SystemPageSize + page) * 8;
            map.ReadExactly(entry);
            if ((entry[7] & 0x80) == 0)
                return false;
        }
        return true;
    }
}
