using System.Globalization;
using System.Text;
using Carnelian.Testing;

namespace Carnelian.Tests.Connections;

/// <summary>What clients see of a whole server, the same with every transport.</summary>
public abstract class ServerConnectionTests(ServedConnections server)
{
    private const int Patience = 10_000;

    [Fact]
    public void Info_names_the_transport()
    {
        using RespConnection client = server.Connect();

        Assert.Contains($"multiplexing_api:{server.InfoName}\r\n", client.Call("INFO server").Value);
    }

    [Fact]
    public void Clients_over_IPv6_show_their_addresses_in_brackets()
    {
        using RespConnection client = server.ConnectIpv6();

        string line = client.Call("CLIENT INFO").Value;

        Assert.Contains(" addr=[::1]:", line);
        Assert.Contains($" laddr=[::1]:{server.Port} ", line);
    }

    [Fact]
    public void A_Unix_socket_has_the_permissions_of_unixsocketperm_and_serves()
    {
        using RespConnection client = server.ConnectUnix();

        string line = client.Call("CLIENT INFO").Value;

        Assert.Contains($" addr={server.UnixPath}:0 laddr={server.UnixPath}:0 ", line);
        Assert.Contains(" flags=U ", line);
        if (!OperatingSystem.IsWindows())
            Assert.Equal("750", Convert.ToString((int)File.GetUnixFileMode(server.UnixPath), 8));
    }

    [Fact]
    public void Requests_may_be_cut_in_two_at_every_byte()
    {
        byte[] request = "*3\r\n$3\r\nSET\r\n$3\r\ncut\r\n$5\r\na\r\nbc\r\n*2\r\n$3\r\nGET\r\n$3\r\ncut\r\nECHO 'in line'\r\n*1\r\n$4\r\nPING\r\n"u8.ToArray();
        string[] replies = ["+OK\r\n", "$5\r\na\r\nbc\r\n", "$7\r\nin line\r\n", "+PONG\r\n"];
        using RespConnection client = server.Connect();

        for (int cut = 1; cut < request.Length; cut++)
        {
            Send(client, request.AsSpan(0, cut));
            Thread.Sleep(1); // Most of the time long enough for a read of its own; the replies must be the same in any case.
            Send(client, request.AsSpan(cut));
            Assert.Equal(replies, Replies(client, replies.Length));
        }
    }

    [Fact]
    public void Requests_may_come_byte_by_byte()
    {
        using RespConnection client = server.Connect();

        foreach (byte one in "*2\r\n$4\r\nECHO\r\n$10\r\n0123456789\r\n  PING  \"x y\"\r\n"u8)
        {
            Send(client, [one]);
            Thread.Sleep(1);
        }

        Assert.Equal(["$10\r\n0123456789\r\n", "$3\r\nx y\r\n"], Replies(client, 2));
    }

    [Fact]
    public void A_pipeline_of_100_000_commands_is_answered_in_order()
    {
        const int Commands = 100_000;
        using RespConnection client = server.Connect();
        client.Call("DEL pipelined");
        for (int i = 0; i < Commands; i++)
            client.Queue(CommandText.Split("INCR pipelined"));
        var sending = new Thread(client.Flush);
        sending.Start();

        for (int i = 1; i <= Commands; i++)
            Assert.Equal($":{i}\r\n", Frame(client));

        sending.Join();
    }

    [Fact]
    public void Replies_wait_for_a_client_that_does_not_read_and_hold_up_nobody()
    {
        const int Replies = 40;
        const int Length = 4 << 20;
        byte[] value = new byte[Length];
        new Random(1).NextBytes(value);
        using RespConnection slow = server.Connect();
        slow.Call("SET"u8.ToArray(), "big"u8.ToArray(), value);
        for (int i = 0; i < Replies; i++)
            slow.Queue(CommandText.Split("GET big"));
        slow.Flush();

        foreach (Func<RespConnection> connect in (Func<RespConnection>[])[server.Connect, server.Connect, server.ConnectUnix, server.ConnectUnix])
        {
            using RespConnection other = connect();
            Assert.Equal("PONG", other.Call("PING").Value);
        }

        for (int i = 0; i < Replies; i++)
        {
            ReadOnlySpan<byte> frame = slow.ReadFrame();
            Assert.True(frame[^(Length + 2)..^2].SequenceEqual(value));
        }

        Assert.Equal("PONG", slow.Call("PING").Value);
    }

