using System.Net;
using System.Net.Sockets;

namespace Carnelian.Server.Persistence;

/// <summary>A connection to the server that MIGRATE sends keys to.</summary>
/// <remarks>One thread at a time. Every call waits at most as long as <see cref="Timeout"/> says for each piece that is sent or received.</remarks>
internal sealed class MigrateConnection : IDisposable
{
    private const int PieceBytes = 64 * 1024;
    private const int MostLineBytes = 4096;

    private readonly Socket _socket;
    private readonly byte[] _received = new byte[MostLineBytes];
    private int _count;

    private MigrateConnection(Socket socket, string target)
    {
        _socket = socket;
        Target = target;
    }

    /// <summary>Host and port.</summary>
    public string Target { get; }

    /// <summary>The database that is selected there; null if that is not known.</summary>
    public long? Database { get; set; }

    /// <summary>When it was last used, in milliseconds of Unix time.</summary>
    public long LastUse { get; set; }

    /// <summary>How long to wait for the other side, in milliseconds.</summary>
    public int Timeout
    {
        set => _socket.SendTimeout = _socket.ReceiveTimeout = value;
    }

    /// <summary>Connects.</summary>
    /// <param name="host">A name or an address.</param>
    /// <param name="port">The port.</param>
    /// <param name="source">The own address to connect from; empty for any.</param>
    /// <param name="target">See <see cref="Target"/>.</param>
    /// <param name="timeout">Milliseconds.</param>
    /// <param name="isKnown">Whether the host has an address at all.</param>
    /// <returns>Null if there is no connection.</returns>
    public static MigrateConnection? TryConnect(string host, int port, string source, string target, int timeout, out bool isKnown)
    {
        isKnown = false;
        // The system would take an empty name for this machine.
        if (host.Length == 0)
            return null;
        Socket? socket = null;
        try
        {
            IPAddress[] addresses = Dns.GetHostAddresses(host);
            if (addresses.Length == 0)
                return null;
            isKnown = true;
            socket = new Socket(addresses[0].AddressFamily, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
            if (source.Length != 0 && IPAddress.TryParse(source, out IPAddress? own))
                socket.Bind(new IPEndPoint(own, 0));
            if (!TryConnect(socket, new IPEndPoint(addresses[0], port), timeout))
            {
                socket.Dispose();
                return null;
            }
            return new MigrateConnection(socket, target) { Timeout = timeout };
        }
        catch (Exception e) when (e is SocketException or ArgumentException)
        {
            socket?.Dispose();
            return null;
        }
    }

    /// <summary>Sends bytes.</summary>
    /// <returns>False if the other side does not take them.</returns>
    public bool TrySend(ReadOnlySpan<byte> bytes)
    {
        try
        {
            while (!bytes.IsEmpty)
                bytes = bytes[_socket.Send(bytes[..Math.Min(bytes.Length, PieceBytes)])..];
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }

    /// <summary>Receives a reply of one line.</summary>
    /// <param name="line">The line without its end.</param>
    /// <returns>False if there is none.</returns>
    public bool TryReadLine(out byte[] line)
    {
        line = [];
        while (true)
        {
            int end = _received.AsSpan(0, _count).IndexOf((byte)'\n');
            if (end >= 0)
            {
                line = _received.AsSpan(0, end).TrimEnd((byte)'\r').ToArray();
                _count -= end + 1;
                _received.AsSpan(end + 1, _count).CopyTo(_received);
                return true;
            }
            if (_count == _received.Length)
                return false;
            try
            {
                int received = _socket.Receive(_received, _count, _received.Length - _count, SocketFlags.None);
                if (received == 0)
                    return false;
                _count += received;
            }
            catch (SocketException)
            {
                return false;
            }
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _socket.Dispose();

    private static bool TryConnect(Socket socket, IPEndPoint end, int timeout)
    {
        socket.Blocking = false;
        try
        {
            socket.Connect(end);
        }
        catch (SocketException e) when (e.SocketErrorCode is SocketError.WouldBlock or SocketError.InProgress)
        {
            // Poll takes microseconds in 32 bits.
            int microseconds = (int)Math.Min(timeout * 1000L, int.MaxValue);
            if (!socket.Poll(microseconds, SelectMode.SelectWrite) || (int)socket.GetSocketOption(SocketOptionLevel.Socket, SocketOptionName.Error)! != 0)
                return false;
        }
        socket.Blocking = true;
        return true;
    }
}
