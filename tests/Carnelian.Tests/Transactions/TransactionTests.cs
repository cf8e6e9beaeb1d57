using Carnelian.Testing;

namespace Carnelian.Tests.Transactions;

/// <summary>MULTI, EXEC and WATCH as clients see them, on several loops.</summary>
public sealed class TransactionTests : IDisposable
{
    private readonly RunningServer _server = new("--io-threads", "4", "--enable-debug-command", "yes");
    private readonly RespConnection _client;
    private readonly RespConnection _other;

    public TransactionTests()
    {
        _client = _server.Connect();
        _other = _server.Connect();
    }

    public void Dispose() => _server.Dispose();

    [Fact]
    public void EXEC_returns_the_replies_of_all_queued_commands()
    {
        Calls(_client, "MULTI", "SET a 1", "INCR a", "GET a");
        Assert.Equal(["OK", "2", "2"], Exec());
    }

    [Fact]
    public void Nobody_sees_a_queued_command_before_EXEC()
    {
        Calls(_client, "MULTI", "SET a 1");
        Assert.True(_other.Call("GET a").IsNull);
        Exec();
        Assert.Equal("1", _other.Call("GET a").Value);
    }

    [Fact]
    public void A_command_that_fails_does_not_keep_the_others_from_running()
    {
        Calls(_client, "SET a word", "MULTI", "SET b 1", "INCR a", "INCR b");
        Assert.Equal(["OK", "ERR value is not an integer or out of range", "2"], Exec());
    }

    [Theory]
    [InlineData("NOSUCH")]
    [InlineData("GET")]
    [InlineData("CLIENT NOSUCH")]
    public void A_command_that_cannot_be_queued_fails_the_transaction(string command)
    {
        Calls(_client, "MULTI", "SET a 1");
        Assert.True(_client.Call(command).IsError);
        Assert.StartsWith("EXECABORT", _client.Call("EXEC").Value);
        Assert.True(_client.Call("GET a").IsNull);
    }

    [Fact]
    public void An_EXEC_that_is_refused_ends_the_transaction_and_its_watches()
    {
        Calls(_client, "WATCH a", "MULTI", "SET b 1");
        Assert.StartsWith("EXECABORT", _client.Call("EXEC now").Value);
        Assert.Equal("ERR EXEC without MULTI", _client.Call("EXEC").Value);
        _other.Call("SET a 1");
        Calls(_client, "MULTI", "GET b");
        Assert.Equal([""], Exec());
    }

    [Fact]
    public void MULTI_and_WATCH_are_refused_inside_a_transaction()
    {
        _client.Call("MULTI");
        Assert.True(_client.Call("MULTI").IsError);
        Assert.StartsWith("EXECABORT", _client.Call("EXEC").Value);
        _client.Call("MULTI");
        Assert.True(_client.Call("WATCH a").IsError);
        Assert.StartsWith("EXECABORT", _client.Call("EXEC").Value);
    }

    [Theory]
    [InlineData("SET a 1")]
    [InlineData("SET a before")]
    [InlineData("DEL a")]
    [InlineData("RENAME a b")]
    [InlineData("RENAME b a")]
    [InlineData("MOVE a 1")]
    [InlineData("EXPIRE a 1000")]
    [InlineData("APPEND a x")]
    [InlineData("COPY b a REPLACE")]
    [InlineData("GETEX a EX 1000")]
    [InlineData("FLUSHDB")]
    [InlineData("FLUSHALL")]
    [InlineData("SWAPDB 0 1")]
    public void EXEC_fails_when_a_watched_key_was_changed(string change)
    {
        Calls(_other, "MSET a before b before");
        Calls(_client, "WATCH a");
        _other.Call(change);
        Calls(_client, "MULTI", "SET c 1");
        Assert.True(_client.Call("EXEC").IsNull);
        Assert.True(_client.Call("GET c").IsNull);
    }

    [Theory]
    [InlineData("GET a")]
    [InlineData("SET b 1")]
    [InlineData("RENAMENX b a")]
    [InlineData("PERSIST a")]
    [InlineData("DEL c")]
    [InlineData("SETNX a 1")]
    [InlineData("TOUCH a")]
    [InlineData("SWAPDB 2 3")]
    public void What_does_not_change_a_watched_key_leaves_EXEC_alone(string command)
    {
        Calls(_other, "MSET a before b before");
        Calls(_client, "WATCH a");
        _other.Call(command);
        Calls(_client, "MULTI", "PING");
        Assert.Equal(["PONG"], Exec());
    }

    [Fact]
    public void A_change_by_the_watching_client_itself_counts()
    {
        Calls(_client, "WATCH a", "SET a 1", "MULTI", "PING");
        Assert.True(_client.Call("EXEC").IsNull);
    }

    [Fact]
    public void The_same_key_in_another_database_is_another_key()
    {
        Calls(_client, "WATCH a", "MULTI", "PING");
        Calls(_other, "SELECT 1", "SET a 1");
        Assert.Equal(["PONG"], Exec());
    }

