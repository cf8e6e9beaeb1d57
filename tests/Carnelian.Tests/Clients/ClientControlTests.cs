using System.Text;
using System.Text.RegularExpressions;
using Carnelian.Testing;
using Carnelian.Tests.Connections;

namespace Carnelian.Tests.Clients;

/// <summary>What clients can do to themselves and to each other, on a server with two loops.</summary>
public sealed class ClientControlTests(SystemConnections server) : IClassFixture<SystemConnections>
{
    private const int Patience = 10_000;
    private const int Others = 4;

    [Fact]
    public void A_pause_of_writes_holds_them_back_and_lets_reads_pass()
    {
        using RespConnection admin = server.Connect();
        RespConnection[] writers = Connect(Others);
        admin.Call("SET paused 0");

        admin.Call("CLIENT PAUSE 100000 WRITE");
        foreach (RespConnection writer in writers)
            Send(writer, "INCR paused");

        Assert.True(SpinWait.SpinUntil(() => Lines(admin, " flags=b ").Length == Others, Patience));
        Assert.Equal("0", admin.Call("GET paused").Value);
        Assert.Equal("OK", admin.Call("CLIENT UNPAUSE").Value);
        string[] values = [.. writers.Select(writer => Next(writer).Value).Order()];
        Assert.Equal(["1", "2", "3", "4"], values);
        Dispose(writers);
    }

    [Fact]
    public void A_reply_to_skip_is_skipped_after_a_pause_too()
    {
        using RespConnection admin = server.Connect(), client = server.Connect();
        client.Queue(CommandText.Split("CLIENT REPLY SKIP"));
        admin.Call("CLIENT PAUSE 100000 WRITE");
        Send(client, "SET skipped 1");

        Assert.True(SpinWait.SpinUntil(() => Lines(admin, " flags=b ").Length == 1, Patience));
        admin.Call("CLIENT UNPAUSE");

        Assert.Equal("PONG", client.Call("PING").Value);
        Assert.Equal("1", client.Call("GET skipped").Value);
    }

    [Fact]
    public void A_transaction_that_will_fail_is_not_held_back()
    {
        using RespConnection admin = server.Connect(), client = server.Connect();
        client.Call("WATCH doomed");
        client.Call("MULTI");
        client.Call("SET never 1");
        admin.Call("SET doomed 1");
        Assert.Contains(" multi=0 watch=0 ", Assert.Single(Lines(admin, " flags=xd ")), StringComparison.Ordinal);
        admin.Call("CLIENT PAUSE 100000 WRITE");

        Assert.Equal("(nil)", client.Call("EXEC").ToString());

        admin.Call("CLIENT UNPAUSE");
        Assert.Equal("0", admin.Call("EXISTS never").Value);
    }

    [Fact]
    public void A_monitor_that_quits_sees_no_more()
    {
        using RespConnection monitor = server.Connect();
        monitor.Call("MONITOR");

        Assert.Equal("+OK", monitor.Call("QUIT").ToString());
        Assert.True(monitor.ReadFrame().IsEmpty);
        Assert.True(monitor.IsClosed);
    }

    [Fact]
    public void A_pause_of_everything_ends_by_itself()
    {
        using RespConnection client = server.Connect();

        client.Call("CLIENT PAUSE 50 ALL");

        Assert.Equal("PONG", client.Call("PING").Value);
    }

    [Fact]
    public void Nothing_changes_once_a_pause_is_confirmed()
    {
        using RespConnection admin = server.Connect();
        RespConnection[] writers = Connect(Others);
        admin.Call("SET contended 0");
        foreach (RespConnection writer in writers)
        {
            for (int i = 0; i < 20_000; i++)
                writer.Queue(CommandText.Split("INCR contended"));
        }
        Thread[] senders = [.. writers.Select(writer => new Thread(writer.Flush))];
        foreach (Thread sender in senders)
            sender.Start();

        for (int round = 0; round < 20; round++)
        {
            if (round % 2 == 0)
            {
                admin.Call("CLIENT PAUSE 100000 WRITE");
            }
            else
            {
                admin.Call("MULTI");
                admin.Call("CLIENT PAUSE 100000 WRITE");
                admin.Call("EXEC");
            }
            string before = admin.Call("GET contended").Value;
            for (int i = 0; i < 50; i++)
                Assert.Equal(before, admin.Call("GET contended").Value);
            admin.Call("CLIENT UNPAUSE");
        }

        foreach (RespConnection writer in writers)
        {
            for (int i = 0; i < 20_000; i++)
                Assert.False(Next(writer).IsError);
        }
        foreach (Thread sender in senders)
            sender.Join();
        Assert.Equal($"{Others * 20_000}", admin.Call("GET contended").Value);
        Dispose(writers);
    }

