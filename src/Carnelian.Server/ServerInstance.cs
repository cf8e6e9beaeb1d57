using System.Text;
using Carnelian.Commands.Table;
using Carnelian.Journal;
using Carnelian.Protocol;
using Carnelian.Server.AppendOnly;
using Carnelian.Server.Clients;
using Carnelian.Server.Commands.Administration;
using Carnelian.Server.Configuration;
using Carnelian.Server.Diagnostics;
using Carnelian.Server.Execution;
using Carnelian.Server.Hosting;
using Carnelian.Server.Logging;
using Carnelian.Server.Persistence;
using Carnelian.Server.PubSub;
using Carnelian.Server.Replication;
using Carnelian.Server.Tracking;
using Carnelian.Server.Transactions;
using Carnelian.Server.Transport;
using Carnelian.Storage;
using Carnelian.Threading;

namespace Carnelian.Server;

/// <summary>
/// One running server: it makes the parts, holds them together and ends them. Several may live in one process.
/// </summary>
internal sealed class ServerInstance : IDisposable
{
    private const long UpkeepNanoseconds = 1_000_000_000;

    private readonly ManualResetEventSlim _ended = new();
    private long _lastCrossProtocolWarning;
    private int _condition;
    private long _nextUpkeep;

    public ServerInstance(ServerConfiguration configuration, CommandTable table, Log? log = null)
    {
        Configuration = configuration;
        Table = table;
        Definitions = table.Definitions;
        Known = new KnownCommands(Definitions);
        Log = log ?? new Log(configuration);
        CommandLogs = new CommandLogs(configuration);
        Totals = new LoopTotals(table.Definitions);
        Metrics = new InstantaneousMetrics(Totals);
        Transport = Carnelian.Server.Transport.Transport.Create();
        Keyspace = new Keyspace(configuration.Databases, Math.Max(configuration.IoThreads, Math.Min(Environment.ProcessorCount, 16)));
        Watches = new WatchTable(Keyspace);
        Tracking = new TrackingHub(this);
        Memory = new MemoryLimit(this);
        Defragmentation = new DefragmentationBudget(this);
        KeyspaceEvents = new KeyspaceNotifier(PubSub);
        DumpWriters = new DumpWriters(this);
        Snapshots = new Snapshots(this);
        Saves = new SaveState(this);
        BackgroundSave = new BackgroundSave(this);
        Saver = new DataSaver(this);
        Aof = new AppendOnlyFile(this);
        MigrateConnections = new MigrateConnections(this);
        Services = new ServerServices(this) { Commands = table };
        Keyspace.Observer = Services;
        Replication = new ReplicationHub(this);
        Acceptor = new Acceptor(this);
        Loops = new LoopSet(this);
        Listeners = new Listeners(this);
        Shutdown = new Shutdown(this);
        ShutdownWait = new ShutdownWait(this);
        Crash = new CrashReport(this);
        OomScore = new OomScore(configuration, Log);
        Pause = new ClientPause(this);
        Monitors = new Monitors(this);
        ClientMemory = new ClientMemory(this);
        Loader = new DataLoader(this);
        if (configuration.HashSeed.Length != 0)
            KeyHash.SetSeed(Encoding.UTF8.GetBytes(configuration.HashSeed));
        Settings = new ServerSettings(this);
        Settings.Apply();
        new RuntimeChanges(this).Register();
    }

    public ServerConfiguration Configuration { get; }

    public CommandTable Table { get; }

    public CommandDefinition[] Definitions { get; }

    public KnownCommands Known { get; }

    public Log Log { get; }

    public Transport.Transport Transport { get; }

    public Keyspace Keyspace { get; }

    /// <summary>The log of all writes, for AOF and replicas.</summary>
    public WriteJournal Journal { get; } = new();

    /// <summary>What DEBUG JOURNAL records; null if nothing.</summary>
    public DebugJournal.Recording? JournalRecording { get; set; }

    public AppendOnlyFile Aof { get; }

    public ServerServices Services { get; }

    public DumpWriters DumpWriters { get; }

    /// <summary>The snapshot that is being taken.</summary>
    public Snapshots Snapshots { get; }

