using Carnelian.Memory;

namespace Carnelian.Tests.Memory;

/// <summary>Blocks leave nearly empty spans for full ones, and nothing else changes.</summary>
[Collection(NativeHeapCollection.Name)]
public sealed unsafe class RelocationTests
{
    [Theory]
    [InlineData(24, 4)]
    [InlineData(200, 4)]
    [InlineData(200, 2)]
    [InlineData(3000, 10)]
    public void Relocation_wins_back_the_room_between_blocks(int size, int every)
    {
        const int Count = 20_000;
        // Other tests have left room in spans of the class, by what they keep: it is taken first.
        long before = NativeHeap.UsedBytes;
        var fillers = new nint[Room(size) / (long)NativeHeap.GoodSize((nuint)size)];
        for (int i = 0; i < fillers.Length; i++)
            fillers[i] = (nint)NativeHeap.Allocate((nuint)size);
        long roomBefore = Room(size);
        var random = new Random(size + every);
        var kept = new List<(nint Block, byte Content)>();
        var freed = new List<nint>();
        for (int i = 0; i < Count; i++)
        {
            byte* block = NativeHeap.Allocate((nuint)size);
            new Span<byte>(block, size).Fill((byte)i);
            if (random.Next(every) == 0)
                kept.Add(((nint)block, (byte)i));
            else
                freed.Add((nint)block);
        }
        foreach (nint block in freed)
            NativeHeap.Free((byte*)block);
        NativeHeap.FlushThread();
        long used = NativeHeap.UsedBytes, fragmented = NativeHeap.FragmentedBytes, pages = NativeHeap.GetStatistics().SpanBytes;
        long room = Room(size);

        for (int round = 0; round < 3; round++)
        {
            random.Shuffle(System.Runtime.InteropServices.CollectionsMarshal.AsSpan(kept));
            for (int i = 0; i < kept.Count; i++)
            {
                byte* block = (byte*)kept[i].Block;
                byte* copy = NativeHeap.TryRelocate(block);
                if (copy == null)
                    continue;
                Assert.False(copy == block);
                NativeHeap.FreeRelocated(block);
                kept[i] = ((nint)copy, kept[i].Content);
            }
        }

        Assert.Equal(used, NativeHeap.UsedBytes);
        foreach ((nint block, byte content) in kept)
            Assert.Equal(-1, new Span<byte>((byte*)block, size).IndexOfAnyExcept(content));
        if (!NativeHeap.DebugEnabled)
        {
            long made = room - roomBefore;
            Assert.InRange(made, kept.Count * size / 2, long.MaxValue);
            Assert.InRange(Room(size), 0, roomBefore + (kept.Count * size / 8));
            Assert.InRange(fragmented - NativeHeap.FragmentedBytes, made / 2, long.MaxValue);
            Assert.InRange(pages - NativeHeap.GetStatistics().SpanBytes, made / 2, long.MaxValue);
        }
        foreach ((nint block, _) in kept)
            NativeHeap.Free((byte*)block);
        foreach (nint filler in fillers)
            NativeHeap.Free((byte*)filler);
        Assert.Equal(before, NativeHeap.UsedBytes);
    }

    /// <summary>What the spans of a size have more than the blocks in use take.</summary>
    private static long Room(int size)
    {
        SizeClassStatistics found = NativeHeap.GetClassStatistics().First(one => one.Size == (int)NativeHeap.GoodSize((nuint)size));
        return found.SpanBytes - found.Bytes;
    }

    [Fact]
    public void A_block_of_whole_pages_stays()
    {
        byte* block = NativeHeap.Allocate(100_000);
        if (!NativeHeap.DebugEnabled)
            Assert.True(NativeHeap.TryRelocate(block) == null);
        NativeHeap.Free(block);
    }
}
