using System.Text;
using Carnelian.Commands;
using Carnelian.Commands.Table;
using Carnelian.Protocol;
using Carnelian.Storage;

namespace Carnelian.Tests.Commands;

/// <summary>
/// Runs commands on a keyspace of its own, without a server: what is replied, which events they publish, how many changes they count.
/// Time stands still unless the test moves it.
/// </summary>
internal sealed unsafe class DatabaseClient : IDisposable
{
    private readonly OutputChunkPool _pool = new();
    private readonly ReplyWriter _writer = new();
    private readonly TestSession _session = new();
    private readonly TestServices _services = new() { Commands = CommandTable.Create(Carnelian.Commands.GeneratedCommands.Create()) };

    public DatabaseClient()
    {
        _services.Notifications = NotificationClass.All | NotificationClass.KeyMiss | NotificationClass.New;
        _services.MaxStringLength = 1 << 20;
        Keyspace = new Keyspace(databases: 4, mostLoops: 1) { Observer = _services };
    }

    public Keyspace Keyspace { get; }

    public ClientSession Session => _session;

    public CommandServices Services => _services;

    public int Resp { get; set; } = 2;

    public long Now { get; set; } = 1_800_000_000_000;

    /// <summary>The events since the last look, as "event key".</summary>
    public string[] TakeEvents()
    {
        string[] events = [.. _services.Events];
        _services.Events.Clear();
        return events;
    }

    /// <summary>How many changes the last command has counted.</summary>
    public long Dirty { get; private set; }

    /// <summary>Runs a command given in one line, its words separated by blanks; '' is an empty argument.</summary>
    /// <returns>The reply: lines as they are sent, separated by blanks, without the lengths of strings.</returns>
    public string Run(string line) => Call([.. line.Split(' ').Select(static word => word == "''" ? "" : word)]);

    /// <summary>Runs a command.</summary>
    public string Call(params string[] arguments)
    {
        CommandTable table = _services.Commands;
        CommandDefinition command = table.Find(Encoding.Latin1.GetBytes(arguments[0]))!;
        if (arguments.Length > 1 && command.Subcommands.Length > 0)
            command = command.FindSubcommand(Encoding.Latin1.GetBytes(arguments[1]))!;
        Assert.True(command.AcceptsArgumentCount(arguments.Length));

        using var native = new NativeArguments(arguments);
        var queue = new OutputQueue(_pool);
        _writer.Attach(queue, Resp);
        var context = new CommandContext(
            command, native.First, native.Count, _writer, _session, _services, Keyspace[_session.DatabaseIndex], Now)
        { HoldsAllLocks = true };
        command.Handler(ref context);
        Dirty = context.Dirty;
        _writer.Detach();
        string reply = Text(queue);
        queue.Clear();
        return reply;
    }

    public void Dispose()
    {
        _writer.Dispose();
        _pool.Dispose();
        Keyspace.Dispose();
    }

    private static string Text(OutputQueue queue)
    {
        var bytes = new MemoryStream();
        IoVector* vectors = stackalloc IoVector[16];
        while (!queue.IsEmpty)
        {
            int count = queue.Fill(vectors, 16, out nuint length);
            for (int i = 0; i < count; i++)
                bytes.Write(new ReadOnlySpan<byte>(vectors[i].Base, (int)vectors[i].Length));
            queue.Advance(length);
        }
        string[] lines = Encoding.Latin1.GetString(bytes.ToArray()).Split("\r\n")[..^1];
        return string.Join(' ', lines.Where(static line => line.Length == 0 || line[0] != '$' || line == "$-1"));
    }

    private sealed class TestSession : ClientSession;

    private sealed class TestServices : CommandServices, IKeyspaceObserver
    {
        public List<string> Events { get; } = [];

        public override void Notify(int database, NotificationClass kind, ReadOnlySpan<byte> name, ReadOnlySpan<byte> key) =>
            Events.Add($"{Encoding.Latin1.GetString(name)} {Encoding.Latin1.GetString(key)}");

        public override void OnTouched(Database database, in Key key) => throw new InvalidOperationException("nobody watches");

        public override void OnReady(Database database, in Key key) => throw new InvalidOperationException("nobody waits");

        public override void Block(scoped ref CommandContext ctx, scoped in KeyWait wait) => throw new InvalidOperationException("nobody waits");

        public override void OnDatabaseFlushed(Database database)
        {
        }

        public override void OnDatabasesSwapped(int first, int second)
        {
        }

        public bool HearsExpired => true;

        public void OnExpired(Database database, in Key key) => Events.Add($"expired {Encoding.Latin1.GetString(key.Bytes)}");

        public void CountExpired(int keys)
        {
        }

        public void OnFieldsExpired(Database database, in Key key, in RecordList fields, bool isEmpty) =>
            Events.Add($"hexpired {Encoding.Latin1.GetString(key.Bytes)} {fields.Count}{(isEmpty ? " del" : "")}");

        public override void CountExpiredFields(int fields) => ExpiredFields += fields;

        public int ExpiredFields { get; private set; }

        public void OnEvicted(Database database, in Key key) => Events.Add($"evicted {Encoding.Latin1.GetString(key.Bytes)}");
    }
}