    [Theory]
    [InlineData("UNWATCH")]
    [InlineData("EXEC")]
    [InlineData("DISCARD")]
    public void Watches_end_with(string command)
    {
        Calls(_client, "WATCH a");
        if (command != "UNWATCH")
            Calls(_client, "MULTI");
        Calls(_client, command);
        _other.Call("SET a 1");
        Calls(_client, "MULTI", "PING");
        Assert.Equal(["PONG"], Exec());
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    public void EXEC_fails_when_a_watched_key_has_expired_whether_or_not_it_was_removed(int activeExpiry)
    {
        _other.Call($"DEBUG SET-ACTIVE-EXPIRE {activeExpiry}");
        Calls(_client, "SET a 1", "WATCH a", "PEXPIRE a 1", "UNWATCH", "SET a 1 PX 30", "WATCH a", "MULTI", "PING");
        WaitUntilPast(milliseconds: 30);
        Assert.True(_client.Call("EXEC").IsNull);
    }

    [Fact]
    public void A_key_that_had_expired_before_it_was_watched_may_stay_away()
    {
        Calls(_other, "DEBUG SET-ACTIVE-EXPIRE 0", "SET a 1 PX 1");
        WaitUntilPast(milliseconds: 1);
        Calls(_client, "WATCH a", "MULTI", "PING");
        Assert.True(_other.Call("GET a").IsNull);
        Assert.Equal(["PONG"], Exec());
    }

    [Fact]
    public void The_time_stands_still_inside_a_transaction()
    {
        Calls(_client, "MULTI", "SET a 1 PX 1", "DEBUG SLEEP 0.02", "GET a", "PTTL a");
        Assert.Equal(["OK", "OK", "1", "1"], Exec());
        Assert.True(_client.Call("GET a").IsNull);
    }

    [Fact]
    public void A_transaction_works_in_the_databases_that_it_selects()
    {
        Calls(_client, "MULTI", "SET a 0", "SELECT 1", "SET a 1", "SELECT 0", "GET a");
        Assert.Equal(["OK", "OK", "OK", "OK", "0"], Exec());
        Calls(_other, "SELECT 1");
        Assert.Equal("1", _other.Call("GET a").Value);
    }

    // Each client reads the counter and adds one by a transaction that fails if the counter has changed in between. If WATCH
    // were tested before the locks are held, two could find the same number unchanged, and one addition would be lost.
    [Fact]
    public void Optimistic_increments_by_many_clients_lose_none()
    {
        const int Clients = 6;
        const int Each = 150;
        Parallel.For(0, Clients, new ParallelOptions { MaxDegreeOfParallelism = Clients }, _ =>
        {
            RespConnection client = _server.Connect();
            for (int done = 0; done < Each;)
            {
                client.Call("WATCH counter");
                RespValue value = client.Call("GET counter");
                long next = value.IsNull ? 1 : long.Parse(value.Value) + 1;
                Calls(client, "MULTI", $"SET counter {next}", "SET last any");
                if (!client.Call("EXEC").IsNull)
                    done++;
            }
        });
        Assert.Equal($"{Clients * Each}", _client.Call("GET counter").Value);
    }

    [Fact]
    public async Task Readers_see_all_of_a_transaction_or_nothing()
    {
        const int Rounds = 400;
        Task writer = Task.Run(() =>
        {
            RespConnection client = _server.Connect();
            for (int i = 1; i <= Rounds; i++)
                Calls(client, "MULTI", $"SET x {i}", $"SET y {i}", "RENAME x z", "RENAME z x", "EXEC");
        });
        while (!writer.IsCompleted)
        {
            RespValue pair = _other.Call("MGET x y z");
            Assert.Equal(pair.Elements[0].ToString(), pair.Elements[1].ToString());
            Assert.True(pair.Elements[2].IsNull);
        }
        await writer;
    }

    [Fact]
    public void Each_command_of_a_transaction_counts_as_one_call()
    {
        Calls(_client, "CONFIG RESETSTAT", "MULTI", "SET a 1", "GET a", "GET a", "DEBUG SLEEP 0.01", "EXEC");
        string statistics = _client.Call("INFO commandstats").Value;
        Assert.Contains("cmdstat_get:calls=2,", statistics);
        Assert.Contains("cmdstat_set:calls=1,", statistics);
        Assert.Contains("cmdstat_exec:calls=1,", statistics);
        // What its commands take is a part of what EXEC takes.
        Assert.True(Microseconds("exec") >= Microseconds("debug") && Microseconds("debug") >= 10_000);

        long Microseconds(string name)
        {
            string line = statistics.Split("\r\n").Single(line => line.StartsWith($"cmdstat_{name}:", StringComparison.Ordinal));
            return long.Parse(line.Split("usec=")[1].Split(',')[0]);
        }
    }

    [Fact]
    public void A_connection_that_ends_leaves_neither_queue_nor_watches()
    {
        RespConnection gone = _server.Connect();
        Calls(gone, "WATCH a", "MULTI", "SET a 1");
        gone.Dispose();
        _other.Call("SET a 2");
        Assert.Equal("2", _client.Call("GET a").Value);
    }

    private static void Calls(RespConnection connection, params string[] commands)
    {
        foreach (string command in commands)
            Assert.False(connection.Call(command) is { IsError: true } error && !error.Value.StartsWith("EXECABORT", StringComparison.Ordinal), command);
    }

    private string[] Exec() => [.. _client.Call("EXEC").Elements.Select(reply => reply.Value)];

    // The server's clock counts whole milliseconds and may have taken its last one a moment before the deadline was set.
    private static void WaitUntilPast(int milliseconds) => Thread.Sleep(milliseconds + 20);
}
