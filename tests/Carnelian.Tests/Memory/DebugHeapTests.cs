using Carnelian.Memory;
using Xunit;

namespace Carnelian.Tests.Memory;

public sealed unsafe class DebugHeapTests
{
    private readonly List<string> _violations = [];
    private readonly DebugHeap _heap;

    public DebugHeapTests() => _heap = new DebugHeap(quarantineBytes: 4096, captureStacks: false, _violations.Add);

    [Fact]
    public void Correct_use_reports_nothing_and_leaves_nothing()
    {
        Random random = new(3);
        List<nint> blocks = [];
        for (int step = 0; step < 3000; step++)
        {
            if (random.Next(2) == 0 || blocks.Count == 0)
            {
                nuint size = (nuint)random.Next(0, random.Next(2, 50_000));
                byte* block = _heap.Allocate(size);
                Assert.Equal(NativeHeap.GoodSize(size), _heap.UsableSize(block));
                new Span<byte>(block, (int)_heap.UsableSize(block)).Fill(1);
                blocks.Add((nint)block);
            }
            else
            {
                int index = random.Next(blocks.Count);
                if (random.Next(3) == 0)
                {
                    blocks[index] = (nint)_heap.Reallocate((byte*)blocks[index], (nuint)random.Next(5000));
                }
                else
                {
                    _heap.Free((byte*)blocks[index]);
                    blocks.RemoveAt(index);
                }
            }
        }
        _heap.CheckAll();
        foreach (nint block in blocks)
            _heap.Free((byte*)block);
        _heap.EmptyQuarantine();
        Assert.Empty(_violations);
        Assert.Equal(0, _heap.UsedBytes);
        Assert.Empty(_heap.LiveBlocks());
    }

    [Theory]
    [InlineData(24)]
    [InlineData(128)]
    [InlineData(40_000)]
    [InlineData(3_000_000)]
    public void A_write_behind_the_block_is_found_when_it_is_freed(int size)
    {
        byte* block = _heap.Allocate((nuint)size);
        nuint usable = _heap.UsableSize(block);
        byte saved = block[usable];
        block[usable] = 0;
        _heap.Free(block);
        string violation = Assert.Single(_violations);
        Assert.Contains("bytes behind", violation);
        Assert.Contains($"offset {usable}", violation);
        block[usable] = saved;
        _heap.Free(block);
        _heap.EmptyQuarantine();
        Assert.Single(_violations);
    }

    [Fact]
    public void A_write_before_the_block_is_found_when_it_is_freed()
    {
        byte* block = _heap.Allocate(100);
        byte saved = block[-1];
        block[-1] = 0;
        _heap.Free(block);
        Assert.Contains("bytes before", Assert.Single(_violations));
        block[-1] = saved;
        _heap.Free(block);
    }

    [Fact]
    public void A_second_free_is_found()
    {
        byte* block = _heap.Allocate(100);
        _heap.Free(block);
        _heap.Free(block);
        Assert.Contains("double free", Assert.Single(_violations));
    }

    [Fact]
    public void A_foreign_pointer_is_found()
    {
        long local = 0;
        _heap.Free((byte*)&local);
        Assert.Contains("no live block", Assert.Single(_violations));
    }

    [Fact]
    public void A_pointer_into_a_block_is_found()
    {
        byte* block = _heap.Allocate(100);
        _heap.Free(block + 8);
        Assert.Contains("no live block", Assert.Single(_violations));
        _heap.Free(block);
    }

    [Fact]
    public void A_write_after_free_is_found_when_the_block_leaves_the_quarantine()
    {
        byte* block = _heap.Allocate(100);
        _heap.Free(block);
        block[50] = 0;
        Assert.Empty(_violations);
        for (int i = 0; i < 100; i++)
            _heap.Free(_heap.Allocate(100));
        string violation = Assert.Single(_violations);
        Assert.Contains("write after free", violation);
        Assert.Contains("offset 50", violation);
    }

    [Fact]
    public void Resizing_a_freed_block_is_found()
    {
        byte* block = _heap.Allocate(100);
        _heap.Free(block);
        _heap.UsableSize(block);
        Assert.Contains("after free", Assert.Single(_violations));
    }

    [Fact]
    public void New_and_freed_blocks_are_poisoned()
    {
        byte* block = _heap.Allocate(100);
        Assert.Equal(-1, new Span<byte>(block, 104).IndexOfAnyExcept(DebugHeap.FreshPattern));
        _heap.Free(block);
        Assert.Equal(-1, new Span<byte>(block, 104).IndexOfAnyExcept(DebugHeap.FreedPattern));
    }

    [Fact]
    public void Blocks_of_classes_that_are_multiples_of_64_are_aligned_to_64()
    {
        List<nint> blocks = [];
        for (nuint size = 64; size <= 4096; size += 64)
            blocks.Add((nint)_heap.Allocate(size));
        Assert.All(blocks, block => Assert.Equal(0, block % 64));
        foreach (nint block in blocks)
            _heap.Free((byte*)block);
        Assert.Empty(_violations);
    }

    [Fact]
    public void Live_blocks_are_listed_with_sizes_and_stacks()
    {
        DebugHeap heap = new(quarantineBytes: 4096, captureStacks: true, _violations.Add);
        byte* first = heap.Allocate(10);
        byte* second = heap.Allocate(300);
        Assert.Equal([(10u, 16u), (300u, 320u)], heap.LiveBlocks().Select(block => ((uint)block.RequestedSize, (uint)block.UsableSize)));
        Assert.All(heap.LiveBlocks(), block => Assert.Contains(nameof(Live_blocks_are_listed_with_sizes_and_stacks), block.Stack));
        Assert.Equal(336, heap.UsedBytes);
        heap.Free(first);
        Assert.Equal((nint)second, Assert.Single(heap.LiveBlocks()).Address);
        heap.Free(second);
        Assert.Equal(0, heap.UsedBytes);
    }

    [Fact]
    public void A_report_names_who_allocated_and_who_freed()
    {
        DebugHeap heap = new(quarantineBytes: 4096, captureStacks: true, _violations.Add);
        byte* block = heap.Allocate(10);
        heap.Free(block);
        heap.Free(block);
        string violation = Assert.Single(_violations);
        Assert.Contains("allocated at:", violation);
        Assert.Contains("freed at:", violation);
    }

    [Fact]
    public void Wrong_frees_of_the_pool_are_found()
    {
        byte* block = _heap.Allocate(64);
        _heap.PoolAllocated(block, 64);
        _heap.PoolFreed(block, 128);
        _heap.PoolFreed(block, 64);
        Assert.Equal(2, _violations.Count);
        Assert.Contains("with size 128", _violations[0]);
        Assert.Contains("no live block of the pool", _violations[1]);
        _heap.Free(block);
    }
}
