using Carnelian.Server.Configuration;
using Carnelian.Server.Logging;
using Carnelian.Storage;
using Carnelian.Storage.Snapshots;
using Carnelian.Threading;

namespace Carnelian.Server.AppendOnly;

/// <summary>
/// One rewrite of the AOF: a new base from a snapshot, with the increment behind it that begins at the cut. On a thread of its own.
/// </summary>
/// <remarks>What it changes for good, it changes by <see cref="AppendOnlyFile"/>. A rewrite that fails or is given up leaves no file behind.</remarks>
internal sealed class AofRewrite
{
    private const long WriteFrom = 1 << 20;
    private const long SyncEvery = 4 << 20;
    private const long NanosecondsPerMicrosecond = 1000;

    private readonly ServerInstance _server;
    private readonly AppendOnlyFile _owner;
    private readonly AofDirectory _directory;
    private readonly string _temporaryPath = $"temp-rewriteaof-bg-{Environment.ProcessId}.aof";
    private long _synced;
    private volatile bool _isAborted;

    public AofRewrite(ServerInstance server, AppendOnlyFile owner, AofDirectory directory)
    {
        _server = server;
        _owner = owner;
        _directory = directory;
        UsesRdb = server.Configuration.AofUseRdbPreamble && RdbPreamble.CanWrite;
    }

    /// <summary>When it began, in milliseconds of Unix time.</summary>
    public long StartedAt { get; } = Clock.Sample();

    /// <summary>Whether the base is an RDB file.</summary>
    public bool UsesRdb { get; }

    /// <summary>Starts the thread.</summary>
    public void Start() => new Thread(Run, 1 << 20) { Name = "aof_rewrite", IsBackground = true }.Start();

    /// <summary>Gives the rewrite up. Any thread.</summary>
    public void Abort() => _isAborted = true;

    private void Run()
    {
        bool isDone = false;
        try
        {
            isDone = TryRun();
        }
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            _server.Log.Write(LogLevel.Warning, $"Internal error in the rewrite of the AOF: {e}");
        }
        if (!isDone)
            AofDirectory.Remove(_temporaryPath);
        _owner.OnRewriteEnded(this, isDone, _isAborted);
        Carnelian.Memory.NativeHeap.ReleaseThread();
    }

    private bool TryRun()
    {
        if (!_owner.TryPrepareIncrement(out AppendFile? increment))
            return false;
        using var sink = new CommandBase();
        if (_server.Configuration.AofTimestampEnabled)
            sink.AddTimestamp();
        Snapshot? snapshot = Cut(sink, increment);
        if (snapshot == null)
            return false;
        _server.Log.Write(LogLevel.Notice, $"Background append only file rewriting started by pid {Environment.ProcessId}");
        try
        {
            if (!TryWriteBase(snapshot, sink))
                return false;
        }
        finally
        {
            snapshot.End();
        }
        _server.Log.Write(LogLevel.Notice, $"Successfully created the temporary AOF base file {_temporaryPath}");
        return !_isAborted && _owner.TryPublish(_temporaryPath, UsesRdb);
    }

    private Snapshot? Cut(CommandBase sink, AppendFile? increment)
    {
        ShardLocks locks = _server.Keyspace.Locks;
        locks.AcquireAll();
        Snapshot? snapshot = null;
        if (!_isAborted && _server.Keyspace.Snapshot == null)
        {
            if (increment != null)
                _owner.BeginIncrement(increment);
            snapshot = Snapshot.Cut(_server.Keyspace, sink);
        }
        locks.ReleaseAll();
        if (snapshot == null)
            increment?.Dispose();
        return snapshot;
    }

    private bool TryWriteBase(Snapshot snapshot, CommandBase sink)
    {
        using AppendFile? file = TryOpenBase();
        if (file == null)
            return false;
        long delayed = 0;
        string? error = null;
        while (error == null && !_isAborted && snapshot.Step())
        {
            if (sink.WaitingBytes >= WriteFrom)
                error = Write(sink, file);
            Delay(snapshot.Walked, ref delayed);
        }
        error ??= sink.MoveTo(file) ?? file.Sync();
        if (error != null)
            _server.Log.Write(LogLevel.Warning, $"Write error writing append only file on disk: {error}");
        return error == null && !_isAborted && !snapshot.IsAborted;
    }

    private AppendFile? TryOpenBase()
    {
        try
        {
            return AppendFile.Open(_temporaryPath, isNew: true);
        }
        catch (Exception e) when (SystemError.Is(e))
        {
            _server.Log.Write(LogLevel.Warning, $"Opening the temp file for AOF rewrite in rewriteAppendOnlyFile(): {SystemError.TextOf(e)}");
            return null;
        }
    }

    private string? Write(CommandBase sink, AppendFile file)
    {
        if (sink.MoveTo(file) is { } error)
            return error;
        if (!_server.Configuration.AofRewriteIncrementalFsync || file.Length - _synced < SyncEvery)
            return null;
        // The kernel gets its work in small pieces: one large sync at the end would hold up those of the increment.
        _synced = file.Length;
        return file.Sync();
    }

    /// <summary>What tests ask for by <c>rdb-key-save-delay</c>: microseconds a key, or if negative keys a microsecond.</summary>
    private void Delay(long keys, ref long delayed)
    {
        int delay = _server.Configuration.RdbKeySaveDelay;
        if (delay == 0)
            return;
        long due = delay > 0 ? (keys - delayed) * delay : (keys - delayed) / -(long)delay;
        if (due == 0)
            return;
        delayed = keys;
        long end = Clock.Nanoseconds + due * NanosecondsPerMicrosecond;
        while (Clock.Nanoseconds < end && !_isAborted)
            Thread.Sleep(TimeSpan.FromMicroseconds(Math.Clamp((end - Clock.Nanoseconds) / NanosecondsPerMicrosecond, 1, 10_000)));
    }
}
