using System.Text;
using Carnelian.Protocol;
using Carnelian.Server.Tracking;
using Carnelian.Threading;

namespace Carnelian.Server.Clients;

/// <summary>A client as a line of CLIENT LIST. Any thread; what changes meanwhile may be a moment old.</summary>
/// <remarks>
/// The first chunk of a client's output takes the part of Valkey's reply buffer (<c>rbs</c>, <c>obl</c>), what follows it that of
/// the reply list (<c>oll</c>, <c>omem</c>). A client without output has neither, and no peak is kept: <c>rbp</c> equals <c>rbs</c>.
/// </remarks>
internal static class ClientLine
{
    /// <summary>Writes the line, without its end.</summary>
    /// <param name="text">Takes the line.</param>
    /// <param name="server">The server.</param>
    /// <param name="client">The client.</param>
    /// <param name="argumentBytes">The bytes of the arguments of the command that the client executes; 0 for other clients.</param>
    public static void Write(StringBuilder text, ServerInstance server, Client client, long argumentBytes)
    {
        long now = Clock.Sample();
        OutputQueue output = client.Output;
        int nodes = output.NodeCount;
        bool isShort = client.HasShortOutput;
        long chunk = Math.Min(output.MemoryBytes, OutputChunkPool.ChunkBytes);
        string events = (client.IsWatchedForInput ? "r" : "") + (client.IsWatchedForOutput ? "w" : "");
        string capabilities = client.UnderstandsRedirect ? "r" : "";
        // Of a transaction that will fail, nothing is left in Valkey.
        bool isDoomed = server.Watches.HasChanged(client);
        int queued = !client.Is(ClientFlags.Multi) ? -1 : isDoomed ? 0 : client.QueuedCommands?.Count ?? 0;
        text.Append($"id={client.Id} addr={client.Socket.PeerAddress} laddr={client.Socket.LocalAddress} fd={client.Socket.Descriptor}");
        text.Append($" name={client.ShownName} age={Math.Max(now - client.CreatedAt, 0) / 1000} idle={Math.Max(now - client.LastInteraction, 0) / 1000}");
        text.Append($" flags={FlagsOf(server, client)} capa={capabilities} db={client.DatabaseIndex}");
        text.Append($" sub={client.Channels?.Count ?? 0} psub={client.Patterns?.Count ?? 0} ssub={client.ShardSubscriptionCount}");
        text.Append($" multi={queued} watch={(isDoomed ? 0 : client.WatchedKeys?.Count ?? 0)}");
        text.Append($" qbuf={client.ShownQueryBytes} qbuf-free={Math.Max(client.QueryRoom - client.QueryBytes, 0)}");
        text.Append($" argv-mem={argumentBytes + client.WaitBytes} multi-mem={client.QueuedBytes} rbs={chunk} rbp={chunk}");
        text.Append($" obl={(isShort ? output.PendingBytes : 0)} oll={(isShort ? 0 : nodes)}");
        text.Append($" omem={client.OutputListBytes} tot-mem={client.MemoryBytes + argumentBytes}");
        text.Append($" events={events} cmd={client.LastCommand?.Name ?? "NULL"} user=default redir={client.Tracking?.Redirect ?? -1} resp={client.Resp}");
        text.Append($" lib-name={client.LibraryName} lib-ver={client.LibraryVersion}");
        text.Append($" tot-net-in={client.BytesIn} tot-net-out={client.BytesOut} tot-cmds={client.CommandCount}");
    }

    /// <summary>The line of a client, for the log.</summary>
    public static string Describe(ServerInstance server, Client client)
    {
        var text = new StringBuilder(400);
        Write(text, server, client, argumentBytes: 0);
        return text.ToString();
    }

    /// <summary>The letters of a client's state; N without any.</summary>
    public static string FlagsOf(ServerInstance server, Client client)
    {
        var flags = new StringBuilder();
        Add(client.Is(ClientFlags.Replica), 'S');
        Add(client.Is(ClientFlags.Monitor), 'O');
        Add(client.Is(ClientFlags.PubSub), 'P');
        Add(client.Is(ClientFlags.Multi), 'x');
        Add(client.IsWaiting, 'b');
        ClientTracking? tracking = client.Tracking;
        Add(tracking != null, 't');
        Add(tracking is { IsRedirectBroken: true }, 'R');
        Add(tracking != null && tracking.Has(TrackingOptions.Broadcast), 'B');
        Add(server.Watches.HasChanged(client), 'd');
        Add(client.Is(ClientFlags.CloseAfterReply), 'c');
        Add(client.Is(ClientFlags.CloseSoon), 'A');
        Add(client.Is(ClientFlags.UnixSocket), 'U');
        Add(client.Is(ClientFlags.ReadOnly), 'r');
        Add(client.Is(ClientFlags.NoEvict), 'e');
        Add(client.IsNoTouch, 'T');
        Add(client.IsImportSource, 'I');
        return flags.Length == 0 ? "N" : flags.ToString();

        void Add(bool isSet, char letter)
        {
            if (isSet)
                flags.Append(letter);
        }
    }
}
