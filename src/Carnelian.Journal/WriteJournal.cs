namespace Carnelian.Journal;

/// <summary>
/// One ordered log of all writes. A unit appends its effects while it holds the locks of its shards, so that the order of the log is the
/// order of execution.
/// </summary>
/// <remarks>
/// Any thread. The lock is short and ranks behind those of the shards. Sinks come and go under all shard locks: what a sink sees begins at
/// a cut. With no sink <see cref="IsActive"/> is false, and units collect nothing. What units collect lies in a <see cref="JournalUnit"/>.
/// </remarks>
public sealed class WriteJournal
{
    private readonly Lock _lock = new();
    private Reader[] _readers = [];

    private sealed class Reader(IJournalSink sink)
    {
        public readonly IJournalSink Sink = sink;

        /// <summary>The database that the sink's stream is in; -1 if that is open.</summary>
        public int Selected = -1;
    }

    /// <summary>Whether anybody reads the journal. Changes under all shard locks only.</summary>
    public bool IsActive { get; private set; }

    /// <summary>Adds a sink. Under all shard locks. Its first unit begins with a SELECT.</summary>
    public void Add(IJournalSink sink)
    {
        lock (_lock)
        {
            _readers = [.. _readers, new Reader(sink)];
            IsActive = true;
        }
    }

    /// <summary>Takes a sink away. Under all shard locks.</summary>
    public void Remove(IJournalSink sink)
    {
        lock (_lock)
        {
            _readers = [.. _readers.Where(reader => reader.Sink != sink)];
            IsActive = _readers.Length != 0;
        }
    }

    /// <summary>Has the next unit begin with a SELECT, for all sinks or for one: somebody begins to read there, such as a new file.</summary>
    public void ForgetDatabase(IJournalSink? sink = null)
    {
        lock (_lock)
        {
            foreach (Reader reader in _readers)
            {
                if (sink == null || reader.Sink == sink)
                    reader.Selected = -1;
            }
        }
    }

    /// <summary>Appends a unit. Under the locks of its shards.</summary>
    internal void Append(JournalUnit unit, bool isTransaction)
    {
        lock (_lock)
        {
            foreach (Reader reader in _readers)
            {
                if (reader.Sink.IsReplication || !unit.HasMessages)
                    Append(reader, unit, isTransaction);
            }
            if (!unit.HasMessages)
                return;
            unit.RemoveMessages(isTransaction);
            foreach (Reader reader in _readers)
            {
                if (!reader.Sink.IsReplication && !unit.IsEmpty)
                    Append(reader, unit, isTransaction);
            }
        }
    }

    /// <summary>Waits until a unit that some sink has got is with all of them.</summary>
    public void PassAppends() => _lock.EnterScope().Dispose();

    private static void Append(Reader reader, JournalUnit unit, bool isTransaction)
    {
        unit.SendTo(reader.Sink, isTransaction, isSelecting: reader.Selected != unit.FirstDatabase);
        reader.Selected = unit.LastDatabase;
    }
}
