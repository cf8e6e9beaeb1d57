using System.Diagnostics;
using System.Globalization;
using Carnelian.Testing;

namespace Carnelian.Tests.Waiting;

/// <summary>Clients that wait for keys, on one loop and on several.</summary>
public sealed class BlockingTests : IDisposable
{
    private const int Patience = 60_000;

    private readonly RunningServer _server = new("--io-threads", "3", "--enable-debug-command", "yes");
    private readonly RespConnection _admin;
    private readonly Dictionary<RespConnection, string> _ids = [];

    public BlockingTests() => _admin = _server.Connect();

    public void Dispose() => _server.Dispose();

    [Fact]
    public void Those_who_wait_are_served_in_the_order_in_which_they_came()
    {
        RespConnection[] waiting = [.. Enumerable.Range(0, 12).Select(_ => Block("BLPOP q 0"))];

        Assert.Equal("12", _admin.Call("RPUSH q " + string.Join(' ', Enumerable.Range(0, 12))).Value);

        for (int i = 0; i < waiting.Length; i++)
            Assert.Equal($"q {i}", Text(waiting[i]));
        Assert.Equal("0", _admin.Call("EXISTS q").Value);
    }

    [Fact]
    public void Somebody_is_served_before_the_command_that_woke_them_replies()
    {
        RespConnection waiting = Block("BLPOP q 0");

        _admin.Queue(CommandText.Split("RPUSH q a"));
        _admin.Queue(CommandText.Split("LLEN q"));
        _admin.Flush();

        Assert.Equal("1", Text(_admin));
        Assert.Equal("0", Text(_admin));
        Assert.Equal("q a", Text(waiting));
    }

    [Fact]
    public void A_reader_that_claims_wakes_when_an_entry_has_been_pending_for_long_enough()
    {
        _admin.Call("XADD s 1-0 f v");
        _admin.Call("XGROUP CREATE s g 0");
        _admin.Call("XREADGROUP GROUP g dead STREAMS s >");
        long begin = Stopwatch.GetTimestamp();
        RespConnection first = Block("XREADGROUP GROUP g a BLOCK 0 CLAIM 300 STREAMS s >");
        RespConnection second = Block("XREADGROUP GROUP g b BLOCK 0 CLAIM 700 STREAMS s >");

        Assert.StartsWith("s 1-0 f v ", FlatText(first), StringComparison.Ordinal);
        Assert.InRange(Stopwatch.GetElapsedTime(begin).TotalMilliseconds, 100, Patience);
        // The first one has it now, so its time begins anew for the other.
        Assert.StartsWith("s 1-0 f v ", FlatText(second), StringComparison.Ordinal);
        Assert.InRange(Stopwatch.GetElapsedTime(begin).TotalMilliseconds, 900, Patience);
    }

    [Fact]
    public void A_reader_that_claims_gives_up_when_its_time_is_over_first()
    {
        _admin.Call("XADD s 1-0 f v");
        _admin.Call("XGROUP CREATE s g 0");
        _admin.Call("XREADGROUP GROUP g dead STREAMS s >");

        RespConnection reader = _server.Connect();
        reader.Queue(CommandText.Split("XREADGROUP GROUP g a BLOCK 150 CLAIM 600000 STREAMS s >"));
        reader.Flush();
        Assert.Equal("*-1\r\n"u8, reader.ReadFrame());
        Assert.Equal("1", _admin.Call("XACK s g 1-0").Value);
    }

    [Fact]
    public void A_reader_that_claims_waits_on_when_somebody_acknowledges_what_it_waits_for()
    {
        _admin.Call("XADD s 1-0 f v");
        _admin.Call("XGROUP CREATE s g 0");
        _admin.Call("XREADGROUP GROUP g dead STREAMS s >");
        RespConnection reader = Block("XREADGROUP GROUP g a BLOCK 0 CLAIM 200 STREAMS s >");

        _admin.Call("XACK s g 1-0");
        Thread.Sleep(500);
        _admin.Call("XADD s 2-0 f w");

        Assert.Equal("s 2-0 f w 0 0", FlatText(reader));
    }