    [Fact]
    public void Expired_keys_are_absent_and_stay_during_a_pause()
    {
        using RespConnection admin = server.Connect();
        admin.Call("FLUSHALL");
        admin.Call("SET ephemeral 1 PX 1");
        admin.Call("CLIENT PAUSE 100000 WRITE");

        bool isGone = SpinWait.SpinUntil(() => admin.Call("GET ephemeral").IsNull, Patience);
        string sizeBefore = admin.Call("DBSIZE").Value;
        admin.Call("GET ephemeral");
        string sizeAfter = admin.Call("DBSIZE").Value;
        admin.Call("CLIENT UNPAUSE");

        Assert.True(isGone);
        Assert.Equal(sizeBefore, sizeAfter);
        Assert.True(SpinWait.SpinUntil(() => admin.Call("DBSIZE").Value == "0", Patience));
    }

    [Fact]
    public void A_killed_client_has_executed_its_last_command_when_the_killer_gets_its_reply()
    {
        using RespConnection admin = server.Connect();
        RespConnection[] victims = Connect(Others);
        foreach (RespConnection victim in victims)
        {
            string id = victim.Call("CLIENT ID").Value;
            admin.Call("SET alive 0");
            for (int i = 0; i < 5_000; i++)
                victim.Queue(CommandText.Split("INCR alive"));
            var sender = new Thread(() => FlushToTheEnd(victim));
            sender.Start();

            Assert.Equal("1", admin.Call($"CLIENT KILL ID {id}").Value);
            string last = admin.Call("GET alive").Value;

            Assert.Empty(Lines(admin, $"id={id} "));
            for (int i = 0; i < 50; i++)
                Assert.Equal(last, admin.Call("GET alive").Value);
            sender.Join();
        }
        Dispose(victims);
    }

    [Fact]
    public void The_list_counts_what_a_client_has_queued_watched_and_subscribed_to()
    {
        using RespConnection observer = server.Connect();
        using RespConnection client = server.Connect();
        client.Call("HELLO 3 SETNAME counted");
        client.Call("WATCH one two");
        client.Call("SUBSCRIBE a");
        client.Call("PSUBSCRIBE p*");
        client.Call("SSUBSCRIBE s");
        client.Call("SELECT 5");
        client.Call("CLIENT NO-TOUCH ON");
        client.Call("MULTI");
        client.Call("GET one");

        string line = Assert.Single(Lines(observer, " name=counted "));

        Assert.Contains(" flags=PxT ", line);
        Assert.Contains(" db=5 sub=1 psub=1 ssub=1 multi=1 watch=2 qbuf=0 ", line);
        Assert.Contains(" cmd=get user=default redir=-1 resp=3 ", line);
        Assert.Matches(" multi-mem=[1-9]", line);
        observer.Call("SET two changed");
        Assert.Contains(" flags=Pxd", Assert.Single(Lines(observer, " name=counted ")).Replace("db=0", ""));
    }

    [Fact]
    public void Reset_leaves_a_connection_as_new()
    {
        using RespConnection client = server.Connect();
        foreach (string command in (string[])["HELLO 3 SETNAME before", "CLIENT SETINFO LIB-NAME lib", "CLIENT NO-EVICT ON", "CLIENT CAPA redirect", "SELECT 3", "SUBSCRIBE a", "WATCH k", "MULTI", "PING"])
            client.Call(command);

        Assert.Equal("RESET", client.Call("RESET").Value);

        string line = client.Call("CLIENT INFO").Value;
        Assert.Contains(" name= ", line);
        Assert.Contains(" flags=N capa=r db=0 sub=0 psub=0 ssub=0 multi=-1 watch=0 ", line);
        Assert.Contains(" resp=2 lib-name=lib ", line);
        Assert.Equal("ERR EXEC without MULTI", client.Call("EXEC").Value);
    }

