using Carnelian.Journal;

namespace Carnelian.Tests.Replication;

/// <summary>The backlog of replication: what it keeps, for whom, and what its offsets mean.</summary>
public sealed unsafe class ReplicationBacklogTests
{
    [Fact]
    public void The_first_byte_ever_has_number_1()
    {
        using var backlog = new ReplicationBacklog(0, 16384);
        Assert.Equal((1L, 0L, 0L), (backlog.FirstOffset, backlog.EndOffset, backlog.HistoryLength));
        backlog.Append("abc"u8);
        Assert.Equal((1L, 3L, 3L), (backlog.FirstOffset, backlog.EndOffset, backlog.HistoryLength));
    }

    [Fact]
    public void A_backlog_goes_on_where_another_ended()
    {
        using var backlog = new ReplicationBacklog(100, 16384);
        backlog.Append("abc"u8);
        Assert.Equal((101L, 103L), (backlog.FirstOffset, backlog.EndOffset));
        Assert.Null(backlog.TryOpen(100));
    }

    [Fact]
    public void A_reader_gets_what_follows_its_offset()
    {
        using var backlog = new ReplicationBacklog(0, 16384);
        backlog.Append("abcdef"u8);
        using BacklogReader reader = backlog.TryOpen(4)!;
        Assert.Equal(3, reader.Behind);
        Assert.Equal("def", ReadAll(reader));
        backlog.Append("ghi"u8);
        Assert.Equal("ghi", ReadAll(reader));
        Assert.Equal(0, reader.Behind);
    }

    [Fact]
    public void The_end_can_be_opened_and_what_lies_behind_it_cannot()
    {
        using var backlog = new ReplicationBacklog(0, 16384);
        backlog.Append("abc"u8);
        using BacklogReader? end = backlog.TryOpen(4);
        Assert.NotNull(end);
        Assert.Equal("", ReadAll(end));
        Assert.Null(backlog.TryOpen(5));
        Assert.Null(backlog.TryOpen(0));
        Assert.Null(backlog.TryOpen(-1));
    }

    [Fact]
    public void What_is_older_than_the_size_is_dropped()
    {
        using var backlog = new ReplicationBacklog(0, 32 * 1024);
        for (int i = 0; i < 1000; i++)
            backlog.Append(new byte[1000]);
        Assert.Equal(1_000_000, backlog.EndOffset);
        Assert.InRange(backlog.HistoryLength, 32 * 1024, 3 * 32 * 1024);
        Assert.InRange(backlog.MemoryBytes, 32 * 1024, 4 * 32 * 1024);
        Assert.Null(backlog.TryOpen(1));
    }

    [Fact]
    public void A_reader_keeps_what_lies_behind_it()
    {
        using var backlog = new ReplicationBacklog(0, 16384);
        using (BacklogReader reader = backlog.OpenAtEnd())
        {
            for (int i = 0; i < 100; i++)
                backlog.Append(new byte[1000]);
            Assert.Equal(100_000, backlog.HistoryLength);
            Assert.Equal(100_000, ReadAll(reader).Length);
        }
        backlog.Trim();
        Assert.InRange(backlog.HistoryLength, 16384, 3 * 16384);
    }

    [Fact]
    public void A_smaller_size_takes_effect_at_once()
    {
        using var backlog = new ReplicationBacklog(0, 1 << 20);
        for (int i = 0; i < 500; i++)
            backlog.Append(new byte[1000]);
        Assert.Equal(500_000, backlog.HistoryLength);
        backlog.Size = 16384;
        Assert.InRange(backlog.HistoryLength, 16384, 100_000);
    }

    [Fact]
    public void An_output_holds_its_bytes_beyond_the_backlog()
    {
        var backlog = new ReplicationBacklog(0, 16384);
        backlog.Append("abc"u8);
        BacklogReader reader = backlog.TryOpen(1)!;
        Assert.True(reader.TryRead(out byte* data, out int length, out byte* block));
        reader.Dispose();
        backlog.Dispose();
        Assert.Equal("abc"u8, new ReadOnlySpan<byte>(data, length));
        ReplicationBacklog.Release(block);
    }

    [Fact]
    public void Random_readers_get_exactly_the_stream()
    {
        var random = new Random(7);
        using var backlog = new ReplicationBacklog(0, 20_000);
        var stream = new List<byte>();
        var readers = new List<(BacklogReader Reader, List<byte> Got, int From)>();
        for (int step = 0; step < 5000; step++)
        {
            switch (random.Next(4))
            {
                case 0 or 1:
                    byte[] bytes = new byte[random.Next(1, random.Next(20) == 0 ? 100_000 : 500)];
                    random.NextBytes(bytes);
                    backlog.Append(bytes);
                    stream.AddRange(bytes);
                    break;
                case 2 when readers.Count < 5:
                    long offset = random.NextInt64(Math.Max(backlog.FirstOffset - 100, 0), backlog.EndOffset + 3);
                    bool isKept = offset >= backlog.FirstOffset && offset <= backlog.EndOffset + 1;
                    BacklogReader? opened = backlog.TryOpen(offset);
                    Assert.Equal(isKept, opened != null);
                    if (opened != null)
                        readers.Add((opened, [], (int)offset - 1));
                    break;
                default:
                    if (readers.Count == 0)
                        break;
                    int index = random.Next(readers.Count);
                    (BacklogReader reader, List<byte> got, int from) = readers[index];
                    if (reader.TryRead(out byte* data, out int length, out byte* block))
                    {
                        got.AddRange(new ReadOnlySpan<byte>(data, length));
                        ReplicationBacklog.Release(block);
                    }
                    Assert.Equal(reader.Offset - 1, from + got.Count);
                    if (random.Next(20) == 0)
                    {
                        Assert.Equal(stream.GetRange(from, got.Count), got);
                        reader.Dispose();
                        readers.RemoveAt(index);
                    }
                    break;
            }
        }
        foreach ((BacklogReader reader, List<byte> got, int from) in readers)
        {
            Assert.Equal(stream.GetRange(from, got.Count), got);
            reader.Dispose();
        }
    }

    private static string ReadAll(BacklogReader reader)
    {
        var text = new System.Text.StringBuilder();
        while (reader.TryRead(out byte* data, out int length, out byte* block))
        {
            text.Append(System.Text.Encoding.Latin1.GetString(data, length));
            ReplicationBacklog.Release(block);
        }
        return text.ToString();
    }
}
