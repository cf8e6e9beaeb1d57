using System.Buffers.Binary;
using Carnelian.Storage.Packed;

namespace Carnelian.Tests.Storage.Packed;

/// <summary>The intset against a sorted set of integers, and its bytes against those that the format has.</summary>
public sealed unsafe class IntSetTests
{
    [Theory]
    [InlineData(1, 20, 0)]
    [InlineData(2, 600, 0)]
    [InlineData(3, 50, 1)]
    [InlineData(4, 300, 2)]
    public void Random_changes_leave_what_a_sorted_set_has(int seed, int range, int wide)
    {
        var random = new Random(seed);
        var model = new SortedSet<long>();
        IntSet set = IntSet.Create();
        for (int step = 0; step < 4000; step++)
        {
            long value = random.Next(-range, range);
            if (random.Next(20) < wide)
                value = random.Next(2) == 0 ? value * 100_000 : value * 10_000_000_000;
            if (random.Next(3) != 0)
            {
                set = set.Add(value, out bool added);
                Assert.Equal(model.Add(value), added);
            }
            else
            {
                set = set.Remove(value, out bool removed);
                Assert.Equal(model.Remove(value), removed);
            }
            Assert.Equal(model.Contains(value), set.Contains(value));
            Assert.Equal(model.Count, set.Count);
            if (step % 50 != 0 || model.Count == 0)
                continue;
            Assert.Equal(model, Values(set));
            Assert.Equal(model.Min, set.Least);
            Assert.Equal(model.Max, set.Greatest);
            Assert.True(IntSet.IsValid(set.AsSpan()));
        }
        set.Free();
    }

    [Theory]
    [InlineData(short.MaxValue, 2)]
    [InlineData(short.MaxValue + 1, 4)]
    [InlineData(short.MinValue, 2)]
    [InlineData(short.MinValue - 1, 4)]
    [InlineData(int.MaxValue, 4)]
    [InlineData(int.MaxValue + 1L, 8)]
    [InlineData(int.MinValue - 1L, 8)]
    [InlineData(long.MaxValue, 8)]
    [InlineData(long.MinValue, 8)]
    public void Integers_become_as_wide_as_the_widest(long value, int width)
    {
        IntSet set = IntSet.Create().Add(5, out _).Add(-7, out _).Add(value, out bool added);

        Assert.True(added);
        Assert.Equal(width, set.Width);
        Assert.Equal([.. new[] { 5, -7, value }.Order()], Values(set));
        Assert.False(set.Contains(6));
        set.Free();
    }

    [Fact]
    public void The_bytes_are_those_of_the_format()
    {
        IntSet set = IntSet.Create().Add(258, out _).Add(-1, out _);

        Assert.Equal([2, 0, 0, 0, 2, 0, 0, 0, 0xFF, 0xFF, 2, 1], set.AsSpan().ToArray());
        set.Free();
    }

    [Fact]
    public void A_narrow_set_does_not_contain_what_has_the_same_low_bits()
    {
        IntSet set = IntSet.Create().Add(1, out _).Add(100, out _);

        Assert.False(set.Contains(65537));
        Assert.False(set.Contains((1L << 32) + 100));
        set = set.Remove(65537, out bool removed);
        Assert.False(removed);
        set.Free();
    }

    [Fact]
    public void What_is_no_intset_is_found_out()
    {
        byte[] good = [2, 0, 0, 0, 2, 0, 0, 0, 1, 0, 2, 0];
        Assert.True(IntSet.IsValid(good));

        for (int length = 0; length < good.Length; length++)
            Assert.False(IntSet.IsValid(good.AsSpan(0, length)));
        Assert.False(IntSet.IsValid([.. good, 0]));
        Assert.False(IntSet.IsValid(Changed(good, 0, 3)));
        Assert.False(IntSet.IsValid(Changed(good, 0, 4)));
        Assert.False(IntSet.IsValid(Changed(good, 3, 1)));
        Assert.False(IntSet.IsValid(Changed(good, 4, 1)));
        Assert.False(IntSet.IsValid(Changed(good, 7, 0x80)));
        Assert.False(IntSet.IsValid(Changed(good, 10, 1)));
        Assert.False(IntSet.IsValid(Changed(good, 10, 0)));
        byte[] empty = new byte[IntSet.HeaderSize];
        BinaryPrimitives.WriteInt32LittleEndian(empty, 2);
        Assert.False(IntSet.IsValid(empty));
    }

    private static byte[] Changed(byte[] bytes, int index, byte value)
    {
        byte[] copy = [.. bytes];
        copy[index] = value;
        return copy;
    }

    private static long[] Values(IntSet set) => [.. Enumerable.Range(0, set.Count).Select(i => set[i])];
}
