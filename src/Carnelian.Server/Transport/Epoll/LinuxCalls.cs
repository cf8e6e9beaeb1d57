using System.Runtime.InteropServices;

namespace Carnelian.Server.Transport.Epoll;

/// <summary>The system calls of the Linux transport. Every one of them may fail with EINTR: the collector signals threads.</summary>
internal static unsafe partial class LinuxCalls
{
    public const int EINTR = 4;
    public const int EAGAIN = 11;
    public const int ECONNABORTED = 103;

    public const int EpollIn = 1;
    public const int EpollOut = 4;
    public const int EpollErr = 8;
    public const int EpollHangUp = 16;
    public const int EpollPeerHangUp = 0x2000;
    public const int EpollAdd = 1;
    public const int EpollDelete = 2;
    public const int EpollModify = 3;

    public const int CloseOnExec = 0x80000;
    public const int NonBlocking = 0x800;
    public const int NoSignal = 0x4000;
    public const int ShutdownBoth = 2;

    public const int AfUnix = 1;
    public const int AfInet = 2;
    public const int AfInet6 = 10;
    public const int Stream = 1;
    public const int SolSocket = 1;
    public const int SoReuseAddress = 2;
    public const int SoKeepAlive = 9;
    public const int ProtocolTcp = 6;
    public const int TcpNoDelay = 1;
    public const int TcpKeepIdle = 4;
    public const int TcpKeepInterval = 5;
    public const int TcpKeepCount = 6;
    public const int ProtocolIpv6 = 41;
    public const int Ipv6Only = 26;

    private const string C = "libc";

    [LibraryImport(C, EntryPoint = "epoll_create1", SetLastError = true)]
    public static partial int EpollCreate(int flags);

    [LibraryImport(C, EntryPoint = "epoll_ctl", SetLastError = true)]
    public static partial int EpollControl(int epoll, int operation, int fd, void* change);

    [LibraryImport(C, EntryPoint = "epoll_wait", SetLastError = true)]
    public static partial int EpollWait(int epoll, void* events, int count, int timeout);

    [LibraryImport(C, EntryPoint = "eventfd", SetLastError = true)]
    public static partial int EventFd(uint initial, int flags);

    [LibraryImport(C, EntryPoint = "read", SetLastError = true)]
    public static partial nint Read(int fd, void* buffer, nuint length);

    [LibraryImport(C, EntryPoint = "write", SetLastError = true)]
    public static partial nint Write(int fd, void* buffer, nuint length);

    [LibraryImport(C, EntryPoint = "recv", SetLastError = true)]
    public static partial nint Receive(int fd, void* buffer, nuint length, int flags);

    [LibraryImport(C, EntryPoint = "send", SetLastError = true)]
    public static partial nint Send(int fd, void* buffer, nuint length, int flags);

    [LibraryImport(C, EntryPoint = "writev", SetLastError = true)]
    public static partial nint WriteVector(int fd, void* vectors, int count);

    [LibraryImport(C, EntryPoint = "close", SetLastError = true)]
    public static partial int Close(int fd);

    [LibraryImport(C, EntryPoint = "socket", SetLastError = true)]
    public static partial int Socket(int family, int type, int protocol);

    [LibraryImport(C, EntryPoint = "bind", SetLastError = true)]
    public static partial int Bind(int fd, void* address, uint length);

    [LibraryImport(C, EntryPoint = "listen", SetLastError = true)]
    public static partial int Listen(int fd, int backlog);

    [LibraryImport(C, EntryPoint = "shutdown", SetLastError = true)]
    public static partial int Shutdown(int fd, int how);

    [LibraryImport(C, EntryPoint = "accept4", SetLastError = true)]
    public static partial int Accept(int fd, void* address, uint* length, int flags);

    [LibraryImport(C, EntryPoint = "getsockname", SetLastError = true)]
    public static partial int GetSocketName(int fd, void* address, uint* length);

    [LibraryImport(C, EntryPoint = "getpeername", SetLastError = true)]
    public static partial int GetPeerName(int fd, void* address, uint* length);

    [LibraryImport(C, EntryPoint = "setsockopt", SetLastError = true)]
    public static partial int SetSocketOption(int fd, int level, int option, void* value, uint length);

    [LibraryImport(C, EntryPoint = "chmod", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    public static partial int ChangeMode(string path, uint mode);

    [LibraryImport(C, EntryPoint = "unlink", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    public static partial int Unlink(string path);

    public static void SetOption(int fd, int level, int option, int value) => _ = SetSocketOption(fd, level, option, &value, sizeof(int));

    public static TransportException Failure()
    {
        int error = Marshal.GetLastPInvokeError();
        return new TransportException(Marshal.GetPInvokeErrorMessage(error), error);
    }
}
