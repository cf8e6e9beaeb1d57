using Carnelian.Journal;
using Carnelian.Protocol;
using Carnelian.Server.Clients;
using Carnelian.Server.Execution;

namespace Carnelian.Server.Replication;

/// <summary>What a client that is a replica, or says that it is going to be one, has told of itself and has got so far.</summary>
/// <remarks>
/// Settings of the handshake: its loop. State, offsets and times: written under the lock of <see cref="ReplicationHub"/>, read by any thread.
/// What is to be sent is taken by its loop alone, whenever the socket has room: first the <see cref="Transfer"/> of a full sync, then the
/// stream from <see cref="Reader"/>. So a replica has as much in its output as one send takes, and what it has yet to get lies in the backlog.
/// </remarks>
internal sealed unsafe class Replica
{
    /// <summary>Bytes of the stream that are put into the output at once.</summary>
    private const long MostMoved = 1 << 20;

    /// <summary>How often the output is filled in one go: then others have their turn.</summary>
    private const int MostFills = 8;

    private readonly Action _serve;
    private int _isWoken;
    private volatile ReplicaState _state;
    private BacklogReader? _reader;

    /// <summary>Makes a replica of a client.</summary>
    public Replica(Client client)
    {
        Client = client;
        _serve = Serve;
    }

    /// <summary>Its connection.</summary>
    public Client Client { get; }

    /// <summary>The port that it listens on; 0 if it has not said.</summary>
    public long Port { get; set; }

    /// <summary>The address that it wants to be shown with; empty for that of its connection.</summary>
    public string Address { get; set; } = "";

    /// <summary>What it understands.</summary>
    public ReplicaCapabilities Capabilities { get; set; }

    /// <summary>The version of Valkey that it has told, as 0x00MMmmpp; 0 if it has told none.</summary>
    public int Version { get; set; }

    /// <summary>Whether it only wants the data set: it is disconnected when it has it.</summary>
    public bool WantsRdbOnly { get; set; }

    /// <summary>Whether the data set is to be left out of what it gets.</summary>
    public bool WithoutData { get; set; }

    /// <summary>Whether functions are to be left out of what it gets.</summary>
    public bool WithoutFunctions { get; set; }

    /// <summary>Whether it has asked with SYNC, and gets no word on its offset.</summary>
    public bool IsPlain { get; set; }

    /// <summary>How far it has come. Any thread reads.</summary>
    public ReplicaState State { get => _state; set => _state = value; }

    /// <summary>When it has asked for a full sync, in milliseconds of Unix time.</summary>
    public long WaitsSince { get; set; }

    /// <summary>The last byte of the stream that it says it has. Any thread reads.</summary>
    public long AckOffset;

    /// <summary>The last byte of the stream that it says it has on its disk. Any thread reads.</summary>
    public long DiskAckOffset;

    /// <summary>When it has last said so, in milliseconds of Unix time. Any thread reads.</summary>
    public long AckTime;

    /// <summary>Whether the stream waits for its first acknowledgement: before, it could take the stream for a part of the data set.</summary>
    public bool StartsOnAck { get; set; }

    /// <summary>The full sync that it takes part in.</summary>
    public FullSyncTransfer? Transfer { get; set; }

    /// <summary>Its place in the stream; null until there is a cut.</summary>
    public BacklogReader? Reader { get => Volatile.Read(ref _reader); set => Volatile.Write(ref _reader, value); }

    /// <summary>The bytes of the stream that it has yet to be sent. Any thread.</summary>
    public long Behind => Reader?.Behind ?? 0;

    /// <summary>The address as INFO shows it.</summary>
    public string Host => Address.Length != 0 ? Address : HostOf(Client.Socket.PeerAddress);

    /// <summary>Its name for the log.</summary>
    public string Name => Client.Is(ClientFlags.UnixSocket)
        ? $"client id #{Client.Id}"
        : $"{Host}:{(Port == 0 ? "<unknown-replica-port>" : Port.ToString(System.Globalization.CultureInfo.InvariantCulture))}";

    /// <summary>Has its loop send what there is. Any thread.</summary>
    public void Wake()
    {
        if (Volatile.Read(ref _isWoken) == 0 && Interlocked.Exchange(ref _isWoken, 1) == 0)
            Client.Loop.Post(_serve);
    }

    /// <summary>Puts more to be sent into the output, which is empty. The client's loop.</summary>
    /// <param name="fills">How often that was done in this go.</param>
    /// <returns>False if there is nothing now.</returns>
    public bool Fill(ref int fills)
    {
        OutputQueue output = Client.Output;
        if (State == ReplicaState.None)
            return false;
        if (++fills > MostFills)
        {
            Wake();
            return false;
        }
        if (Transfer is { } transfer)
        {
            if (transfer.TryMove(output))
                return true;
            if (!transfer.IsDone)
                return false;
            Client.Loop.Server.Replication.EndTransfer(this);
        }
        if (State != ReplicaState.Online || StartsOnAck || Client.Is(ClientFlags.CloseSoon))
            return false;
        long moved = 0;
        while (moved < MostMoved && Reader!.TryRead(out byte* data, out int length, out byte* block))
        {
            output.AppendShared(data, (nuint)length, block, &ReplicationBacklog.Release);
            moved += length;
        }
        return moved != 0;
    }

    private void Serve()
    {
        if (Client.IsClosed)
            return;
        EventLoop loop = Client.Loop;
        // It may have gone to another loop, and without a token it is still on its way there.
        if (!loop.IsCurrent || Client.Token < 0)
        {
            loop.Post(_serve);
            return;
        }
        Interlocked.Exchange(ref _isWoken, 0);
        loop.SendMore(Client);
    }

    private static string HostOf(string address)
    {
        int end = address.LastIndexOf(':');
        string host = end < 0 ? address : address[..end];
        return host is ['[', .., ']'] ? host[1..^1] : host;
    }
}