    /// <summary>What is known of saves.</summary>
    public SaveState Saves { get; }

    public BackgroundSave BackgroundSave { get; }
    public DataSaver Saver { get; }

    public MigrateConnections MigrateConnections { get; }

    public ServerStatistics Statistics { get; } = new();

    public ErrorStatistics Errors { get; } = new();

    public ClientRegistry Clients { get; } = new();

    public Acceptor Acceptor { get; }

    public LoopSet Loops { get; }

    public Listeners Listeners { get; }

    public Shutdown Shutdown { get; }

    public ShutdownWait ShutdownWait { get; }

    public CrashReport Crash { get; }

    public OomScore OomScore { get; }

    public Supervisor Supervisor { get; } = new();

    /// <summary>The program's name in the process title; null where the title is not ours to set.</summary>
    public string? Title { get; set; }

    public PubSubHub PubSub { get; } = new();

    public WatchTable Watches { get; }

    public TrackingHub Tracking { get; }

    public TransactionQueue Transactions { get; } = new();

    public KeyspaceNotifier KeyspaceEvents { get; }

    public MemoryLimit Memory { get; }

    public DefragmentationBudget Defragmentation { get; }

    public ClientPause Pause { get; }

    public Monitors Monitors { get; }

    public ClientMemory ClientMemory { get; }

    public CommandLogs CommandLogs { get; }

    public LatencyMonitor Latency { get; } = new();

    /// <summary>What all loops have counted, those that have ended too.</summary>
    public LoopTotals Totals { get; }

    public InstantaneousMetrics Metrics { get; }

    public ServerSettings Settings { get; }

    /// <summary>A random name of this run, 40 hexadecimal digits.</summary>
    public string RunId { get; } = NewRandomId();

    /// <summary>The name of this server's history of changes for replicas, 40 hexadecimal digits.</summary>
    public string ReplicationId { get; private set; } = NewRandomId();

    /// <summary>The name of the history that this one continues; zeros if there is none.</summary>
    public string SecondReplicationId { get; private set; } = new('0', 40);

    public long StartedAt { get; } = Clock.Sample();

    /// <summary>The replicas and what they get.</summary>
    public ReplicationHub Replication { get; }

    /// <summary>The memory in use when the server was ready for clients.</summary>
    public long StartupMemory { get; private set; }

    /// <summary>What every command has to be checked for. Any thread reads; changes by <see cref="SetCondition"/>.</summary>
    public ServerCondition Condition => (ServerCondition)Volatile.Read(ref _condition);

    /// <summary>Whether the server's condition concerns a command that comes now: a memory limit does not while it is far away.</summary>
    public bool NeedsCare
    {
        get
        {
            ServerCondition condition = Condition;
            return condition != ServerCondition.None && (condition != ServerCondition.MemoryLimited || !Memory.IsSurelyWithinLimit);
        }
    }

    public bool TracksLatency = true;

    /// <summary>From this time on a command is slow, for the slow log or for the latency monitor.</summary>
    public long SlowNanoseconds;

    /// <summary>Whether the thresholds are so small that commands of a batch are timed one by one.</summary>
    public bool TimesEachCommand;

    /// <summary>The least request for the log of large requests.</summary>
    public long LargeRequestBytes;

    /// <summary>The least reply for the log of large replies.</summary>
    public long LargeReplyBytes;

    public long CronNanoseconds;

    /// <summary>Whether keys are prefetched: <c>prefetch-batch-max-size</c> is not 0.</summary>
    public bool Prefetches = true;

    /// <summary>No client with less output than this many bytes is over a limit.</summary>
    public long LeastOutputLimit = long.MaxValue;

    public bool ExpiresActively = true;

    /// <summary>DEBUG SET-SKIP-CHECKSUM-VALIDATION: any checksum of a dump is right.</summary>
    public bool SkipsChecksums;

    /// <summary>Loads what is on disk.</summary>
    public DataLoader Loader { get; }

    /// <summary>DEBUG PAUSE-CRON: nothing is done in the course of time.</summary>
    public bool IsCronPaused;

