using System.Text;
using Carnelian.Commands.Table;
using Carnelian.Protocol;
using Carnelian.Server.Clients;
using Carnelian.Server.Configuration;
using Carnelian.Server.Execution;
using Carnelian.Server.Logging;
using Carnelian.Server.PubSub;
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
    private readonly List<ListenSocket> _listeners = [];
    private readonly ManualResetEventSlim _ended = new();

    public ServerInstance(ServerConfiguration configuration, CommandTable table)
    {
        Configuration = configuration;
        Table = table;
        Definitions = table.Definitions;
        Known = new KnownCommands(Definitions);
        Log = new Log(configuration);
        Transport = Carnelian.Server.Transport.Transport.Create();
        Keyspace = new Keyspace(configuration.Databases, Math.Max(configuration.IoThreads, Math.Min(Environment.ProcessorCount, 16)));
        Services = new ServerServices(this) { Commands = table };
        Keyspace.Observer = Services;
        Acceptor = new Acceptor(this);
        Loops = new LoopSet(this);
        Services.MaxStringLength = configuration.ProtoMaxBulkLen;
        SlowNanoseconds = configuration.SlowlogThreshold < 0 ? long.MaxValue : configuration.SlowlogThreshold * 1000;
        LargeRequestBytes = configuration.CommandlogRequestLargerThan < 0 ? long.MaxValue : configuration.CommandlogRequestLargerThan;
        CronNanoseconds = 1_000_000_000L / configuration.Hz;
    }

    public ServerConfiguration Configuration { get; }

    public CommandTable Table { get; }

    public CommandDefinition[] Definitions { get; }

    public KnownCommands Known { get; }

    public Log Log { get; }

    public Transport.Transport Transport { get; }

    public Keyspace Keyspace { get; }

    public ServerServices Services { get; }

    public ServerStatistics Statistics { get; } = new();

    public ErrorStatistics Errors { get; } = new();

    public ClientRegistry Clients { get; } = new();

    public Acceptor Acceptor { get; }

    public LoopSet Loops { get; }

    public WatchTable Watches { get; } = new();

    public TransactionQueue Transactions { get; } = new();

    public KeyspaceNotifier KeyspaceEvents { get; } = new();

    public ClientPause Pause { get; } = new();

    public Monitors Monitors { get; } = new();

    public ServerCondition Condition { get; set; }

    public bool TracksLatency = true;

    public long SlowNanoseconds;

    public long LargeRequestBytes;

    public long CronNanoseconds;

    public bool ExpiresActively = true;

    public int LoopCount => Loops.All.Length;

    public long QueryBufferLimit => Configuration.ClientQueryBufferLimit;

    /// <summary>Listens and starts the loops.</summary>
    public void Start()
    {
        Loops.Resize(1);
        if (Configuration.Port != 0)
        {
            foreach (string address in Configuration.Bind)
            {
                bool isOptional = address.StartsWith('-');
                try
                {
                    _listeners.Add(Transport.ListenTcp(isOptional ? address[1..] : address, Configuration.Port, Configuration.TcpBacklog));
                }
                catch (TransportException) when (isOptional)
                {
                }
            }
        }
        Loops.Main.Post(() =>
        {
            foreach (ListenSocket listener in _listeners)
                Loops.Main.Add(listener);
        });
        Loops.Resize(Configuration.IoThreads);
        Log.Write(LogLevel.Notice, "Ready to accept connections tcp");
    }

    public void WaitForEnd() => _ended.Wait();

    public void OnLoopStarted(EventLoop loop)
    {
    }

    public void OnLoopRetired(EventLoop loop)
    {
    }

    public void RunCron(EventLoop loop)
    {
        if (loop.Index == 0)
            Clock.Calibrate();
    }

    public void Accept(EventLoop loop, ListenSocket listener) => Acceptor.Accept(loop, listener);

    public void OnClientClosing(Client client) => Clients.Remove(client);

    public void OnProtocolError(Client client, ProtocolError error)
    {
        client.Loop.Writer.Error(Encoding.UTF8.GetBytes(error.ToString()!));
        client.Set(ClientFlags.CloseAfterReply, true);
    }

    public void OnQueryBufferLimit(Client client, long length) => client.Loop.CloseSoon(client);

    public bool ExceedsOutputLimit(Client client) => false;

    public void OnSlowOrLarge(Client client, CommandDefinition command, ReadOnlySpan<Argument> arguments, long nanoseconds, long requestBytes)
    {
    }

    public void OnInternalError(CommandDefinition command, ReadOnlySpan<Argument> arguments, Exception e) =>
        Log.Write(LogLevel.Warning, $"Internal error in '{command.Name}': {e}");

    public void CountError(ReadOnlySpan<byte> code) => Errors.Count(code);

    public string? RefuseProtected(Client client, CommandDefinition command) => null;

    public bool MakeRoom(EventLoop loop, Client client, CommandDefinition command) => true;

    public void Dispose()
    {
        Keyspace.Dispose();
        _ended.Dispose();
    }
}
