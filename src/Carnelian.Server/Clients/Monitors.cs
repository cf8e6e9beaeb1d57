using System.Buffers;
using System.Text;
using Carnelian.Commands.Table;
using Carnelian.Protocol;
using Carnelian.Server.Diagnostics;
using Carnelian.Server.Execution;
using Carnelian.Storage;
using Carnelian.Text;
using Carnelian.Threading;

namespace Carnelian.Server.Clients;

/// <summary>The clients that see all commands (MONITOR).</summary>
/// <remarks>
/// Any thread. A command is shown while its locks are held, and the list's own lock, of the rank of pub/sub, is held while a line
/// goes out: all monitors see the commands on a key in the order of their execution.
/// </remarks>
internal sealed class Monitors(ServerInstance server)
{
    private readonly Lock _lock = new();
    private readonly List<Client> _monitors = [];

    /// <summary>Makes a client a monitor. Its loop.</summary>
    public void Add(Client client)
    {
        client.Set(ClientFlags.Monitor, true);
        lock (_lock)
        {
            _monitors.Add(client);
            server.SetCondition(ServerCondition.Monitored, true);
        }
    }

    /// <summary>Makes a client a monitor no longer, if it is one. Its loop.</summary>
    public void Remove(Client client)
    {
        if (!client.Is(ClientFlags.Monitor))
            return;
        client.Set(ClientFlags.Monitor, false);
        lock (_lock)
        {
            _monitors.Remove(client);
            if (_monitors.Count == 0)
                server.SetCondition(ServerCondition.Monitored, false);
        }
    }

    /// <summary>Shows a command that has just been executed to all of them. Commands of administrators are not shown.</summary>
    public void Feed(EventLoop loop, Client client, CommandDefinition command, ReadOnlySpan<Argument> arguments)
    {
        if ((command.Flags & (CommandFlags.Admin | CommandFlags.SkipMonitor)) != 0)
            return;
        StringBlock line = Compose(client, command, arguments);
        lock (_lock)
        {
            foreach (Client monitor in _monitors)
            {
                // The command that asks for the next reply to be skipped is shown, what others do until then is not.
                bool isSilent = monitor.Is(ClientFlags.ReplyOff | ClientFlags.ReplySkip) || (monitor != client && monitor.Is(ClientFlags.ReplySkipNext));
                if (!isSilent)
                    loop.Deliver(monitor, line);
            }
        }
        line.Release();
    }

    private static unsafe StringBlock Compose(Client client, CommandDefinition command, ReadOnlySpan<Argument> arguments)
    {
        (long seconds, long microseconds) = Math.DivRem(Clock.UnixMicroseconds(), 1_000_000);
        string origin = client.Is(ClientFlags.UnixSocket)
            ? "unix:" + PathOf(client.Socket.PeerAddress)
            : client.Socket.PeerAddress;
        var line = new ArrayBufferWriter<byte>(256);
        Encoding.Latin1.GetBytes($"+{seconds}.{microseconds:d6} [{client.DatabaseIndex} {origin}]", line);
        for (int i = 0; i < arguments.Length; i++)
        {
            line.Write(" "u8);
            ReadOnlySpan<byte> argument = Secrets.IsSecret(command, arguments, i) ? Secrets.Redacted : arguments[i].Span;
            int written = Quoting.WriteRepresentation(line.GetSpan(Quoting.MaxRepresentationLength(argument.Length)), argument);
            line.Advance(written);
        }
        line.Write("\r\n"u8);
        StringBlock block = StringBlock.Create(line.WrittenCount, line.WrittenCount);
        line.WrittenSpan.CopyTo(new Span<byte>(block.Data, line.WrittenCount));
        return block;
    }

    /// <summary>The path of a Unix socket, of an address that ends in ":0".</summary>
    private static string PathOf(string address) => address.EndsWith(":0", StringComparison.Ordinal) ? address[..^2] : address;
}
