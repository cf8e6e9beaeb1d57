using Carnelian.Testing;

namespace Carnelian.Tests.Journal;

/// <summary>What commands, transactions and expiry write to the journal of a whole server.</summary>
public sealed class PropagationTests : IDisposable
{
    private readonly RunningServer _server = new("--enable-debug-command", "yes");
    private readonly RecordingSink _sink = new();
    private readonly RespConnection _client;

    public PropagationTests()
    {
        _client = _server.Connect();
        _server.Instance.Keyspace.Locks.AcquireAll();
        _server.Instance.Journal.Add(_sink);
        _server.Instance.Keyspace.Locks.ReleaseAll();
    }

    public void Dispose() => _server.Dispose();

    [Fact]
    public void A_write_goes_as_it_was_received()
    {
        _client.Call("set a 1");
        _client.Call("Get a");
        _client.Call("DEL missing");

        Assert.Equal(["SELECT 0", "set a 1"], _sink.Take());
    }

    [Fact]
    public void A_failed_write_leaves_no_trace()
    {
        _client.Call("SET a x");
        _client.Call("INCR a");
        _client.Call("LPUSH a 1");

        Assert.Equal(["SELECT 0", "SET a x"], _sink.Take());
    }

    [Fact]
    public void Writes_of_a_transaction_are_one_step()
    {
        foreach (string command in (string[])["MULTI", "SET a 1", "SELECT 2", "SET b 2", "EXEC", "SET c 3", "MULTI", "GET c", "SET d 4", "EXEC"])
            _client.Call(command);

        Assert.Equal(["MULTI", "SELECT 0", "SET a 1", "SELECT 2", "SET b 2", "EXEC", "SET c 3", "SET d 4"], _sink.Take());
    }

    [Fact]
    public void A_key_that_has_expired_is_removed_when_it_is_met()
    {
        _client.Call("DEBUG SET-ACTIVE-EXPIRE 0");
        _client.Call("PSETEX a 1 x");
        Thread.Sleep(5);
        _sink.Take();
        _client.Call("GET a");
        Assert.Equal(["UNLINK a"], _sink.Take());

        _client.Call("PSETEX a 1 x");
        Thread.Sleep(5);
        _sink.Take();
        _client.Call("APPEND a y");
        Assert.Equal(["MULTI", "UNLINK a", "APPEND a y", "EXEC"], _sink.Take());
    }

    [Fact]
    public void Keys_whose_time_has_come_are_removed_one_by_one()
    {
        _client.Call("SET a x PX 1");
        _client.Call("SET b x PX 1");
        _sink.Take();
        Assert.True(SpinWait.SpinUntil(() => _client.Call("DBSIZE").Value == "0", 5000));
        string[] removed = _sink.Take();

        Assert.Equal(["UNLINK a", "UNLINK b"], removed.Order());
    }

    [Fact]
    public void Evicted_keys_are_removed()
    {
        for (int i = 0; i < 500; i++)
            _client.CallWith("SET", $"key:{i}", new string('x', 10_000));
        _sink.Take();
        _client.Call("CONFIG SET maxmemory-policy allkeys-lru maxmemory 3mb");
        Assert.True(SpinWait.SpinUntil(() => long.Parse(_client.Call("DBSIZE").Value) < 450, 5000));
        _client.Call("CONFIG SET maxmemory 0");
        string[] removed = _sink.Take();

        Assert.All(removed, static line => Assert.StartsWith("UNLINK key:", line));
        Assert.Equal(500 - long.Parse(_client.Call("DBSIZE").Value), removed.Length);
    }
}
