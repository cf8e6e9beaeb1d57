using System.Text;
using Carnelian.Server.Clients;
using Carnelian.Testing;

namespace Carnelian.Tests.Connections;

/// <summary>Values of many megabytes: on their way in they are neither copied nor grown, on their way out they are shared.</summary>
public sealed class BigValueTests : IDisposable
{
    private const int Patience = 20_000;
    private const int Megabyte = 1 << 20;

    private readonly RunningServer _server = new("--io-threads", "2");
    private readonly RespConnection _client;

    public BigValueTests() => _client = _server.Connect();

    public void Dispose() => _server.Dispose();

    [Theory]
    [InlineData(64 * 1024 + 1)]
    [InlineData(Megabyte - 7)]
    [InlineData(Megabyte - 1)]
    [InlineData(Megabyte)]
    [InlineData(Megabyte + 1)]
    [InlineData(5 * Megabyte + 3)]
    public void A_long_argument_arrives_whole_in_every_command(int length)
    {
        byte[] value = Bytes(length, seed: length), other = Bytes(length + 7, seed: 1);

        Assert.Equal("OK", Call("SET", "set", value).Value);
        Assert.Equal("OK", Call("SET", "kept", value, "EX", "1000", "NX").Value);
        Assert.Equal("OK", Call("SETEX", "setex", "1000", value).Value);
        Assert.Equal("1", Call("SETNX", "setnx", value).Value);
        Assert.Equal(Text(value), Call("GETSET", "set", other).Value);
        Assert.Equal("OK", Call("MSET", "one", value, "small", "x", "two", other, "three", value).Value);
        Assert.Equal($"{2 * length}", Call("APPEND", "kept", value).Value);
        Assert.Equal("OK", Call("SET", value, "by a long key").Value);
        Assert.Equal(Text(other), Call("ECHO", other).Value);

        Assert.Equal(Text(other), Call("GET", "set").Value);
        Assert.Equal(Text(value) + Text(value), Call("GET", "kept").Value);
        Assert.Equal(Text(value), Call("GET", "setex").Value);
        Assert.Equal(Text(value), Call("GET", "setnx").Value);
        Assert.Equal([Text(value), "x", Text(other), Text(value)], Call("MGET", "one", "small", "two", "three").Elements.Select(static element => element.Value));
        Assert.Equal("by a long key", Call("GET", value).Value);
    }

    [Fact]
    public void Long_arguments_among_many_short_ones_and_in_pipelines_find_their_places()
    {
        const int Pairs = 60;
        byte[][] values = [.. Enumerable.Range(0, Pairs).Select(static i => i % 7 == 3 ? Bytes(Megabyte - 20_000 + i * 1000, i) : Encoding.ASCII.GetBytes($"value {i}"))];
        var command = new List<byte[]> { "MSET"u8.ToArray() };
        for (int i = 0; i < Pairs; i++)
            command.AddRange([Encoding.ASCII.GetBytes($"key:{i}"), values[i]]);
        for (int round = 0; round < 3; round++)
        {
            _client.Queue(command);
            _client.Queue(CommandText.Split("INCR rounds"));
        }
        _client.Flush();

        for (int round = 0; round < 3; round++)
        {
            Assert.Equal("OK", RespValue.Parse(_client.ReadFrame()).Value);
            Assert.Equal($"{round + 1}", RespValue.Parse(_client.ReadFrame()).Value);
        }
        for (int i = 0; i < Pairs; i++)
            Assert.Equal(Text(values[i]), _client.Call($"GET key:{i}").Value);
    }

    [Fact]
    public void A_transaction_keeps_long_arguments()
    {
        byte[] value = Bytes(3 * Megabyte, seed: 3);
        Assert.Equal("OK", _client.Call("MULTI").Value);
        Assert.Equal("QUEUED", Call("SET", "one", value).Value);
        Assert.Equal("QUEUED", Call("APPEND", "one", value).Value);
        Assert.Equal("QUEUED", Call("GETSET", "two", value).Value);
        Assert.Equal(["OK", $"{2 * value.Length}", ""], _client.Call("EXEC").Elements.Select(static element => element.Value));
        Assert.Equal("OK", _client.Call("MULTI").Value);
        Assert.Equal("QUEUED", Call("SET", "three", value).Value);
        Assert.Equal("OK", _client.Call("DISCARD").Value);

        Assert.Equal(Text(value) + Text(value), _client.Call("GET one").Value);
        Assert.Equal(Text(value), _client.Call("GET two").Value);
        Assert.True(_client.Call("GET three").IsNull);
    }

    [Fact]
    public void A_long_argument_that_ends_wrongly_is_a_protocol_error()
    {
        RespConnection client = _server.Connect();
        client.QueueRaw("*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$2000000\r\n"u8);
        client.QueueRaw(Bytes(2_000_000, seed: 4));
        client.QueueRaw("xx"u8);
        client.Flush();

        Assert.StartsWith("-ERR Protocol error", Encoding.ASCII.GetString(client.ReadFrame()));
        Assert.True(client.ReadFrame().IsEmpty);
        Assert.True(_client.Call("GET k").IsNull);
    }

