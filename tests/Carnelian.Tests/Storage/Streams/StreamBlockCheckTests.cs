using Carnelian.Storage.Packed;
using Carnelian.Storage.Streams;

namespace Carnelian.Tests.Storage.Streams;

/// <summary>What passes the check of blocks, and what does not.</summary>
public sealed unsafe class StreamBlockCheckTests
{
    [Fact]
    public void A_block_of_a_stream_is_valid()
    {
        Assert.True(StreamBlockCheck.IsValid(Block(), isDeep: true));
        Assert.True(StreamBlockCheck.IsValid(Block(), isDeep: false));
    }

    [Theory]
    [InlineData(0, 1)]       // the number of entries
    [InlineData(1, 1)]       // the number of deleted ones
    [InlineData(2, 3)]       // the number of fields, of which there are fewer
    [InlineData(4, 1)]       // what ends the master entry
    [InlineData(5, 7)]       // flags that there are not
    [InlineData(5, 0)]       // flags that say that fields follow
    [InlineData(9, 5)]       // the number of elements of an entry
    [InlineData(13, 9)]      // the number of fields of an entry
    [InlineData(13, -1)]
    public void A_number_that_is_wrong_makes_a_block_invalid(int element, long value)
    {
        ListPack pack = ListPack.From(Block());
        pack = pack.Replace(pack.At(element), value, out _);
        Assert.False(StreamBlockCheck.IsValid(pack.AsSpan(), isDeep: true));
        pack.Free();
    }

    [Theory]
    [InlineData(0)]
    [InlineData(5)]
    [InlineData(6)]
    [InlineData(9)]
    [InlineData(13)]
    public void Text_in_the_place_of_a_number_makes_a_block_invalid(int element)
    {
        ListPack pack = ListPack.From(Block());
        pack = pack.Replace(pack.At(element), "text"u8, out _);
        Assert.False(StreamBlockCheck.IsValid(pack.AsSpan(), isDeep: true));
        pack.Free();
    }

    [Fact]
    public void A_block_that_ends_too_early_is_invalid()
    {
        ListPack pack = ListPack.From(Block());
        for (int left = pack.Count - 1; left >= 0; left--)
        {
            pack = pack.Remove(pack.Last, out _);
            Assert.False(StreamBlockCheck.IsValid(pack.AsSpan(), isDeep: true));
        }
        pack.Free();
    }

    /// <summary>Two entries: master (2 0 1 f 0), one with its field (2 0 0 v 4), and one with others (0 0 1 1 g w 6).</summary>
    private static byte[] Block()
    {
        StreamValue stream = StreamValue.Create();
        stream.TryAdd(new StreamId(1, 1), new TextFields(["f", "v"]), 0, 0);
        stream.TryAdd(new StreamId(1, 2), new TextFields(["g", "w"]), 0, 0);
        byte[] block = new ListPack(stream.Blocks.First.Value).AsSpan().ToArray();
        stream.Free();
        return block;
    }
}