    [Fact]
    public void A_client_that_has_said_all_still_gets_every_reply_and_then_the_end()
    {
        const int Commands = 2_000;
        using RespConnection client = server.Connect();
        for (int i = 0; i < Commands; i++)
            client.Queue([.. CommandText.Split("ECHO"), Encoding.ASCII.GetBytes($"{i}")]);
        client.Flush();
        client.EndSending();

        for (int i = 0; i < Commands; i++)
            Assert.Equal(i.ToString(CultureInfo.InvariantCulture), RespValue.Parse(client.ReadFrame()).Value);
        Assert.True(client.ReadFrame().IsEmpty);
        Assert.True(client.IsClosed);
    }

    [Fact]
    public void Clients_that_reset_their_connections_leave_nothing_behind()
    {
        using RespConnection observer = server.Connect();
        for (int i = 0; i < 50; i++)
        {
            RespConnection client = server.Connect();
            client.Queue(CommandText.Split("CLIENT SETNAME doomed"));
            client.QueueRaw("*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$100000\r\nhalf of a value"u8);
            client.Flush();
            client.ReadFrame();
            client.Reset();
        }

        Assert.True(SpinWait.SpinUntil(() => !observer.Call("CLIENT LIST").Value.Contains(" name=doomed "), Patience));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_client_that_goes_while_it_waits_is_gone(bool withReset)
    {
        using RespConnection observer = server.Connect();
        using RespConnection client = server.Connect();
        client.Call("CLIENT SETNAME waiting");
        client.Queue(CommandText.Split("WAIT 1 0"));
        client.Flush();
        bool IsListed() => observer.Call("CLIENT LIST").Value.Contains(" name=waiting ");
        Assert.True(SpinWait.SpinUntil(() => observer.Call("CLIENT LIST").Value.Split('\n').Any(line => line.Contains(" name=waiting ") && line.Contains(" cmd=wait ")), Patience));

        if (withReset)
            client.Reset();
        else
            client.Dispose();

        Assert.True(SpinWait.SpinUntil(() => !IsListed(), Patience));
    }

    [Fact]
    public void Messages_reach_subscribers_of_every_loop()
    {
        const int Messages = 500;
        RespConnection[] subscribers = [.. Enumerable.Range(0, 6).Select(i => i % 2 == 0 ? server.Connect() : server.ConnectUnix())];
        foreach (RespConnection subscriber in subscribers)
            subscriber.Call("SUBSCRIBE news");
        using RespConnection publisher = server.ConnectIpv6();

        for (int i = 0; i < Messages; i++)
            Assert.Equal($"{subscribers.Length}", publisher.CallWith("PUBLISH", "news", $"{i}").Value);

        foreach (RespConnection subscriber in subscribers)
        {
            for (int i = 0; i < Messages; i++)
                Assert.Equal($"{i}", RespValue.Parse(subscriber.ReadFrame()).Elements[2].Value);
            subscriber.Dispose();
        }
    }

    [Fact]
    public void More_clients_than_a_set_of_descriptors_holds_are_served()
    {
        const int Clients = 1_500;
        RespConnection[] clients = [.. Enumerable.Range(0, Clients).Select(_ => server.Connect())];
        foreach (RespConnection client in clients)
        {
            client.Queue(CommandText.Split("PING"));
            client.Flush();
        }

        foreach (RespConnection client in clients)
        {
            Assert.Equal("+PONG\r\n", Frame(client));
            client.Dispose();
        }
    }

    [Fact]
    public void Addresses_are_taken_over_at_once_from_sockets_that_listen_no_longer()
    {
        using RespConnection client = server.Connect();
        string bind = client.Call("CONFIG GET bind").Elements[1].Value;
        int other = ServerProcess.FreePort();
        for (int i = 0; i < 5; i++)
        {
            foreach (string addresses in (string[])["0.0.0.0", "127.0.0.1", "*", "127.0.0.1 ::1", bind])
            {
                Assert.Equal("OK", client.CallWith("CONFIG", "SET", "bind", addresses).Value);
                using RespConnection here = server.Connect();
                Assert.Equal("PONG", here.Call("PING").Value);
            }
            Assert.Equal("OK", client.Call($"CONFIG SET port {other}").Value);
            using (var there = new RespConnection(other))
                Assert.Equal("PONG", there.Call("PING").Value);
            Assert.Equal("OK", client.Call($"CONFIG SET port {server.Port}").Value);
        }

        using RespConnection last = server.Connect();
        Assert.Equal("PONG", last.Call("PING").Value);
    }

    [Theory]
    [InlineData("*abc\r\n", "invalid multibulk length")]
    [InlineData("*1048577x\r\n", "invalid multibulk length")]
    [InlineData("*2147483648\r\n", "invalid multibulk length")]
    [InlineData("*1\r\n:1\r\n", "expected '$', got ':'")]
    [InlineData("*1\r\n$-1\r\n", "invalid bulk length")]
    [InlineData("*1\r\n$536870913\r\n", "invalid bulk length")]
    [InlineData("*1\r\n$x\r\n", "invalid bulk length")]
    [InlineData("set k \"a\r\n", "unbalanced quotes in request")]
    public void Malformed_input_gets_an_error_after_the_replies_before_it_and_a_close(string input, string error)
    {
        using RespConnection client = server.Connect();
        client.QueueRaw("PING\r\n"u8);
        client.QueueRaw(Encoding.ASCII.GetBytes(input));
        client.Flush();

        Assert.Equal("+PONG\r\n", Frame(client));
        Assert.Equal($"-ERR Protocol error: {error}\r\n", Frame(client));
        Assert.True(client.ReadFrame().IsEmpty);
    }

    [Theory]
    [InlineData('x', "too big inline request")]
    [InlineData('*', "too big mbulk count string")]
    public void A_first_line_without_an_end_is_refused(char first, string error)
    {
        using RespConnection client = server.Connect();
        client.QueueRaw(Encoding.ASCII.GetBytes(first + new string('1', 70_000)));
        client.Flush();

        Assert.Equal($"-ERR Protocol error: {error}\r\n", Frame(client));
    }

    [Fact]
    public void The_longest_argument_may_be_announced()
    {
        using RespConnection client = server.Connect();
        client.QueueRaw("*2\r\n$4\r\nECHO\r\n$536870912\r\nbeginning"u8);
        client.Flush();
        Assert.Empty(client.ReadAll(quietMilliseconds: 50));
        Assert.False(client.IsClosed);
    }

    [Fact]
    public void Arguments_go_up_to_proto_max_bulk_len()
    {
        const int Limit = 1 << 20;
        using RespConnection client = server.Connect();
        string before = client.Call("CONFIG GET proto-max-bulk-len").Elements[1].Value;
        client.Call($"CONFIG SET proto-max-bulk-len {Limit}");
        try
        {
            Assert.Equal(Limit, client.Call("ECHO"u8.ToArray(), new byte[Limit]).Value.Length);
            client.QueueRaw(Encoding.ASCII.GetBytes($"*2\r\n$4\r\nECHO\r\n${Limit + 1}\r\n"));
            client.Flush();
            Assert.Equal("-ERR Protocol error: invalid bulk length\r\n", Frame(client));
        }
        finally
        {
            using RespConnection last = server.Connect();
            last.Call($"CONFIG SET proto-max-bulk-len {before}");
        }
    }

    private static void Send(RespConnection client, ReadOnlySpan<byte> bytes)
    {
        client.QueueRaw(bytes);
        client.Flush();
    }

    private static string Frame(RespConnection client) => Encoding.Latin1.GetString(client.ReadFrame());

    private static string[] Replies(RespConnection client, int count) => [.. Enumerable.Range(0, count).Select(_ => Frame(client))];
}

/// <summary>On the transport for this system.</summary>
public sealed class SystemConnectionTests(SystemConnections server) : ServerConnectionTests(server), IClassFixture<SystemConnections>;

/// <summary>On the portable transport.</summary>
public sealed class PortableConnectionTests(PortableConnections server) : ServerConnectionTests(server), IClassFixture<PortableConnections>;
