using System.Text;
using Carnelian.Protocol;
using Xunit;

namespace Carnelian.Tests.Protocol;

public sealed unsafe class ReplyWriterTests : IDisposable
{
    private readonly OutputChunkPool _pool = new();
    private readonly OutputQueue _queue;
    private readonly ReplyWriter _writer = new();

    public ReplyWriterTests() => _queue = new OutputQueue(_pool);

    public void Dispose()
    {
        _queue.Clear();
        _writer.Dispose();
        _pool.Dispose();
    }

    [Theory]
    [InlineData(2, "+OK\r\n+PONG\r\n-ERR no\r\n:0\r\n:9\r\n:10\r\n:-1\r\n:-9223372036854775808\r\n:9223372036854775807\r\n$0\r\n\r\n$3\r\nabc\r\n$2\r\n42\r\n")]
    [InlineData(3, "+OK\r\n+PONG\r\n-ERR no\r\n:0\r\n:9\r\n:10\r\n:-1\r\n:-9223372036854775808\r\n:9223372036854775807\r\n$0\r\n\r\n$3\r\nabc\r\n$2\r\n42\r\n")]
    public void Simple_replies_are_the_same_in_both_protocols(int resp, string expected)
    {
        string written = Write(resp, w =>
        {
            w.Ok();
            w.SimpleString("PONG"u8);
            w.Error("ERR no"u8);
            foreach (long value in new[] { 0, 9, 10, -1, long.MinValue, long.MaxValue }) w.Integer(value);
            w.Bulk(""u8);
            w.Bulk("abc"u8);
            w.BulkInteger(42);
        });

        Assert.Equal(expected, written);
    }

    [Theory]
    [InlineData(2, "$-1\r\n*-1\r\n*2\r\n*6\r\n*4\r\n*1\r\n$3\r\n1.5\r\n$3\r\n123\r\n$2\r\nhi\r\n:1\r\n:0\r\n")]
    [InlineData(3, "_\r\n_\r\n*2\r\n%3\r\n~4\r\n>1\r\n,1.5\r\n(123\r\n=6\r\ntxt:hi\r\n#t\r\n#f\r\n")]
    public void Other_types_follow_the_protocol(int resp, string expected)
    {
        string written = Write(resp, w =>
        {
            w.Null();
            w.NullArray();
            w.Array(2);
            w.Map(3);
            w.Set(4);
            w.Push(1);
            w.Double(1.5);
            w.BigNumber("123"u8);
            w.Verbatim("hi"u8, "txt"u8);
            w.Boolean(true);
            w.Boolean(false);
        });

        Assert.Equal(expected, written);
    }

    [Fact]
    public void Attributes_and_special_doubles_in_RESP3()
    {
        string written = Write(3, w =>
        {
            w.Attribute(1);
            w.Double(double.PositiveInfinity);
            w.Double(double.NegativeInfinity);
            w.Double(double.NaN);
            w.Double(-0.0);
        });

        Assert.Equal("|1\r\n,inf\r\n,-inf\r\n,nan\r\n,-0\r\n", written);
    }

    [Fact]
    public void An_error_stays_on_one_line_and_is_counted_with_its_code()
    {
        string written = Write(2, w =>
        {
            w.Error("ERR one\r\ntwo\r\n"u8);
            w.Error("WRONGTYPE unknown '"u8, "a\nb"u8, "'\n"u8);
        });

        Assert.Equal("-ERR one  two\r\n-WRONGTYPE unknown 'a b'\r\n", written);
        Assert.Equal(2, _writer.ErrorReplies);
        Assert.Equal("WRONGTYPE", Encoding.ASCII.GetString(_writer.LastErrorCode));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(9)]
    [InlineData(10)]
    [InlineData(99)]
    [InlineData(100)]
    [InlineData(16_000)]
    [InlineData(16_384)]
    [InlineData(1_000_000)]
    public void Strings_of_any_length_come_out_whole(int length)
    {
        byte[] value = new byte[length];
        new Random(length).NextBytes(value);
        string text = $"${length}\r\n{Encoding.Latin1.GetString(value)}\r\n";

        string written = Write(2, w =>
        {
            w.Bulk(value);
            w.Bulk(value);
        });

        Assert.Equal(text + text, written);
    }

