using Carnelian.Testing;

namespace Carnelian.Oracle.Differential;

/// <summary>The same connection to both servers, with what has to be remembered of its transaction.</summary>
internal sealed class ConnectionPair : IDisposable
{
    private readonly ServerPair _servers;
    private readonly int _resp;

    public ConnectionPair(ServerPair servers, int resp)
    {
        _servers = servers;
        _resp = resp;
        Reconnect();
    }

    public RespConnection Oracle { get; private set; } = null!;

    public RespConnection Tested { get; private set; } = null!;

    /// <summary>The commands that the transaction holds so far.</summary>
    public List<byte[][]> Queued { get; } = [];

    public bool InTransaction { get; private set; }

    public void Reconnect()
    {
        Dispose();
        Oracle = new RespConnection(_servers.OraclePort);
        Tested = new RespConnection(_servers.TestedPort);
        Queued.Clear();
        InTransaction = false;
        if (_resp == 3)
        {
            Oracle.Call("HELLO 3");
            Tested.Call("HELLO 3");
        }
    }

    public void Queue(byte[][] arguments)
    {
        Oracle.Queue(arguments);
        Tested.Queue(arguments);
    }

    public void Flush()
    {
        Oracle.Flush();
        Tested.Flush();
    }

    /// <summary>Follows the transaction by what the oracle answered.</summary>
    public void Observe(byte[][] command, ReadOnlySpan<byte> reply)
    {
        if (reply.SequenceEqual("+QUEUED\r\n"u8))
        {
            Queued.Add(command);
            return;
        }

        switch (ReplyRules.NameOf(command))
        {
            case "MULTI" when reply.SequenceEqual("+OK\r\n"u8):
                Queued.Clear();
                InTransaction = true;
                break;
            case "EXEC" or "DISCARD" when !reply.StartsWith("-ERR wrong number"u8):
            case "RESET" when reply.StartsWith("+"u8):
                Queued.Clear();
                InTransaction = false;
                break;
        }
    }

    public void Dispose()
    {
        Oracle?.Dispose();
        Tested?.Dispose();
    }
}
