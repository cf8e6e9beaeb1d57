using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;
using Carnelian.Testing;
using Carnelian.Tests.Journal;

namespace Carnelian.Tests.Persistence;

/// <summary>MIGRATE from one server to another.</summary>
public sealed class MigrateTests : IDisposable
{
    private readonly RunningServer _here = new();
    private readonly RunningServer _there = new();
    private readonly RecordingSink _sink = new();
    private readonly RespConnection _source;
    private readonly RespConnection _target;

    public MigrateTests()
    {
        _source = _here.Connect();
        _target = _there.Connect();
    }

    public void Dispose()
    {
        _here.Dispose();
        _there.Dispose();
    }

    [Fact]
    public void A_key_moves_with_its_value_and_its_deadline()
    {
        _source.Call("HSET key field value");
        _source.Call("EXPIRE key 1000");

        Assert.Equal("+OK", Migrate("key 5 20000"));

        Assert.Equal("0", _source.Call("EXISTS key").Value);
        _target.Call("SELECT 5");
        Assert.Equal("value", _target.Call("HGET key field").Value);
        Assert.InRange(long.Parse(_target.Call("PTTL key").Value!, CultureInfo.InvariantCulture), 990_000, 1_000_000);
    }

    [Fact]
    public void A_copy_leaves_the_key_where_it_is()
    {
        _source.Call("SET key 1");

        Assert.Equal("+OK", Migrate("key 0 20000 COPY"));

        Assert.Equal("1", _source.Call("GET key").Value);
        Assert.Equal("1", _target.Call("GET key").Value);
    }

    [Fact]
    public void A_key_that_is_there_stays_unless_it_is_to_be_replaced()
    {
        _source.Call("SET key new");
        _target.Call("SET key old");

        Assert.Equal("-ERR Target instance replied with error: BUSYKEY Target key name already exists.", Migrate("key 0 20000"));
        Assert.Equal("old", _target.Call("GET key").Value);
        Assert.Equal("new", _source.Call("GET key").Value);

        Assert.Equal("+OK", Migrate("key 0 20000 REPLACE"));
        Assert.Equal("new", _target.Call("GET key").Value);
    }

    [Fact]
    public void Of_several_keys_those_leave_that_have_arrived()
    {
        Record();
        foreach (string command in (string[])["SET a 1", "SET b 2", "SET c 3"])
            _source.Call(command);
        _target.Call("SET b old");
        _sink.Take();

        Assert.Equal("-ERR Target instance replied with error: BUSYKEY Target key name already exists.", Migrate("'' 0 20000 KEYS a missing b c"));

        Assert.Equal("1", _source.Call("EXISTS a b c").Value);
        Assert.Equal("3", _target.Call("EXISTS a b c").Value);
        Assert.Equal(["DEL a c"], _sink.Take());
    }

    [Fact]
    public void A_copy_and_a_key_that_is_nowhere_leave_no_trace_in_the_journal()
    {
        Record();
        _source.Call("SET a 1");
        _sink.Take();

        Assert.Equal("+OK", Migrate("a 0 20000 COPY"));
        Assert.Equal("+NOKEY", Migrate("missing 0 20000"));
        Assert.Equal("+NOKEY", Migrate("'' 0 20000 KEYS missing other"));
        Assert.Equal("+NOKEY", Migrate("'' 0 20000 KEYS"));

        Assert.Empty(_sink.Take());
    }

    [Theory]
    [InlineData("key 0 20000 KEYS key", "-ERR When using MIGRATE KEYS option, the key argument must be set to the empty string")]
    [InlineData("key 0 20000 FOO", "-ERR syntax error")]
    [InlineData("key 0 20000 AUTH", "-ERR syntax error")]
    [InlineData("key 0 20000 AUTH2 user", "-ERR syntax error")]
    [InlineData("key 0 soon", "-ERR value is not an integer or out of range")]
    [InlineData("key first 20000", "-ERR value is not an integer or out of range")]
    [InlineData("key 99 20000", "-ERR Target instance replied with error: ERR DB index is out of range")]
    [InlineData("key 4294967296 20000", "-ERR Target instance replied with error: ERR value is out of range, value must between -2147483648 and 2147483647")]
    [InlineData("key 0 20000 AUTH secret", "-ERR Target instance replied with error: ERR AUTH <password> called without any password configured for the default user. Are you sure your configuration is correct?")]
    public void What_cannot_be_done_leaves_the_key_here(string words, string error)
    {
        _source.Call("SET key 1");

        Assert.Equal(error, Migrate(words));

        Assert.Equal("1", _source.Call("GET key").Value);
    }