    [Theory]
    [InlineData(2, "*0\r\n*4\r\n:1\r\n:2\r\n:3\r\n:4\r\n*1\r\n:5\r\n")]
    [InlineData(3, "*0\r\n%2\r\n:1\r\n:2\r\n:3\r\n:4\r\n~1\r\n:5\r\n")]
    public void A_length_may_be_given_after_the_elements(int resp, string expected)
    {
        string written = Write(resp, w =>
        {
            w.EndArray(w.BeginDeferred(), 0);
            DeferredLength map = w.BeginDeferred();
            for (int i = 1; i <= 4; i++) w.Integer(i);
            w.EndMap(map, 2);
            DeferredLength set = w.BeginDeferred();
            w.Integer(5);
            w.EndSet(set, 1);
        });

        Assert.Equal(expected, written);
    }

    [Theory]
    [InlineData(11)]
    [InlineData(12)]
    public void Nested_deferred_lengths_across_chunks_equal_known_lengths(int seed)
    {
        // The same tree of values once with its lengths known in advance and once with deferred ones.
        for (int round = 0; round < 50; round++)
        {
            int treeSeed = (seed * 1000) + round;
            string known = Write(3, w => WriteTree(w, new Random(treeSeed), 0, deferred: false));
            string deferred = Write(3, w => WriteTree(w, new Random(treeSeed), 0, deferred: true));
            Assert.True(known == deferred, $"seed {treeSeed}");
        }
    }

    [Fact]
    public void Rolling_back_leaves_what_was_before_the_mark()
    {
        string written = Write(2, w =>
        {
            w.Ok();
            ReplyMark mark = w.Mark();
            w.Integer(5);
            w.Bulk(new byte[100_000]);
            w.RollbackTo(mark);
            w.Integer(6);
            mark = w.Mark();
            w.Integer(7);
            w.RollbackTo(mark);
        });

        Assert.Equal("+OK\r\n:6\r\n", written);
    }

    [Fact]
    public void Rolling_back_to_the_beginning_leaves_no_memory_behind()
    {
        _writer.Attach(_queue, 2);
        ReplyMark mark = _writer.Mark();
        _writer.Bulk(new byte[50_000]);
        _writer.RollbackTo(mark);
        _writer.Detach();

        Assert.Equal((0L, 0L, 0), (_queue.PendingBytes, _queue.MemoryBytes, _queue.NodeCount));
    }

    [Fact]
    public void Discarded_replies_leave_no_trace()
    {
        string written = Write(2, w =>
        {
            w.Ok();
            w.Discarding = true;
            w.Integer(5);
            w.Bulk(new byte[100_000]);
            DeferredLength array = w.BeginDeferred();
            for (int i = 0; i < 10_000; i++) w.Integer(i);
            w.EndArray(array, 10_000);
            w.Error("ERR x"u8);
            w.Discarding = false;
            w.Integer(6);
        });

        Assert.Equal("+OK\r\n:6\r\n", written);
        Assert.Equal(1, _writer.ErrorReplies);
    }

    [Fact]
    public void Pending_bytes_are_exact_while_writing()
    {
        _writer.Attach(_queue, 2);
        _writer.Ok();
        _writer.Bulk(new byte[20_000]);
        DeferredLength array = _writer.BeginDeferred();
        _writer.Integer(1);
        _writer.EndArray(array, 1);

        Assert.Equal(5 + 20_010 + 8, _writer.PendingBytes);
        _writer.Detach();
        Assert.Equal(5 + 20_010 + 8, _queue.PendingBytes);
    }

    private string Write(int resp, Action<ReplyWriter> write)
    {
        _writer.Attach(_queue, resp);
        write(_writer);
        _writer.Detach();
        return OutputReader.Take(_queue);
    }

    private static void WriteTree(ReplyWriter writer, Random random, int depth, bool deferred)
    {
        int count = depth == 0 ? 30 : random.Next(0, 15);
        DeferredLength length = default;
        if (deferred) length = writer.BeginDeferred();
        else writer.Array(count);
        for (int i = 0; i < count; i++)
        {
            switch (random.Next(4))
            {
                case 0 when depth < 3:
                    WriteTree(writer, random, depth + 1, deferred);
                    break;
                case 1:
                    writer.Bulk(new byte[random.Next(random.Next(20) == 0 ? 40_000 : 900)]);
                    break;
                default:
                    writer.Integer(random.NextInt64());
                    break;
            }
        }
        if (deferred) writer.EndArray(length, count);
    }
}
