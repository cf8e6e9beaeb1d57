// Calls handlers without a server around them: builds the arguments in native memory and collects the bytes of the reply.

using System.Runtime.InteropServices;
using System.Text;

using Carnelian.Commands;
using Carnelian.Commands.Table;
using Carnelian.Protocol;
using Carnelian.Storage;

namespace Carnelian.Tests.Commands;

/// <summary>Runs commands of a table that need no database, as the dispatcher would.</summary>
internal sealed unsafe class InProcessClient(CommandTable table) : IDisposable
{
    private readonly OutputChunkPool _pool = new();
    private readonly ReplyWriter _writer = new();
    private readonly ClientSession _session = new Session();
    private readonly CommandServices _services = new Services { Commands = table };

    public int Resp { get; set; } = 2;

    /// <summary>Runs a command that is in the table and has the right number of arguments.</summary>
    /// <returns>The bytes of the reply.</returns>
    public byte[] Call(params string[] arguments)
    {
        CommandDefinition command = table.Find(Encoding.Latin1.GetBytes(arguments[0]))!;
        if (arguments.Length > 1 && command.Subcommands.Length > 0)
            command = command.FindSubcommand(Encoding.Latin1.GetBytes(arguments[1]))!;
        Assert.True(command.AcceptsArgumentCount(arguments.Length));

        using var native = new NativeArguments(arguments);
        var queue = new OutputQueue(_pool);
        _writer.Attach(queue, Resp);
        var context = new CommandContext(command, native.First, native.Count, _writer, _session, _services, null!, now: 0);
        command.Handler(ref context);
        _writer.Detach();
        byte[] reply = Take(queue);
        queue.Clear();
        return reply;
    }

    public void Dispose()
    {
        _writer.Dispose();
        _pool.Dispose();
    }

    private static byte[] Take(OutputQueue queue)
    {
        var reply = new MemoryStream();
        IoVector* vectors = stackalloc IoVector[16];
        while (!queue.IsEmpty)
        {
            int count = queue.Fill(vectors, 16, out nuint bytes);
            for (int i = 0; i < count; i++)
                reply.Write(new ReadOnlySpan<byte>(vectors[i].Base, (int)vectors[i].Length));
            queue.Advance(bytes);
        }

        return reply.ToArray();
    }

    private sealed class Session : ClientSession;

    private sealed class Services : CommandServices
    {
        public override void Notify(int database, NotificationClass kind, ReadOnlySpan<byte> name, ReadOnlySpan<byte> key) =>
            throw new InvalidOperationException();

        public override void OnTouched(Database database, in Key key) => throw new InvalidOperationException();

        public override void OnReady(Database database, in Key key) => throw new InvalidOperationException();

        public override void Block(scoped ref CommandContext ctx, scoped in KeyWait wait) => throw new InvalidOperationException();

        public override void CountExpiredFields(int fields) => throw new InvalidOperationException();

        public override void OnDatabaseFlushed(Database database) => throw new InvalidOperationException();

        public override void OnDatabasesSwapped(int first, int second) => throw new InvalidOperationException();
    }
}

/// <summary>Arguments as the request reader leaves them.</summary>
internal sealed unsafe class NativeArguments : IDisposable
{
    public NativeArguments(params string[] arguments)
    {
        Count = arguments.Length;
        First = (Argument*)NativeMemory.AllocZeroed((nuint)Count, (nuint)sizeof(Argument));
        for (int i = 0; i < Count; i++)
        {
            byte[] bytes = Encoding.Latin1.GetBytes(arguments[i]);
            First[i].Data = (byte*)NativeMemory.Alloc((nuint)bytes.Length + 1);
            First[i].Length = bytes.Length;
            bytes.CopyTo(new Span<byte>(First[i].Data, bytes.Length));
        }
    }

    public Argument* First { get; }

    public int Count { get; }

    public ReadOnlySpan<Argument> Span => new(First, Count);

    public void Dispose()
    {
        for (int i = 0; i < Count; i++)
            NativeMemory.Free(First[i].Data);
        NativeMemory.Free(First);
    }
}
