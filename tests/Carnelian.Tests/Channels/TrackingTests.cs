using Carnelian.Testing;

namespace Carnelian.Tests.Channels;

/// <summary>Client-side caching across loops.</summary>
public sealed class TrackingTests : IDisposable
{
    private readonly RunningServer _server = new("--io-threads", "3");
    private readonly RespConnection _reader;
    private readonly RespConnection _writer;

    public TrackingTests()
    {
        _reader = _server.Connect();
        _writer = _server.Connect();
        _reader.Call("HELLO 3");
    }

    public void Dispose() => _server.Dispose();

    [Fact]
    public void A_key_that_was_read_is_invalidated_by_its_first_change_only()
    {
        _reader.Call("CLIENT TRACKING on");
        _reader.Call("MGET a b c");
        _writer.Call("SET a 1");
        _writer.Call("SET a 2");
        _writer.Call("DEL b");
        _writer.Call("HSET c f v");
        Assert.Equal(["a", "c"], [Next(_reader), Next(_reader)]);
        Assert.True(_reader.Call("GET x").IsNull);
    }

    [Fact]
    public void A_client_hears_of_its_own_change_behind_the_reply_and_with_NOLOOP_never()
    {
        _reader.Call("CLIENT TRACKING on");
        _reader.Call("GET k");
        Assert.Equal("OK", _reader.Call("SET k 1").Value);
        Assert.Equal("k", Next(_reader));
        _reader.Call("GET k");
        _reader.Call("MULTI");
        _reader.Call("SET k 2");
        _reader.Call("GET k");
        Assert.Equal(["OK", "2"], _reader.Call("EXEC").Elements.Select(reply => reply.Value));
        Assert.Equal("k", Next(_reader));
        _reader.Call("CLIENT TRACKING on NOLOOP");
        _reader.Call("GET k");
        Assert.Equal("OK", _reader.Call("SET k 3").Value);
        Assert.Equal("3", _reader.Call("GET k").Value);
        _writer.Call("SET k 4");
        Assert.Equal("k", Next(_reader));
    }

    [Fact]
    public void What_a_command_has_for_its_own_client_stands_between_its_reply_and_the_next()
    {
        using var server = new RunningServer("--io-threads", "1", "--notify-keyspace-events", "EA");
        using RespConnection client = server.Connect();
        client.Call("HELLO 3");
        client.Call("SUBSCRIBE news __keyevent@0__:del");
        client.ReadFrame();
        client.Call("CLIENT TRACKING on");
        client.Call("SET k 1");
        client.Call("GET k");
        client.Queue(CommandText.Split("PUBLISH news x"));
        client.Queue(CommandText.Split("PING"));
        client.Queue(CommandText.Split("DEL k"));
        client.Queue(CommandText.Split("ECHO last"));
        client.Flush();
        RespValue[] frames = [.. Enumerable.Range(0, 7).Select(_ => RespValue.Parse(client.ReadFrame()))];
        string[] seen = [.. frames.Select(frame => frame.Type == '>' ? frame.Elements[0].Value : frame.Value)];
        Assert.Equal(["1", "message", "PONG", "1", "message", "invalidate", "last"], seen);
    }

    [Fact]
    public void OPTIN_and_OPTOUT_are_about_the_command_behind_CACHING()
    {
        _reader.Call("CLIENT TRACKING on OPTIN");
        _reader.Call("GET a");
        _reader.Call("CLIENT CACHING yes");
        _reader.Call("GET b");
        _reader.Call("GET c");
        Change("a", "b", "c");
        Assert.Equal("b", Next(_reader));
        _reader.Call("CLIENT TRACKING off");
        _reader.Call("CLIENT TRACKING on OPTOUT");
        _reader.Call("CLIENT CACHING no");
        _reader.Call("GET a");
        _reader.Call("GET b");
        Change("a", "b");
        Assert.Equal("b", Next(_reader));
    }

    [Fact]
    public void CACHING_is_about_a_whole_transaction()
    {
        _reader.Call("CLIENT TRACKING on OPTIN");
        _reader.Call("CLIENT CACHING yes");
        _reader.Call("MULTI");
        _reader.Call("GET a");
        _reader.Call("GET b");
        _reader.Call("EXEC");
        _reader.Call("GET c");
        Change("c", "a", "b");
        Assert.Equal(["a", "b"], [Next(_reader), Next(_reader)]);
    }

    [Fact]
    public void BCAST_tells_of_prefixes_in_one_message_for_a_round()
    {
        _reader.Call("CLIENT TRACKING on BCAST PREFIX user: PREFIX item:");
        _writer.Call("MSET user:2 a other b user:1 c");
        Assert.Equal("user:1 user:2", Next(_reader));
        _writer.Call("SET item:1 x");
        Assert.Equal("item:1", Next(_reader));
    }

