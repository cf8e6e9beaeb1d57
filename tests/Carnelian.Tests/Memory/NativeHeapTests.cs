using Carnelian.Memory;
using Xunit;

namespace Carnelian.Tests.Memory;

[Collection(NativeHeapCollection.Name)]
public sealed unsafe class NativeHeapTests
{
    private const nuint MiB = 1024 * 1024;

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void Random_operations_keep_contents_and_count_exactly(int seed)
    {
        long before = NativeHeap.UsedBytes;
        BlockModel model = new(seed);
        for (int step = 0; step < 60_000; step++)
        {
            model.Step(maxBlocks: 3000);
            if (step % 1000 == 0)
                Assert.Equal(before + model.ExpectedBytes, NativeHeap.UsedBytes);
        }
        model.Clear();
        Assert.Equal(before, NativeHeap.UsedBytes);
    }

    [Fact]
    public void Blocks_do_not_overlap_and_are_aligned_in_every_class()
    {
        for (nuint size = 8; size <= SizeClasses.MaxSmall; size = NativeHeap.GoodSize(size + 1))
        {
            nint[] blocks = new nint[100];
            for (int i = 0; i < blocks.Length; i++)
            {
                byte* block = NativeHeap.Allocate(size);
                Assert.Equal(0u, (nuint)block % (size % 64 == 0 ? 64u : 8u));
                blocks[i] = (nint)block;
            }
            nint[] sorted = [.. blocks.Order()];
            for (int i = 1; i < sorted.Length; i++)
                Assert.True(sorted[i] - sorted[i - 1] >= (nint)size, $"class {size}");
            foreach (nint block in blocks)
                NativeHeap.Free((byte*)block);
        }
    }

    [Fact]
    public void Freeing_null_does_nothing()
    {
        long before = NativeHeap.UsedBytes;
        NativeHeap.Free(null);
        Assert.Equal(before, NativeHeap.UsedBytes);
    }

    [Fact]
    public void Reallocating_null_allocates()
    {
        byte* block = NativeHeap.Reallocate(null, 100);
        Assert.Equal(104u, NativeHeap.UsableSize(block));
        NativeHeap.Free(block);
    }

    [Fact]
    public void Reallocating_inside_the_class_stays_in_place()
    {
        if (NativeHeap.DebugEnabled)
            return;
        byte* block = NativeHeap.Allocate(290);
        Assert.True(block == NativeHeap.Reallocate(block, 320));
        NativeHeap.Free(block);
    }

    [Fact]
    public void A_run_of_pages_shrinks_and_grows_in_place_when_the_pages_behind_it_are_free()
    {
        if (NativeHeap.DebugEnabled)
            return;
        byte* block = NativeHeap.Allocate(512 * 1024);
        block[0] = 1;
        block[50_000] = 2;
        byte* shrunk = NativeHeap.Reallocate(block, 64 * 1024);
        Assert.True(block == shrunk);
        Assert.Equal(64u * 1024, NativeHeap.UsableSize(shrunk));
        byte* grown = NativeHeap.Reallocate(shrunk, 256 * 1024);
        Assert.True(block == grown);
        Assert.Equal(1, grown[0]);
        Assert.Equal(2, grown[50_000]);
        NativeHeap.Free(grown);
    }

    [Fact]
    public void Large_blocks_grow_and_shrink_with_their_contents()
    {
        long before = NativeHeap.UsedBytes;
        byte* block = NativeHeap.Allocate(2 * MiB);
        for (nuint i = 0; i < 2 * MiB; i += 4096)
            block[i] = (byte)(i >> 12);
        foreach (nuint size in (nuint[])[3 * MiB, 40 * MiB, 41 * MiB + 5, 9 * MiB, 2 * MiB])
        {
            block = NativeHeap.Reallocate(block, size);
            Assert.Equal(NativeHeap.GoodSize(size), NativeHeap.UsableSize(block));
            Assert.Equal(before + (long)NativeHeap.GoodSize(size), NativeHeap.UsedBytes);
            block[size - 1] = 77;
            for (nuint i = 0; i < 2 * MiB - 4096; i += 4096)
                Assert.Equal((byte)(i >> 12), block[i]);
        }
        block = NativeHeap.Reallocate(block, 100);
        Assert.Equal(0, block[0]);
        NativeHeap.Free(block);
        Assert.Equal(before, NativeHeap.UsedBytes);
    }