    [Fact]
    public void A_monitor_sees_commands_of_all_loops_without_secrets_and_those_of_a_transaction_in_its_order()
    {
        using RespConnection monitor = server.Connect();
        RespConnection[] others = Connect(Others);
        monitor.Call("MONITOR");
        foreach (RespConnection other in others)
        {
            other.CallWith("SET", "watched", "a\n");
            other.Call("AUTH secret");
            other.Call("MULTI");
            other.Call("GET watched");
            other.Call("EXEC");
            other.Call("CONFIG GET port");
        }

        string[] expected = ["\"SET\" \"watched\" \"a\\n\"", "\"AUTH\" \"(redacted)\"", "\"MULTI\"", "\"GET\" \"watched\"", "\"EXEC\""];
        foreach (RespConnection other in others)
        {
            foreach (string command in expected)
                Assert.Matches(@"^\d+\.\d{6} \[0 127\.0\.0\.1:\d+\] " + Regex.Escape(command) + "$", Next(monitor).Value);
        }
        Assert.Equal("ERR Replica can't interact with the keyspace", monitor.Call("GET watched").Value);
        Dispose(others);
    }

    [Fact]
    public void Replies_can_be_switched_off_and_messages_come_all_the_same()
    {
        using RespConnection client = server.Connect();
        using RespConnection publisher = server.Connect();
        client.Call("HELLO 3");

        Send(client, "CLIENT REPLY SKIP", "PING", "ECHO heard", "CLIENT REPLY OFF", "PING", "SUBSCRIBE quiet");
        Assert.Equal("heard", Next(client).Value);
        Assert.Equal("subscribe", Next(client).Elements[0].Value);
        Assert.Equal("1", publisher.Call("PUBLISH quiet hello").Value);
        Assert.Equal("hello", Next(client).Elements[2].Value);

        Assert.Equal("OK", client.Call("CLIENT REPLY ON").Value);
        Assert.Equal("PONG", client.Call("PING").Value);
    }

    [Fact]
    public void Shard_channels_are_a_name_space_of_their_own()
    {
        using RespConnection client = server.Connect();
        using RespConnection publisher = server.Connect();
        client.Call("SSUBSCRIBE news");

        Assert.Equal("0", publisher.Call("PUBLISH news plain").Value);
        Assert.Equal("1", publisher.Call("SPUBLISH news sharded").Value);

        Assert.Equal("[smessage, news, sharded]", $"[{string.Join(", ", Next(client).Elements.Select(static item => item.Value))}]");
        Assert.Equal("news", Assert.Single(publisher.Call("PUBSUB SHARDCHANNELS n*").Elements).Value);
        Assert.Equal("1", publisher.Call("PUBSUB SHARDNUMSUB news").Elements[1].Value);
        Assert.DoesNotContain(publisher.Call("PUBSUB CHANNELS").Elements, static channel => channel.Value == "news");
    }

    [Fact]
    public void A_subscriber_that_does_not_read_is_disconnected_at_the_hard_limit()
    {
        using RespConnection admin = server.Connect();
        using RespConnection subscriber = server.Connect();
        admin.CallWith("CONFIG", "SET", "client-output-buffer-limit", "pubsub 4mb 0 0");
        subscriber.Call("CLIENT SETNAME deaf");
        subscriber.Call("SUBSCRIBE loud");

        string message = new('x', 1 << 20);
        Assert.True(SpinWait.SpinUntil(
            () =>
            {
                admin.CallWith("PUBLISH", "loud", message);
                return Lines(admin, " name=deaf ").Length == 0;
            },
            Patience));
        admin.CallWith("CONFIG", "SET", "client-output-buffer-limit", "pubsub 32mb 8mb 60");
    }

