using Carnelian.Commands.Table;
using Carnelian.Memory;
using Carnelian.Protocol;
using Carnelian.Storage;

namespace Carnelian.Server.Transactions;

/// <summary>
/// A command that waits for EXEC. One native block holds its arguments: first the table, then the bytes.
/// </summary>
internal readonly unsafe struct QueuedCommand
{
    private readonly long _sharedBytes;

    /// <summary>Copies a command's arguments; of those that have blocks of their own it takes references.</summary>
    public QueuedCommand(CommandDefinition command, ReadOnlySpan<Argument> arguments, long requestBytes)
    {
        Command = command;
        Count = arguments.Length;
        RequestBytes = requestBytes;
        nuint size = (nuint)(arguments.Length * sizeof(Argument));
        foreach (ref readonly Argument argument in arguments)
        {
            if (IsShared(argument))
                _sharedBytes += argument.Length;
            else
                size += (nuint)argument.Length;
        }
        byte* block = NativeHeap.Allocate(size);
        Arguments = (Argument*)block;
        byte* bytes = block + arguments.Length * sizeof(Argument);
        for (int i = 0; i < arguments.Length; i++)
        {
            Arguments[i] = arguments[i];
            if (IsShared(arguments[i]))
            {
                StringBlock.OfData(arguments[i].Data).AddReference();
                continue;
            }
            Arguments[i].Data = bytes;
            arguments[i].Span.CopyTo(new Span<byte>(bytes, arguments[i].Length));
            bytes += arguments[i].Length;
        }
    }

    /// <summary>The command or subcommand.</summary>
    public CommandDefinition Command { get; }

    /// <summary>The arguments, the command's name first.</summary>
    public Argument* Arguments { get; }

    /// <summary>The number of arguments.</summary>
    public int Count { get; }

    /// <summary>The size of the request in bytes.</summary>
    public long RequestBytes { get; }

    /// <summary>The memory that it takes, in bytes.</summary>
    public long MemoryBytes => 32 + (long)NativeHeap.UsableSize((byte*)Arguments) + _sharedBytes;

    /// <summary>Frees the arguments.</summary>
    public void Free()
    {
        for (int i = 0; i < Count; i++)
        {
            if (IsShared(Arguments[i]))
                StringBlock.OfData(Arguments[i].Data).Release();
        }
        NativeHeap.Free((byte*)Arguments);
    }

    private static bool IsShared(in Argument argument) => (argument.Flags & Argument.OwnBlock) != 0;
}
