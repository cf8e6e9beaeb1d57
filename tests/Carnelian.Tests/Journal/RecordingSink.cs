using System.Text;
using Carnelian.Journal;
using Carnelian.Testing;

namespace Carnelian.Tests.Journal;

/// <summary>Keeps what a journal writes, as lines: one a command, its arguments separated by blanks.</summary>
internal sealed class RecordingSink(bool isReplication = true) : IJournalSink
{
    private readonly MemoryStream _bytes = new();

    public bool IsReplication => isReplication;

    /// <summary>How many units have come.</summary>
    public int Units { get; private set; }

    public void Append(ReadOnlySpan<byte> unit)
    {
        _bytes.Write(unit);
        Units++;
    }

    /// <summary>All that has come since the last look, as it was written.</summary>
    public byte[] Bytes => _bytes.ToArray();

    /// <summary>What has come since the last look.</summary>
    public string[] Take()
    {
        byte[] bytes = _bytes.ToArray();
        _bytes.SetLength(0);
        var lines = new List<string>();
        for (int start = 0; start < bytes.Length;)
        {
            int end = RespFrame.End(bytes, start);
            Assert.True(end > 0, Encoding.Latin1.GetString(bytes));
            lines.Add(string.Join(' ', RespValue.Parse(bytes.AsSpan(start, end - start)).Elements.Select(static element => element.Value)));
            start = end;
        }
        return [.. lines];
    }
}
