using Carnelian.Memory;
using Xunit;

namespace Carnelian.Tests.Memory;

/// <summary>
/// A set of live blocks with known contents. Random operations change the heap and the model alike; every block's contents are checked before they go, so that
/// overlapping blocks and lost bytes show.
/// </summary>
internal sealed unsafe class BlockModel(int seed)
{
    private readonly Random _random = new(seed);
    private readonly List<Block> _blocks = [];

    public long ExpectedBytes { get; private set; }

    public int Count => _blocks.Count;

    public void Step(int maxBlocks)
    {
        int dice = _random.Next(100);
        if (_blocks.Count == 0 || (dice < 50 && _blocks.Count < maxBlocks))
            Add(RandomSize());
        else if (dice < 75)
            RemoveAt(_random.Next(_blocks.Count));
        else
            ResizeAt(_random.Next(_blocks.Count), RandomSize());
    }

    public void Clear()
    {
        while (_blocks.Count != 0)
            RemoveAt(_blocks.Count - 1);
    }

    private void Add(nuint size)
    {
        byte* block = NativeHeap.Allocate(size);
        Check(block, size);
        byte tag = (byte)_random.Next(256);
        Write(block, size, tag);
        _blocks.Add(new Block((nint)block, size, tag));
        ExpectedBytes += (long)NativeHeap.GoodSize(size);
    }

    private void RemoveAt(int index)
    {
        Block block = _blocks[index];
        Assert.True(Holds((byte*)block.Address, block.Size, block.Tag), $"contents of a block of {block.Size} bytes, seed {seed}");
        NativeHeap.Free((byte*)block.Address);
        ExpectedBytes -= (long)NativeHeap.GoodSize(block.Size);
        _blocks[index] = _blocks[^1];
        _blocks.RemoveAt(_blocks.Count - 1);
    }

    private void ResizeAt(int index, nuint size)
    {
        Block old = _blocks[index];
        byte* block = NativeHeap.Reallocate((byte*)old.Address, size);
        Check(block, size);
        Assert.True(Holds(block, Math.Min(old.Size, size), old.Tag), $"contents from {old.Size} to {size} bytes, seed {seed}");
        Write(block, size, old.Tag);
        _blocks[index] = new Block((nint)block, size, old.Tag);
        ExpectedBytes += (long)NativeHeap.GoodSize(size) - (long)NativeHeap.GoodSize(old.Size);
    }

    private nuint RandomSize() => (nuint)(_random.Next(100) switch
    {
        < 70 => _random.Next(0, 300),
        < 90 => _random.Next(300, 5000),
        < 97 => _random.Next(5000, 70_000),
        < 99 => _random.Next(70_000, 1_200_000),
        _ => _random.Next(1_000_000, 5_000_000),
    });

    private static void Check(byte* block, nuint size)
    {
        nuint good = NativeHeap.GoodSize(size);
        Assert.Equal(good, NativeHeap.UsableSize(block));
        Assert.Equal(0u, (nuint)block % (good % 64 == 0 ? 64u : 8u));
    }

    // Every byte up to 4 KiB and one in 512 beyond: enough to notice an overlap, cheap enough for megabytes.
    private static void Write(byte* block, nuint size, byte tag)
    {
        for (nuint i = 0; i < size; i = Next(i))
            block[i] = (byte)(tag + i * 7);
    }

    private static bool Holds(byte* block, nuint size, byte tag)
    {
        for (nuint i = 0; i < size; i = Next(i))
        {
            if (block[i] != (byte)(tag + i * 7))
                return false;
        }
        return true;
    }

    private static nuint Next(nuint i) => i < 4096 ? i + 1 : i + 512;

    private readonly record struct Block(nint Address, nuint Size, byte Tag);
}
