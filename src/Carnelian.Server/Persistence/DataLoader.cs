using System.Diagnostics;
using System.Globalization;
using Carnelian.Persistence.Rdb;
using Carnelian.Server.Configuration;
using Carnelian.Server.Execution;
using Carnelian.Server.Logging;
using Carnelian.Threading;
using Microsoft.Win32.SafeHandles;

namespace Carnelian.Server.Persistence;

/// <summary>Brings what is on disk into the keyspace: at start, and for DEBUG RELOAD.</summary>
/// <remarks>On the thread that starts the server, or on the loop that runs the command.</remarks>
internal sealed class DataLoader(ServerInstance server)
{
    private const int MostThreads = 16;

    private LoadProgress? _running;
    private long _startedAt;

    /// <summary>What is being loaded now, or null.</summary>
    public LoadProgress? Running => Volatile.Read(ref _running);

    /// <summary>When that began, in seconds of Unix time.</summary>
    public long StartedAt => Volatile.Read(ref _startedAt);

    /// <summary>Libraries of functions, as a file has them: kept to be written again.</summary>
    public List<byte[]> Functions { get; } = [];

    /// <summary>What the last load has done.</summary>
    public LoadProgress Last { get; private set; } = new();

    /// <summary>Whether there is something to load at start, while the loops run already and refuse most commands.</summary>
    public bool LoadsBehindLoops => server.Configuration.AppendOnly ? server.Aof.HasFiles : File.Exists(server.Configuration.DbFileName);

    /// <summary>Whether loading goes on until the server says that it is ready.</summary>
    public bool IsStarting { get; private set; }

    /// <summary>Whether keys whose time has come are kept meanwhile.</summary>
    public bool KeepsExpired { get; private set; }

    /// <summary>Loads what there is when the server starts.</summary>
    /// <param name="loadsAof">Whether that is the append only file, and not the file of <c>dir</c> and <c>dbfilename</c>.</param>
    /// <returns>False if it cannot be loaded, so that the server must not start.</returns>
    public bool LoadAtStart(bool loadsAof)
    {
        if (loadsAof)
            return server.Aof.TryLoadAtStart();
        long begin = Stopwatch.GetTimestamp();
        switch (LoadFile(server.Configuration.DbFileName, replaces: false, holdsAllLocks: false))
        {
            case null:
                return true;
            case RdbLoadOutcome.Loaded:
                server.Log.Write(LogLevel.Notice, string.Create(
                    CultureInfo.InvariantCulture, $"DB loaded from disk: {Stopwatch.GetElapsedTime(begin).TotalSeconds:F3} seconds"));
                return true;
            case RdbLoadOutcome.Cancelled:
                return true;
            case RdbLoadOutcome.Corrupt:
                // The place and the key are worth more than the error alone.
                Tools.CheckRdb.Check(server.Configuration.DbFileName, Console.Out, statistics: null, out _, isServer: true);
                server.Log.Write(LogLevel.Warning, "Terminating server after rdb file reading failure.");
                return false;
            default:
                server.Log.Write(LogLevel.Warning, "Fatal error loading the DB, check server logs. Exiting.");
                return false;
        }
    }

    /// <summary>Loads a file.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="replaces">Whether keys that are there already are replaced.</param>
    /// <param name="holdsAllLocks">Whether the caller does.</param>
    /// <param name="flushes">Whether all keys are forgotten before, but only for a file that can be read.</param>
    /// <returns>How that has ended; null if there is none.</returns>
    public RdbLoadOutcome? LoadFile(string name, bool replaces, bool holdsAllLocks, bool flushes = false)
    {
        SafeFileHandle file;
        try
        {
            file = File.OpenHandle(name, options: FileOptions.SequentialScan);
        }
        catch (FileNotFoundException)
        {
            return null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            server.Log.Write(LogLevel.Warning, $"Failed opening the RDB file {name}: {ConfigurationFile.Describe(e)}");
            return RdbLoadOutcome.Refused;
        }
        using (file)
            return Load(file, replaces, holdsAllLocks, out _, flushes);
    }