    [Fact]
    public void Two_large_blocks_side_by_side_can_both_grow()
    {
        byte* first = NativeHeap.Allocate(2 * MiB);
        byte* second = NativeHeap.Allocate(2 * MiB);
        first[5] = 1;
        second[5] = 2;
        first = NativeHeap.Reallocate(first, 6 * MiB);
        second = NativeHeap.Reallocate(second, 6 * MiB);
        first[6 * MiB - 1] = 3;
        second[6 * MiB - 1] = 4;
        Assert.Equal((1, 2, 3, 4), (first[5], second[5], first[6 * MiB - 1], second[6 * MiB - 1]));
        NativeHeap.Free(first);
        NativeHeap.Free(second);
    }

    [Fact]
    public void A_size_beyond_the_address_space_is_out_of_memory()
    {
        Assert.Throws<OutOfMemoryException>(() => _ = (nint)NativeHeap.Allocate(nuint.MaxValue - 5));
        Assert.Throws<OutOfMemoryException>(() => _ = (nint)NativeHeap.Allocate((nuint)1 << 60));
    }

    [Fact]
    public void A_failed_reallocation_leaves_the_block()
    {
        byte* block = NativeHeap.Allocate(3 * MiB);
        block[1] = 9;
        nint address = (nint)block;
        long before = NativeHeap.UsedBytes;
        Assert.Throws<OutOfMemoryException>(() => _ = (nint)NativeHeap.Reallocate((byte*)address, (nuint)1 << 60));
        Assert.Equal(9, block[1]);
        Assert.Equal(before, NativeHeap.UsedBytes);
        NativeHeap.Free(block);
    }

    [Fact]
    public void Freed_memory_is_reused()
    {
        nint[] blocks = new nint[20_000];
        Fill(blocks, 200);
        FreeAll(blocks);
        NativeHeap.Purge();
        long mapped = NativeHeap.MappedBytes;
        for (int round = 0; round < 10; round++)
        {
            Fill(blocks, (nuint)(200 + round * 100));
            FreeAll(blocks);
        }
        Assert.InRange(NativeHeap.MappedBytes, mapped, mapped + 64 * (long)MiB);
    }

    [Fact]
    public void Purge_lowers_the_resident_size()
    {
        if (!OperatingSystem.IsLinux())
            return;
        nint[] blocks = new nint[16 * 1024];
        Fill(blocks, 8192);
        long full = ResidentBytes();
        FreeAll(blocks);
        NativeHeap.Purge();
        Assert.True(ResidentBytes() < full - 64 * (long)MiB, $"resident {full} before, {ResidentBytes()} after");
        Assert.Equal(0, NativeHeap.GetStatistics().ResidentFreePageBytes);
    }

    [Fact]
    public void Memory_that_was_purged_is_usable_again()
    {
        nint[] blocks = new nint[50_000];
        Fill(blocks, 128);
        FreeAll(blocks);
        NativeHeap.Purge();
        BlockModel model = new(11);
        for (int step = 0; step < 20_000; step++)
            model.Step(maxBlocks: 5000);
        model.Clear();
        Assert.Equal(0, model.Count);
    }

    [Fact]
    public void Free_pages_beyond_an_eighth_go_back_without_a_purge()
    {
        nint[] blocks = new nint[16 * 1024];
        Fill(blocks, 8192);
        FreeAll(blocks);
        HeapStatistics statistics = NativeHeap.GetStatistics();
        Assert.InRange(statistics.ResidentFreePageBytes, 0, Math.Max(8 * (long)MiB, statistics.SpanBytes / 8));
    }