    public int LoopCount => Loops.All.Length;

    public long QueryBufferLimit => Configuration.ClientQueryBufferLimit;

    /// <summary>Listens and starts the loops.</summary>
    /// <returns>False if an address cannot be listened on.</returns>
    public bool Start()
    {
        if (Configuration.Port == 0 && Configuration.UnixSocket.Length == 0)
        {
            Log.Write(LogLevel.Warning, "Configured to not listen anywhere, exiting.");
            return false;
        }
        if (!Listeners.Open())
            return false;
        Logo.Write(Configuration, Log);
        Keyspace.Reclaimer.Enqueue(() => CoreList.Bind("bio-cpulist", Configuration.BackgroundCpuList, Log), 0);
        Log.Write(LogLevel.Notice, "Server initialized");
        bool loadsBehind = Loader.LoadsBehindLoops, loadsAof = Configuration.AppendOnly;
        if (!loadsBehind && !TryLoad(loadsAof))
            return false;
        if (loadsBehind)
            Loader.BeginStart();
        Loops.Resize(1);
        Listeners.Watch();
        Loops.Resize(Configuration.IoThreads);
        StartupMemory = Carnelian.Memory.NativeHeap.UsedBytes;
        if (loadsBehind && !TryLoad(loadsAof))
            return false;
        Loader.EndStart();
        if (Listeners.HasTcp)
            Log.Write(LogLevel.Notice, "Ready to accept connections tcp");
        if (Listeners.HasUnix)
            Log.Write(LogLevel.Notice, "Ready to accept connections unix");
        Supervisor.Notify("STATUS=Ready to accept connections\nREADY=1\n");
        return true;
    }

    private bool TryLoad(bool loadsAof) => Loader.LoadAtStart(loadsAof) && ((Condition & ServerCondition.ShuttingDown) != 0 || Aof.TryOpenAtStart());

    /// <summary>Has the keyspace keep keys whose time has come, or not, as it is now: some want the data as it was.</summary>
    public void ChooseKeptExpired() => Keyspace.KeepsExpired = Configuration.ImportMode || Pause.IsInForce || Loader.KeepsExpired;

    /// <summary>The error of commands that cannot run while data is being loaded.</summary>
    public string LoadingError =>
        Configuration.ExtendedRedisCompatibility ? "LOADING Redis is loading the dataset in memory" : "LOADING Valkey is loading the dataset in memory";

    /// <summary>Ends the server: <see cref="WaitForEnd"/> returns. Any thread.</summary>
    public void End() => _ended.Set();

    /// <summary>Begins a new history of changes that continues none.</summary>
    public void ChangeReplicationId()
    {
        ReplicationId = NewRandomId();
        SecondReplicationId = new string('0', 40);
    }

    // GUIDs come from the system's random source; the cryptography library would cost a start some milliseconds and 5 MB.
    private static string NewRandomId() => string.Concat(Guid.NewGuid().ToString("N"), Guid.NewGuid().ToString("N").AsSpan(0, 8));

    /// <summary>Shows address and mode in the process title.</summary>
    public void ShowTitle()
    {
        if (Title != null)
            ProcessTitle.Set(ProcessTitle.Expand(Configuration, Title));
    }

    public void WaitForEnd() => _ended.Wait();

    public void OnLoopStarted(EventLoop loop)
    {
        Totals.Add(loop);
        CoreList.Bind("server-cpulist", Configuration.ServerCpuList, Log);
    }

    /// <summary>The loop has done its last round. On its thread.</summary>
    public void OnLoopEnded(EventLoop loop)
    {
        Totals.Remove(loop);
        Memory.EndLoop();
    }

    public void RunCron(EventLoop loop)
    {
        if (!IsCronPaused)
            loop.ClientCron.Run();
        if (loop.Index != 0)
            return;
        Clock.Calibrate();
        if (IsCronPaused)
            return;
        Metrics.Run();
        if ((Condition & ServerCondition.Loading) == 0)
        {
            Aof.RunCron();
            BackgroundSave.RunCron();
        }
        Replication.RunCron();
        Shutdown.RunCron();
        ShutdownWait.RunCron();
        Defragmentation.Decide();
        Carnelian.Memory.NativeHeap.ReturnIdlePages();
        if (loop.Timestamp < _nextUpkeep)
            return;
        _nextUpkeep = loop.Timestamp + UpkeepNanoseconds;
        MigrateConnections.RunCron();
        if (Keyspace.AllowsShrinking)
            Keyspace.ReleaseEmptyTables();
    }