    /// <summary>Loads the RDB part that a file begins with.</summary>
    /// <param name="file">The file.</param>
    /// <param name="replaces">Whether keys that are there already are replaced.</param>
    /// <param name="holdsAllLocks">Whether the caller does.</param>
    /// <param name="length">The length of that part in bytes.</param>
    /// <param name="flushes">See <see cref="LoadFile"/>.</param>
    public RdbLoadOutcome Load(SafeFileHandle file, bool replaces, bool holdsAllLocks, out long length, bool flushes = false)
    {
        bool isPart = KeepsExpired;
        LoadProgress progress = isPart ? _running! : new LoadProgress { TotalBytes = RandomAccess.GetLength(file) };
        Last = progress;
        var loader = new RdbLoader(server.Keyspace, OptionsFor(progress, replaces, holdsAllLocks, flushes));
        if (!isPart)
            Begin(progress);
        RdbLoadOutcome outcome = loader.Load(new RdbFileSource(file), out length);
        if (!isPart)
            End();
        if (outcome == RdbLoadOutcome.Loaded)
            Report(progress);
        return outcome;
    }

    /// <summary>Begins to load the files of an AOF, which may have an RDB part.</summary>
    public void BeginAof(LoadProgress progress)
    {
        Begin(progress);
        KeepsExpired = true;
        server.ChooseKeptExpired();
    }

    /// <summary>Ends what <see cref="BeginAof"/> has begun.</summary>
    public void EndAof()
    {
        KeepsExpired = false;
        server.ChooseKeptExpired();
        End();
    }

    /// <summary>Says that something is loaded from now on until <see cref="EndStart"/>.</summary>
    public void BeginStart()
    {
        IsStarting = true;
        Begin(new LoadProgress());
    }

    /// <summary>Says that the server is ready.</summary>
    public void EndStart()
    {
        IsStarting = false;
        End();
    }

    /// <summary>Says that nothing is loaded any more, unless the server has more to do before it is ready.</summary>
    private void End()
    {
        if (IsStarting)
            return;
        server.SetCondition(ServerCondition.Loading, false);
        Volatile.Write(ref _running, null);
    }

    private void Begin(LoadProgress progress)
    {
        Volatile.Write(ref _startedAt, Clock.Sample() / 1000);
        Volatile.Write(ref _running, progress);
        server.SetCondition(ServerCondition.Loading, true);
    }

    private RdbLoadOptions OptionsFor(LoadProgress progress, bool replaces, bool holdsAllLocks, bool flushes)
    {
        ServerConfiguration configuration = server.Configuration;
        Functions.Clear();
        return new RdbLoadOptions
        {
            Limits = LoadLimits.Of(server.Services),
            Now = Clock.Sample(),
            ChecksSum = configuration.RdbChecksum && !server.SkipsChecksums,
            TriesUnknownVersions = configuration.RdbVersionCheck == RdbVersionCheck.Relaxed,
            DropsExpired = !server.Keyspace.KeepsExpired,
            Replaces = replaces,
            HoldsAllLocks = holdsAllLocks,
            SkipsModules = configuration.RdbSkipUnknownModules,
            Accepted = flushes ? Flush : null,
            KeyDelayMicroseconds = configuration.KeyLoadDelay,
            ShowsKeys = !configuration.HideUserDataFromLog,
            Threads = Math.Clamp(Environment.ProcessorCount, 1, MostThreads),
            Cancels = () => (server.Condition & ServerCondition.ShuttingDown) != 0,
            Log = (isWarning, text) => server.Log.Write(isWarning ? LogLevel.Warning : LogLevel.Notice, text),
            Function = Functions.Add,
            Progress = progress,
        };
    }

    private void Flush()
    {
        server.Log.Write(LogLevel.Notice, "RDB signature and version check passed. Flushing old data");
        for (int i = 0; i < server.Keyspace.DatabaseCount; i++)
            server.Keyspace[i].Clear(isLazy: false);
    }

    private void Report(LoadProgress progress)
    {
        string empty = progress.Empty == 0 ? "" : $", empty keys skipped: {progress.Empty}";
        string skipped = progress.Skipped == 0 ? "" : $", keys of unknown modules skipped: {progress.Skipped}";
        server.Log.Write(
            LogLevel.Notice,
            $"Done loading RDB, keys loaded: {progress.Keys}, keys expired: {progress.Expired}{empty}, all fields expired hashes: {progress.ExpiredHashes}{skipped}.");
    }
}
