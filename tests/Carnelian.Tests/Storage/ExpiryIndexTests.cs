using Carnelian.Storage;

namespace Carnelian.Tests.Storage;

public class ExpiryIndexTests
{
    // What a server meets: deadlines that ascend with the time of writing, keys of one millisecond in any order, now and then an early one.
    [Theory]
    [InlineData(1, 1, 0)]
    [InlineData(2, 16, 0)]
    [InlineData(3, 300, 0)]
    [InlineData(4, 2000, 10)]
    [InlineData(5, 16, 30)]
    [InlineData(6, 0, 20)]
    public void Items_come_out_in_order_and_none_is_lost(int seed, int spread, int percentRemoved)
    {
        var random = new Random(seed);
        var index = default(ExpiryIndex);
        var model = new List<(long Deadline, ulong Hash)>();
        for (int i = 0; i < 60_000; i++)
        {
            long deadline = 1_000_000 + (spread == 0 ? random.Next(5_000) : (i / 16) + (random.Next(spread) / 16));
            ulong hash = (ulong)random.NextInt64() << 1;
            index.Add(deadline, hash);
            model.Add((deadline, hash));
            if (random.Next(100) < percentRemoved)
            {
                int victim = random.Next(model.Count);
                index.Remove(model[victim].Deadline, model[victim].Hash);
                model[victim] = model[^1];
                model.RemoveAt(model.Count - 1);
            }
        }

        ulong[] expected = [.. model.Select(static entry => ExpiryIndex.ItemOf(entry.Deadline, entry.Hash)).Order()];
        Assert.Equal(expected.Length, index.Count);
        var found = new List<ulong>();
        Span<ulong> items = stackalloc ulong[64];
        int count;
        while ((count = index.PeekDue(long.MaxValue, items)) != 0)
        {
            found.AddRange(items[..count]);
            index.RemoveFirst(count);
        }
        Assert.Equal(expected, found);
        Assert.Equal(0, index.Count);
        Assert.Equal(long.MaxValue, index.Earliest);
    }

    // A block that is full, behind it one with a single free place, and an item between the two. On the debug heap a write too far shows.
    [Fact]
    public void An_item_between_two_full_blocks_finds_room()
    {
        var index = default(ExpiryIndex);
        var deadlines = new List<long>();
        void Add(long deadline)
        {
            index.Add(deadline, 0);
            deadlines.Add(deadline);
        }

        for (int i = 0; i < 502; i++)
            Add(i * 2L);
        Add(1);
        for (int i = 0; i < 300; i++)
            Add(501);
        var found = new List<long>();
        Span<ulong> items = stackalloc ulong[64];
        int count;
        while ((count = index.PeekDue(long.MaxValue, items)) != 0)
        {
            foreach (ulong item in items[..count])
                found.Add(ExpiryIndex.DeadlineOf(item));
            index.RemoveFirst(count);
        }
        Assert.Equal(deadlines.Order(), found);
    }

    [Fact]
    public void Ascending_deadlines_take_less_than_nine_bytes_a_key()
    {
        var random = new Random(7);
        var index = default(ExpiryIndex);
        for (int i = 0; i < 100_000; i++)
            index.Add(1_000_000 + (i / 16), (ulong)random.NextInt64() << 1);
        Assert.InRange(index.Bytes, 800_000, 900_000);
        index.Clear();
    }
}
