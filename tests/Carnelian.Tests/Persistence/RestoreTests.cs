using System.Text;
using Carnelian.Testing;
using Carnelian.Tests.Journal;

namespace Carnelian.Tests.Persistence;

/// <summary>RESTORE of keys whose deadline has passed: what clients, subscribers and replicas see.</summary>
public sealed class RestoreTests : IDisposable
{
    private readonly RunningServer _server = new("--notify-keyspace-events", "KEA");
    private readonly RecordingSink _sink = new();
    private readonly RespConnection _client;
    private readonly RespConnection _events;
    private readonly byte[] _dump;

    public RestoreTests()
    {
        _client = _server.Connect();
        _client.Call("SET source value");
        _client.Queue(CommandText.Split("DUMP source"));
        _client.Flush();
        ReadOnlySpan<byte> frame = _client.ReadFrame();
        _dump = frame[(frame.IndexOf((byte)'\n') + 1)..^2].ToArray();
        _events = _server.Connect();
        _events.Call("PSUBSCRIBE __keyspace@0__:k");
        _server.Instance.Keyspace.Locks.AcquireAll();
        _server.Instance.Journal.Add(_sink);
        _server.Instance.Keyspace.Locks.ReleaseAll();
        _client.Call("SET first 1");
        _sink.Take();
    }

    public void Dispose() => _server.Dispose();

    [Fact]
    public void A_new_key_never_comes_to_be()
    {
        Assert.Equal("+OK", Restore("1000", "ABSTTL"));

        Assert.Equal("0", _client.Call("EXISTS k").Value);
        Assert.Empty(_sink.Take());
        Assert.Equal("", Events());
    }

    [Theory]
    [InlineData("no", "DEL k")]
    [InlineData("yes", "UNLINK k")]
    public void A_key_that_it_replaces_goes(string isLazy, string line)
    {
        _client.Call($"CONFIG SET lazyfree-lazy-server-del {isLazy}");
        _client.Call("SET k old");
        _sink.Take();

        Assert.Equal("+OK", Restore("1000", "ABSTTL", "REPLACE"));

        Assert.Equal("0", _client.Call("EXISTS k").Value);
        Assert.Equal([line], _sink.Take());
        Assert.Equal("set del", Events());
    }

    [Fact]
    public void A_key_that_it_may_not_replace_stays()
    {
        _client.Call("SET k old");
        _sink.Take();

        Assert.Equal("-BUSYKEY Target key name already exists.", Restore("1000", "ABSTTL"));

        Assert.Equal("old", _client.Call("GET k").Value);
        Assert.Empty(_sink.Take());
    }

    [Fact]
    public void A_payload_that_is_none_leaves_the_key_it_would_replace()
    {
        _client.Call("SET k old");
        _dump[^1] ^= 1;

        Assert.Equal("-ERR DUMP payload version or checksum are wrong", Restore("1000", "ABSTTL", "REPLACE"));

        Assert.Equal("old", _client.Call("GET k").Value);
    }

    private string Restore(string deadline, params string[] options) =>
        _client.Call([.. new[] { "RESTORE", "k", deadline }.Select(Encoding.ASCII.GetBytes), _dump, .. options.Select(Encoding.ASCII.GetBytes)]).ToString();

    /// <summary>The names of the events of the key, in their order.</summary>
    private string Events()
    {
        var names = new List<string>();
        while (_events.HasFrame(200))
            names.Add(RespValue.Parse(_events.ReadFrame()).Elements[^1].Value);
        return string.Join(' ', names);
    }
}