    [Fact]
    public void Serving_one_wakes_the_next()
    {
        RespConnection[] movers = [.. Enumerable.Range(0, 20).Select(i => Block($"BLMOVE k{i} k{i + 1} LEFT LEFT 0"))];
        RespConnection last = Block("BLPOP k20 0");

        _admin.Call("RPUSH k0 x");

        Assert.All(movers, static mover => Assert.Equal("x", Text(mover)));
        Assert.Equal("k20 x", Text(last));
        Assert.Equal("0", _admin.Call("DBSIZE").Value);
    }

    [Fact]
    public void Moves_in_a_circle_come_to_an_end()
    {
        RespConnection one = Block("BRPOPLPUSH a b 0"), other = Block("BRPOPLPUSH b a 0");

        _admin.Call("RPUSH a x");

        Assert.Equal("x", Text(one));
        Assert.Equal("x", Text(other));
        Assert.Equal("1", _admin.Call("LLEN a").Value);
    }

    [Fact]
    public void Many_with_destinations_of_their_own_are_served_too()
    {
        RespConnection[] movers = [.. Enumerable.Range(0, 100).Select(i => Block($"BLMOVE q own:{i} LEFT LEFT 0"))];

        for (int i = 0; i < movers.Length; i++)
            _admin.Call($"RPUSH q {i}");

        for (int i = 0; i < movers.Length; i++)
        {
            Assert.Equal($"{i}", Text(movers[i]));
            Assert.Equal($"{i}", _admin.Call($"LINDEX own:{i} 0").Value);
        }
    }

    [Fact]
    public void A_transaction_serves_at_its_end_and_from_the_first_key_of_the_command()
    {
        RespConnection waiting = Block("BLPOP first second 0"), other = Block("BLPOP second 0");

        _admin.Call("MULTI");
        _admin.Call("RPUSH second s1");
        _admin.Call("RPUSH first f");
        _admin.Call("LPOP second");
        _admin.Call("RPUSH second s2");
        Assert.Equal("1 1 s1 1", Text(_admin, "EXEC"));

        Assert.Equal("first f", Text(waiting));
        Assert.Equal("second s2", Text(other));
    }

    [Theory]
    [InlineData("BLPOP q 0")]
    [InlineData("BZPOPMIN q 0")]
    [InlineData("BLMPOP 0 1 q LEFT")]
    public void Nobody_waits_in_a_transaction(string command)
    {
        _admin.Call("MULTI");
        _admin.Call(command);

        Assert.True(_admin.Call("EXEC").Elements[0].IsNull);
    }

    [Fact]
    public void Whoever_waits_for_several_keys_gets_one_element()
    {
        RespConnection waiting = Block("BLPOP a b c 0");
        Thread[] pushers = [.. new[] { "a", "b", "c" }.Select(key =>
        {
            RespConnection pusher = _server.Connect();
            return new Thread(() => pusher.Call($"RPUSH {key} x"));
        })];

        foreach (Thread pusher in pushers)
            pusher.Start();
        foreach (Thread pusher in pushers)
            pusher.Join();

        Assert.EndsWith(" x", Text(waiting));
        Assert.Equal("2", _admin.Call("DBSIZE").Value);
        Assert.Equal("PONG", waiting.Call("PING").Value);
    }

    [Fact]
    public void A_move_to_a_key_of_another_type_fails_and_leaves_the_element()
    {
        RespConnection waiting = Block("BLMOVE q d LEFT LEFT 0"), next = Block("BLPOP q 0");
        _admin.Call("SET d text");

        _admin.Call("RPUSH q x");

        Assert.StartsWith("WRONGTYPE", Text(waiting));
        Assert.Equal("q x", Text(next));
    }

    [Fact]
    public void A_key_that_was_already_full_does_not_let_anybody_wait()
    {
        _admin.Call("RPUSH q a b");

        Assert.Equal("q a", Text(_server.Connect(), "BLPOP q 0"));
        Assert.Equal("b", _server.Connect().Call("BRPOPLPUSH q q 0").Value);
    }

