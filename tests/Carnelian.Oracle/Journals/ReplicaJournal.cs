using System.Net;
using System.Net.Sockets;
using System.Text;
using Carnelian.Testing;

namespace Carnelian.Oracle.Journals;

/// <summary>Attaches to a server as a replica, throws its data away, and keeps the commands that follow.</summary>
/// <remarks>A thread of its own reads, so that the server never has to wait.</remarks>
internal sealed class ReplicaJournal : IJournalReader
{
    private const int Patience = 20_000;
    private const int AcknowledgeMilliseconds = 1000;
    private const int MarkLength = 40;

    private readonly Socket _socket = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { ReceiveTimeout = Patience, NoDelay = true };
    private readonly List<RespValue> _commands = [];
    private readonly Thread _thread;
    private readonly Timer _acknowledgements;
    private byte[] _buffer = new byte[1 << 20];
    private int _end;
    private string? _failure;

    public ReplicaJournal(int port)
    {
        _socket.Connect(new IPEndPoint(IPAddress.Loopback, port));
        foreach (string line in (string[])["PING", $"REPLCONF listening-port {port}", "REPLCONF capa eof capa psync2"])
        {
            Send(line);
            ReadLine();
        }

        Send("PSYNC ? -1");
        string reply = ReadLine();
        if (!reply.StartsWith("+FULLRESYNC", StringComparison.Ordinal))
            throw new InvalidDataException(reply);
        SkipData();
        Send("REPLCONF ACK 0");
        _acknowledgements = new Timer(_ => Send("REPLCONF ACK 0"), null, AcknowledgeMilliseconds, AcknowledgeMilliseconds);
        _socket.ReceiveTimeout = 0;
        _thread = new Thread(Read) { IsBackground = true };
        _thread.Start();
    }

    public List<RespValue> TakeUntil(string fence)
    {
        lock (_commands)
        {
            long end = Environment.TickCount64 + Patience;
            while (true)
            {
                int last = _commands.FindLastIndex(command => JournalTap.IsFence(command, fence));
                if (last >= 0)
                {
                    List<RespValue> taken = _commands[..last];
                    _commands.RemoveRange(0, last + 1);
                    return taken;
                }

                if (_failure != null || Environment.TickCount64 > end)
                    throw new TimeoutException(_failure ?? "the fence does not come");
                Monitor.Wait(_commands, 100);
            }
        }
    }

    public void Dispose()
    {
        _acknowledgements.Dispose();
        _socket.Dispose();
        _thread.Join();
    }

    private void Send(string line)
    {
        try
        {
            _socket.Send(Encoding.ASCII.GetBytes(line + "\r\n"));
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // The reader notices it too.
        }
    }

    private string ReadLine()
    {
        var line = new StringBuilder();
        var one = new byte[1];
        while (line.Length == 0 || line[^1] != '\n')
        {
            if (_socket.Receive(one) == 0)
                throw new EndOfStreamException("the server closed the link");
            // Empty lines keep the link alive.
            if (line.Length != 0 || one[0] != '\n')
                line.Append((char)one[0]);
        }

        return line.ToString().TrimEnd();
    }

    private void SkipData()
    {
        string header = ReadLine();
        if (header.StartsWith("$EOF:", StringComparison.Ordinal))
        {
            byte[] mark = Encoding.ASCII.GetBytes(header[5..]);
            while (_end < MarkLength || !_buffer.AsSpan(0, _end).EndsWith(mark))
            {
                if (_end > MarkLength)
                {
                    _buffer.AsSpan(_end - MarkLength, MarkLength).CopyTo(_buffer);
                    _end = MarkLength;
                }

                if (!Receive())
                    throw new EndOfStreamException("the server closed the link");
            }
        }
        else
        {
            for (long left = long.Parse(header.AsSpan(1), System.Globalization.CultureInfo.InvariantCulture); left > 0; left -= _end)
            {
                _end = _socket.Receive(_buffer.AsSpan(0, (int)Math.Min(left, _buffer.Length)));
                if (_end == 0)
                    throw new EndOfStreamException("the server closed the link");
            }
        }

        _end = 0;
    }

    private bool Receive()
    {
        if (_end == _buffer.Length)
            Array.Resize(ref _buffer, 2 * _buffer.Length);
        int count = _socket.Receive(_buffer.AsSpan(_end));
        _end += count;
        return count != 0;
    }

    private void Read()
    {
        try
        {
            while (Receive())
                Parse();
            Fail("the server closed the link");
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException or InvalidDataException)
        {
            Fail(e.Message);
        }
    }

    private void Fail(string message)
    {
        lock (_commands)
        {
            _failure = message;
            Monitor.PulseAll(_commands);
        }
    }

    private void Parse()
    {
        int start = 0;
        lock (_commands)
        {
            while (start < _end)
            {
                if (_buffer[start] == (byte)'\n')
                {
                    start++;
                    continue;
                }

                int end = RespFrame.End(_buffer.AsSpan(0, _end), start);
                if (end < 0)
                    break;
                _commands.Add(RespValue.Parse(_buffer.AsSpan(start, end - start)));
                start = end;
            }

            Monitor.PulseAll(_commands);
        }

        _buffer.AsSpan(start, _end - start).CopyTo(_buffer);
        _end -= start;
    }
}
