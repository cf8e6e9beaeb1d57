using System.Text;
using Carnelian.Threading;

namespace Carnelian.Server.Clients;

/// <summary>A client as a line of CLIENT LIST. Any thread; what changes meanwhile may be a moment old.</summary>
internal static class ClientLine
{
    /// <summary>Writes the line, without its end.</summary>
    /// <param name="text">Takes the line.</param>
    /// <param name="client">The client.</param>
    /// <param name="self">The client that asks; its present command does not count as done.</param>
    public static void Write(StringBuilder text, Client client, Client self)
    {
        long now = Clock.Latest;
        long pending = client.Output.PendingBytes;
        long commands = client.CommandCount - (client == self ? 1 : 0);
        string events = (client.Is(ClientFlags.Suspended) ? "" : "r") + (client.IsWatchedForOutput ? "w" : "");
        string capabilities = client.UnderstandsRedirect ? "r" : "";
        text.Append($"id={client.Id} addr={client.Socket.PeerAddress} laddr={client.Socket.LocalAddress} fd={client.Socket.Descriptor}");
        text.Append($" name={client.Name} age={Math.Max(now - client.CreatedAt, 0) / 1000} idle={Math.Max(now - client.LastInteraction, 0) / 1000}");
        text.Append($" flags={FlagsOf(client)} capa={capabilities} db={client.DatabaseIndex} sub=0 psub=0 ssub=0 multi=-1 watch=0");
        text.Append($" qbuf={client.QueryLength} qbuf-free={Math.Max(client.QueryCapacity - client.QueryLength, 0)}");
        text.Append($" obl={pending} oll={client.Output.NodeCount} omem={client.Output.MemoryBytes} tot-mem={client.QueryCapacity + client.Output.MemoryBytes}");
        text.Append($" events={events} cmd={client.LastCommand?.Name ?? "NULL"} user=default redir=-1 resp={client.Resp}");
        text.Append($" lib-name={client.LibraryName} lib-ver={client.LibraryVersion}");
        text.Append($" tot-net-in={client.BytesIn} tot-net-out={client.BytesOut} tot-cmds={commands}");
    }

    /// <summary>The letters of a client's state; N without any.</summary>
    public static string FlagsOf(Client client)
    {
        var flags = new StringBuilder();
        Add(ClientFlags.Monitor, 'O');
        Add(ClientFlags.PubSub, 'P');
        Add(ClientFlags.Multi, 'x');
        Add(ClientFlags.Blocked, 'b');
        Add(ClientFlags.DirtyWatch, 'd');
        Add(ClientFlags.CloseAfterReply, 'c');
        Add(ClientFlags.CloseSoon, 'A');
        Add(ClientFlags.UnixSocket, 'U');
        Add(ClientFlags.ReadOnly, 'r');
        Add(ClientFlags.NoEvict, 'e');
        if (client.IsNoTouch)
            flags.Append('T');
        Add(ClientFlags.ImportSource, 'I');
        return flags.Length == 0 ? "N" : flags.ToString();

        void Add(ClientFlags flag, char letter)
        {
            if (client.Is(flag))
                flags.Append(letter);
        }
    }
}
