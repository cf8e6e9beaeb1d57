using Carnelian.Server.Clients;
using Carnelian.Server.Configuration;
using Carnelian.Server.Logging;
using Carnelian.Server.Transport;
using Carnelian.Threading;

namespace Carnelian.Server.Execution;

/// <summary>Takes new connections, refuses those that must not be, and spreads the others evenly over the loops.</summary>
/// <remarks>On the main loop's thread, which listens.</remarks>
internal sealed class Acceptor(ServerInstance server)
{
    private const int MostUnixAtOnce = 1000;

    /// <summary>Connections accepted, the refused ones too.</summary>
    public long Accepted { get; set; }

    /// <summary>Connections refused by <c>maxclients</c>.</summary>
    public long Rejected { get; set; }

    /// <summary>Takes what waits, up to <c>max-new-connections-per-cycle</c>.</summary>
    public void Accept(ListenSocket listener)
    {
        int most = listener.IsUnix ? MostUnixAtOnce : server.Configuration.MaxNewConnectionsPerCycle;
        while (most-- > 0)
        {
            StreamSocket? socket;
            try
            {
                socket = listener.Accept();
            }
            catch (TransportException e)
            {
                server.Log.Write(LogLevel.Warning, $"Accepting client connection: {e.Message}");
                return;
            }
            if (socket == null)
                return;
            Admit(socket, listener.IsUnix);
        }
    }

    private void Admit(StreamSocket socket, bool isUnix)
    {
        Accepted++;
        if (server.Clients.Count >= server.Configuration.MaxClients)
        {
            Rejected++;
            Refuse(socket, "-ERR max number of clients reached\r\n"u8);
            return;
        }
        if (server.Configuration.ProtectedMode && server.Configuration.RequirePass.Length == 0 && !socket.IsLocal)
        {
            Rejected++;
            Refuse(socket, ProtectedModeText);
            return;
        }
        socket.SetOptions(server.Configuration.TcpKeepalive);
        server.Log.Write(LogLevel.Verbose, $"Accepted {socket.PeerAddress}");
        server.Loops.Assign(loop =>
        {
            var client = new Client(server.Clients.NextId(), socket, loop, Clock.Sample());
            client.Set(ClientFlags.UnixSocket, isUnix);
            client.Set(ClientFlags.Unauthenticated, server.Configuration.RequirePass.Length != 0);
            server.Clients.Add(client);
            return client;
        });
    }

    private static unsafe void Refuse(StreamSocket socket, ReadOnlySpan<byte> text)
    {
        fixed (byte* data = text)
            _ = socket.Send(data, (nuint)text.Length);
        socket.Dispose();
    }

    /// <summary>What a stranger reads in protected mode, as Valkey puts it.</summary>
    private static ReadOnlySpan<byte> ProtectedModeText =>
        "-DENIED Running in protected mode because protected mode is enabled and no password is set for the default user. In this mode connections are only accepted from the loopback interface. If you want to connect from external computers, you may adopt one of the following solutions: 1) Just disable protected mode sending the command 'CONFIG SET protected-mode no' from the loopback interface by connecting from the same host the server is running, however MAKE SURE it's not publicly accessible from internet if you do so. Use CONFIG REWRITE to make this change permanent. 2) Alternatively you can just disable the protected mode by editing the configuration file, and setting the protected mode option to 'no', and then restarting the server. 3) If you started the server manually just for testing, restart it with the '--protected-mode no' option. 4) Set up an authentication password for the default user. NOTE: You only need to do one of the above things in order for the server to start accepting connections from the outside.\r\n"u8;
}
