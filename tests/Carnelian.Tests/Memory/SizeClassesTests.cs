using Carnelian.Memory;
using Xunit;

namespace Carnelian.Tests.Memory;

public sealed unsafe class SizeClassesTests
{
    [Fact]
    public void Good_size_is_the_smallest_class_that_holds_the_size()
    {
        nuint[] classes = [.. Enumerable.Range(1, SizeClasses.SmallClasses).Select(index => (nuint)SizeClasses.Table[index].Size)];
        int index = 0;
        for (nuint size = 1; size <= SizeClasses.MaxSmall; size++)
        {
            if (size > classes[index])
                index++;
            Assert.Equal(classes[index], NativeHeap.GoodSize(size));
        }
        Assert.Equal(classes.Length - 1, index);
    }

    [Theory]
    [InlineData(0, 8)]
    [InlineData(1, 8)]
    [InlineData(8, 8)]
    [InlineData(9, 16)]
    [InlineData(121, 128)]
    [InlineData(129, 144)]
    [InlineData(257, 288)]
    [InlineData(1024, 1024)]
    [InlineData(1025, 1056)]
    [InlineData(2049, 2176)]
    [InlineData(32 * 1024, 32 * 1024)]
    [InlineData(32 * 1024 + 1, 40 * 1024)]
    [InlineData(1024 * 1024 + 1, 1024 * 1024 + 8192)]
    public void Good_size_follows_the_table(int size, int good) => Assert.Equal((nuint)good, NativeHeap.GoodSize((nuint)size));

    [Fact]
    public void No_request_over_128_bytes_wastes_more_than_an_eighth()
    {
        for (nuint size = 128; size <= SizeClasses.MaxSmall; size++)
            Assert.True((NativeHeap.GoodSize(size) - size) * 8 <= size, $"size {size}");
    }

    [Fact]
    public void Multiples_of_64_round_up_to_multiples_of_64()
    {
        for (nuint size = 64; size <= 2 * SizeClasses.MaxRun; size += 64)
            Assert.Equal(0u, NativeHeap.GoodSize(size) % 64);
        for (nuint size = 64; size <= 512; size += 64)
            Assert.Equal(size, NativeHeap.GoodSize(size));
    }

    [Fact]
    public void Spans_waste_little_at_their_end_and_hold_several_blocks()
    {
        for (int index = 1; index <= SizeClasses.SmallClasses; index++)
        {
            SizeClass entry = SizeClasses.Table[index];
            int bytes = entry.Pages * (int)Region.PageSize;
            Assert.InRange(entry.Capacity, 8, bytes / entry.Size);
            Assert.True((bytes - entry.Capacity * entry.Size) * 33 <= bytes, $"class {entry.Size}: {entry.Capacity} in {bytes}");
            Assert.InRange(entry.Batch, 1, 64);
            Assert.True(entry.MaxCached >= 2 * entry.Batch);
        }
    }
}
