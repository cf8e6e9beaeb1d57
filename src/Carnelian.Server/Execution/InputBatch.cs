using Carnelian.Commands.Table;
using Carnelian.Memory;
using Carnelian.Protocol;
using Carnelian.Server.Clients;
using Carnelian.Storage;

namespace Carnelian.Server.Execution;

/// <summary>
/// What one read brought from a client, on its way through the stages of a loop: parsed and its buckets asked for, its entries asked
/// for, executed. While one client's memory is on its way, the loop reads from the next.
/// </summary>
/// <remarks>A loop has a few of them and uses them in turn, on its own thread.</remarks>
internal sealed unsafe class InputBatch : IDisposable
{
    /// <summary>Bytes of the buffer that a client without input of its own is read into.</summary>
    public const int BufferSize = 64 * 1024;

    /// <summary>The most keys that are prefetched: about what a second-level cache holds.</summary>
    public const int MostKeys = 512;

    /// <summary>The batch's commands.</summary>
    public RequestParser Parser { get; } = new();

    /// <summary>The definitions of the batch's commands; null for an unknown one.</summary>
    public CommandDefinition?[] Definitions { get; } = new CommandDefinition?[RequestParser.BatchSize];

    /// <summary>The buffer.</summary>
    public byte* Buffer { get; } = NativeHeap.Allocate(BufferSize);

    /// <summary>The hashes of keys that are being prefetched.</summary>
    public ulong* Hashes { get; } = (ulong*)NativeHeap.Allocate(MostKeys * sizeof(ulong));

    /// <summary>Their number; after the second stage, of those whose lookups go on in a stash.</summary>
    public int HashCount { get; set; }

    /// <summary>Where the elements that are being prefetched belong: see <see cref="ElementPrefetch"/>.</summary>
    public ulong* Words { get; } = (ulong*)NativeHeap.Allocate(MostKeys * sizeof(ulong));

    /// <summary>Whether a command of the batch names elements of a value.</summary>
    public bool HasElements { get; set; }

    /// <summary>Where the keys are looked up.</summary>
    public Database? Database { get; set; }

    /// <summary>The client, or null while the batch is free.</summary>
    public Client? Client { get; set; }

    /// <summary>The first byte that is not parsed yet.</summary>
    public byte* Position { get; set; }

    /// <summary>Behind the last byte received.</summary>
    public byte* End { get; set; }

    /// <summary>Whether the bytes are in <see cref="Buffer"/>, not in the client's own.</summary>
    public bool IsShared { get; set; }

    /// <summary>How the last parse ended.</summary>
    public ParseStatus Status { get; set; }

    /// <summary>Parses what is next, up to a batch.</summary>
    public void Parse()
    {
        Client client = Client!;
        Parser.Clear();
        Status = Parser.Parse(Position, End, ref client.RequestState, !client.MustAuthenticate);
        Position = Parser.Position;
    }

    /// <summary>Keeps commands that could not be executed now, in their plain form, and what follows them.</summary>
    /// <param name="client">The client, whose buffer takes them.</param>
    /// <param name="done">How many commands have been executed.</param>
    public void KeepFrom(Client client, int done)
    {
        byte* old = null;
        client.QueryLength = 0;
        if (!IsShared)
        {
            old = client.QueryData;
            client.QueryData = null;
            client.QueryCapacity = 0;
        }
        byte* header = stackalloc byte[32];
        for (int i = done; i < Parser.CommandCount; i++)
        {
            ParsedCommand command = Parser.Commands[i];
            client.KeepQuery(header, WriteHeader(header, '*', command.ArgumentCount), 0);
            for (int k = 0; k < command.ArgumentCount; k++)
            {
                Argument* argument = Parser.Arguments + command.FirstArgument + k;
                client.KeepQuery(header, WriteHeader(header, '$', argument->Length), argument->Length + 2);
                client.KeepQuery(argument->Data, argument->Length, 2);
                header[0] = (byte)'\r';
                header[1] = (byte)'\n';
                client.KeepQuery(header, 2, 0);
            }
        }
        client.KeepQuery(Position, (int)(End - Position), 0);
        NativeHeap.Free(old);
    }

    private static int WriteHeader(byte* target, char kind, int number)
    {
        target[0] = (byte)kind;
        int length = 1 + Text.NumberFormat.WriteInt64(target + 1, number);
        target[length++] = (byte)'\r';
        target[length++] = (byte)'\n';
        return length;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Parser.Dispose();
        NativeHeap.Free(Buffer);
        NativeHeap.Free((byte*)Hashes);
        NativeHeap.Free((byte*)Words);
    }
}
