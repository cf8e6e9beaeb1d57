using System.Text;
using Carnelian.Commands.Table;
using Carnelian.Protocol;
using Carnelian.Server.Clients;
using Carnelian.Threading;

namespace Carnelian.Server.Diagnostics;

/// <summary>One of the logs of COMMANDLOG: the latest commands that were slow, or large in one direction.</summary>
/// <remarks>
/// Any thread, with shard locks held or not; its own lock is short. Entries are copies: a record must not keep a big value alive, so
/// arguments are cut.
/// </remarks>
internal sealed class CommandLog
{
    private const int MostArguments = 32;
    private const int MostBytes = 128;

    private readonly Lock _lock = new();
    private readonly LinkedList<CommandLogEntry> _entries = [];
    private long _nextId;

    /// <summary>The number of entries.</summary>
    public int Length
    {
        get
        {
            lock (_lock)
                return _entries.Count;
        }
    }

    /// <summary>Records a command; the oldest entries beyond the limit go.</summary>
    /// <param name="client">Who sent it.</param>
    /// <param name="command">The command.</param>
    /// <param name="arguments">All arguments.</param>
    /// <param name="value">Microseconds or bytes.</param>
    /// <param name="limit">The most entries to keep; with 0 nothing is recorded.</param>
    public void Add(Client client, CommandDefinition command, ReadOnlySpan<Argument> arguments, long value, long limit)
    {
        if (limit <= 0)
            return;
        byte[][] copies = Copy(command, arguments);
        lock (_lock)
        {
            _entries.AddFirst(new CommandLogEntry(_nextId++, Clock.Latest / 1000, value, copies, client.Socket.PeerAddress, client.ShownName));
            while (_entries.Count > limit)
                _entries.RemoveLast();
        }
    }

    /// <summary>The latest entries, the newest first.</summary>
    /// <param name="most">How many; negative for all.</param>
    public CommandLogEntry[] Latest(long most)
    {
        lock (_lock)
            return [.. most < 0 ? _entries : _entries.Take((int)Math.Min(most, int.MaxValue))];
    }

    /// <summary>Forgets all entries; numbers go on.</summary>
    public void Clear()
    {
        lock (_lock)
            _entries.Clear();
    }

    private static byte[][] Copy(CommandDefinition command, ReadOnlySpan<Argument> arguments)
    {
        var copies = new byte[Math.Min(arguments.Length, MostArguments)][];
        for (int i = 0; i < copies.Length; i++)
        {
            if (i == MostArguments - 1 && arguments.Length > MostArguments)
                copies[i] = Encoding.ASCII.GetBytes($"... ({arguments.Length - MostArguments + 1} more arguments)");
            else if (Secrets.IsSecret(command, arguments, i))
                copies[i] = Secrets.Redacted.ToArray();
            else
                copies[i] = Cut(Secrets.Bytes(arguments[i]));
        }
        return copies;
    }

    private static byte[] Cut(ReadOnlySpan<byte> bytes) => bytes.Length <= MostBytes
        ? bytes.ToArray()
        : [.. bytes[..MostBytes], .. Encoding.ASCII.GetBytes($"... ({bytes.Length - MostBytes} more bytes)")];
}
