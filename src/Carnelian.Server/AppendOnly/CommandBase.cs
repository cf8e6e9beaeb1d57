using System.Text;
using Carnelian.Persistence.Aof;
using Carnelian.Storage;
using Carnelian.Storage.Snapshots;
using Carnelian.Threading;

namespace Carnelian.Server.AppendOnly;

/// <summary>Takes the keys of a snapshot as commands: the base of an AOF where <c>aof-use-rdb-preamble</c> is off.</summary>
/// <remarks>Keys come in under the locks of their shards, on any thread; the thread that walks takes them out.</remarks>
internal sealed class CommandBase : ISnapshotSink, IDisposable
{
    private readonly Lock _lock = new();
    private CommandBuffer _incoming = new();
    private CommandBuffer _outgoing = new();
    private int _selected = -1;
    private long _keys;

    /// <summary>Bytes that wait to be written. Any thread.</summary>
    public long WaitingBytes
    {
        get
        {
            lock (_lock)
                return (long)_incoming.Length;
        }
    }

    /// <summary>Keys that have come in. Any thread.</summary>
    public long Keys => Volatile.Read(ref _keys);

    /// <summary>Says in the file when it was made.</summary>
    public void AddTimestamp()
    {
        lock (_lock)
            _incoming.AddRaw(Encoding.ASCII.GetBytes($"#TS:{Clock.Sample() / 1000}\r\n"));
    }

    /// <inheritdoc/>
    public void Save(int database, int shard, Entry entry, bool isEarly)
    {
        lock (_lock)
        {
            if (database != _selected)
            {
                _selected = database;
                _incoming.Begin(2);
                _incoming.Add("SELECT"u8);
                _incoming.Add(database);
            }
            EntryCommands.Write(_incoming, entry);
            _keys++;
        }
    }

    /// <summary>Writes what has come in.</summary>
    /// <returns>The system's error, or null.</returns>
    public string? MoveTo(AppendFile file)
    {
        lock (_lock)
            (_incoming, _outgoing) = (_outgoing, _incoming);
        for (nuint position = 0; position < _outgoing.Length;)
        {
            ReadOnlySpan<byte> part = _outgoing.From(position);
            if (file.Append(part, out _) is { } error)
                return error;
            position += (nuint)part.Length;
        }
        _outgoing.Clear();
        return null;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _incoming.Dispose();
        _outgoing.Dispose();
    }
}