    public void Accept(ListenSocket listener) => Acceptor.Accept(listener);

    public void OnClientClosing(Client client)
    {
        client.Wait?.Cancel();
        Transactions.Discard(client);
        Watches.Unwatch(client);
        PubSub.UnsubscribeAll(client);
        Tracking.Disable(client);
        Monitors.Remove(client);
        Replication.Remove(client);
        Clients.Remove(client);
        ClientMemory.Forget(client);
    }

    public void OnProtocolError(Client client, ProtocolError error, ReadOnlySpan<byte> rest)
    {
        if (Log.Shows(LogLevel.Verbose))
            LogProtocolError(client, Encoding.Latin1.GetString(ProtocolErrorText.Format(error)), rest);
        client.Loop.Writer.Error(ProtocolErrorText.Format(error));
        CountError("ERR"u8);
        client.Set(ClientFlags.CloseAfterReply, true);
    }

    /// <summary>Hangs up on a client that speaks HTTP, and says so at most once a minute.</summary>
    public void OnCrossProtocolRequest(Client client)
    {
        const long QuietMilliseconds = 60_000;
        long now = Clock.Latest;
        long last = Interlocked.Read(ref _lastCrossProtocolWarning);
        if (now - last > QuietMilliseconds && Interlocked.CompareExchange(ref _lastCrossProtocolWarning, now, last) == last)
        {
            Log.Write(LogLevel.Warning, "Possible SECURITY ATTACK detected. It looks like somebody is sending POST or Host: commands to Carnelian. "
                + "This is likely due to an attacker attempting to use Cross Protocol Scripting to compromise your Carnelian instance. "
                + $"Connection from {client.Socket.PeerAddress} aborted.");
        }
        client.Loop.CloseSoon(client);
    }

    private void LogProtocolError(Client client, string error, ReadOnlySpan<byte> rest)
    {
        const int MostShown = 128;
        int colon = error.IndexOf(": ", StringComparison.Ordinal);
        string input = Configuration.HideUserDataFromLog ? "*redacted*" : Encoding.UTF8.GetString(Text.Quoting.Represent(rest[..Math.Min(rest.Length, MostShown)]));
        Log.Write(LogLevel.Verbose, $"Protocol error ({error[(colon + 2)..]}) from client: {ClientLine.Describe(this, client)}. Query buffer: {input}");
    }

    /// <summary>Ends a client that keeps more unexecuted input than <c>client-query-buffer-limit</c>.</summary>
    public unsafe void OnQueryBufferLimit(Client client)
    {
        const int MostShown = 64;
        var start = new ReadOnlySpan<byte>(client.QueryData, Math.Min(client.QueryLength, MostShown));
        string input = Configuration.HideUserDataFromLog ? "*redacted*" : Encoding.UTF8.GetString(Text.Quoting.Represent(start));
        Log.Write(LogLevel.Warning,
            $"Closing client that reached max query buffer length: {ClientLine.Describe(this, client)} (qbuf initial bytes: {input})");
        Interlocked.Increment(ref Statistics.QueryBufferLimitDisconnections);
        client.Loop.CloseSoon(client);
    }

    /// <summary>How much output may wait for a client.</summary>
    public ClientBufferLimit OutputLimitOf(Client client) =>
        Configuration.ClientOutputBufferLimits[client.Is(ClientFlags.Replica) ? 1 : client.Is(ClientFlags.PubSub) ? 2 : 0];

