using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using Carnelian.Protocol;
using Carnelian.Server.Transport;
using Carnelian.Server.Transport.Epoll;
using Carnelian.Server.Transport.Portable;
using ServerTransport = Carnelian.Server.Transport.Transport;

namespace Carnelian.Tests.Connections;

/// <summary>What every transport promises to the event loops, tried on each of them by itself.</summary>
public abstract unsafe class TransportTests : IDisposable
{
    private const int Token = 7;
    private const int LongWait = 10_000;

    private readonly ServerTransport _transport;
    private readonly Poller _poller;
    private readonly ReadyEvent[] _events = new ReadyEvent[8];
    private readonly List<IDisposable> _open = [];
    private readonly string _folder = Directory.CreateTempSubdirectory("carnelian-transport-").FullName;

    private protected TransportTests(ServerTransport transport)
    {
        _transport = transport;
        _poller = transport.CreatePoller();
    }

    public void Dispose()
    {
        foreach (IDisposable open in Enumerable.Reverse(_open))
            open.Dispose();
        _poller.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    [Theory]
    [InlineData("127.0.0.1", "127.0.0.1:")]
    [InlineData("::1", "[::1]:")]
    public void A_connection_has_both_addresses_and_is_local(string address, string prefix)
    {
        (Socket client, StreamSocket server) = ConnectTcp(address);

        Assert.Equal(prefix + ((IPEndPoint)client.LocalEndPoint!).Port, server.PeerAddress);
        Assert.Equal(prefix + ((IPEndPoint)client.RemoteEndPoint!).Port, server.LocalAddress);
        Assert.True(server.IsLocal);
    }

    [Fact]
    public void A_listener_of_IPv6_leaves_the_port_of_IPv4_to_others()
    {
        int port = FreePort(IPAddress.Any);
        _open.Add(_transport.ListenTcp("::*", port, 16));

        _open.Add(_transport.ListenTcp("*", port, 16));
    }

    [Fact]
    public void A_port_in_use_is_the_systems_error()
    {
        int port = FreePort(IPAddress.Loopback);
        _open.Add(_transport.ListenTcp("127.0.0.1", port, 16));

        TransportException error = Assert.Throws<TransportException>(() => _transport.ListenTcp("127.0.0.1", port, 16));

        Assert.Equal("Address already in use", error.Message);
    }

    [Fact]
    public void A_port_can_be_listened_on_again_after_its_connections_were_closed()
    {
        int port = FreePort(IPAddress.Loopback);
        using (ListenSocket listener = _transport.ListenTcp("127.0.0.1", port, 16))
        {
            using Socket client = Connect(new IPEndPoint(IPAddress.Loopback, port));
            using StreamSocket server = Accept(listener);
        }

        _open.Add(_transport.ListenTcp("127.0.0.1", port, 16));
    }

    [Fact]
    public void A_Unix_socket_gets_its_permissions_replaces_an_old_file_and_is_removed_at_the_end()
    {
        string path = Path.Combine(_folder, "socket");
        File.WriteAllText(path, "old");
        using (ListenSocket listener = _transport.ListenUnix(path, Convert.ToInt32("770", 8), 16))
        {
            Assert.True(listener.IsUnix);
            if (!OperatingSystem.IsWindows())
                Assert.Equal(Convert.ToInt32("770", 8), (int)File.GetUnixFileMode(path));
            using Socket client = Connect(new UnixDomainSocketEndPoint(path));
            using StreamSocket server = Accept(listener);
            server.SetOptions(300);
            Assert.Equal((path + ":0", path + ":0", true), (server.PeerAddress, server.LocalAddress, server.IsLocal));
        }

        Assert.False(Path.Exists(path));
    }

    [Fact]
    public void A_path_that_is_too_long_for_a_Unix_socket_is_refused() =>
        Assert.Equal("unix socket path too long", Assert.Throws<TransportException>(() => _transport.ListenUnix("/tmp/" + new string('x', 200), 0, 16)).Message);

    [Fact]
    public void A_path_in_a_folder_that_is_not_there_is_an_error_of_the_transport() =>
        Assert.Throws<TransportException>(() => _transport.ListenUnix(Path.Combine(_folder, "none", "socket"), 0, 16));

    [Fact]
    public void Accept_gives_nobody_when_nobody_waits()
    {
        ListenSocket listener = Listen(IPAddress.Loopback, out _);

        Assert.Null(listener.Accept());
    }

    [Fact]
    public void A_listener_becomes_readable_when_somebody_connects()
    {
        ListenSocket listener = Listen(IPAddress.Loopback, out IPEndPoint address);
        _poller.Add(listener, Token);
        Assert.Equal(0, _poller.Wait(_events, 0));

        using Socket client = Connect(address);

        Assert.Equal(1, _poller.Wait(_events, LongWait));
        Assert.Equal((Token, true), (_events[0].Token, _events[0].IsReadable));
        _poller.Remove(listener);
        Assert.Equal(0, _poller.Wait(_events, 0));
    }

    [Fact]
    public void Input_is_announced_until_it_is_read()
    {
        (Socket client, StreamSocket server) = ConnectTcp("127.0.0.1");
        _poller.Add(server, Token);
        Assert.Equal(0, _poller.Wait(_events, 0));
        Assert.Equal(StreamSocket.WouldBlock, Receive(server, out _));

        client.Send("hello"u8);

        Assert.Equal(1, _poller.Wait(_events, LongWait));
        Assert.Equal(1, _poller.Wait(_events, LongWait));
        Assert.Equal(new ReadyEvent(Token, IsReadable: true, IsWritable: false), _events[0]);
        Assert.Equal(5, Receive(server, out byte[] data));
        Assert.Equal("hello"u8, data);
        Assert.Equal(0, _poller.Wait(_events, 0));
    }

    [Fact]
    public void Input_is_not_announced_while_it_is_not_wanted()
    {
        (Socket client, StreamSocket server) = ConnectTcp("127.0.0.1");
        _poller.Add(server, Token);
        _poller.Change(server, Token, forInput: false, forOutput: false);
        client.Send("x"u8);
        Assert.Equal(0, _poller.Wait(_events, 50));

        _poller.Change(server, Token + 1, forInput: true, forOutput: false);

        Assert.Equal(1, _poller.Wait(_events, LongWait));
        Assert.Equal(Token + 1, _events[0].Token);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_peer_that_goes_is_announced_even_while_no_input_is_wanted(bool withReset)
    {
        (Socket client, StreamSocket server) = ConnectTcp("127.0.0.1");
        _poller.Add(server, Token);
        _poller.Change(server, Token, forInput: false, forOutput: false);
        Assert.Equal(0, _poller.Wait(_events, 0));
        if (withReset)
            client.LingerState = new LingerOption(true, 0);
        client.Dispose();

        Assert.Equal(1, _poller.Wait(_events, LongWait));

        Assert.True(_events[0].IsReadable);
    }

    [Fact]
    public void Room_for_output_and_input_come_as_one_event()
    {
        (Socket client, StreamSocket server) = ConnectTcp("127.0.0.1");
        _poller.Add(server, Token);
        client.Send("x"u8);
        Assert.Equal(1, _poller.Wait(_events, LongWait));
        _poller.Change(server, Token, forInput: true, forOutput: true);

        Assert.Equal(1, _poller.Wait(_events, LongWait));

        Assert.Equal(new ReadyEvent(Token, IsReadable: true, IsWritable: true), _events[0]);
    }

    [Fact]
    public void A_peer_that_has_said_all_can_still_read()
    {
        (Socket client, StreamSocket server) = ConnectTcp("127.0.0.1");
        _poller.Add(server, Token);
        client.Send("last"u8);
        client.Shutdown(SocketShutdown.Send);

        Assert.Equal(1, _poller.Wait(_events, LongWait));
        Assert.Equal(4, Receive(server, out _));
        Assert.Equal(1, _poller.Wait(_events, LongWait));
        Assert.Equal(0, Receive(server, out _));

        Assert.Equal(5, Send(server, "reply"u8));
        Assert.Equal(5, client.Receive(new byte[16]));
    }

    [Fact]
    public void A_connection_that_the_peer_resets_is_broken()
    {
        (Socket client, StreamSocket server) = ConnectTcp("127.0.0.1");
        _poller.Add(server, Token);
        client.LingerState = new LingerOption(true, 0);
        client.Dispose();

        Assert.Equal(1, _poller.Wait(_events, LongWait));

        Assert.True(_events[0].IsReadable);
        Assert.Equal(StreamSocket.Broken, Receive(server, out _));
        Assert.Equal(StreamSocket.Broken, Send(server, "x"u8));
    }

    [Fact]
    public void Output_stops_at_a_peer_that_does_not_read_and_goes_on_when_it_does()
    {
        (Socket client, StreamSocket server) = ConnectTcp("127.0.0.1");
        _poller.Add(server, Token);
        byte[] block = new byte[256 * 1024];
        long sent = 0;
        nint count;
        while ((count = Send(server, block)) > 0)
            sent += count;
        Assert.Equal(StreamSocket.WouldBlock, count);
        _poller.Change(server, Token, forInput: true, forOutput: true);
        Assert.Equal(0, _poller.Wait(_events, 0));

        byte[] sink = new byte[1 << 20];
        long read = 0;
        while (read < sent)
            read += client.Receive(sink);

        Assert.Equal(1, _poller.Wait(_events, LongWait));
        Assert.Equal(new ReadyEvent(Token, IsReadable: false, IsWritable: true), _events[0]);
        Assert.True(Send(server, block) > 0);
    }

    [Fact]
    public void Several_ranges_arrive_in_order()
    {
        (Socket client, StreamSocket server) = ConnectTcp("127.0.0.1");
        fixed (byte* a = "one "u8, b = "two "u8, c = "three"u8)
        {
            IoVector* vectors = stackalloc IoVector[3];
            vectors[0] = new IoVector { Base = a, Length = 4 };
            vectors[1] = new IoVector { Base = b, Length = 4 };
            vectors[2] = new IoVector { Base = c, Length = 5 };

            Assert.Equal(13, server.Send(vectors, 3));
        }

        byte[] received = new byte[64];
        int length = 0;
        while (length < 13)
            length += client.Receive(received.AsSpan(length));
        Assert.Equal("one two three"u8, received.AsSpan(0, length));
    }

    [Fact]
    public void A_wake_before_the_wait_ends_it()
    {
        _poller.Wake();
        _poller.Wake();

        Assert.Equal(0, _poller.Wait(_events, Timeout.Infinite));
    }

    [Fact]
    public void Every_wake_of_another_thread_ends_a_wait()
    {
        const int Wakes = 2_000;
        int woken = 0;
        var waker = new Thread(() =>
        {
            for (int i = 0; i < Wakes; i++)
            {
                _poller.Wake();
                while (Volatile.Read(ref woken) <= i)
                    Thread.Yield();
            }
        });
        waker.Start();
        for (int i = 0; i < Wakes; i++)
        {
            Assert.Equal(0, _poller.Wait(_events, Timeout.Infinite));
            Volatile.Write(ref woken, i + 1);
        }

        waker.Join();
    }

    [Fact]
    public void A_removed_socket_is_silent_and_the_others_are_not()
    {
        (Socket one, StreamSocket first) = ConnectTcp("127.0.0.1");
        (Socket two, StreamSocket second) = ConnectTcp("127.0.0.1");
        _poller.Add(first, 1);
        _poller.Add(second, 2);
        one.Send("x"u8);
        two.Send("x"u8);

        _poller.Remove(first);

        Assert.Equal(1, _poller.Wait(_events, LongWait));
        Assert.Equal(2, _events[0].Token);
    }

    [Fact]
    public void Nobody_is_forgotten_when_more_sockets_are_ready_than_events_fit()
    {
        const int Sockets = 20;
        var seen = new HashSet<int>();
        for (int i = 0; i < Sockets; i++)
        {
            (Socket client, StreamSocket server) = ConnectTcp("127.0.0.1");
            _poller.Add(server, i);
            client.Send("x"u8);
        }

        for (int round = 0; round < Sockets && seen.Count < Sockets; round++)
        {
            int count = _poller.Wait(_events, LongWait);
            foreach (ReadyEvent ready in _events.AsSpan(0, count))
                seen.Add(ready.Token);
        }

        Assert.Equal(Sockets, seen.Count);
    }

    private static int FreePort(IPAddress address)
    {
        using var probe = new TcpListener(address, 0);
        probe.Start();
        return ((IPEndPoint)probe.LocalEndpoint).Port;
    }

    private static int Receive(StreamSocket socket, out byte[] data)
    {
        byte[] buffer = new byte[64];
        fixed (byte* start = buffer)
        {
            int count = socket.Receive(start, buffer.Length);
            data = buffer[..Math.Max(0, count)];
            return count;
        }
    }

    private static nint Send(StreamSocket socket, ReadOnlySpan<byte> data)
    {
        fixed (byte* start = data)
            return socket.Send(start, (nuint)data.Length);
    }

    private ListenSocket Listen(IPAddress address, out IPEndPoint endPoint)
    {
        endPoint = new IPEndPoint(address, FreePort(address));
        ListenSocket listener = _transport.ListenTcp(address.ToString(), endPoint.Port, 64);
        _open.Add(listener);
        return listener;
    }

    private static Socket Connect(EndPoint address)
    {
        var client = new Socket(address.AddressFamily, SocketType.Stream, ProtocolType.Unspecified) { ReceiveTimeout = LongWait };
        client.Connect(address);
        return client;
    }

    private (Socket Client, StreamSocket Server) ConnectTcp(string address)
    {
        ListenSocket listener = Listen(IPAddress.Parse(address), out IPEndPoint endPoint);
        Socket client = Connect(endPoint);
        _open.Add(client);
        StreamSocket server = Accept(listener);
        _open.Add(server);
        server.SetOptions(300);
        return (client, server);
    }

    private static StreamSocket Accept(ListenSocket listener)
    {
        StreamSocket? server = null;
        Assert.True(SpinWait.SpinUntil(() => (server = listener.Accept()) != null, LongWait));
        return server!;
    }
}

/// <summary>The Linux transport.</summary>
public sealed class EpollTransportTests() : TransportTests(new EpollTransport())
{
    [Theory]
    [InlineData(Architecture.X64, 12, 4)]
    [InlineData(Architecture.Arm64, 16, 8)]
    public void Events_have_the_layout_of_the_processor(Architecture processor, int size, int tokenOffset) =>
        Assert.Equal((size, tokenOffset), (EpollEvents.Size(processor), EpollEvents.TokenOffset(processor)));
}

/// <summary>The sockets of .NET.</summary>
public sealed class PortableTransportTests() : TransportTests(new PortableTransport());