    [Fact]
    public void A_redirect_goes_to_the_channel_of_a_RESP2_client_and_is_reported_when_that_is_gone()
    {
        RespConnection listener = _server.Connect();
        string id = listener.Call("CLIENT ID").Value;
        listener.Call("SUBSCRIBE __redis__:invalidate");
        _reader.Call($"CLIENT TRACKING on REDIRECT {id}");
        _reader.Call("GET k");
        _writer.Call("SET k 1");
        RespValue message = RespValue.Parse(listener.ReadFrame());
        Assert.Equal("message", message.Elements[0].Value);
        Assert.Equal("k", message.Elements[2].Elements[0].Value);
        listener.Dispose();
        while (_writer.Call($"CLIENT LIST ID {id}").Value.Length != 0)
            Thread.Sleep(1);
        _reader.Call("GET k");
        _writer.Call("SET k 2");
        Assert.Equal("tracking-redir-broken", RespValue.Parse(_reader.ReadFrame()).Elements[0].Value);
        Assert.Equal(["on", "broken_redirect"], _reader.Call("CLIENT TRACKINGINFO").Elements[1].Elements.Select(flag => flag.Value));
    }

    [Theory]
    [InlineData("FLUSHALL")]
    [InlineData("FLUSHDB")]
    [InlineData("SWAPDB 0 1")]
    public void What_changes_all_keys_makes_everybody_forget_everything(string command)
    {
        _reader.Call("CLIENT TRACKING on");
        _reader.Call("GET k");
        _writer.Call(command);
        RespValue message = RespValue.Parse(_reader.ReadFrame());
        Assert.Equal("invalidate", message.Elements[0].Value);
        Assert.True(message.Elements[1].IsNull);
        Assert.Equal("0", Info("tracking_total_keys"));
    }

    [Fact]
    public void Keys_that_expire_are_invalidated()
    {
        _writer.Call("SET k v PX 20");
        _reader.Call("CLIENT TRACKING on");
        _reader.Call("GET k");
        Assert.Equal("k", Next(_reader));
    }

    [Fact]
    public void The_table_keeps_to_its_limit_and_empties_when_nobody_has_tracking_on()
    {
        _reader.Call("CONFIG SET tracking-table-max-keys 10");
        _reader.Call("CLIENT TRACKING on");
        for (int i = 0; i < 100; i++)
            _reader.Queue(CommandText.Split($"GET k:{i}"));
        _reader.Flush();
        var told = new HashSet<string>();
        for (int replies = 0; replies < 100 || told.Count < 90;)
        {
            RespValue value = RespValue.Parse(_reader.ReadFrame());
            if (value.Type == '>')
                Assert.True(told.Add(value.Elements[1].Elements[0].Value));
            else
                replies++;
        }
        Assert.Equal("10", Info("tracking_total_keys"));
        _reader.Call("CLIENT TRACKING off");
        while (Info("tracking_total_keys") != "0")
            Thread.Sleep(1);
        Assert.Equal("0", Info("tracking_clients"));
    }

    /// <summary>
    /// Caches that obey invalidations, while others write, delete, let expire and flush: when all is quiet, no cache has a value that the server has not.
    /// </summary>
    [Theory]
    [InlineData("")]
    [InlineData("BCAST")]
    [InlineData("OPTIN")]
    public async Task No_cache_keeps_an_old_value(string mode)
    {
        const int Keys = 30, Writes = 6000;
        int writing = 3;
        Task[] writers = [.. Enumerable.Range(0, writing).Select(number => Task.Run(() =>
        {
            RespConnection connection = _server.Connect();
            var random = new Random(number);
            for (int i = 0; i < Writes; i++)
            {
                string key = $"k:{random.Next(Keys)}";
                connection.Call(random.Next(200) switch
                {
                    0 => "FLUSHALL",
                    < 20 => $"DEL {key}",
                    < 40 => $"SET {key} {number}:{i} PX 2",
                    < 60 => $"RENAME {key} k:{random.Next(Keys)}",
                    _ => $"SET {key} {number}:{i}",
                });
            }
            Interlocked.Decrement(ref writing);
        }))];
        Task[] readers = [.. Enumerable.Range(0, 3).Select(number => Task.Run(() =>
        {
            using var cache = new CachingClient(_server.Port, mode);
            var random = new Random(100 + number);
            while (Volatile.Read(ref writing) != 0)
                cache.Fetch($"k:{random.Next(Keys)}");
            // Whatever is on its way has come when this has, and nothing is written any more; keys that are about to expire have.
            Thread.Sleep(100);
            cache.Fetch("end");
            RespConnection connection = _server.Connect();
            foreach ((string key, string? value) in cache.Values)
                Assert.Equal(connection.Call($"GET {key}") is { IsNull: false } reply ? reply.Value : null, value);
        }))];
        await Task.WhenAll([.. writers, .. readers]).WaitAsync(TimeSpan.FromMinutes(2));
    }

    private void Change(params string[] keys)
    {
        foreach (string key in keys)
            _writer.Call($"INCR {key}");
    }

    private string Info(string field) =>
        _writer.Call("INFO everything").Value.Split("\r\n").Single(line => line.StartsWith(field + ":", StringComparison.Ordinal))[(field.Length + 1)..];

    private static string Next(RespConnection connection)
    {
        RespValue message = RespValue.Parse(connection.ReadFrame());
        Assert.Equal('>', message.Type);
        Assert.Equal("invalidate", message.Elements[0].Value);
        return string.Join(' ', message.Elements[1].Elements.Select(key => key.Value));
    }
}