    [Fact]
    public void Class_statistics_count_the_blocks_in_use()
    {
        if (NativeHeap.DebugEnabled)
            return;
        SizeClassStatistics Of(nuint size) => NativeHeap.GetClassStatistics().Single(entry => entry.Size == (int)size);
        SizeClassStatistics before = Of(448);
        SizeClassStatistics runsBefore = NativeHeap.GetClassStatistics()[^2];
        SizeClassStatistics largeBefore = NativeHeap.GetClassStatistics()[^1];
        nint[] blocks = new nint[1000];
        Fill(blocks, 448);
        byte* run = NativeHeap.Allocate(100_000);
        byte* large = NativeHeap.Allocate(5 * MiB);

        SizeClassStatistics after = Of(448);
        Assert.Equal(before.Blocks + 1000, after.Blocks);
        Assert.Equal(after.Blocks * 448, after.Bytes);
        Assert.True(after.SpanBytes >= after.Bytes + after.CachedBlocks * 448);
        Assert.Equal(runsBefore.Bytes + 106_496, NativeHeap.GetClassStatistics()[^2].Bytes);
        Assert.Equal(largeBefore.Bytes + 5 * (long)MiB, NativeHeap.GetClassStatistics()[^1].Bytes);

        NativeHeap.Free(run);
        NativeHeap.Free(large);
        FreeAll(blocks);
        Assert.Equal(before.Blocks, Of(448).Blocks);
        Assert.Equal(runsBefore.Blocks, NativeHeap.GetClassStatistics()[^2].Blocks);
        Assert.Equal(largeBefore.Blocks, NativeHeap.GetClassStatistics()[^1].Blocks);
    }

    [Fact]
    public void All_classes_together_make_up_the_used_bytes()
    {
        if (NativeHeap.DebugEnabled)
            return;
        BlockModel model = new(21);
        for (int step = 0; step < 5000; step++)
            model.Step(maxBlocks: 2000);
        HeapStatistics statistics = NativeHeap.GetStatistics();
        Assert.Equal(statistics.UsedBytes - statistics.PoolBytes, NativeHeap.GetClassStatistics().Sum(entry => entry.Bytes));
        Assert.Equal(statistics.UsedBytes + statistics.ThreadCacheBytes, NativeHeap.UsedBytesUpperBound);
        Assert.True(statistics.ResidentBytes <= statistics.MappedBytes);
        Assert.True(statistics.UsedBytes <= statistics.ResidentBytes);
        model.Clear();
    }

    [Fact]
    public void Span_utilization_tells_full_spans_from_sparse_ones()
    {
        if (NativeHeap.DebugEnabled)
            return;
        NativeHeap.Purge();
        nint[] blocks = new nint[4096];
        Fill(blocks, 640);
        Assert.Equal(1.0, NativeHeap.SpanUtilization((byte*)blocks[2000]).Ratio);
        for (int i = 0; i < blocks.Length; i++)
        {
            if (i % 64 != 0)
                NativeHeap.Free((byte*)blocks[i]);
        }
        NativeHeap.Purge();
        SpanUsage sparse = NativeHeap.SpanUtilization((byte*)blocks[64 * 30]);
        Assert.InRange(sparse.Live, 1, sparse.Capacity / 4);
        for (int i = 0; i < blocks.Length; i += 64)
            NativeHeap.Free((byte*)blocks[i]);
    }

    [Fact]
    public void New_blocks_come_from_the_fullest_spans()
    {
        if (NativeHeap.DebugEnabled)
            return;
        NativeHeap.Purge();
        nint[] blocks = new nint[2000];
        Fill(blocks, 896);
        // The first half of the blocks keeps one in 16, the second half loses one in 16.
        static bool Kept(int i) => i < 1000 ? i % 16 == 0 : i % 16 != 0;
        for (int i = 0; i < blocks.Length; i++)
        {
            if (!Kept(i))
                NativeHeap.Free((byte*)blocks[i]);
        }
        NativeHeap.Purge();
        byte* fresh = NativeHeap.Allocate(896);
        Assert.True(NativeHeap.SpanUtilization(fresh).Ratio > 0.5);
        NativeHeap.Free(fresh);
        for (int i = 0; i < blocks.Length; i++)
        {
            if (Kept(i))
                NativeHeap.Free((byte*)blocks[i]);
        }
    }

    private static void Fill(nint[] blocks, nuint size)
    {
        for (int i = 0; i < blocks.Length; i++)
        {
            byte* block = NativeHeap.Allocate(size);
            new Span<byte>(block, (int)size).Fill((byte)i);
            blocks[i] = (nint)block;
        }
    }

    private static void FreeAll(nint[] blocks)
    {
        foreach (nint block in blocks)
            NativeHeap.Free((byte*)block);
    }

    private static long ResidentBytes() =>
        long.Parse(File.ReadAllText("/proc/self/statm").Split(' ')[1]) * Environment.SystemPageSize;
}