    [Fact]
    public void A_long_argument_goes_with_its_client_to_another_loop_and_waits_while_it_is_paused()
    {
        byte[] value = Bytes(8 * Megabyte, seed: 5);
        RespConnection client = _server.Connect();
        client.QueueRaw(Encoding.ASCII.GetBytes($"*3\r\n$3\r\nSET\r\n$1\r\nk\r\n${value.Length}\r\n"));
        int sent = 0;
        foreach (int loops in (int[])[1, 4, 2, 1])
        {
            client.QueueRaw(value.AsSpan(sent, Megabyte));
            client.Flush();
            sent += Megabyte;
            Assert.True(SpinWait.SpinUntil(() => Array.Exists(_server.Instance.Clients.Snapshot(), found => found.QueryBytes > sent), Patience));
            Assert.Equal("OK", _client.Call($"CONFIG SET io-threads {loops}").Value);
        }
        _client.Call("CLIENT PAUSE 60000 WRITE");
        client.QueueRaw(value.AsSpan(sent));
        client.QueueRaw("\r\n"u8);
        client.Flush();
        Assert.True(SpinWait.SpinUntil(() => Array.Exists(_server.Instance.Clients.Snapshot(), static found => found.Is(ClientFlags.Suspended)), Patience));
        Assert.True(_client.Call("GET k").IsNull);
        _client.Call("CLIENT UNPAUSE");

        Assert.Equal("+OK\r\n", Encoding.ASCII.GetString(client.ReadFrame()));
        Assert.Equal(Text(value), _client.Call("GET k").Value);
    }

    [Fact]
    public void What_has_arrived_of_a_long_argument_counts_as_query_buffer()
    {
        RespConnection client = _server.Connect();
        client.QueueRaw("*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$10000000\r\n"u8);
        client.QueueRaw(Bytes(4_000_000, seed: 6));
        client.Flush();
        Assert.True(SpinWait.SpinUntil(() => _client.Call("CLIENT LIST").Value.Contains(" qbuf=4000000 "), Patience), _client.Call("CLIENT LIST").Value);
        Client found = Array.Find(_server.Instance.Clients.Snapshot(), static one => one.QueryBytes > Megabyte)!;
        Assert.InRange(found.MemoryBytes, 10_000_000, 11_000_000);

        Assert.Equal("OK", _client.Call("CONFIG SET client-query-buffer-limit 5mb").Value);
        client.QueueRaw(Bytes(2_000_000, seed: 7));
        client.Flush();
        Assert.True(client.ReadFrame().IsEmpty);
    }

    [Fact]
    public void A_reader_that_stops_gets_the_old_bytes_holds_one_block_and_holds_up_nobody()
    {
        const int Readers = 3;
        byte[] value = Bytes(100 * Megabyte, seed: 8);
        Assert.Equal("OK", Call("SET", "deleted", value).Value);
        Assert.Equal("OK", Call("SET", "overwritten", value).Value);
        Assert.Equal("OK", Call("SET", "changed", value).Value);
        string[] keys = ["deleted", "overwritten", "changed"];
        RespConnection[] readers = [.. Enumerable.Range(0, Readers * keys.Length).Select(_ => _server.Connect())];
        for (int i = 0; i < readers.Length; i++)
        {
            readers[i].Queue(CommandText.Split($"GET {keys[i % keys.Length]}"));
            readers[i].Flush();
        }
        Assert.True(SpinWait.SpinUntil(() => _server.Instance.Clients.Snapshot().Count(static client => client.IsWatchedForOutput) == readers.Length, Patience));

        Assert.Equal("1", _client.Call("DEL deleted").Value);
        Assert.Equal("OK", _client.Call("SET overwritten short").Value);
        Assert.Equal($"{value.Length}", _client.Call("SETRANGE changed 10 other").Value);
        foreach (Client client in _server.Instance.Clients.Snapshot().Where(static client => client.IsWatchedForOutput))
            Assert.InRange(client.Output.MemoryBytes, 1, 64 * 1024);
        foreach (RespConnection other in (RespConnection[])[_server.Connect(), _server.Connect()])
            Assert.Equal("short", other.Call("GET overwritten").Value);

        foreach (RespConnection reader in readers)
        {
            ReadOnlySpan<byte> frame = reader.ReadFrame();
            Assert.True(frame[^(value.Length + 2)..^2].SequenceEqual(value));
            reader.Dispose();
        }
        Assert.Equal("other", _client.Call("GETRANGE changed 10 14").Value);
    }

    private RespValue Call(params object[] arguments) =>
        _client.Call([.. arguments.Select(static argument => argument as byte[] ?? Encoding.ASCII.GetBytes((string)argument))]);

    private static byte[] Bytes(int length, int seed)
    {
        byte[] bytes = new byte[length];
        new Random(seed).NextBytes(bytes);
        return bytes;
    }

    private static string Text(byte[] bytes) => Encoding.Latin1.GetString(bytes);
}
