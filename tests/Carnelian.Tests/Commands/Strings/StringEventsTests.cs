namespace Carnelian.Tests.Commands.Strings;

/// <summary>Which keyspace events commands publish, in which order; the real server publishes the same.</summary>
public sealed class StringEventsTests : IDisposable
{
    private readonly DatabaseClient _client = new();

    public void Dispose() => _client.Dispose();

    [Theory]
    [InlineData("SET k v", "new k", "set k")]
    [InlineData("SET k v EX 10", "new k", "set k", "expire k")]
    [InlineData("SET k v XX")]
    [InlineData("SETEX k 10 v", "new k", "set k", "expire k")]
    [InlineData("GETSET k v", "keymiss k", "new k", "set k")]
    [InlineData("GET k", "keymiss k")]
    [InlineData("MGET k l", "keymiss k", "keymiss l")]
    [InlineData("APPEND k v", "new k", "append k")]
    [InlineData("SETRANGE k 1 v", "new k", "setrange k")]
    [InlineData("SETRANGE k 1 ''")]
    [InlineData("INCR k", "new k", "incrby k")]
    [InlineData("DECRBY k 2", "new k", "incrby k")]
    [InlineData("INCRBYFLOAT k 2", "new k", "incrbyfloat k")]
    [InlineData("INCREX k EX 10", "new k", "incrby k", "expire k")]
    [InlineData("INCREX k BYFLOAT 1", "new k", "incrbyfloat k")]
    [InlineData("MSET k 1 l 2", "new k", "set k", "new l", "set l")]
    [InlineData("MSETEX 2 k 1 l 2 EX 10", "new k", "set k", "expire k", "new l", "set l", "expire l")]
    [InlineData("MSETEX 1 k 1 EXAT 1", "new k", "set k", "expire k")]
    public void On_an_empty_database(string line, params string[] events)
    {
        _client.Run(line);
        Assert.Equal(events, _client.TakeEvents());
    }

    [Theory]
    [InlineData("SET k v", "set k")]
    [InlineData("SET k v PXAT 1", "expired k")]
    [InlineData("GETDEL k", "del k")]
    [InlineData("GETEX k EX 10", "expire k")]
    [InlineData("GETEX k PERSIST", "persist k")]
    [InlineData("GETEX k EXAT 1", "expired k")]
    [InlineData("DELIFEQ k 1", "del k")]
    [InlineData("DELEX k", "del k")]
    [InlineData("INCREX k PERSIST", "incrby k", "persist k")]
    [InlineData("INCREX k EX 5 ENX", "incrby k")]
    [InlineData("INCREX k UBOUND 1")]
    [InlineData("INCREX k EXAT 1", "del k")]
    [InlineData("INCREX k EXAT 1 ENX", "incrby k")]
    [InlineData("MSETNX k 2 l 3")]
    public void On_a_key_that_expires(string line, params string[] events)
    {
        _client.Run("SET k 1 EX 100");
        _client.TakeEvents();
        _client.Run(line);
        Assert.Equal(events, _client.TakeEvents());
    }

    [Theory]
    [InlineData("GET k", "expired k", "keymiss k")]
    [InlineData("SET k v", "expired k", "new k", "set k")]
    [InlineData("INCR k", "expired k", "new k", "incrby k")]
    [InlineData("MSETEX 1 k v NX", "expired k", "new k", "set k")]
    public void On_a_key_that_has_expired(string line, params string[] events)
    {
        _client.Run("SET k 1 PX 10");
        _client.TakeEvents();
        _client.Now += 11;
        _client.Run(line);
        Assert.Equal(events, _client.TakeEvents());
    }

    [Fact]
    public void While_expired_keys_are_kept_only_an_import_source_finds_them()
    {
        _client.Keyspace.KeepsExpired = true;
        _client.Run("SET k 1 PX 10");
        _client.TakeEvents();
        _client.Now += 11;
        Assert.Equal("$-1", _client.Run("GET k"));
        Assert.Equal(":1", _client.Run("DBSIZE"));
        _client.Session.IsImportSource = true;
        Assert.Equal(":2", _client.Run("INCR k"));
        Assert.Equal(":0", _client.Run("TTL k"));
        Assert.Equal("k", _client.Run("RANDOMKEY"));
        Assert.Equal(["keymiss k", "incrby k"], _client.TakeEvents());
        _client.Keyspace.KeepsExpired = false;
        Assert.Equal("$-1", _client.Run("GET k"));
        Assert.Equal(["expired k", "keymiss k"], _client.TakeEvents());
    }
}
