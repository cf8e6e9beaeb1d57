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

    /// <summary>What a stranger reads in protected mode. Clients look for its first word.</summary>
    private static ReadOnlySpan<byte> ProtectedModeText =>
        "-DENIED Carnelian is running in protected mode because protected mode is enabled and no password is set for the default user. In this mode connections are only accepted from the loopback interface. To connect from other hosts: set a password for the default user, or disable protected mode with CONFIG SET protected-mode no from the loopback interface (and CONFIG REWRITE to keep it), or in the configuration file, or with the option --protected-mode no. Do this only if the server cannot be reached from networks that you do not trust.\r\n"u8;
}