    [Fact]
    public void A_limit_of_a_few_bytes_lets_short_replies_through_and_no_long_one()
    {
        using RespConnection admin = server.Connect();
        using RespConnection client = server.Connect();
        client.CallWith("SET", "long", new string('x', 100_000));
        client.Call("CLIENT SETNAME greedy");
        Assert.Equal("OK", admin.CallWith("CONFIG", "SET", "client-output-buffer-limit", "normal 10 0 0").Value);

        Assert.Equal("PONG", client.Call("PING").Value);
        Assert.ThrowsAny<IOException>(() => client.Call("GET long"));
        admin.CallWith("CONFIG", "SET", "client-output-buffer-limit", "normal 0 0 0");
        Assert.Empty(Lines(admin, " name=greedy "));
    }

    [Fact]
    public void A_share_of_the_largest_maxmemory_is_a_limit_that_nobody_reaches()
    {
        using RespConnection admin = server.Connect();
        admin.CallWith("CONFIG", "SET", "maxmemory", "9223372036854775808", "maxmemory-clients", "100%");

        Assert.Equal("PONG", admin.Call("PING").Value);
        Assert.Equal("100%", admin.Call("CONFIG GET maxmemory-clients").Elements[1].Value);
        admin.Call("CONFIG SET maxmemory 0 maxmemory-clients 0");
    }

    [Fact]
    public void The_biggest_clients_go_when_all_take_too_much_memory_unless_they_may_not()
    {
        using RespConnection admin = server.Connect();
        admin.Call("CLIENT NO-EVICT ON");
        using RespConnection big = server.Connect();
        using RespConnection biggest = server.Connect();
        using RespConnection kept = server.Connect();
        big.Call("CLIENT SETNAME big-two");
        biggest.Call("CLIENT SETNAME big-three");
        kept.Call("CLIENT SETNAME big-four");
        kept.Call("CLIENT NO-EVICT ON");
        Begin(big, 2 << 20);
        Begin(biggest, 3 << 20);
        Begin(kept, 4 << 20);
        Assert.True(SpinWait.SpinUntil(() => Lines(admin, " name=big-").Count(static line => Regex.IsMatch(line, @" qbuf=\d{7}")) == 3, Patience));

        admin.Call("CONFIG SET maxmemory-clients 8000000");
        string[] left = Lines(admin, " name=big-");
        admin.Call("CONFIG SET maxmemory-clients 0");

        Assert.Equal(["big-two", "big-four"], left.Select(static line => Regex.Match(line, "name=([^ ]+)").Groups[1].Value));
    }

    [Fact]
    public void A_client_that_keeps_too_much_input_waiting_is_disconnected()
    {
        using RespConnection admin = server.Connect();
        using RespConnection client = server.Connect();
        client.Call("CLIENT SETNAME greedy");
        admin.Call("CONFIG SET client-query-buffer-limit 1mb");

        Begin(client, 2 << 20);

        Assert.True(SpinWait.SpinUntil(() => Lines(admin, " name=greedy ").Length == 0, Patience));
        admin.Call("CONFIG SET client-query-buffer-limit 1gb");
    }

    [Fact]
    public void An_argument_longer_than_the_input_limit_is_refused_however_it_arrives()
    {
        using RespConnection admin = server.Connect();
        admin.Call("CONFIG SET client-query-buffer-limit 1mb");
        string value = new('x', 2 << 20);
        for (int i = 0; i < 20; i++)
        {
            using RespConnection client = server.Connect();
            Assert.ThrowsAny<IOException>(() => client.CallWith("SET", "too-long", value));
        }
        admin.Call("CONFIG SET client-query-buffer-limit 1gb");

        Assert.Equal("0", admin.Call("EXISTS too-long").Value);
    }

