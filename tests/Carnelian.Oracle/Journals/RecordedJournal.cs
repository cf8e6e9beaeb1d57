using System.Text;
using Carnelian.Testing;

namespace Carnelian.Oracle.Journals;

/// <summary>Reads the journal of a Carnelian through DEBUG JOURNAL.</summary>
internal sealed class RecordedJournal : IJournalReader
{
    private readonly RespConnection _connection;

    public RecordedJournal(int port)
    {
        _connection = new RespConnection(port);
        if (_connection.Call("DEBUG JOURNAL START") is { IsError: true } error)
            throw new InvalidOperationException(error.Value);
    }

    public List<RespValue> TakeUntil(string fence)
    {
        byte[] bytes = Encoding.Latin1.GetBytes(_connection.Call("DEBUG JOURNAL TAKE").Value);
        var commands = new List<RespValue>();
        for (int start = 0; start < bytes.Length;)
        {
            int end = RespFrame.End(bytes, start);
            if (end < 0)
                throw new InvalidDataException($"half a command: {CommandText.Quote(bytes.AsSpan(start))}");
            commands.Add(RespValue.Parse(bytes.AsSpan(start, end - start)));
            start = end;
        }

        int last = commands.FindLastIndex(command => JournalTap.IsFence(command, fence));
        return last < 0 ? throw new InvalidDataException("the fence is missing") : commands[..last];
    }

    public void Dispose()
    {
        _connection.Call("DEBUG JOURNAL STOP");
        _connection.Dispose();
    }
}
