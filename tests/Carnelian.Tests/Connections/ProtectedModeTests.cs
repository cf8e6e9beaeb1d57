using System.Text;
using Carnelian.Protocol;
using Carnelian.Server.Transport;
using Carnelian.Testing;

namespace Carnelian.Tests.Connections;

/// <summary>Protected mode, with connections that say that they come from another machine.</summary>
public sealed class ProtectedModeTests : IDisposable
{
    private const string Denied =
        "-DENIED Running in protected mode because protected mode is enabled and no password is set for the default user. In this mode connections are only accepted from the loopback interface. If you want to connect from external computers, you may adopt one of the following solutions: 1) Just disable protected mode sending the command 'CONFIG SET protected-mode no' from the loopback interface by connecting from the same host the server is running, however MAKE SURE it's not publicly accessible from internet if you do so. Use CONFIG REWRITE to make this change permanent. 2) Alternatively you can just disable the protected mode by editing the configuration file, and setting the protected mode option to 'no', and then restarting the server. 3) If you started the server manually just for testing, restart it with the '--protected-mode no' option. 4) Set up an authentication password for the default user. NOTE: You only need to do one of the above things in order for the server to start accepting connections from the outside.\r\n";

    private readonly RunningServer _server = new("--io-threads", "1");
    private readonly RespConnection _client;

    public ProtectedModeTests() => _client = _server.Connect();

    public void Dispose() => _server.Dispose();

    [Fact]
    public void A_stranger_reads_why_it_is_refused()
    {
        var stranger = new DistantSocket(isLocal: false);

        Assert.False(IsAdmitted(stranger));

        Assert.Equal(Denied, stranger.Sent);
        Assert.True(stranger.IsClosed);
        string info = _client.Call("INFO stats").Value;
        Assert.Contains("rejected_connections:1\r\n", info);
        Assert.Contains("total_connections_received:2\r\n", info);
    }

    [Theory]
    [InlineData("CONFIG SET protected-mode no")]
    [InlineData("CONFIG SET requirepass secret")]
    public void A_stranger_is_admitted_without_protected_mode_or_with_a_password(string command)
    {
        Assert.Equal("OK", _client.Call(command).Value);
        var stranger = new DistantSocket(isLocal: false);

        Assert.True(IsAdmitted(stranger));

        Assert.Equal("", stranger.Sent);
    }

    [Fact]
    public void A_neighbour_is_admitted() => Assert.True(IsAdmitted(new DistantSocket(isLocal: true)));

    [Fact]
    public void The_limit_of_clients_is_told_first()
    {
        Assert.Equal("OK", _client.Call("CONFIG SET maxclients 1").Value);
        var stranger = new DistantSocket(isLocal: false);

        Assert.False(IsAdmitted(stranger));

        Assert.Equal("-ERR max number of clients reached\r\n", stranger.Sent);
    }

    /// <summary>Has the main loop accept a connection.</summary>
    private bool IsAdmitted(DistantSocket socket)
    {
        using var done = new ManualResetEventSlim();
        bool isAdmitted = false;
        _server.Instance.Loops.Main.Post(() =>
        {
            try
            {
                _server.Instance.Acceptor.Accept(new DistantListener(socket));
            }
            catch (AdmittedException)
            {
                isAdmitted = true;
            }
            done.Set();
        });
        done.Wait();
        return isAdmitted;
    }

    /// <summary>The options are set as soon as a connection is admitted; no loop could serve it.</summary>
    private sealed class AdmittedException : Exception;

    private sealed class DistantListener(StreamSocket socket) : ListenSocket
    {
        private StreamSocket? _waiting = socket;

        public override bool IsUnix => false;

        public override StreamSocket? Accept()
        {
            StreamSocket? next = _waiting;
            _waiting = null;
            return next;
        }

        public override void Dispose()
        {
        }
    }

    private sealed unsafe class DistantSocket(bool isLocal) : StreamSocket
    {
        public string Sent { get; private set; } = "";

        public bool IsClosed { get; private set; }

        public override int Descriptor => 1000;

        public override string PeerAddress => "192.0.2.7:40000";

        public override string LocalAddress => "192.0.2.1:6379";

        public override bool IsLocal => isLocal;

        public override void SetOptions(int keepAliveSeconds) => throw new AdmittedException();

        public override int Receive(byte* buffer, int length) => WouldBlock;

        public override nint Send(byte* data, nuint length)
        {
            Sent += Encoding.ASCII.GetString(data, (int)length);
            return (nint)length;
        }

        public override nint Send(IoVector* vectors, int count) => WouldBlock;

        public override void Dispose() => IsClosed = true;
    }
}
