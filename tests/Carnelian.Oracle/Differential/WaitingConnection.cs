using System.Text;
using Carnelian.Testing;

namespace Carnelian.Oracle.Differential;

/// <summary>One side of a connection whose commands may wait: what it has sent and has no reply to yet.</summary>
internal sealed class WaitingConnection : IDisposable
{
    private const int Patience = 10_000;

    private readonly RespConnection _connection;
    private readonly RespConnection _controller;
    private readonly Queue<byte[][]> _pending = new();

    /// <param name="port">The server.</param>
    /// <param name="resp">The protocol.</param>
    /// <param name="controller">Another connection to it, which sees whether this one waits.</param>
    public WaitingConnection(int port, int resp, RespConnection controller)
    {
        _connection = new RespConnection(port);
        _controller = controller;
        if (resp == 3)
            _connection.Call("HELLO 3");
        Id = _connection.Call("CLIENT ID").Value;
    }

    public string Id { get; }

    /// <summary>Whether it waits in a blocking command; as of the last <see cref="Settle"/>.</summary>
    public bool Waits { get; private set; }

    public bool IsClosed { get; private set; }

    public void Send(byte[][] command)
    {
        _pending.Enqueue(command);
        _connection.Queue(command);
        _connection.Flush();
    }

    /// <summary>Reads replies until there is one to each command, or one command waits.</summary>
    public List<(byte[][] Command, byte[] Reply)> Settle()
    {
        var replies = new List<(byte[][], byte[])>();
        long end = Environment.TickCount64 + Patience;
        Waits = false;
        while (_pending.TryPeek(out byte[][]? command) && !IsClosed)
        {
            if (TryRead(out byte[] reply))
            {
                replies.Add((command, reply));
                _pending.Dequeue();
                continue;
            }

            bool? waits = SeemsToWait();
            if (waits == true && !EndsSoon(command))
            {
                // It may have been the command before that waited when we looked.
                if (_connection.HasFrame(0))
                    continue;
                Waits = true;
                break;
            }

            if (waits == null && !_connection.HasFrame(0))
                IsClosed = true;
            if (Environment.TickCount64 > end)
                throw new TimeoutException($"{CommandText.Describe(command)} neither waits nor replies");
            _connection.HasFrame(1);
        }

        return replies;
    }

    public void Dispose() => _connection.Dispose();

    private bool TryRead(out byte[] reply)
    {
        reply = _connection.HasFrame(0) ? _connection.ReadFrame().ToArray() : [];
        return reply.Length != 0;
    }

    /// <summary>Null if the client is gone.</summary>
    private bool? SeemsToWait()
    {
        string line = _controller.Call($"CLIENT LIST ID {Id}").Value;
        string? flags = line.Split(' ').FirstOrDefault(static field => field.StartsWith("flags=", StringComparison.Ordinal));
        return flags?.Contains('b');
    }

    private static bool EndsSoon(byte[][] command) =>
        command.Any(static argument => Encoding.Latin1.GetString(argument) is "0.02" or "20");
}