    [Fact]
    public void A_paused_client_that_hangs_up_is_forgotten_at_once()
    {
        using RespConnection admin = server.Connect();
        RespConnection[] paused = Connect(2);
        foreach (RespConnection client in paused)
            client.Call("CLIENT SETNAME hanging");
        admin.Call("CLIENT PAUSE 100000 WRITE");
        foreach (RespConnection client in paused)
            Send(client, "SET k v");
        Assert.True(SpinWait.SpinUntil(() => Lines(admin, " name=hanging ").Count(static line => line.Contains(" flags=b ")) == 2, Patience));

        paused[0].Dispose();
        paused[1].Reset();

        Assert.True(SpinWait.SpinUntil(() => Lines(admin, " name=hanging ").Length == 0, Patience));
        admin.Call("CLIENT UNPAUSE");
    }

    [Theory]
    [InlineData("WAIT 1 0", "", ":0")]
    [InlineData("WAIT 1 100000", "TIMEOUT", ":0")]
    [InlineData("WAITAOF 0 1 0", "TIMEOUT", "*2 :0 :0")]
    [InlineData("WAIT 1 0", "ERROR", "-UNBLOCKED client unblocked via CLIENT UNBLOCK")]
    [InlineData("WAITAOF 0 1 100000", "error", "-UNBLOCKED client unblocked via CLIENT UNBLOCK")]
    public void A_client_that_waits_for_replicas_can_be_unblocked_once(string command, string how, string reply)
    {
        using RespConnection admin = server.Connect();
        RespConnection[] waiting = Connect(Others);
        foreach (RespConnection client in waiting)
        {
            string id = client.Call("CLIENT ID").Value;
            Send(client, command, "PING");
            Assert.True(SpinWait.SpinUntil(() => Lines(admin, $"id={id} ").Any(static line => line.Contains(" flags=b ")), Patience));

            Assert.Equal("1", admin.Call($"CLIENT UNBLOCK {id} {how}").Value);
            Assert.Equal("0", admin.Call($"CLIENT UNBLOCK {id} {how}").Value);

            Assert.Equal(reply, Encoding.ASCII.GetString(client.ReadFrame()).TrimEnd().Replace("\r\n", " "));
            Assert.Equal("PONG", Next(client).Value);
        }
        Dispose(waiting);
    }

    [Fact]
    public void A_wait_ends_when_its_time_is_over_and_nobody_can_end_it_then()
    {
        using RespConnection admin = server.Connect();
        using RespConnection client = server.Connect();
        string id = client.Call("CLIENT ID").Value;

        Assert.Equal("0", client.Call("WAIT 1 1").Value);

        Assert.Equal("0", admin.Call($"CLIENT UNBLOCK {id}").Value);
        Assert.Equal("PONG", client.Call("PING").Value);
    }

    [Fact]
    public void A_wait_without_a_reply_lets_the_next_command_reply()
    {
        using RespConnection client = server.Connect();

        Send(client, "CLIENT REPLY SKIP", "WAIT 1 1", "PING");

        Assert.Equal("PONG", Next(client).Value);
    }

    [Fact]
    public void A_client_that_hangs_up_while_it_waits_is_forgotten_at_once()
    {
        using RespConnection admin = server.Connect();
        RespConnection[] waiting = Connect(2);
        foreach (RespConnection client in waiting)
            Send(client, "CLIENT SETNAME waiting", "WAIT 1 0");
        Assert.True(SpinWait.SpinUntil(() => Lines(admin, " name=waiting ").Count(static line => line.Contains(" flags=b ")) == 2, Patience));

        waiting[0].Dispose();
        waiting[1].Reset();

        Assert.True(SpinWait.SpinUntil(() => Lines(admin, " name=waiting ").Length == 0, Patience));
    }

    [Fact]
    public void Nobody_is_asked_for_a_password_that_was_taken_away()
    {
        using RespConnection admin = server.Connect();
        admin.Call("CONFIG SET requirepass secret");
        using RespConnection client = server.Connect();
        Assert.Equal("NOAUTH Authentication required.", client.Call("PING").Value);

        admin.CallWith("CONFIG", "SET", "requirepass", "");
        Assert.Equal("PONG", client.Call("PING").Value);
        Assert.StartsWith("NOAUTH HELLO must be called", client.Call("HELLO 3").Value);

        admin.Call("CONFIG SET requirepass secret");
        Assert.Equal("NOAUTH Authentication required.", client.Call("PING").Value);
        Assert.Equal("PONG", admin.Call("PING").Value);
        admin.CallWith("CONFIG", "SET", "requirepass", "");
    }

