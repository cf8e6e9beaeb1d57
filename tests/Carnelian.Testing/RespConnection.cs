using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Carnelian.Testing;

/// <summary>
/// A blocking connection that sends commands and hands out whole replies as raw bytes.
/// Used by one thread at a time.
/// </summary>
public sealed class RespConnection : IDisposable
{
    private readonly Socket _socket;
    private readonly MemoryStream _outgoing = new();
    private byte[] _buffer = new byte[64 * 1024];
    private int _start;
    private int _end;

    /// <summary>Connects to a server on this machine.</summary>
    /// <param name="port">The TCP port on 127.0.0.1.</param>
    /// <param name="timeoutMilliseconds">How long a read may wait for the server.</param>
    public RespConnection(int port, int timeoutMilliseconds = 20_000)
        : this(new IPEndPoint(IPAddress.Loopback, port), timeoutMilliseconds)
    {
    }

    /// <summary>Connects to a server by any address, that of a Unix socket too.</summary>
    /// <param name="address">Where it listens.</param>
    /// <param name="timeoutMilliseconds">How long a read may wait for the server.</param>
    public RespConnection(EndPoint address, int timeoutMilliseconds = 20_000)
    {
        _socket = new Socket(address.AddressFamily, SocketType.Stream, ProtocolType.Unspecified) { ReceiveTimeout = timeoutMilliseconds };
        if (address is IPEndPoint)
            _socket.NoDelay = true;
        _socket.Connect(address);
    }

    /// <summary>A field of INFO that is a number.</summary>
    public long InfoNumber(string section, string name)
    {
        string line = Call($"INFO {section}").Value.Split("\r\n").First(line => line.StartsWith($"{name}:", StringComparison.Ordinal));
        return long.Parse(line.AsSpan(name.Length + 1), CultureInfo.InvariantCulture);
    }

    /// <summary>Whether the server has closed the connection.</summary>
    public bool IsClosed { get; private set; }

    /// <summary>Appends a command to what <see cref="Flush"/> sends.</summary>
    public void Queue(IReadOnlyList<byte[]> arguments) => CommandText.Encode(_outgoing, arguments);

    /// <summary>Appends bytes, of whatever sense, to what <see cref="Flush"/> sends.</summary>
    public void QueueRaw(ReadOnlySpan<byte> bytes) => _outgoing.Write(bytes);

    /// <summary>Sends everything queued. A connection that the server has reset counts as closed.</summary>
    public void Flush()
    {
        ReadOnlySpan<byte> pending = _outgoing.GetBuffer().AsSpan(0, (int)_outgoing.Length);
        try
        {
            while (pending.Length > 0)
                pending = pending[_socket.Send(pending)..];
        }
        catch (SocketException)
        {
            // What the server wrote before it closed can still be read.
        }

        _outgoing.SetLength(0);
    }

    /// <summary>The next whole reply, valid until the next read; empty when the server has closed the connection.</summary>
    /// <exception cref="TimeoutException">The server sent nothing in time.</exception>
    public ReadOnlySpan<byte> ReadFrame()
    {
        while (true)
        {
            int end = RespFrame.End(_buffer.AsSpan(0, _end), _start);
            if (end >= 0)
            {
                var frame = _buffer.AsSpan(_start, end - _start);
                _start = end;
                return frame;
            }

            if (!Receive())
                return [];
        }
    }

    /// <summary>Whether a whole reply is there, or comes within the time given.</summary>
    public bool HasFrame(int milliseconds)
    {
        while (RespFrame.End(_buffer.AsSpan(0, _end), _start) < 0)
        {
            if (!_socket.Poll(TimeSpan.FromMilliseconds(milliseconds), SelectMode.SelectRead) || !Receive())
                return false;
        }

        return true;
    }

    /// <summary>Whatever arrives within the time given, or until the connection closes, replies or not.</summary>
    public byte[] ReadAll(int quietMilliseconds)
    {
        while (_socket.Poll(TimeSpan.FromMilliseconds(quietMilliseconds), SelectMode.SelectRead) && Receive())
        {
        }

        byte[] all = _buffer[_start.._end];
        _start = _end;
        return all;
    }

    /// <summary>What one read returns: nothing after so long without a byte, or when the connection has closed.</summary>
    public byte[] ReadSome(int quietMilliseconds)
    {
        if (_socket.Poll(TimeSpan.FromMilliseconds(quietMilliseconds), SelectMode.SelectRead))
            Receive();
        byte[] some = _buffer[_start.._end];
        _start = _end;
        return some;
    }

    /// <summary>Sends one command and returns its reply, parsed.</summary>
    public RespValue Call(params IReadOnlyList<byte[]> arguments)
    {
        Queue(arguments);
        Flush();
        ReadOnlySpan<byte> frame = ReadFrame();
        return frame.IsEmpty ? throw new EndOfStreamException("the server closed the connection") : RespValue.Parse(frame);
    }

    /// <summary>Sends one command given as words and returns its reply, parsed.</summary>
    public RespValue Call(string command) => Call(CommandText.Split(command));

    /// <summary>Sends one command given as separate arguments, which may hold spaces.</summary>
    public RespValue CallWith(params string[] arguments) => Call([.. arguments.Select(Encoding.Latin1.GetBytes)]);

    /// <summary>Tells the server that nothing more will be sent; replies still come.</summary>
    public void EndSending() => _socket.Shutdown(SocketShutdown.Send);

    /// <summary>Throws the connection away with a reset, as a crashed client's system does.</summary>
    public void Reset()
    {
        _socket.LingerState = new LingerOption(true, 0);
        _socket.Dispose();
    }

    public void Dispose() => _socket.Dispose();

    private bool Receive()
    {
        if (IsClosed)
            return false;
        if (_start == _end)
            _start = _end = 0;
        if (_end == _buffer.Length && _start > _buffer.Length / 2)
        {
            _buffer.AsSpan(_start, _end - _start).CopyTo(_buffer);
            (_start, _end) = (0, _end - _start);
        }
        else if (_end == _buffer.Length)
        {
            Array.Resize(ref _buffer, 2 * _buffer.Length);
        }

        int count;
        try
        {
            count = _socket.Receive(_buffer.AsSpan(_end));
        }
        catch (SocketException e) when (e.SocketErrorCode is SocketError.TimedOut or SocketError.WouldBlock)
        {
            throw new TimeoutException("the server sent no reply in time", e);
        }
        catch (SocketException)
        {
            count = 0;
        }

        IsClosed = count == 0;
        _end += count;
        return count > 0;
    }
}
