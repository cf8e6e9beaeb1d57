using System.Net.Sockets;
using Carnelian.Protocol;

namespace Carnelian.Server.Transport.Portable;

/// <summary>A connection by a socket of .NET.</summary>
internal sealed unsafe class PortableSocket(Socket socket, string peer, string local, bool isLocal, bool isUnix) : StreamSocket
{
    private const int MostAtOnce = 1 << 30;

    public Socket Socket { get; } = socket;

    public override int Descriptor { get; } = (int)socket.Handle;

    public override string PeerAddress { get; } = peer;

    public override string LocalAddress { get; } = local;

    public override bool IsLocal { get; } = isLocal;

    public override void SetOptions(int keepAliveSeconds)
    {
        if (isUnix)
            return;
        try
        {
            Socket.NoDelay = true;
            if (keepAliveSeconds <= 0)
                return;
            // The peer is given up after twice the interval: three probes within the second half.
            Socket.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.KeepAlive, true);
            Socket.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveTime, keepAliveSeconds);
            Socket.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveInterval, Math.Max(1, keepAliveSeconds / 3));
            Socket.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveRetryCount, 3);
        }
        catch (SocketException)
        {
            // The peer has gone, which the first read tells, or the system lacks the option.
        }
    }

    public override int Receive(byte* buffer, int length)
    {
        int count = Socket.Receive(new Span<byte>(buffer, length), SocketFlags.None, out SocketError error);
        return error == SocketError.Success ? count : NothingMoved(error);
    }

    public override nint Send(byte* data, nuint length)
    {
        int most = (int)Math.Min(length, MostAtOnce);
        int count = Socket.Send(new ReadOnlySpan<byte>(data, most), SocketFlags.None, out SocketError error);
        return error == SocketError.Success || count > 0 ? count : NothingMoved(error);
    }

    public override nint Send(IoVector* vectors, int count)
    {
        nint sum = 0;
        for (int i = 0; i < count; i++)
        {
            nint sent = Send(vectors[i].Base, vectors[i].Length);
            if (sent < 0)
                return sum > 0 ? sum : sent;
            sum += sent;
            if ((nuint)sent < vectors[i].Length)
                break;
        }
        return sum;
    }

    public override void Dispose() => Socket.Dispose();

    private static int NothingMoved(SocketError error) =>
        error is SocketError.WouldBlock or SocketError.IOPending or SocketError.NoBufferSpaceAvailable or SocketError.Interrupted ? WouldBlock : Broken;
}
