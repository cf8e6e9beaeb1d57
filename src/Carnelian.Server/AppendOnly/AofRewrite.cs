using Carnelian.Server.Configuration;
using Carnelian.Server.Hosting;
using Carnelian.Server.Logging;
using Carnelian.Server.Persistence;
using Carnelian.Storage;
using Carnelian.Threading;

namespace Carnelian.Server.AppendOnly;

/// <summary>
/// One rewrite of the AOF: a new base from a snapshot, with the increment behind it that begins at the cut. On a thread of its own.
/// </summary>
/// <remarks>What it changes for good, it changes by <see cref="AppendOnlyFile"/>. A rewrite that fails or is given up leaves no base behind.</remarks>
internal sealed class AofRewrite(ServerInstance server, AppendOnlyFile owner)
{
    private readonly string _temporaryPath = $"temp-rewriteaof-bg-{Environment.ProcessId}.aof";
    private readonly bool _usesRdb = server.Configuration.AofUseRdbPreamble;
    private Thread? _thread;
    private SnapshotRun? _run;
    private volatile bool _isAborted;

    /// <summary>When it began, in milliseconds of Unix time.</summary>
    public long StartedAt { get; } = Clock.Sample();

    /// <summary>Whether it was given up, though its thread may not have ended. Any thread.</summary>
    public bool IsAborted => _isAborted;

    /// <summary>Starts the thread.</summary>
    public void Start()
    {
        _thread = new Thread(Run, 1 << 20) { Name = "aof_rewrite", IsBackground = true };
        _thread.Start();
    }

    /// <summary>Waits for the thread, if it has been started.</summary>
    public void Join() => _thread?.Join();

    /// <summary>Gives the rewrite up. Under all locks.</summary>
    public void Abort()
    {
        _isAborted = true;
        _run?.Abort();
    }

    private void Run()
    {
        CoreList.Bind("aof-rewrite-cpulist", server.Configuration.AofRewriteCpuList, server.Log);
        bool isDone = false;
        try
        {
            isDone = TryRun();
        }
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            server.Log.Write(LogLevel.Warning, $"Internal error in the rewrite of the AOF: {e}");
        }
        if (!isDone)
            AofDirectory.Remove(_temporaryPath);
        owner.OnRewriteEnded(this, isDone);
        Carnelian.Memory.NativeHeap.ReleaseThread();
    }

    private bool TryRun()
    {
        if (!owner.TryPrepareIncrement(out AppendFile? increment))
            return false;
        using IAofBase @base = _usesRdb ? new RdbBase(server) : new CommandBase(server);
        if (!TryCut(@base, increment) || _run is not { } run)
            return false;
        server.Log.Write(LogLevel.Notice, $"Background append only file rewriting started by pid {Environment.ProcessId}");
        try
        {
            if (!TryWrite(@base))
                return false;
        }
        finally
        {
            run.End();
            server.Snapshots.Release(run);
        }
        server.Log.Write(LogLevel.Notice, $"Successfully created the temporary AOF base file {_temporaryPath}");
        long megabytes = run.PeakBytes >> 20;
        server.Log.Write(LogLevel.Notice, $"Fork CoW for AOF rewrite: current {run.EarlyBytes >> 20} MB, peak {megabytes} MB, average {megabytes / 2} MB");
        return !_isAborted && owner.TryPublish(_temporaryPath, _usesRdb);
    }

    private bool TryCut(IAofBase @base, AppendFile? increment)
    {
        ShardLocks locks = server.Keyspace.Locks;
        locks.AcquireAll();
        _run = _isAborted ? null : @base.TryCut();
        bool isCut = _run != null;
        if (isCut && increment != null)
            owner.BeginIncrement(increment);
        locks.ReleaseAll();
        if (!isCut)
            increment?.Dispose();
        return isCut;
    }

    private bool TryWrite(IAofBase @base)
    {
        AppendFile file;
        try
        {
            file = AppendFile.Open(_temporaryPath, isNew: true);
        }
        catch (Exception e) when (SystemError.Is(e))
        {
            server.Log.Write(LogLevel.Warning, $"Opening the temp file for AOF rewrite in rewriteAppendOnlyFile(): {SystemError.TextOf(e)}");
            return false;
        }
        using (file)
        {
            bool isWhole = @base.WriteTo(file);
            string? error = isWhole ? file.Sync() : @base.Error;
            if (error != null)
                server.Log.Write(LogLevel.Warning, $"Write error writing append only file on disk: {error}");
            return isWhole && error == null && !_isAborted;
        }
    }
}
