using System.Runtime.InteropServices;

namespace Carnelian.Server.Transport.Epoll;

/// <summary>A listening socket by its file descriptor.</summary>
internal sealed unsafe class EpollListener(int descriptor, bool isUnix, string path) : ListenSocket
{
    private volatile bool _isStopped;

    public int Descriptor { get; } = descriptor;

    public override bool IsUnix { get; } = isUnix;

    public override StreamSocket? Accept()
    {
        byte* address = stackalloc byte[SocketAddress.Size];
        while (true)
        {
            uint length = SocketAddress.Size;
            int fd = LinuxCalls.Accept(Descriptor, address, &length, LinuxCalls.CloseOnExec | LinuxCalls.NonBlocking);
            if (fd < 0)
            {
                int error = Marshal.GetLastPInvokeError();
                if (error is LinuxCalls.EINTR or LinuxCalls.ECONNABORTED)
                    continue;
                return error == LinuxCalls.EAGAIN || _isStopped ? null : throw LinuxCalls.Failure();
            }
            if (IsUnix)
                return new EpollSocket(fd, path + ":0", path + ":0", isLocal: true, isUnix: true);
            string peer = SocketAddress.Format(address, out bool isLocal);
            length = SocketAddress.Size;
            string local = LinuxCalls.GetSocketName(fd, address, &length) == 0 ? SocketAddress.Format(address, out _) : "?:0";
            return new EpollSocket(fd, peer, local, isLocal, isUnix: false);
        }
    }

    /// <summary>The socket has stopped: what still waits is refused by the system.</summary>
    public override void Stop()
    {
        _isStopped = true;
        _ = LinuxCalls.Shutdown(Descriptor, LinuxCalls.ShutdownBoth);
    }

    public override void Dispose()
    {
        _ = LinuxCalls.Close(Descriptor);
        if (IsUnix)
            _ = LinuxCalls.Unlink(path);
    }
}
