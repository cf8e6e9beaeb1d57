using Carnelian.Persistence.Aof;
using Carnelian.Server.Configuration;
using Carnelian.Server.Logging;
using Carnelian.Server.Persistence;
using Carnelian.Threading;

namespace Carnelian.Server.AppendOnly;

/// <summary>
/// The AOF as a whole: its files, who writes them, its rewrites, being switched on and off. See <c>docs/design/aof.md</c>.
/// </summary>
/// <remarks>
/// Its own lock is short, comes after those of shards, and guards the state; files are touched outside of it. Of two threads that change the
/// manifest there is never more than one: the start of the server, or the rewrite that is under way.
/// </remarks>
internal sealed class AppendOnlyFile(ServerInstance server)
{
    private const long MinuteMilliseconds = 60_000;
    private const int FailuresBeforeDelay = 3;
    private const int LongestDelayMinutes = 60;

    private readonly Lock _lock = new();
    private readonly AofDirectory _directory = new(server.Configuration, server.Log);
    private AofManifest _manifest = AofManifest.Empty;
    private volatile AofWriter? _writer;
    private volatile AofRewrite? _rewrite;
    private volatile bool _holdsReplies;
    private volatile bool _isEnabled;
    private volatile bool _starts;
    private bool _isLoaded;
    private bool _waitsForBase;
    private bool _isScheduled;
    private long _fileBytes;
    private long _fileBytesAt;
    private long _lastPosition;
    private long _retryAt;
    private int _delayMinutes;

    /// <summary>What writes the increment; null while there is none. Any thread.</summary>
    public AofWriter? Writer => _writer;

    /// <summary>Whether replies wait for the disk. Any thread.</summary>
    public bool HoldsReplies => _holdsReplies;

    /// <summary>Whether it is switched on, though its first base may not be written yet. Any thread.</summary>
    public bool IsEnabled => _isEnabled;

    /// <summary>Whether it is switched on and its first base is not written yet. Any thread.</summary>
    public bool WaitsForBase => Volatile.Read(ref _waitsForBase);

    /// <summary>Whether a rewrite is under way. Any thread.</summary>
    public bool IsRewriting => _rewrite is { IsAborted: false } || _starts;

    /// <summary>Whether a rewrite is to begin when it can.</summary>
    public bool IsScheduled => Volatile.Read(ref _isScheduled);

    /// <summary>Whether the disk is busy with a rewrite or a save, so that syncs may be left out.</summary>
    public bool IsSaving => _rewrite != null || server.Snapshots.Current != null;

    /// <summary>DEBUG AOF-FLUSH-SLEEP: microseconds that the writer waits before each write.</summary>
    public long FlushSleepMicroseconds { get; set; }

    /// <summary>What INFO tells of rewrites.</summary>
    public AofStatistics Statistics { get; } = new();

    /// <summary>The length of the base and the increments, in bytes.</summary>
    public long CurrentBytes
    {
        get
        {
            lock (_lock)
                return _fileBytes + ((_writer?.Written ?? _lastPosition) - _fileBytesAt);
        }
    }

    /// <summary>The position of the end of all that was ever appended. Any thread.</summary>
    public long Position => _writer?.Appended ?? Volatile.Read(ref _lastPosition);

    /// <summary>Whether all that was appended up to a position is safe on the disk. Any thread.</summary>
    public bool IsOnDisk(long position) => _writer is { } writer && !WaitsForBase && writer.Synced >= position;

    /// <summary>When the rewrite that is under way began, in milliseconds of Unix time; -1 if there is none.</summary>
    public long RewriteStartedAt => _rewrite?.StartedAt ?? -1;

    /// <summary>The manifest in force.</summary>
    private AofManifest Manifest
    {
        get
        {
            lock (_lock)
                return _manifest;
        }
    }

    // --- start and end --------------------------------------------------------------------------------------------

    /// <summary>Whether there is something on disk to load.</summary>
    public bool HasFiles => _directory.HasFiles;