    [Fact]
    public void An_exact_move_waits_until_there_is_enough()
    {
        RespConnection waiting = Block("BLMOVEM q d LEFT RIGHT 0 EXACTLY 3 BULK");
        _admin.Call("RPUSH q 1 2");
        Assert.True(IsWaiting(waiting));

        _admin.Call("RPUSH q 3 4");

        Assert.Equal("1 2 3", Text(waiting));
        Assert.Equal("1", _admin.Call("LLEN q").Value);
    }

    [Fact]
    public void Databases_that_are_exchanged_wake_those_who_find_their_key()
    {
        RespConnection waiting = Block("BLPOP q 0");
        RespConnection other = _server.Connect();
        other.Call("SELECT 1");
        RespConnection stays = Block("BLPOP q 0", "SELECT 1");
        other.Call("SELECT 2");
        other.Call("RPUSH q x");

        _admin.Call("SWAPDB 0 2");

        Assert.Equal("q x", Text(waiting));
        Assert.True(IsWaiting(stays));
    }

    [Fact]
    public void A_transaction_may_exchange_databases_behind_a_push()
    {
        RespConnection waiting = Block("BLPOP q 0");
        _admin.Call("MULTI");
        _admin.Call("RPUSH q x");
        _admin.Call("SWAPDB 0 1");
        _admin.Call("EXEC");
        Assert.True(IsWaiting(waiting));

        _admin.Call("SWAPDB 0 1");

        Assert.Equal("q x", Text(waiting));
    }

    [Fact]
    public void Time_ends_a_wait_not_before_it_is_over()
    {
        RespConnection client = _server.Connect();
        foreach (int milliseconds in (int[])[1, 7, 30])
        {
            long begin = Stopwatch.GetTimestamp();

            Assert.True(client.Call($"BLPOP nothing 0.{milliseconds.ToString("000", CultureInfo.InvariantCulture)}").IsNull);

            Assert.InRange(Stopwatch.GetElapsedTime(begin).TotalMilliseconds, milliseconds, Patience);
        }
        Assert.Equal("0", Info("blocked_clients"));
        Assert.Equal("0", Info("total_blocking_keys"));
        Assert.Equal("0", Info("clients_in_timeout_table"));
    }

    [Theory]
    [InlineData("", "")]
    [InlineData("TIMEOUT", "")]
    [InlineData("ERROR", "UNBLOCKED client unblocked via CLIENT UNBLOCK")]
    public void Whoever_is_unblocked_is_not_served_any_more(string how, string reply)
    {
        RespConnection waiting = Block("BLPOP q other 0");
        string id = Id(waiting);

        Assert.Equal("1", _admin.Call($"CLIENT UNBLOCK {id} {how}").Value);

        Assert.Equal("1", _admin.Call("RPUSH q x").Value);
        Assert.Equal("1", _admin.Call("LLEN q").Value);
        Assert.Equal(reply, Text(waiting));
        Assert.Equal("0", _admin.Call($"CLIENT UNBLOCK {id} {how}").Value);
        Assert.Equal("q x", Text(waiting, "BLPOP q 0"));
    }

    [Fact]
    public void Whoever_is_killed_or_hangs_up_is_not_served_any_more()
    {
        RespConnection killed = Block("BLPOP q 0"), gone = Block("BLPOP q 0"), reset = Block("BLPOP q p 0"), last = Block("BLPOP q 0");

        Assert.Equal("1", _admin.Call($"CLIENT KILL ID {Id(killed)}").Value);
        gone.Dispose();
        reset.Reset();
        Until(() => Info("blocked_clients") == "1");
        _admin.Call("RPUSH q x");

        Assert.Equal("q x", Text(last));
        Until(() => Info("total_blocking_keys") == "0");
    }

    [Fact]
    public void What_was_sent_behind_a_blocking_command_is_executed_when_it_is_served()
    {
        RespConnection waiting = _server.Connect();
        foreach (string command in (string[])["BLPOP q 0", "SET a 1", "BLPOP q 0", "INCR a"])
            waiting.Queue(CommandText.Split(command));
        waiting.Flush();
        Until(() => Info("blocked_clients") == "1");

        _admin.Call("RPUSH q x y");

        Assert.Equal(["q x", "OK", "q y", "2"], Enumerable.Range(0, 4).Select(_ => Text(waiting)));
    }

