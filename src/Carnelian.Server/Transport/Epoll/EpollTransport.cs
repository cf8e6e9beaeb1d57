using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Carnelian.Server.Transport.Epoll;

/// <summary>Linux: raw file descriptors and one epoll an event loop.</summary>
internal sealed unsafe class EpollTransport : Transport
{
    public override string Name => "epoll";

    public override Poller CreatePoller() => new EpollPoller();

    public override ListenSocket ListenTcp(string address, int port, int backlog)
    {
        IPAddress ip = EndPointText.Resolve(address);
        bool isV6 = ip.AddressFamily == AddressFamily.InterNetworkV6;
        int fd = Open(isV6 ? LinuxCalls.AfInet6 : LinuxCalls.AfInet);
        LinuxCalls.SetOption(fd, LinuxCalls.SolSocket, LinuxCalls.SoReuseAddress, 1);
        if (isV6)
            LinuxCalls.SetOption(fd, LinuxCalls.ProtocolIpv6, LinuxCalls.Ipv6Only, 1);
        byte* target = stackalloc byte[SocketAddress.Size];
        uint length = SocketAddress.Write(target, ip, port);
        return Listen(fd, target, length, backlog, isUnix: false, "");
    }

    public override ListenSocket ListenUnix(string path, int mode, int backlog)
    {
        byte[] name = Encoding.UTF8.GetBytes(path);
        if (name.Length > EndPointText.MaxUnixPathLength)
            throw new TransportException("unix socket path too long", 0);
        _ = LinuxCalls.Unlink(path);
        int fd = Open(LinuxCalls.AfUnix);
        byte* target = stackalloc byte[SocketAddress.Size];
        new Span<byte>(target, SocketAddress.Size).Clear();
        *(ushort*)target = LinuxCalls.AfUnix;
        name.CopyTo(new Span<byte>(target + 2, name.Length));
        ListenSocket listener = Listen(fd, target, (uint)(2 + name.Length + 1), backlog, isUnix: true, path);
        if (mode != 0)
            _ = LinuxCalls.ChangeMode(path, (uint)mode);
        return listener;
    }

    private static int Open(int family)
    {
        int fd = LinuxCalls.Socket(family, LinuxCalls.Stream | LinuxCalls.CloseOnExec | LinuxCalls.NonBlocking, 0);
        return fd >= 0 ? fd : throw LinuxCalls.Failure();
    }

    private static EpollListener Listen(int fd, byte* address, uint length, int backlog, bool isUnix, string path)
    {
        if (LinuxCalls.Bind(fd, address, length) == 0 && LinuxCalls.Listen(fd, backlog) == 0)
            return new EpollListener(fd, isUnix, path);
        TransportException failure = LinuxCalls.Failure();
        _ = LinuxCalls.Close(fd);
        throw failure;
    }
}