    /// <summary>Reads the manifest and loads the files, when the server starts.</summary>
    /// <returns>False if they cannot be loaded; the log says why.</returns>
    public bool TryLoadAtStart()
    {
        if (_directory.ReadManifest() is not { } manifest)
            return false;
        if (_directory.NeedsUpgrade(manifest))
        {
            if (_directory.Upgrade(manifest) is not { } upgraded)
                return false;
            manifest = upgraded;
        }
        _manifest = manifest;
        _isLoaded = true;
        return TryLoad(holdsAllLocks: false) != AofLoadResult.Failed;
    }

    /// <summary>Loads the files of the manifest into the empty databases.</summary>
    /// <param name="holdsAllLocks">Whether the caller does.</param>
    public AofLoadResult TryLoad(bool holdsAllLocks)
    {
        using var loader = new AofLoader(server, _directory, holdsAllLocks);
        return loader.Load(Manifest);
    }

    /// <summary>Makes or opens the files to write to, after the load.</summary>
    /// <returns>False if that fails; the log says why.</returns>
    public bool TryOpenAtStart()
    {
        if (!server.Configuration.AppendOnly)
            return true;
        if (!_isLoaded)
            return TrySwitchOnAtStart();
        AofManifest manifest = _manifest;
        if (!_directory.TryCreate())
            return false;
        if (manifest.Base == null && manifest.Increments.Count == 0)
        {
            bool usesRdb = server.Configuration.AofUseRdbPreamble;
            string name = _directory.Names.Base(manifest.BaseSequence + 1, usesRdb);
            server.Log.Write(LogLevel.Notice, $"Creating AOF base file {name} on server start");
            if (!TryWriteFirstBase(name, usesRdb))
                return false;
            manifest = manifest.WithBase(name, 0);
        }
        string increment = manifest.Increments.Count != 0 ? manifest.Increments[^1].Name : _directory.Names.Increment(manifest.IncrementSequence + 1);
        bool isNew = manifest.Increments.Count == 0;
        server.Log.Write(LogLevel.Notice, $"{(isNew ? "Creating" : "Opening")} AOF incr file {increment} on server start");
        AppendFile? file = _directory.TryOpen(increment, isNew);
        if (file == null)
            return false;
        if (isNew)
            manifest = manifest.WithIncrement(increment);
        if (manifest != _manifest && !_directory.TryWrite(manifest))
        {
            file.Dispose();
            return false;
        }
        _manifest = _directory.RemoveHistory(manifest);
        _isEnabled = true;
        CountBytes();
        Statistics.BaseBytes = _manifest.Base == null ? 0 : _directory.LengthOf(_manifest.Base.Name);
        server.Keyspace.Locks.AcquireAll();
        Attach(file);
        server.Keyspace.Locks.ReleaseAll();
        return true;
    }

    /// <summary>Switches on what was asked for while an RDB file was loaded.</summary>
    private bool TrySwitchOnAtStart()
    {
        server.Keyspace.Locks.AcquireAll();
        bool isOn = TrySwitchOn();
        server.Keyspace.Locks.ReleaseAll();
        return isOn;
    }

    private bool TryWriteFirstBase(string name, bool usesRdb)
    {
        using AppendFile? file = _directory.TryOpen(name, isNew: true);
        if (file == null)
            return false;
        using IAofBase @base = usesRdb ? new RdbBase(server) : new CommandBase(server);
        server.Keyspace.Locks.AcquireAll();
        SnapshotRun run = @base.TryCut()!;
        server.Keyspace.Locks.ReleaseAll();
        string? error = @base.WriteTo(file) ? file.Sync() : @base.Error;
        run.End();
        server.Snapshots.Release(run);
        if (error != null)
            server.Log.Write(LogLevel.Warning, $"Write error writing append only file on disk: {error}");
        return error == null;
    }

