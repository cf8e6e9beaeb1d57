using System.Text;
using Carnelian.Memory;
using Carnelian.Protocol;
using Xunit;

namespace Carnelian.Tests.Protocol;

public sealed unsafe class OutputQueueTests : IDisposable
{
    [ThreadStatic]
    private static int t_released;

    private readonly OutputChunkPool _pool = new();
    private readonly OutputQueue _queue;
    private readonly ReplyWriter _writer = new();

    public OutputQueueTests() => _queue = new OutputQueue(_pool);

    public void Dispose()
    {
        _queue.Clear();
        _writer.Dispose();
        _pool.Dispose();
    }

    [Fact]
    public void An_empty_queue_owns_no_memory()
    {
        _queue.Append("hello"u8);
        Assert.Equal((5L, 1), (_queue.PendingBytes, _queue.NodeCount));
        Assert.Equal(OutputChunkPool.ChunkBytes, _queue.MemoryBytes);

        _queue.Advance(3);
        Assert.Equal("lo", Encoding.ASCII.GetString(OutputReader.Peek(_queue)));
        _queue.Advance(2);

        Assert.Equal((0L, 0L, 0), (_queue.PendingBytes, _queue.MemoryBytes, _queue.NodeCount));
        Assert.Equal(OutputChunkPool.ChunkBytes, _pool.MemoryBytes);
    }

    [Fact]
    public void Shared_bytes_are_sent_in_place_and_released_once()
    {
        byte* block = NativeHeap.Allocate(1000);
        new Span<byte>(block, 1000).Fill((byte)'x');
        t_released = 0;
        _writer.Attach(_queue, 2);
        _writer.Ok();
        _writer.BulkShared(block + 100, 900, block, &Release);
        _writer.Ok();
        _writer.Detach();

        IoVector* vectors = stackalloc IoVector[8];
        int count = _queue.Fill(vectors, 8, out nuint bytes);

        Assert.Equal(3, count);
        Assert.True(vectors[1].Base == block + 100);
        Assert.Equal(900, _queue.SharedBytes);
        Assert.Equal((nuint)(5 + 6 + 900 + 2 + 5), bytes);
        _queue.Advance(5 + 6 + 400);
        Assert.Equal((500L, 0), (_queue.SharedBytes, t_released));
        Assert.Equal(new string('x', 500) + "\r\n+OK\r\n", OutputReader.Take(_queue));
        Assert.Equal((0L, 1), (_queue.SharedBytes, t_released));
    }

    [Fact]
    public void Dropped_and_discarded_shared_bytes_are_released_too()
    {
        t_released = 0;
        byte* block = NativeHeap.Allocate(10);
        _queue.AppendShared(block, 10, block, &Release);
        _queue.Clear();
        Assert.Equal(1, t_released);

        block = NativeHeap.Allocate(10);
        _writer.Attach(_queue, 2);
        _writer.Discarding = true;
        _writer.BulkShared(block, 10, block, &Release);
        _writer.Discarding = false;
        ReplyMark mark = _writer.Mark();
        block = NativeHeap.Allocate(10);
        _writer.BulkShared(block, 10, block, &Release);
        _writer.RollbackTo(mark);
        _writer.Detach();

        Assert.Equal(3, t_released);
        Assert.True(_queue.IsEmpty);
    }

    [Fact]
    public void Little_output_does_not_pin_a_big_chunk()
    {
        _queue.Append(new byte[100_000]);
        _queue.Advance(99_900);
        Assert.InRange(_queue.MemoryBytes, 16_000, 110_000);

        _queue.Compact();

        Assert.Equal(100, _queue.PendingBytes);
        Assert.InRange(_queue.MemoryBytes, 100, 512);
    }

    [Fact]
    public void Small_pieces_for_a_client_that_does_not_read_do_not_become_many_nodes()
    {
        for (int i = 0; i < 1000; i++)
        {
            _queue.Append(Encoding.ASCII.GetBytes($"{i:D8}"));
            _queue.Compact();
        }

        Assert.Equal(8000, _queue.PendingBytes);
        Assert.Equal(1, _queue.NodeCount);
        Assert.Equal(string.Concat(Enumerable.Range(0, 1000).Select(i => $"{i:D8}")), OutputReader.Take(_queue));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void Whatever_is_written_comes_out_in_order(int seed)
    {
        Random random = new(seed);
        using MemoryStream expected = new();
        using MemoryStream read = new();
        int shared = 0;
        t_released = 0;
        for (int round = 0; round < 2000; round++)
        {
            byte[] piece = new byte[random.Next(20) == 0 ? random.Next(60_000) : random.Next(200)];
            random.NextBytes(piece);
            switch (random.Next(6))
            {
                case 0:
                    _queue.Append(piece);
                    expected.Write(piece);
                    break;
                case 1:
                    byte* block = NativeHeap.Allocate((nuint)piece.Length + 1);
                    piece.CopyTo(new Span<byte>(block, piece.Length));
                    _queue.AppendShared(block, (nuint)piece.Length, block, &Release);
                    expected.Write(piece);
                    shared++;
                    break;
                case 2:
                    Send(random, read, (int)Math.Min(_queue.PendingBytes, random.Next(30_000)));
                    break;
                case 3:
                    _queue.Compact();
                    break;
                default:
                    _writer.Attach(_queue, 2);
                    ReplyMark mark = _writer.Mark();
                    _writer.Raw(piece);
                    if (random.Next(4) == 0) _writer.RollbackTo(mark);
                    else expected.Write(piece);
                    _writer.Raw("."u8);
                    expected.Write("."u8);
                    _writer.Detach();
                    break;
            }
            Assert.Equal(expected.Length - read.Length, _queue.PendingBytes);
        }
        read.Write(OutputReader.TakeInPieces(_queue, random, 50_000));

        Assert.True(expected.ToArray().AsSpan().SequenceEqual(read.ToArray()), $"seed {seed}");
        Assert.Equal((0L, 0L, 0L, 0), (_queue.PendingBytes, _queue.MemoryBytes, _queue.SharedBytes, _queue.NodeCount));
        Assert.Equal(shared, t_released);
    }

    private void Send(Random random, MemoryStream read, int wanted)
    {
        IoVector* vectors = stackalloc IoVector[4];
        while (wanted > 0)
        {
            int count = _queue.Fill(vectors, 4, out nuint bytes);
            int left = (int)Math.Min(wanted, (long)bytes);
            wanted -= left;
            nuint sent = (nuint)left;
            for (int i = 0; i < count && left > 0; i++)
            {
                int take = (int)Math.Min((long)vectors[i].Length, left);
                read.Write(new ReadOnlySpan<byte>(vectors[i].Base, take));
                left -= take;
            }
            _queue.Advance(sent);
            if (random.Next(4) == 0) _queue.Compact();
        }
    }

    private static void Release(byte* block)
    {
        t_released++;
        NativeHeap.Free(block);
    }
}
