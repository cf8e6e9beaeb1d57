using Carnelian.Memory;
using Carnelian.Persistence.Rdb;
using Carnelian.Server.Configuration;
using Carnelian.Server.Hosting;
using Carnelian.Threading;

namespace Carnelian.Server.Persistence;

/// <summary>BGSAVE and the save points: the data set at one cut goes to the file <c>dbfilename</c> while clients go on.</summary>
/// <remarks>
/// A save begins under all locks, has a thread of its own and ends on the main loop, where Valkey takes note that its child process has ended.
/// </remarks>
internal sealed class BackgroundSave(ServerInstance server) : IDisposable
{
    /// <summary>After a failure the next save by itself comes after so many seconds at least.</summary>
    private const long RetrySeconds = 5;

    private static int s_files;

    private Thread? _thread;
    private RdbImage? _image;
    private long _changesAtCut;
    private long _triedAt;
    private volatile bool _isCancelled;

    private enum Outcome
    {
        Good,
        Failed,
        Cancelled,
    }

    /// <summary>Whether a save is to begin as soon as there is no other snapshot.</summary>
    public bool IsScheduled { get; set; }

    /// <summary>For how many seconds the present save has run; -1 if there is none.</summary>
    public long CurrentSeconds => _image is { } image ? (Clock.Nanoseconds - image.Run.StartedAt) / 1_000_000_000 : -1;

    /// <summary>Begins a save. Under all locks, without another snapshot.</summary>
    public void Start()
    {
        IsScheduled = false;
        server.Saves.Count++;
        _changesAtCut = server.Saves.TotalChanges;
        _triedAt = Clock.Latest / 1000;
        _isCancelled = false;
        RdbImage image = RdbImage.TryCut(server, SnapshotPurpose.Save, RdbProfile.All[(int)server.Configuration.RdbFormat])!;
        _image = image;
        _thread = new Thread(() => Save(image), 1 << 20) { Name = "bgsave", IsBackground = true };
        _thread.Start();
    }

    /// <summary>Gives the present save up, if there is one. Under all locks.</summary>
    /// <returns>Whether there was one.</returns>
    public bool Cancel()
    {
        if (_image == null || _image.Run.IsAborted)
            return false;
        _isCancelled = true;
        _image.Run.Abort();
        return true;
    }

    /// <summary>Gives the present save up and waits for its thread. Without locks, not on the main loop.</summary>
    public void Dispose()
    {
        server.Keyspace.Locks.AcquireAll();
        Cancel();
        server.Keyspace.Locks.ReleaseAll();
        _thread?.Join();
    }

    /// <summary>Begins a save if one is due. On the main loop, without locks.</summary>
    public void RunCron()
    {
        if (server.Snapshots.Current != null)
            return;
        if (IsScheduled)
        {
            if (MayTry())
                StartUnderLocks();
            return;
        }
        if (server.Configuration.SavePoints.Length == 0)
            return;
        long changes = server.Saves.Changes;
        long seconds = Clock.Latest / 1000 - server.Saves.LastSave;
        foreach (SavePoint point in server.Configuration.SavePoints)
        {
            if (changes < point.Changes || seconds <= point.Seconds || !MayTry())
                continue;
            server.Log.Write(LogLevel.Notice, $"{point.Changes} changes in {point.Seconds} seconds. Saving...");
            StartUnderLocks();
            return;
        }
    }

    private bool MayTry() => server.Saves.IsGood || Clock.Latest / 1000 - _triedAt > RetrySeconds;

    private void StartUnderLocks()
    {
        server.Keyspace.Locks.AcquireAll();
        if (server.Snapshots.Current == null)
            Start();
        server.Keyspace.Locks.ReleaseAll();
    }

    // --- on the thread of the save --------------------------------------------------------------------------------

    private void Save(RdbImage image)
    {
        CoreList.Bind("bgsave-cpulist", server.Configuration.BackgroundSaveCpuList, server.Log);
        server.Log.Write(LogLevel.Notice, $"Background saving started by pid {Environment.ProcessId}");
        Outcome outcome;
        try
        {
            outcome = TrySave(image) ? Outcome.Good : _isCancelled ? Outcome.Cancelled : Outcome.Failed;
        }
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            server.Log.Write(LogLevel.Warning, $"Internal error while saving the DB: {e}");
            outcome = Outcome.Failed;
        }
        // Whatever went wrong, nobody may save into the sink any more.
        image.Run.End();
        image.Dispose();
        NativeHeap.ReleaseThread();
        server.Loops.Main.Post(() => OnEnded(image, outcome));
    }

    private bool TrySave(RdbImage image)
    {
        ServerConfiguration configuration = server.Configuration;
        // A name of its own: a save in the foreground may begin while one that was cancelled still goes away.
        string temporary = $"temp-{Environment.ProcessId}-{Interlocked.Increment(ref s_files)}.rdb", name = configuration.DbFileName;
        using (var file = new RdbFile(temporary, configuration.RdbSaveIncrementalFsync))
        {
            bool isWhole = file.FailedStep == null && image.WriteTo(file, ("aof-base", "0"));
            if (file.FailedStep == null && !isWhole)
            {
                if (image.Obstacle is { } obstacle)
                    server.Log.Write(LogLevel.Warning, $"Cannot save the DB: {obstacle}");
                return false;
            }
            if (!file.TryCommit(name))
            {
                server.Log.Write(LogLevel.Warning, DataSaver.Describe(file, name));
                return false;
            }
        }
        long megabytes = image.Run.PeakBytes >> 20;
        server.Log.Write(LogLevel.Notice, "DB saved on disk");
        server.Log.Write(LogLevel.Notice, $"Fork CoW for RDB: current {image.Run.EarlyBytes >> 20} MB, peak {megabytes} MB, average {megabytes / 2} MB");
        return true;
    }

    // --- on the main loop -----------------------------------------------------------------------------------------

    private void OnEnded(RdbImage image, Outcome outcome)
    {
        SaveState saves = server.Saves;
        saves.LastSeconds = (Clock.Nanoseconds - image.Run.StartedAt) / 1_000_000_000;
        switch (outcome)
        {
            case Outcome.Good:
                server.Log.Write(LogLevel.Notice, "Background saving terminated with success");
                saves.NoteSaved(_changesAtCut);
                saves.LastExtraBytes = image.Run.PeakBytes;
                break;
            case Outcome.Cancelled:
                server.Log.Write(LogLevel.Warning, "Background saving terminated by signal 10");
                break;
            default:
                server.Log.Write(LogLevel.Warning, "Background saving error");
                saves.NoteFailed();
                break;
        }
        _image = null;
        server.Snapshots.Release(image.Run);
        server.UpdateWriteRefusal();
    }
}