    /// <summary>Writes and syncs the rest, as the server ends. Under all locks.</summary>
    public void End()
    {
        _rewrite?.Abort();
        if (_writer is not { } writer)
            return;
        server.Log.Write(LogLevel.Notice, "Calling fsync() on the AOF file.");
        _ = writer.Flush(syncs: true);
    }

    /// <summary>Ends the threads of a rewrite and of the writer and waits for them. Without locks.</summary>
    public void Dispose()
    {
        server.Keyspace.Locks.AcquireAll();
        AofRewrite? rewrite = _rewrite;
        rewrite?.Abort();
        server.Keyspace.Locks.ReleaseAll();
        rewrite?.Join();
        AofWriter? writer = _writer;
        if (writer == null)
            return;
        writer.Close();
        writer.Join();
        _writer = null;
    }

    // --- on and off -----------------------------------------------------------------------------------------------

    /// <summary>Takes CONFIG SET over. Under all locks.</summary>
    /// <returns>The error, or null.</returns>
    public string? Apply(ServerConfiguration configuration)
    {
        // At the end of the load the server looks whether it is to be switched on.
        if (server.Loader.IsStarting && _writer == null)
            return null;
        if (configuration.AppendOnly && !_isEnabled)
        {
            if (!TrySwitchOn())
                return "Unable to turn on AOF. Check server logs.";
        }
        else if (!configuration.AppendOnly && _isEnabled)
        {
            SwitchOff();
        }
        _holdsReplies = _writer != null && configuration.AppendFsync == AppendFsync.Always;
        _writer?.WakeNow();
        return null;
    }

    /// <summary>Removes history where a change of <c>aof-disable-auto-gc</c> allows it again. Under all locks; this waits for the file system.</summary>
    public string? ApplyRemoval(ServerConfiguration configuration)
    {
        if (_rewrite == null)
            SetManifest(_directory.RemoveHistory(Manifest));
        return null;
    }

    private bool TrySwitchOn()
    {
        if (!_directory.TryCreate())
            return false;
        if (_manifest == AofManifest.Empty && _directory.ReadManifest() is { } manifest)
            _manifest = manifest;
        _isEnabled = true;
        Volatile.Write(ref _waitsForBase, true);
        if (IsSaving)
            server.LogSoon("AOF was enabled but there is already another background operation. An AOF background was scheduled to start when possible.");
        Schedule();
        return true;
    }

    private void SwitchOff()
    {
        _isEnabled = false;
        Volatile.Write(ref _waitsForBase, false);
        _holdsReplies = false;
        Volatile.Write(ref _isScheduled, false);
        if (_writer is { } writer)
        {
            lock (_lock)
                _lastPosition = writer.Appended;
            server.Journal.Remove(writer);
            _writer = null;
            writer.Close();
        }
        server.SetCondition(Execution.ServerCondition.AofFails, false);
        server.Replication.Waits.EndServed();
        if (_rewrite is { } rewrite)
        {
            server.LogSoon($"Killing running AOF rewrite child: {Environment.ProcessId}");
            rewrite.Abort();
        }
    }

    /// <summary>Why a command is refused while the file cannot be written.</summary>
    /// <param name="isConcerned">Whether the command is one that is refused then.</param>
    /// <returns>The error, or null.</returns>
    public string? Refuse(bool isConcerned) => isConcerned && _writer?.Error is { } error ? $"MISCONF Errors writing to the AOF file: {error}" : null;

    /// <summary>Has a new writer take what comes from now on. Under all locks.</summary>
    private void Attach(AppendFile file)
    {
        var writer = new AofWriter(server, file, _lastPosition);
        server.Journal.Add(writer);
        _writer = writer;
        _holdsReplies = server.Configuration.AppendFsync == AppendFsync.Always;
        writer.Start();
    }

    // --- rewrites -------------------------------------------------------------------------------------------------