    /// <summary>Whether a client has more output waiting than it may have; then it is on its way out.</summary>
    public bool ExceedsOutputLimit(Client client)
    {
        if (client.Is(ClientFlags.CloseSoon))
            return true;
        bool isReplica = client.Is(ClientFlags.Replica);
        ClientBufferLimit limit = OutputLimitOf(client);
        long bytes = client.OutputListBytes;
        // A replica that is cut off within the backlog comes back for the same bytes.
        bool isOver = limit.HardBytes != 0 && bytes >= (isReplica ? Math.Max(limit.HardBytes, Configuration.ReplBacklogSize) : limit.HardBytes);
        if (limit.SoftBytes != 0 && bytes >= limit.SoftBytes)
        {
            long now = Clock.Sample();
            if (client.SoftLimitSince == 0)
                client.SoftLimitSince = now;
            isOver |= now - client.SoftLimitSince > limit.SoftSeconds * 1000L;
        }
        else
        {
            client.SoftLimitSince = 0;
        }
        if (isOver)
        {
            Interlocked.Increment(ref Statistics.OutputBufferLimitDisconnections);
            Log.Write(LogLevel.Warning, $"Client {ClientLine.Describe(this, client)} scheduled to be closed ASAP for overcoming of output buffer limits.");
            Clients.Disconnect(client);
        }
        return isOver;
    }

    /// <summary>Records a command that took at least <see cref="SlowNanoseconds"/>.</summary>
    public void OnSlow(Client client, CommandDefinition command, ReadOnlySpan<Argument> arguments, long nanoseconds)
    {
        CommandLogs.RecordSlow(client, command, arguments, nanoseconds);
        Latency.Add((command.Flags & CommandFlags.Fast) != 0 ? "fast-command" : "command", nanoseconds);
    }

    /// <summary>Records a command whose request or reply was large.</summary>
    public void OnLarge(Client client, CommandDefinition command, ReadOnlySpan<Argument> arguments, long requestBytes, long replyBytes) =>
        CommandLogs.RecordLarge(client, command, arguments, requestBytes, replyBytes);

    public void OnInternalError(CommandDefinition command, ReadOnlySpan<Argument> arguments, Exception e) =>
        Log.Write(LogLevel.Warning, $"Internal error in '{command.Name}': {e}");

    public void CountError(ReadOnlySpan<byte> code) => Errors.Count(code);

    /// <summary>Whether the configuration keeps a client from a protected command.</summary>
    /// <returns>The error, or null if it may run.</returns>
    public string? RefuseProtected(Client client, CommandDefinition command)
    {
        string name = command.Name.Split('|')[0];
        bool isAllowed = (name == "module" ? Configuration.EnableModuleCommand : Configuration.EnableDebugCommand) switch
        {
            ProtectedAccess.Yes => true,
            ProtectedAccess.Local => client.Socket.IsLocal,
            _ => false,
        };
        return isAllowed
            ? null
            : $"ERR {name.ToUpperInvariant()} command not allowed. If the enable-{name}-command option is set to \"local\", you can run it from a local connection, otherwise you need to set this option in the configuration file, and then restart the server.";
    }

    /// <summary>Writes a message to the log when the caller has released its locks. On a loop's thread, with locks held.</summary>
    public void LogSoon(string message) => Loops.Main.Post(() => Log.Write(LogLevel.Notice, message));

    /// <summary>Has writes refused, or accepted again, as the last save and the configuration say.</summary>
    public void UpdateWriteRefusal() => SetCondition(
        ServerCondition.CannotSave, !Saves.IsGood && Configuration.StopWritesOnBgsaveError && Configuration.SavePoints.Length != 0);

    /// <summary>Begins or ends a condition. Any thread.</summary>
    public void SetCondition(ServerCondition condition, bool value)
    {
        if (value)
            Interlocked.Or(ref _condition, (int)condition);
        else
            Interlocked.And(ref _condition, ~(int)condition);
    }

    public void Dispose()
    {
        BackgroundSave.Dispose();
        Loops.Dispose();
        Aof.Dispose();
        Replication.Dispose();
        BackgroundSave.Dispose();
        Listeners.Dispose();
        Pause.Dispose();
        DumpWriters.Dispose();
        MigrateConnections.Dispose();
        Tracking.Dispose();
        Keyspace.Dispose();
        _ended.Dispose();
    }
}