    [Fact]
    public void Writes_are_refused_while_replicas_are_wanted_and_there_are_none()
    {
        using RespConnection client = server.Connect();
        using RespConnection admin = server.Connect();
        client.Call("MULTI");
        client.Call("SET wanted 1");
        admin.Call("CONFIG SET min-replicas-to-write 1");

        Assert.Equal("EXECABORT Transaction discarded because of: NOREPLICAS Not enough good replicas to write.", client.Call("EXEC").Value);
        Assert.Equal("NOREPLICAS Not enough good replicas to write.", client.Call("SET wanted 1").Value);
        Assert.True(client.Call("GET wanted").IsNull);
        Assert.Contains("\r\nmin_slaves_good_slaves:0\r\n", client.Call("INFO replication").Value);

        admin.Call("CONFIG SET min-replicas-max-lag 0");
        Assert.Equal("OK", client.Call("SET wanted 1").Value);
        admin.Call("CONFIG SET min-replicas-max-lag 10 min-replicas-to-write 0");
        client.Call("DEL wanted");
    }

    [Theory]
    [InlineData("LIST ID", "ERR syntax error")]
    [InlineData("LIST ID nobody", "ERR syntax error")]
    [InlineData("LIST ID 999999 nobody", "ERR syntax error")]
    [InlineData("LIST ID 0", "ERR client-id should be greater than 0")]
    [InlineData("LIST ID ID", "")]
    [InlineData("LIST ID TYPE normal", "")]
    [InlineData("LIST ID 999999 ID 999998 ID", "")]
    [InlineData("KILL ID ID 999999", "0")]
    public void Numbers_of_clients_may_be_missing_and_then_nobody_is_meant(string filters, string reply)
    {
        using RespConnection client = server.Connect();

        Assert.Equal(reply, client.Call($"CLIENT {filters}").Value);
    }

    [Fact]
    public void An_error_within_a_transaction_counts_once()
    {
        using RespConnection client = server.Connect();
        client.Call("SET text x");
        client.Call("CONFIG RESETSTAT");
        client.Call("MULTI");
        client.Call("INCR text");
        client.Call("EXEC");

        Assert.Contains("errorstat_ERR:count=1\r\n", client.Call("INFO errorstats").Value);
        string statistics = client.Call("INFO commandstats").Value;
        Assert.Matches("cmdstat_incr:calls=1,.*failed_calls=1", statistics);
        Assert.Matches("cmdstat_exec:calls=1,.*failed_calls=0", statistics);
    }

    private RespConnection[] Connect(int count) => [.. Enumerable.Range(0, count).Select(_ => server.Connect())];

    private static void Send(RespConnection client, params ReadOnlySpan<string> commands)
    {
        foreach (string command in commands)
            client.Queue(CommandText.Split(command));
        client.Flush();
    }

    /// <summary>Sends the beginning of a command whose argument is longer than what is sent.</summary>
    private static void Begin(RespConnection client, int bytes)
    {
        client.QueueRaw(Encoding.ASCII.GetBytes($"*2\r\n$4\r\nECHO\r\n${bytes + 1}\r\n"));
        client.QueueRaw(new byte[bytes]);
        FlushToTheEnd(client);
    }

    private static void FlushToTheEnd(RespConnection client)
    {
        try
        {
            client.Flush();
        }
        catch (Exception e) when (e is IOException or System.Net.Sockets.SocketException)
        {
            // The server has hung up meanwhile, as it should.
        }
    }

    private static RespValue Next(RespConnection client) => RespValue.Parse(client.ReadFrame());

    private static string[] Lines(RespConnection client, string part) =>
        [.. client.Call("CLIENT LIST").Value.Split('\n').Where(line => line.Contains(part))];

    private static void Dispose(RespConnection[] clients)
    {
        foreach (RespConnection client in clients)
            client.Dispose();
    }
}