    /// <summary>Starts a rewrite, now or when it can. Any thread.</summary>
    /// <param name="isNow">Whether it has started.</param>
    /// <returns>False if there is one already.</returns>
    public bool TryRewrite(out bool isNow)
    {
        isNow = false;
        if (IsRewriting)
            return false;
        _delayMinutes = 0;
        lock (_lock)
        {
            // One that was given up is still on its way out: the new one begins when it is gone.
            if (_rewrite is { IsAborted: true })
                isNow = _starts = true;
        }
        isNow |= server.Snapshots.Current == null && TryStart();
        if (!isNow)
            Volatile.Write(ref _isScheduled, true);
        return true;
    }

    /// <summary>Starts a rewrite as soon as it can. Any thread.</summary>
    /// <param name="soon">Whether at once is not too early.</param>
    public void Schedule(bool soon = true)
    {
        Volatile.Write(ref _isScheduled, true);
        if (soon && server.Snapshots.Current == null)
            _ = TryStart();
    }

    /// <summary>What is to be done in the course of time, on the first loop.</summary>
    public void RunCron()
    {
        if (IsSaving)
            return;
        if (IsScheduled)
        {
            if (!IsDelayed())
                _ = TryStart();
            return;
        }
        ServerConfiguration configuration = server.Configuration;
        if (!_isEnabled || configuration.AutoAofRewritePercentage == 0)
            return;
        long current = CurrentBytes;
        if (current <= configuration.AutoAofRewriteMinSize)
            return;
        long growth = (long)(current * 100.0 / Math.Max(Statistics.BaseBytes, 1)) - 100;
        if (growth < configuration.AutoAofRewritePercentage || IsDelayed())
            return;
        server.Log.Write(LogLevel.Notice, $"Starting automatic rewriting of AOF on {growth}% growth");
        _ = TryStart();
    }

    private bool IsDelayed()
    {
        if (Statistics.Failures < FailuresBeforeDelay)
            return false;
        long now = Clock.Latest;
        if (_delayMinutes == 0 || now >= _retryAt)
        {
            bool isFirst = _delayMinutes == 0;
            _delayMinutes = isFirst ? 1 : Math.Min(_delayMinutes * 2, LongestDelayMinutes);
            _retryAt = now + _delayMinutes * MinuteMilliseconds;
            server.Log.Write(LogLevel.Warning, $"Background AOF rewrite has repeatedly failed and triggered the limit, will retry in {_delayMinutes} minutes");
            return isFirst;
        }
        return true;
    }

    private bool TryStart()
    {
        var rewrite = new AofRewrite(server, this);
        if (Interlocked.CompareExchange(ref _rewrite, rewrite, null) != null)
            return false;
        Volatile.Write(ref _isScheduled, false);
        Statistics.Rewrites++;
        rewrite.Start();
        return true;
    }

    /// <summary>Makes the increment that begins at the cut of a rewrite. The rewrite's thread, before the cut.</summary>
    /// <param name="increment">The increment; null if the AOF is off, so that there is a base only.</param>
    /// <returns>False if that fails.</returns>
    public bool TryPrepareIncrement(out AppendFile? increment)
    {
        increment = null;
        if (!_directory.TryCreate())
            return false;
        if (!_isEnabled)
            return true;
        AofManifest manifest = Manifest;
        string name = _waitsForBase ? _directory.Names.TemporaryIncrement : _directory.Names.Increment(manifest.IncrementSequence + 1);
        server.Log.Write(LogLevel.Notice, $"Creating AOF incr file {name} on background rewrite");
        // One that is left over may still be written to: it keeps what it has, under no name.
        AofDirectory.Remove(_directory.PathOf(name));
        increment = _directory.TryOpen(name, isNew: true);
        if (increment == null)
            return false;
        if (_waitsForBase)
            return true;
        manifest = manifest.WithIncrement(name);
        if (!_directory.TryWrite(manifest))
        {
            increment.Dispose();
            increment = null;
            AofDirectory.Remove(_directory.PathOf(name));
            return false;
        }
        SetManifest(manifest);
        return true;
    }

