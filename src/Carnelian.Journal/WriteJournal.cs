using System.Globalization;
using System.Text;

namespace Carnelian.Journal;

/// <summary>
/// One ordered log of all writes. A unit appends its effects while it holds the locks of its shards, so that the order of the log is the
/// order of execution.
/// </summary>
/// <remarks>
/// Any thread. The lock is short and ranks behind those of the shards. Sinks come and go under all shard locks: what a sink sees begins at
/// a cut. With no sink <see cref="IsActive"/> is false, and units append nothing.
/// </remarks>
public sealed class WriteJournal
{
    private readonly Lock _lock = new();
    private IJournalSink[] _sinks = [];
    private int _selected = -1;

    /// <summary>Whether anybody reads the journal. Changes under all shard locks only.</summary>
    public bool IsActive { get; private set; }

    /// <summary>Adds a sink. Under all shard locks. The next unit begins with a SELECT.</summary>
    public void Add(IJournalSink sink)
    {
        lock (_lock)
        {
            _sinks = [.. _sinks, sink];
            _selected = -1;
            IsActive = true;
        }
    }

    /// <summary>Takes a sink away. Under all shard locks.</summary>
    public void Remove(IJournalSink sink)
    {
        lock (_lock)
        {
            _sinks = [.. _sinks.Where(other => other != sink)];
            IsActive = _sinks.Length != 0;
        }
    }

    /// <summary>Has the next unit begin with a SELECT: somebody begins to read there, such as a new file.</summary>
    public void ForgetDatabase()
    {
        lock (_lock)
            _selected = -1;
    }

    /// <summary>Appends a unit. Under the locks of its shards.</summary>
    /// <param name="database">The database that its commands begin in.</param>
    /// <param name="unit">Whole commands in RESP; a change of the database inside is among them.</param>
    /// <param name="lastDatabase">The database that they end in.</param>
    public void Append(int database, ReadOnlySpan<byte> unit, int lastDatabase)
    {
        lock (_lock)
        {
            if (database != _selected)
                Select(database);
            _selected = lastDatabase;
            foreach (IJournalSink sink in _sinks)
                sink.Append(unit);
        }
    }

    private void Select(int database)
    {
        string number = database.ToString(CultureInfo.InvariantCulture);
        byte[] command = Encoding.ASCII.GetBytes($"*2\r\n$6\r\nSELECT\r\n${number.Length}\r\n{number}\r\n");
        foreach (IJournalSink sink in _sinks)
            sink.Append(command);
    }
}