    [Fact]
    public void A_password_is_given_when_it_is_wanted()
    {
        _source.Call("SET key 1");
        _target.Call("CONFIG SET requirepass secret");

        Assert.StartsWith("-ERR Target instance replied with error: NOAUTH", Migrate("key 0 20000"), StringComparison.Ordinal);
        Assert.StartsWith("-ERR Target instance replied with error: WRONGPASS", Migrate("key 0 20000 AUTH other"), StringComparison.Ordinal);
        Assert.Equal("+OK", Migrate("key 0 20000 COPY AUTH secret"));
        Assert.Equal("+OK", Migrate("key 0 20000 REPLACE AUTH2 default secret"));

        Assert.Equal("0", _source.Call("EXISTS key").Value);
    }

    [Fact]
    public void A_connection_is_used_again_and_made_anew_when_the_other_side_has_hung_up()
    {
        for (int i = 0; i < 3; i++)
        {
            _source.Call($"SET key{i} 1");
            Assert.Equal("+OK", Migrate($"key{i} {i % 2} 20000"));
        }
        Assert.Equal(2, Clients());
        Assert.Contains("migrate_cached_sockets:1", _source.Call("INFO stats").Text!, StringComparison.Ordinal);

        _target.Call("CLIENT KILL TYPE normal SKIPME yes");
        _source.Call("SET key 1");
        Assert.Equal("+OK", Migrate("key 0 20000"));
        Assert.Equal("1", _target.Call("EXISTS key").Value);
    }

    [Fact]
    public void A_server_that_does_not_answer_is_given_up_at_the_timeout()
    {
        using var silent = new TcpListener(IPAddress.Loopback, 0);
        silent.Start();
        _source.Call("SET key 1");

        var clock = System.Diagnostics.Stopwatch.StartNew();
        Assert.Equal("-IOERR error or timeout reading to target instance", Migrate("key 0 300", port: ((IPEndPoint)silent.LocalEndpoint).Port));

        Assert.InRange(clock.ElapsedMilliseconds, 250, 10_000);
        Assert.Equal("1", _source.Call("GET key").Value);
    }

    [Theory]
    [InlineData("127.0.0.1", 1, "-IOERR error or timeout writing to target instance")]
    [InlineData("", 1, "-IOERR error or timeout connecting to the client")]
    public void Where_nobody_listens_is_an_error(string host, int port, string error)
    {
        _source.Call("SET key 1");

        Assert.Equal(error, Migrate("key 0 300", host, port));

        Assert.Equal("1", _source.Call("GET key").Value);
    }

    [Fact]
    public void More_than_a_socket_takes_arrives_whole()
    {
        byte[] value = new byte[3_000_000];
        new Random(5).NextBytes(value);
        string[] names = [.. Enumerable.Range(0, 8).Select(static i => $"key{i}")];
        foreach (string name in names)
            _source.Call("SET"u8.ToArray(), Encoding.ASCII.GetBytes(name), value);

        Assert.Equal("+OK", Migrate($"'' 0 20000 KEYS {string.Join(' ', names)}"));

        Assert.Equal("0", _source.Call("DBSIZE").Value);
        Assert.Equal("8", _target.Call("DBSIZE").Value);
        foreach (string name in names)
            Assert.Equal(Encoding.Latin1.GetString(value), _target.Call($"GET {name}").Value);
    }

    private int Clients() => _target.Call("CLIENT LIST").Text!.Split('\n', StringSplitOptions.RemoveEmptyEntries).Length;

    private void Record()
    {
        _source.Call("SET first 1");
        _here.Instance.Keyspace.Locks.AcquireAll();
        _here.Instance.Journal.Add(_sink);
        _here.Instance.Keyspace.Locks.ReleaseAll();
        _source.Call("SET first 2");
    }

    /// <summary>Sends a MIGRATE: '' stands for the empty key.</summary>
    private string Migrate(string words, string host = "127.0.0.1", int port = 0)
    {
        string[] rest = [.. words.Split(' ').Select(static word => word == "''" ? "" : word)];
        return _source.CallWith(["MIGRATE", host, (port == 0 ? _there.Port : port).ToString(CultureInfo.InvariantCulture), .. rest]).ToString();
    }
}