    /// <summary>Has what comes from now on go into a new increment. Under all locks, at the cut.</summary>
    /// <param name="increment">The file, which is taken over.</param>
    public void BeginIncrement(AppendFile increment)
    {
        if (!_isEnabled)
        {
            increment.Dispose();
            return;
        }
        if (_writer == null)
        {
            Attach(increment);
            return;
        }
        _writer.Switch(increment);
        server.Journal.ForgetDatabase(_writer);
    }

    /// <summary>Puts a base that is written in the place of the old one. The rewrite's thread.</summary>
    /// <returns>False if that fails.</returns>
    public bool TryPublish(string temporaryPath, bool isRdb)
    {
        server.Log.Write(LogLevel.Notice, "Background AOF rewrite terminated with success");
        AofManifest manifest = Manifest;
        string name = _directory.Names.Base(manifest.BaseSequence + 1, isRdb);
        if (!_directory.TryRename(temporaryPath, name, "base"))
            return false;
        bool isEnabled = _isEnabled, isFirst = _waitsForBase;
        if (isFirst)
        {
            string increment = _directory.Names.Increment(manifest.IncrementSequence + 1);
            if (!_directory.TryRename(_directory.PathOf(_directory.Names.TemporaryIncrement), increment, "incr"))
            {
                AofDirectory.Remove(_directory.PathOf(name));
                return false;
            }
            manifest = manifest.WithIncrement(increment);
        }
        manifest = manifest.WithBase(name, isEnabled ? 1 : 0);
        if (!_directory.TryWrite(manifest))
        {
            AofDirectory.Remove(_directory.PathOf(name));
            return false;
        }
        SetManifest(manifest);
        if (isFirst)
        {
            Volatile.Write(ref _waitsForBase, false);
            server.Replication.Waits.EndServed();
        }
        SetManifest(_directory.RemoveHistory(manifest));
        CountBytes();
        Statistics.BaseBytes = CurrentBytes;
        server.Log.Write(LogLevel.Notice, "Background AOF rewrite finished successfully");
        return true;
    }

    /// <summary>Takes note of the end of a rewrite. The rewrite's thread.</summary>
    public void OnRewriteEnded(AofRewrite rewrite, bool isDone)
    {
        bool isAborted = rewrite.IsAborted;
        Statistics.LastRewriteSeconds = (Clock.Sample() - rewrite.StartedAt) / 1000;
        if (isDone)
        {
            Statistics.Failures = 0;
            _delayMinutes = 0;
        }
        else if (isAborted)
        {
            server.Log.Write(LogLevel.Warning, "Background AOF rewrite terminated by signal 10");
        }
        else
        {
            Statistics.Failures++;
            server.Log.Write(LogLevel.Warning, "Background AOF rewrite terminated with error");
        }
        if (!isAborted)
            Statistics.IsLastRewriteGood = isDone;
        // The first base has to be written some time.
        if (!isDone && _waitsForBase)
        {
            server.Log.Write(LogLevel.Notice, $"Removing the temp incr aof file {_directory.Names.TemporaryIncrement} in the background");
            AofDirectory.Remove(_directory.PathOf(_directory.Names.TemporaryIncrement));
            Volatile.Write(ref _isScheduled, true);
        }
        lock (_lock)
        {
            _rewrite = _starts ? new AofRewrite(server, this) : null;
            _starts = false;
        }
        if (_rewrite == null)
            return;
        Statistics.Rewrites++;
        _rewrite.Start();
    }

    private void SetManifest(AofManifest manifest)
    {
        lock (_lock)
            _manifest = manifest;
    }

    private void CountBytes()
    {
        long bytes = 0;
        foreach (AofFile file in Manifest.Files)
            bytes += _directory.LengthOf(file.Name);
        lock (_lock)
        {
            _fileBytes = bytes;
            _fileBytesAt = _writer?.Written ?? _lastPosition;
        }
    }
}
