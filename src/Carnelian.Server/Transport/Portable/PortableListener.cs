using System.Net;
using System.Net.Sockets;

namespace Carnelian.Server.Transport.Portable;

/// <summary>A listening socket of .NET.</summary>
/// <param name="socket">Listens, and does not block.</param>
/// <param name="path">The path of a Unix socket; null for TCP.</param>
internal sealed class PortableListener(Socket socket, string? path) : ListenSocket
{
    private volatile bool _isStopped;

    public Socket Socket { get; } = socket;

    /// <summary>Whether there is nothing to wait for any more.</summary>
    public bool IsStopped => _isStopped;

    public override bool IsUnix => path != null;

    public override StreamSocket? Accept()
    {
        while (true)
        {
            try
            {
                // Asked first, because an accept that finds nobody is an exception.
                if (!Socket.Poll(TimeSpan.Zero, SelectMode.SelectRead))
                    return null;
                return Take(Socket.Accept());
            }
            catch (SocketException e) when (e.SocketErrorCode is SocketError.WouldBlock)
            {
                return null;
            }
            catch (SocketException e) when (e.SocketErrorCode is SocketError.ConnectionAborted or SocketError.ConnectionReset or SocketError.Interrupted)
            {
                // It has gone already; the next one.
            }
            catch (Exception e) when (_isStopped && e is SocketException or ObjectDisposedException)
            {
                return null;
            }
            catch (SocketException e)
            {
                throw PortableTransport.Failure(e);
            }
        }
    }

    /// <summary>Closes the socket, though a loop may be waiting for it: .NET makes such a wait return.</summary>
    public override void Stop()
    {
        _isStopped = true;
        Socket.Dispose();
    }

    public override void Dispose()
    {
        _isStopped = true;
        Socket.Dispose();
        if (path != null)
            File.Delete(path);
    }

    private PortableSocket Take(Socket accepted)
    {
        try
        {
            accepted.Blocking = false;
            if (path != null)
                return new PortableSocket(accepted, path + ":0", path + ":0", isLocal: true, isUnix: true);
            var peer = (IPEndPoint)accepted.RemoteEndPoint!;
            var local = (IPEndPoint)accepted.LocalEndPoint!;
            return new PortableSocket(accepted, EndPointText.Format(peer.Address, peer.Port), EndPointText.Format(local.Address, local.Port),
                IPAddress.IsLoopback(peer.Address), isUnix: false);
        }
        catch (SocketException e)
        {
            // Some systems forget the addresses of a connection that its peer has reset.
            accepted.Dispose();
            throw new SocketException((int)SocketError.ConnectionAborted, e.Message);
        }
    }
}
