using System.Net;
using System.Net.Sockets;
using System.Text;
using Carnelian.Journal;
using Carnelian.Server.Execution;

namespace Carnelian.Tests.Connections;

/// <summary>The quick path leaves no work for the garbage collector. A server of this process tells what its loop's thread has allocated.</summary>
public sealed class AllocationTests : IDisposable
{
    private const int Commands = 1_000_000;
    private const int Depth = 64;

    // A garbage object takes 24 bytes at least: this much is fewer than one for every second batch. What the server does by the clock comes out of it.
    private const long MostBytes = 24L * Commands / Depth / 2;

    private readonly RunningServer _server = new("--io-threads", "1");
    private readonly Socket _client = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true, ReceiveTimeout = 20_000 };
    private readonly byte[] _replies = new byte[64 * 1024];

    public AllocationTests() => _client.Connect(IPAddress.Loopback, _server.Port);

    public void Dispose()
    {
        _client.Dispose();
        _server.Dispose();
    }

    [Theory]
    [InlineData("*3\r\n$3\r\nSET\r\n$5\r\nkey:1\r\n$11\r\nhello world\r\n", "+OK\r\n")]
    [InlineData("*2\r\n$3\r\nGET\r\n$5\r\nkey:0\r\n", "$5\r\nvalue\r\n")]
    [InlineData("*2\r\n$4\r\nINCR\r\n$5\r\nkey:2\r\n", null)]
    public void Commands_of_the_quick_path_allocate_nothing(string command, string? reply)
    {
        Run(Encoding.ASCII.GetBytes("*3\r\n$3\r\nSET\r\n$5\r\nkey:0\r\n$5\r\nvalue\r\n"), 1, "+OK\r\n"u8.Length);
        byte[] batch = Encoding.ASCII.GetBytes(string.Concat(Enumerable.Repeat(command, Depth)));
        for (int i = 0; i < 200; i++)
            Run(batch, Depth, reply?.Length);

        long before = AllocatedByTheLoop();
        for (int i = 0; i < Commands / Depth; i++)
            Run(batch, Depth, reply?.Length);
        long allocated = AllocatedByTheLoop() - before;

        Assert.True(allocated < MostBytes, $"{Commands} commands allocated {allocated} bytes");
    }

    [Fact]
    public void Writing_to_the_journal_allocates_nothing()
    {
        var sink = new CountingSink();
        _server.Instance.Keyspace.Locks.AcquireAll();
        _server.Instance.Journal.Add(sink);
        _server.Instance.Keyspace.Locks.ReleaseAll();

        // One deadline for all: the expiry index takes no new block, which the debug heap would describe with an object.
        Commands_of_the_quick_path_allocate_nothing("*5\r\n$3\r\nSET\r\n$5\r\nkey:1\r\n$11\r\nhello world\r\n$4\r\nEXAT\r\n$10\r\n9999999999\r\n", "+OK\r\n");

        Assert.True(sink.Bytes > 50L * Commands);
    }

    /// <summary>Sends a batch and reads the replies: a known number of bytes, or lines.</summary>
    private void Run(byte[] batch, int count, int? replyLength)
    {
        _client.Send(batch);
        int missing = replyLength is { } length ? length * count : count;
        while (missing > 0)
        {
            int received = _client.Receive(_replies);
            Assert.NotEqual(0, received);
            missing -= replyLength != null ? received : _replies.AsSpan(0, received).Count((byte)'\n');
        }
        Assert.Equal(0, missing);
    }

    private sealed class CountingSink : IJournalSink
    {
        public long Bytes { get; private set; }

        public void Append(ReadOnlySpan<byte> unit) => Bytes += unit.Length;
    }

    private long AllocatedByTheLoop()
    {
        using var done = new ManualResetEventSlim();
        long bytes = 0;
        EventLoop loop = Assert.Single(_server.Instance.Loops.All);
        loop.Post(() =>
        {
            bytes = GC.GetAllocatedBytesForCurrentThread();
            done.Set();
        });
        done.Wait();
        return bytes;
    }
}
