using System.Text;
using Carnelian.Persistence.Aof;
using Carnelian.Server.Persistence;
using Carnelian.Storage;
using Carnelian.Storage.Snapshots;
using Carnelian.Threading;

namespace Carnelian.Server.AppendOnly;

/// <summary>A base that consists of commands: <c>aof-use-rdb-preamble no</c>.</summary>
/// <remarks>Keys come in under the locks of their shards, on any thread; the thread that walks takes them out.</remarks>
internal sealed class CommandBase(ServerInstance server) : IAofBase, ISnapshotSink
{
    private const long WriteFrom = 256 << 10;

    private readonly Lock _lock = new();
    private CommandBuffer _incoming = new();
    private CommandBuffer _outgoing = new();
    private SnapshotRun? _run;
    private int _selected = -1;
    private long _earlyBytes;

    /// <inheritdoc/>
    public string? Error { get; private set; }

    /// <inheritdoc/>
    public long EarlyBytes => Volatile.Read(ref _earlyBytes);

    private long WaitingBytes
    {
        get
        {
            lock (_lock)
                return (long)_incoming.Length;
        }
    }

    /// <inheritdoc/>
    public SnapshotRun? TryCut()
    {
        if (server.Configuration.AofTimestampEnabled)
            _incoming.AddRaw(Encoding.ASCII.GetBytes($"#TS:{Clock.Sample() / 1000}\r\n"));
        return _run = server.Snapshots.TryCut(SnapshotPurpose.AppendOnlyBase, this);
    }

    /// <inheritdoc/>
    public void Save(int database, int shard, Entry entry, bool isEarly)
    {
        lock (_lock)
        {
            nuint before = _incoming.Length;
            if (database != _selected)
            {
                _selected = database;
                _incoming.Begin(2);
                _incoming.Add("SELECT"u8);
                _incoming.Add(database);
            }
            EntryCommands.Write(_incoming, entry);
            if (isEarly)
                Volatile.Write(ref _earlyBytes, _earlyBytes + (long)(_incoming.Length - before));
        }
    }

    /// <inheritdoc/>
    public bool WriteTo(AppendFile file)
    {
        var output = new BaseOutput(file, server.Configuration.AofRewriteIncrementalFsync);
        while (output.Error == null && _run!.Step())
        {
            if (WaitingBytes >= WriteFrom)
                MoveTo(output);
        }
        if (!_run!.IsAborted)
            MoveTo(output);
        Error = output.Error;
        return Error == null && !_run.IsAborted;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _incoming.Dispose();
        _outgoing.Dispose();
    }

    private void MoveTo(BaseOutput output)
    {
        long early;
        lock (_lock)
        {
            (_incoming, _outgoing) = (_outgoing, _incoming);
            early = _earlyBytes;
        }
        for (nuint position = 0; position < _outgoing.Length;)
        {
            ReadOnlySpan<byte> part = _outgoing.From(position);
            output.Write(part);
            position += (nuint)part.Length;
        }
        _outgoing.Clear();
        _run!.NoteProgress();
        // They count until they are written: whoever writes faster than this must see that.
        lock (_lock)
            Volatile.Write(ref _earlyBytes, _earlyBytes - early);
    }
}
