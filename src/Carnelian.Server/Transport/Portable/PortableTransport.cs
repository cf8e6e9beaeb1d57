using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Carnelian.Server.Transport.Portable;

/// <summary>
/// The sockets of .NET, for systems without epoll. It behaves as the Linux transport does and is written to be simple: asking for
/// readiness costs time in proportion to the number of connections.
/// </summary>
internal sealed class PortableTransport : Transport
{
    public override string Name => "select";

    public override Poller CreatePoller() => new SelectPoller();

    public override ListenSocket ListenTcp(string address, int port, int backlog)
    {
        IPAddress ip = EndPointText.Resolve(address);
        return Listen(ip.AddressFamily, new IPEndPoint(ip, port), backlog, path: null);
    }

    public override ListenSocket ListenUnix(string path, int mode, int backlog)
    {
        if (Encoding.UTF8.GetByteCount(path) > EndPointText.MaxUnixPathLength)
            throw new TransportException("unix socket path too long", 0);
        try
        {
            File.Delete(path);
            ListenSocket listener = Listen(AddressFamily.Unix, new UnixDomainSocketEndPoint(path), backlog, path);
            if (mode != 0 && !OperatingSystem.IsWindows())
                File.SetUnixFileMode(path, (UnixFileMode)mode);
            return listener;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException)
        {
            throw new TransportException(e.Message, e.HResult);
        }
    }

    /// <summary>Begins to listen; .NET lets an address be taken again right after its last owner, as far as the system allows it safely.</summary>
    private static PortableListener Listen(AddressFamily family, EndPoint address, int backlog, string? path)
    {
        Socket? socket = null;
        try
        {
            socket = new Socket(family, SocketType.Stream, path == null ? ProtocolType.Tcp : ProtocolType.Unspecified) { Blocking = false };
            if (family == AddressFamily.InterNetworkV6)
                socket.DualMode = false;
            socket.Bind(address);
            socket.Listen(backlog);
            return new PortableListener(socket, path);
        }
        catch (SocketException e)
        {
            socket?.Dispose();
            throw Failure(e);
        }
    }

    /// <summary>The error in the transport's own terms.</summary>
    public static TransportException Failure(SocketException e) => new(e.Message, e.NativeErrorCode);
}
