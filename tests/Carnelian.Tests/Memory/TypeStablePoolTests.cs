using Carnelian.Memory;
using Xunit;

namespace Carnelian.Tests.Memory;

[Collection(NativeHeapCollection.Name)]
public sealed unsafe class TypeStablePoolTests
{
    [Fact]
    public void Live_blocks_count_as_used_bytes()
    {
        long before = NativeHeap.UsedBytes;
        byte* small = TypeStablePool.Allocate(64);
        byte* large = TypeStablePool.Allocate(4 * 1024 * 1024);
        Assert.Equal(before + 64 + 4 * 1024 * 1024, NativeHeap.UsedBytes);
        TypeStablePool.Free(small, 64);
        TypeStablePool.Free(large, 4 * 1024 * 1024);
        Assert.Equal(before, NativeHeap.UsedBytes);
    }

    [Fact]
    public void A_freed_block_keeps_its_contents_through_a_purge()
    {
        byte* block = TypeStablePool.Allocate(32 * 1024);
        new Span<byte>(block, 32 * 1024).Fill(0x5C);
        TypeStablePool.Free(block, 32 * 1024);
        NativeHeap.Purge();
        Assert.Equal(-1, new Span<byte>(block, 32 * 1024).IndexOfAnyExcept((byte)0x5C));
    }

    [Fact]
    public void A_freed_block_serves_the_next_request_of_its_size_and_no_other()
    {
        byte* block = TypeStablePool.Allocate(8192);
        TypeStablePool.Free(block, 8192);
        byte* other = TypeStablePool.Allocate(4096);
        Assert.True(other < block || other >= block + 8192);
        byte* again = TypeStablePool.Allocate(8192);
        Assert.True(again == block);
        TypeStablePool.Free(other, 4096);
        TypeStablePool.Free(again, 8192);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(32)]
    [InlineData(96)]
    [InlineData(128 * 1024 * 1024)]
    public void Other_sizes_are_refused(int size) =>
        Assert.Throws<ArgumentOutOfRangeException>(() => _ = (nint)TypeStablePool.Allocate((nuint)size));

    [Fact]
    public void Random_blocks_are_aligned_and_do_not_overlap()
    {
        const int Seed = 31;
        Random random = new(Seed);
        long before = TypeStablePool.UsedBytes;
        List<(nint Address, int Size, long Tag)> blocks = [];
        for (int step = 0; step < 20_000; step++)
        {
            if (blocks.Count == 0 || (random.Next(2) == 0 && blocks.Count < 500))
            {
                int size = 64 << random.Next(0, random.Next(1, 17));
                byte* block = TypeStablePool.Allocate((nuint)size);
                Assert.Equal(0u, (nuint)block % Math.Min((nuint)size, Region.Size));
                new Span<long>(block, size / 8).Fill(step);
                blocks.Add(((nint)block, size, step));
            }
            else
            {
                int index = random.Next(blocks.Count);
                (nint address, int size, long tag) = blocks[index];
                Assert.Equal(-1, new Span<long>((byte*)address, size / 8).IndexOfAnyExcept(tag));
                TypeStablePool.Free((byte*)address, (nuint)size);
                blocks.RemoveAt(index);
            }
        }
        foreach ((nint address, int size, _) in blocks)
            TypeStablePool.Free((byte*)address, (nuint)size);
        Assert.Equal(before, TypeStablePool.UsedBytes);
    }
}
