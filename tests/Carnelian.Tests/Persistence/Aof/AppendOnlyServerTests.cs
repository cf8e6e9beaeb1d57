using System.Globalization;
using System.Text;
using Carnelian.Server.AppendOnly;
using Carnelian.Testing;

namespace Carnelian.Tests.Persistence.Aof;

/// <summary>A server with an AOF: what is in the file when a reply comes, what may wait for the disk, what clients see while it is loaded.</summary>
public sealed class AppendOnlyServerTests : IDisposable
{
    private readonly string _directory = $"aof-{Guid.NewGuid():N}";
    private RunningServer? _server;

    public void Dispose()
    {
        _server?.Dispose();
        if (Directory.Exists(_directory))
            Directory.Delete(_directory, recursive: true);
    }

    [Theory]
    [InlineData("1")]
    [InlineData("4")]
    public void What_is_acknowledged_is_in_the_file(string loops)
    {
        Start("no", "--io-threads", loops);
        RespConnection[] clients = [_server!.Connect(), _server.Connect(), _server.Connect(), _server.Connect()];
        long expected = 0;
        for (int i = 0; i < 200; i++)
        {
            RespConnection client = clients[i % clients.Length];
            Assert.Equal("+OK", client.Call($"SET key:{i} value").ToString());
            expected += Encoding.ASCII.GetByteCount($"*3\r\n$3\r\nSET\r\n${$"key:{i}".Length}\r\nkey:{i}\r\n$5\r\nvalue\r\n");
            Assert.Equal(expected + "*2\r\n$6\r\nSELECT\r\n$1\r\n0\r\n".Length, IncrementLength());
        }
    }

    [Fact]
    public void A_pipeline_is_in_the_file_when_its_last_reply_comes()
    {
        Start("no", "--io-threads", "2");
        RespConnection client = _server!.Connect();
        client.Call("SET a 0");
        long before = IncrementLength();
        for (int i = 0; i < 5000; i++)
            client.Queue(["INCR"u8.ToArray(), "a"u8.ToArray()]);
        client.Flush();
        for (int i = 0; i < 5000; i++)
            _ = client.ReadFrame();
        Assert.Equal(before + 5000 * "*2\r\n$4\r\nINCR\r\n$1\r\na\r\n".Length, IncrementLength());
    }

    [Fact]
    public void Clients_wait_while_the_disk_is_slow_and_memory_stays_bounded()
    {
        const int Limit = 64 << 20, Values = 1200;
        Start("everysec", "--io-threads", "2");
        RespConnection client = _server!.Connect();
        Assert.Equal("+OK", client.Call("DEBUG AOF-FLUSH-SLEEP 3000").ToString());
        string value = new('x', 100_000);
        byte[][] command = ["SET"u8.ToArray(), "key"u8.ToArray(), Encoding.ASCII.GetBytes(value)];
        long most = 0;
        AofWriter writer = _server.Instance.Aof.Writer!;
        // More of them if the machine was so slow that no write had to wait for long.
        for (int i = 0; i < Values || (writer.Delayed == 0 && i < 4 * Values); i++)
        {
            client.Queue(command);
            client.Flush();
            _ = client.ReadFrame();
            most = Math.Max(most, writer.WaitingBytes);
        }
        // As much as it may be and hardly more: a loop looks after each of its rounds.
        Assert.InRange(most, Limit / 2, Limit + (4 << 20));
        long delayed = writer.Delayed;
        Assert.NotEqual(0, delayed);
        // It may have waited once more meanwhile.
        Assert.InRange(client.InfoNumber("persistence", "aof_delayed_fsync"), delayed, writer.Delayed);
        client.Call("DEBUG AOF-FLUSH-SLEEP 0");
    }

    [Fact]
    public async Task Clients_are_told_of_loading_and_see_its_progress()
    {
        Start("no", "--aof-use-rdb-preamble", "no");
        RespConnection client = _server!.Connect();
        for (int i = 0; i < 2000; i++)
            client.Call($"RPUSH list {i}");
        string digest = client.Call("DEBUG DIGEST").ToString();
        _server.Dispose();
        _server = null;

        int port = ServerProcess.FreePort();
        // On threads of their own: those of the pool may all be busy with other tests for as long as the server loads.
        Task<RunningServer> start = Task.Factory.StartNew(
            () => New("no", "--aof-use-rdb-preamble", "no", "--key-load-delay", "1000", "--port", $"{port}"), CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
        using RespConnection other = Connect(port);
        Assert.StartsWith("-LOADING", other.Call("GET list").ToString(), StringComparison.Ordinal);
        Assert.StartsWith("-LOADING", other.Call("CONFIG SET appendonly no").ToString(), StringComparison.Ordinal);
        string info = other.Call("INFO persistence").Value;
        Assert.Contains("loading:1", info, StringComparison.Ordinal);
        Thread.Sleep(300);
        string later = other.Call("INFO persistence").Value;
        Assert.InRange(Field(later, "loading_loaded_bytes"), Field(info, "loading_loaded_bytes") + 1, Field(later, "loading_total_bytes"));
        _server = await start;
        Assert.Contains("loading:0", other.Call("INFO persistence").Value, StringComparison.Ordinal);
        Assert.Equal(digest, other.Call("DEBUG DIGEST").ToString());
        // From here on it is written again.
        long before = IncrementLength();
        Assert.Equal(":2001", other.Call("RPUSH list x").ToString());
        Assert.True(IncrementLength() > before);
    }

    [Fact]
    public void A_value_that_was_restored_is_loaded_again()
    {
        Start("no");
        RespConnection client = _server!.Connect();
        client.Call("SET key value");
        byte[] dump = Encoding.Latin1.GetBytes(client.Call("DUMP key").Value);
        Assert.Equal("+OK", client.Call("RESTORE"u8.ToArray(), "copy"u8.ToArray(), "100000"u8.ToArray(), dump).ToString());
        Assert.Equal("+OK", client.Call("DEBUG LOADAOF").ToString());
        Assert.Equal("value", client.Call("GET copy").Value);
    }

    private void Start(string policy, params string[] options) => _server = New(policy, options);

    private RunningServer New(string policy, params string[] options) =>
        new(["--appendonly", "yes", "--appenddirname", _directory, "--appendfsync", policy, "--auto-aof-rewrite-percentage", "0", "--enable-debug-command", "yes", .. options]);

    private static RespConnection Connect(int port)
    {
        for (int i = 0; ; i++)
        {
            try
            {
                return new RespConnection(port);
            }
            catch (System.Net.Sockets.SocketException) when (i < 5000)
            {
                Thread.Sleep(1);
            }
        }
    }

    private static long Field(string info, string name)
    {
        int begin = info.IndexOf(name + ":", StringComparison.Ordinal) + name.Length + 1;
        Assert.NotEqual(name.Length, begin);
        int end = begin;
        while (end < info.Length && char.IsAsciiDigit(info[end]))
            end++;
        return long.Parse(info.AsSpan(begin, end - begin), CultureInfo.InvariantCulture);
    }

    private long IncrementLength() => new FileInfo(Path.Combine(_directory, "appendonly.aof.1.incr.aof")).Length;
}
