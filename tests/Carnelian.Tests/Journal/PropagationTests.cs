using System.Text.RegularExpressions;
using Carnelian.Testing;

namespace Carnelian.Tests.Journal;

/// <summary>What commands, transactions and expiry write to the journal of a whole server.</summary>
public sealed partial class PropagationTests : IDisposable
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

    /// <summary>The lines, with T for points in time.</summary>
    private string[] Take() => [.. _sink.Take().Select(static line => Time().Replace(line, "T"))];

    [GeneratedRegex(@"\b\d{13}\b")]
    private static partial Regex Time();

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
        _client.Call("DEBUG SET-ACTIVE-EXPIRE 0");
        _client.Call("SET a x PX 1");
        _client.Call("SET b x PX 1");
        _sink.Take();
        _client.Call("DEBUG SET-ACTIVE-EXPIRE 1");
        Assert.True(SpinWait.SpinUntil(() => _client.Call("DBSIZE").Value == "0", 5000));
        string[] removed = _sink.Take();

        Assert.Equal(["UNLINK a", "UNLINK b"], removed.Order());
    }

    [Fact]
    public void Fields_whose_time_has_come_are_removed_and_the_hash_with_the_last()
    {
        _client.Call("DEBUG SET-ACTIVE-EXPIRE 0");
        _client.Call("HSETEX h PX 1 FIELDS 1 f v");
        _client.Call("HSET i f v");
        _client.Call("HSETEX i PX 1 FIELDS 1 g v");
        _client.Call("DEBUG SET-ACTIVE-EXPIRE 1");
        Assert.True(SpinWait.SpinUntil(() => _client.Call("EXISTS h").Value == "0" && _client.Call("HLEN i").Value == "1", 5000));
        string[] lines = Take();

        Assert.Equal(["SELECT 0", "HSETEX h PXAT T FIELDS 1 f v", "HSET i f v", "HSETEX i PXAT T FIELDS 1 g v"], lines[..4]);
        Assert.Equal(["EXEC", "HDEL h f", "HDEL i g", "MULTI", "UNLINK h"], lines[4..].Order(StringComparer.Ordinal));
    }

    [Theory]
    [InlineData(2, "MULTI;DEL d;ZADD d 3479065152021743 a 3479065152021743 b;EXEC")]
    [InlineData(3, "GEOSEARCHSTORE d g FROMLONLAT 13 38 BYRADIUS 1 km COUNT 3")]
    public void Places_that_were_chosen_among_equals_are_named(int count, string expected)
    {
        _client.Call("GEOADD g 13 38 a 13 38 b 13 38 c");
        _sink.Take();

        _client.Call($"GEOSEARCHSTORE d g FROMLONLAT 13 38 BYRADIUS 1 km COUNT {count}");

        Assert.Equal(expected.Split(';'), _sink.Take());
    }

    [Fact]
    public void Who_is_served_while_waiting_writes_the_plain_command()
    {
        RespConnection waiting = _server.Connect();
        waiting.Queue(CommandText.Split("BLPOP none l 0"));
        waiting.Flush();
        Assert.True(SpinWait.SpinUntil(() => _client.Call("INFO clients").Value.Contains("blocked_clients:1", StringComparison.Ordinal), 5000));
        _client.Call("RPUSH l a b");
        waiting.ReadFrame();

        Assert.Equal(["SELECT 0", "RPUSH l a b", "LPOP l"], Take());
    }

    [Theory]
    [InlineData("INCREX c BYINT 5", "SET c 5")]
    [InlineData("INCREX c BYFLOAT 1.5 EX 100", "SET c 1.5 PXAT T")]
    [InlineData("SET c 1;INCREX c EXAT 1", "SET c 1;UNLINK c")]
    [InlineData("SET s v;DELEX s IFEQ v", "SET s v;DEL s")]
    [InlineData("SET s v;SET s w IFNE x GET", "SET s v;SET s w")]
    [InlineData("SET s v;SET s w IFNE x PX 5000", "SET s v;SET s w PXAT T")]
    [InlineData("RPUSH l a b c;LMOVEM l m LEFT LEFT COUNT 2 BULK", "RPUSH l a b c;MULTI;LPOP l 2;LPUSH m b a;EXEC")]
    [InlineData("RPUSH l a b c;LMOVEM l m RIGHT LEFT COUNT 2 OBO", "RPUSH l a b c;MULTI;RPOP l 2;LPUSH m c b;EXEC")]
    [InlineData("HIMPORT PREPARE fs f g;HIMPORT SET h fs 1 2;HIMPORT SET h fs 3 4", "HSET h f 1 g 2;MULTI;UNLINK h;HSET h f 3 g 4;EXEC")]
    [InlineData("XADD x IDMP p i * f v", "MULTI;XADD x T-0 f v;XIDMPRECORD x p i T-0;EXEC")]
    [InlineData("XADD x 5-1 f v;XDELEX x DELREF IDS 1 5-1", "XADD x 5-1 f v;XDELEX x DELREF IDS 1 5-1")]
    public void Commands_that_only_Redis_has_are_written_so_that_they_can_be_replayed(string commands, string expected)
    {
        foreach (string command in commands.Split(';'))
            Assert.False(_client.Call(command).IsError, command);
        string[] lines = Take();
        // A transaction comes with its SELECT inside.
        Assert.Equal(expected.Split(';'), lines.Where(static line => line != "SELECT 0"));
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