    [Fact]
    public void Those_who_wait_go_with_their_clients_to_other_loops()
    {
        RespConnection[] waiting = [.. Enumerable.Range(0, 40).Select(i => Block(i % 2 == 0 ? "BLPOP q 0" : "BLPOP never 1000"))];
        foreach (int loops in (int[])[1, 4, 2, 1, 3])
        {
            Assert.Equal("OK", _admin.Call($"CONFIG SET io-threads {loops}").Value);
            _admin.Call("RPUSH q x y");
        }
        _admin.Call("RPUSH q " + string.Join(' ', Enumerable.Repeat("z", 10)));
        for (int i = 0; i < waiting.Length; i += 2)
            Assert.StartsWith("q ", Text(waiting[i]));
        for (int i = 1; i < waiting.Length; i += 2)
            Assert.Equal("1", _admin.Call($"CLIENT UNBLOCK {Id(waiting[i])}").Value);
        for (int i = 1; i < waiting.Length; i += 2)
            Assert.Equal("", Text(waiting[i]));
        Until(() => Info("clients_in_timeout_table") == "0");
    }

    [Fact]
    public void A_command_counts_once_when_it_has_its_reply()
    {
        _admin.Call("CONFIG RESETSTAT");
        RespConnection served = Block("BLPOP q 0"), unblocked = Block("BLPOP q 0"), failed = Block("BLPOP q 0");
        Assert.Empty(Statistics("blpop"));

        _admin.Call("RPUSH q x");
        Text(served);
        _admin.Call($"CLIENT UNBLOCK {Id(unblocked)}");
        Text(unblocked);
        _admin.Call($"CLIENT UNBLOCK {Id(failed)} ERROR");
        Text(failed);

        Assert.StartsWith("calls=3,", Statistics("blpop"));
        Assert.EndsWith("rejected_calls=1,failed_calls=0", Statistics("blpop"));
    }

    private RespConnection Block(string command, string? before = null)
    {
        RespConnection client = _server.Connect();
        if (before != null)
            client.Call(before);
        long waiting = long.Parse(Info("blocked_clients"), CultureInfo.InvariantCulture);
        _ids[client] = client.Call("CLIENT ID").Value;
        client.Queue(CommandText.Split(command));
        client.Flush();
        Until(() => Info("blocked_clients") == $"{waiting + 1}");
        return client;
    }

    private string Id(RespConnection client) => _ids[client];

    private bool IsWaiting(RespConnection client) => _admin.Call($"CLIENT LIST ID {Id(client)}").Value.Contains(" flags=b ", StringComparison.Ordinal);

    private string Info(string field) =>
        _admin.Call("INFO clients").Value.Split("\r\n").First(line => line.StartsWith(field + ":", StringComparison.Ordinal))[(field.Length + 1)..];

    private string Statistics(string command) =>
        _admin.Call("INFO commandstats").Value.Split("\r\n").FirstOrDefault(line => line.StartsWith($"cmdstat_{command}:", StringComparison.Ordinal), "")
            is { Length: > 0 } line ? line[(line.IndexOf(':', StringComparison.Ordinal) + 1)..] : "";

    private static string Text(RespConnection client, string command)
    {
        client.Queue(CommandText.Split(command));
        client.Flush();
        return Text(client);
    }

    private static string Text(RespConnection client)
    {
        ReadOnlySpan<byte> frame = client.ReadFrame();
        Assert.False(frame.IsEmpty);
        RespValue reply = RespValue.Parse(frame);
        return reply.Items == null ? reply.Value : string.Join(' ', reply.Elements.Select(static element => element.Value));
    }

    private static string FlatText(RespConnection client)
    {
        ReadOnlySpan<byte> frame = client.ReadFrame();
        Assert.False(frame.IsEmpty);
        return Flat(RespValue.Parse(frame));

        static string Flat(RespValue reply) => reply.Items == null ? reply.Value : string.Join(' ', reply.Elements.Select(Flat));
    }

    private static void Until(Func<bool> condition) => Assert.True(SpinWait.SpinUntil(condition, Patience));
}
