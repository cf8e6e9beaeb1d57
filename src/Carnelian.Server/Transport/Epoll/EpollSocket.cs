using System.Runtime.InteropServices;
using Carnelian.Protocol;

namespace Carnelian.Server.Transport.Epoll;

/// <summary>A connection by its file descriptor.</summary>
internal sealed unsafe class EpollSocket(int descriptor, string peer, string local, bool isLocal, bool isUnix) : StreamSocket
{
    public override int Descriptor { get; } = descriptor;

    public override string PeerAddress { get; } = peer;

    public override string LocalAddress { get; } = local;

    public override bool IsLocal { get; } = isLocal;

    public override void SetOptions(int keepAliveSeconds)
    {
        if (isUnix)
            return;
        LinuxCalls.SetOption(Descriptor, LinuxCalls.ProtocolTcp, LinuxCalls.TcpNoDelay, 1);
        if (keepAliveSeconds <= 0)
            return;
        // The peer is given up after twice the interval: three probes within the second half.
        LinuxCalls.SetOption(Descriptor, LinuxCalls.SolSocket, LinuxCalls.SoKeepAlive, 1);
        LinuxCalls.SetOption(Descriptor, LinuxCalls.ProtocolTcp, LinuxCalls.TcpKeepIdle, keepAliveSeconds);
        LinuxCalls.SetOption(Descriptor, LinuxCalls.ProtocolTcp, LinuxCalls.TcpKeepInterval, Math.Max(1, keepAliveSeconds / 3));
        LinuxCalls.SetOption(Descriptor, LinuxCalls.ProtocolTcp, LinuxCalls.TcpKeepCount, 3);
    }

    public override int Receive(byte* buffer, int length)
    {
        while (true)
        {
            nint count = LinuxCalls.Receive(Descriptor, buffer, (nuint)length, 0);
            if (count >= 0)
                return (int)count;
            int error = Marshal.GetLastPInvokeError();
            if (error != LinuxCalls.EINTR)
                return error == LinuxCalls.EAGAIN ? WouldBlock : Broken;
        }
    }

    public override nint Send(byte* data, nuint length)
    {
        while (true)
        {
            nint count = LinuxCalls.Send(Descriptor, data, length, LinuxCalls.NoSignal);
            if (count >= 0)
                return count;
            int error = Marshal.GetLastPInvokeError();
            if (error != LinuxCalls.EINTR)
                return error == LinuxCalls.EAGAIN ? WouldBlock : Broken;
        }
    }

    public override nint Send(IoVector* vectors, int count)
    {
        while (true)
        {
            nint sent = LinuxCalls.WriteVector(Descriptor, vectors, count);
            if (sent >= 0)
                return sent;
            int error = Marshal.GetLastPInvokeError();
            if (error != LinuxCalls.EINTR)
                return error == LinuxCalls.EAGAIN ? WouldBlock : Broken;
        }
    }

    public override void Dispose() => _ = LinuxCalls.Close(Descriptor);
}
