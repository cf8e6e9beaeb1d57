using System.Runtime.InteropServices;
using System.Text;
using Carnelian.Journal;
using Carnelian.Protocol;
using Carnelian.Server.Clients;
using Carnelian.Server.Configuration;
using Carnelian.Server.Execution;
using Carnelian.Threading;

namespace Carnelian.Server.Replication;

/// <summary>
/// A primary's side of replication: its replicas, the stream that they follow with its backlog, and the full syncs that they begin with. See
/// <c>docs/design/replication.md</c>.
/// </summary>
/// <remarks>
/// Any thread. The lock comes after those of shards and before the journal's; nobody logs or waits under it. The backlog comes and goes
/// under all shard locks, as the journal wants it.
/// <para>
/// Invariant: a replica gets each byte of the stream behind its cut exactly once and in order, for its <see cref="Replica.Reader"/> is
/// opened under all shard locks, when the data set that it gets is cut.
/// </para>
/// </remarks>
internal sealed class ReplicationHub(ServerInstance server) : IDisposable
{
    private readonly Lock _lock = new();
    private volatile Replica[] _replicas = [];
    private volatile ReplicationBacklog? _backlog;
    private FullSync? _sync;
    private long _pastOffset;
    private long _withoutReplicasSince = Clock.Sample();
    private long _nextSecond;
    private long _seconds;
    private bool _wantsAcks;
    private int _goodReplicas;

    /// <summary>Full syncs asked for. By interlocked operations.</summary>
    public long FullSyncs;

    /// <summary>Partial resyncs granted. By interlocked operations.</summary>
    public long PartialSyncs;

    /// <summary>Partial resyncs refused. By interlocked operations.</summary>
    public long RefusedPartialSyncs;

    /// <summary>The replicas in the order in which they came. Any thread; the array is replaced and never changed.</summary>
    public Replica[] All => _replicas;

    /// <summary>The stream's latest part; null without replicas, or when they have been gone for long.</summary>
    public ReplicationBacklog? Backlog => _backlog;

    /// <summary>The number of the stream's last byte.</summary>
    public long EndOffset => _backlog?.EndOffset ?? Volatile.Read(ref _pastOffset);

    /// <summary>Memory of the stream beyond <c>repl-backlog-size</c>, which replicas that lag keep, in bytes.</summary>
    public long LaggingBytes => _backlog is { } backlog && _replicas.Length != 0 ? Math.Max(backlog.MemoryBytes - backlog.Size, 0) : 0;

    /// <summary>Replicas that follow and have said so lately (<c>min-replicas-max-lag</c>).</summary>
    public int GoodReplicas => Volatile.Read(ref _goodReplicas);

    /// <summary>Those who wait for acknowledgements.</summary>
    public AckWaits Waits { get; } = new(server);

    /// <summary>Whether <see cref="Work"/> has something to do: replicas have to hear of what was appended, or to be asked what they have.</summary>
    public bool HasWork => _backlog is { } backlog && (backlog.HasNews || Volatile.Read(ref _wantsAcks));

    /// <summary>Whether a full sync is under way.</summary>
    public bool IsSyncing => Volatile.Read(ref _sync) != null;

    /// <summary>Takes the backlog's size from the configuration.</summary>
    public void Configure()
    {
        if (_backlog is { } backlog && backlog.Size != server.Configuration.ReplBacklogSize)
            backlog.Size = server.Configuration.ReplBacklogSize;
    }

    /// <summary>Sets the counters back.</summary>
    public void ResetStatistics()
    {
        Interlocked.Exchange(ref FullSyncs, 0);
        Interlocked.Exchange(ref PartialSyncs, 0);
        Interlocked.Exchange(ref RefusedPartialSyncs, 0);
    }

    // --- the stream -----------------------------------------------------------------------------------------------

    /// <summary>At the end of a loop's round: tells replicas that there is more, and asks them what they have if somebody waits for it.</summary>
    public void Work(EventLoop loop)
    {
        if (_backlog is not { } backlog)
            return;
        if (Volatile.Read(ref _wantsAcks))
        {
            Volatile.Write(ref _wantsAcks, false);
            Append("*3\r\n$8\r\nREPLCONF\r\n$6\r\nGETACK\r\n$1\r\n*\r\n"u8);
        }
        if (!backlog.TakeNews())
            return;
        foreach (Replica replica in _replicas)
        {
            Client client = replica.Client;
            if (replica.Reader != null && replica.Behind >= server.LeastOutputLimit && server.ExceedsOutputLimit(client))
                continue;
            if (replica.State != ReplicaState.Online)
                continue;
            if (client.Loop == loop)
                loop.SendMore(client);
            else
                replica.Wake();
        }
    }

    /// <summary>Has the replicas asked what they have, at the end of the round. Any thread.</summary>
    public void RequestAcks() => Volatile.Write(ref _wantsAcks, true);

    /// <summary>Appends a command that only the replicas execute (DEBUG REPLICATE).</summary>
    public void Append(ReadOnlySpan<Argument> arguments)
    {
        var command = new List<byte>(Encoding.ASCII.GetBytes($"*{arguments.Length}\r\n"));
        foreach (Argument argument in arguments)
        {
            command.AddRange(Encoding.ASCII.GetBytes($"${argument.Length}\r\n"));
            command.AddRange(argument.Span);
            command.AddRange("\r\n"u8);
        }
        Append(CollectionsMarshal.AsSpan(command));
    }

    /// <summary>Appends what is for replicas alone.</summary>
    private void Append(ReadOnlySpan<byte> command)
    {
        lock (_lock)
            _backlog?.Append(command);
    }

    // --- replicas come --------------------------------------------------------------------------------------------

    /// <summary>Lets a replica go on where it stopped, if the backlog has what it lacks. Its loop, without locks.</summary>
    /// <param name="replica">The replica, not attached yet.</param>
    /// <param name="id">The history that it follows.</param>
    /// <param name="offset">The first byte that it lacks.</param>
    /// <param name="writer">Gets the reply if it may.</param>
    /// <returns>False if it needs a full sync.</returns>
    public bool TryResume(Replica replica, string id, long offset, ReplyWriter writer)
    {
        if (id != server.ReplicationId)
        {
            server.Log.Write(LogLevel.Notice, id == "?"
                ? $"Full resync requested by replica {replica.Name}"
                : $"Partial resynchronization not accepted: Replication ID mismatch (Replica asked for '{id}', my replication IDs are '{server.ReplicationId}' and '{server.SecondReplicationId}')");
            return false;
        }
        BacklogReader? reader;
        lock (_lock)
        {
            reader = _backlog?.TryOpen(offset);
            if (reader != null)
            {
                replica.Reader = reader;
                replica.AckTime = Clock.Sample();
                Attach(replica, ReplicaState.Online);
            }
        }
        if (reader == null)
        {
            server.Log.Write(LogLevel.Notice, $"Unable to partial resync with replica {replica.Name} for lack of backlog (Replica request was: {offset}).");
            if (offset > EndOffset)
                server.Log.Write(LogLevel.Warning, $"Warning: replica {replica.Name} tried to PSYNC with an offset that is greater than the primary replication offset.");
            return false;
        }
        Interlocked.Increment(ref PartialSyncs);
        server.Log.Write(LogLevel.Notice,
            $"Partial resynchronization request from {replica.Name} accepted. Sending {reader.Behind} bytes of backlog starting from offset {offset}.");
        writer.SimpleString(Encoding.ASCII.GetBytes((replica.Capabilities & ReplicaCapabilities.Psync2) != 0 ? $"CONTINUE {server.ReplicationId}" : "CONTINUE"));
        return true;
    }

    /// <summary>Takes a replica that needs the whole data set. Its loop, without locks.</summary>
    public void BeginFullSync(Replica replica)
    {
        Interlocked.Increment(ref FullSyncs);
        replica.WaitsSince = Clock.Sample();
        replica.Transfer = new FullSyncTransfer();
        bool isNew = false;
        server.Keyspace.Locks.AcquireAll();
        lock (_lock)
        {
            Attach(replica, ReplicaState.WaitingForStart);
            if (_backlog == null)
            {
                isNew = true;
                // What was changed before nobody has kept: this history continues none.
                server.ChangeReplicationId();
                _backlog = new ReplicationBacklog(_pastOffset, server.Configuration.ReplBacklogSize);
                server.Journal.Add(_backlog);
            }
        }
        server.Keyspace.Locks.ReleaseAll();
        if (isNew)
        {
            server.Log.Write(LogLevel.Notice,
                $"Replication backlog created, my new replication IDs are '{server.ReplicationId}' and '{server.SecondReplicationId}'");
        }
        if (server.Snapshots.Current != null && _sync == null)
            server.Log.Write(LogLevel.Notice, "No BGSAVE in progress, but another BG operation is active. BGSAVE delayed");
        else if (_sync is { } sync)
            server.Log.Write(LogLevel.Notice, sync.IsToSockets ? "Current BGSAVE has socket target. Waiting for next BGSAVE for SYNC" : "Can't attach the replica to the current BGSAVE. Waiting for next BGSAVE for SYNC");
        else if (DelaysSync(replica))
            server.Log.Write(LogLevel.Notice, "Delay next BGSAVE for diskless SYNC");
        else
            StartSync();
    }

    // Under the lock.
    private void Attach(Replica replica, ReplicaState state)
    {
        replica.State = state;
        replica.Client.Set(ClientFlags.Replica, true);
        _replicas = [.. _replicas, replica];
        CountGoodReplicas();
    }

    /// <summary>Forgets a client that is gone. Its loop, without locks.</summary>
    public void Remove(Client client)
    {
        if (client.Replica is not { } replica || !client.Is(ClientFlags.Replica))
            return;
        lock (_lock)
        {
            _replicas = [.. _replicas.Where(other => other != replica)];
            replica.State = ReplicaState.None;
            replica.Transfer?.Close();
            replica.Reader?.Dispose();
            replica.Reader = null;
            if (_replicas.Length == 0)
                _withoutReplicasSince = Clock.Sample();
            CountGoodReplicas();
        }
        server.Log.Write(LogLevel.Notice, $"Connection with replica {replica.Name} lost.");
    }

    // --- full syncs -----------------------------------------------------------------------------------------------

    private bool DelaysSync(Replica replica) =>
        server.Configuration.ReplDisklessSync && server.Configuration.ReplDisklessSyncDelay != 0
        && (replica.Capabilities & ReplicaCapabilities.EndOfFileMark) != 0;

    /// <summary>Begins a full sync for those who wait, if it is time to.</summary>
    private void StartDueSync()
    {
        ServerConfiguration configuration = server.Configuration;
        long now = Clock.Sample();
        int waiting = 0;
        bool isDue = false;
        foreach (Replica replica in _replicas)
        {
            if (replica.State != ReplicaState.WaitingForStart)
                continue;
            waiting++;
            isDue |= !DelaysSync(replica) || now - replica.WaitsSince >= configuration.ReplDisklessSyncDelay * 1000L;
        }
        if (waiting != 0 && server.Snapshots.Current == null && (isDue || (configuration.ReplDisklessSyncMaxReplicas != 0 && waiting >= configuration.ReplDisklessSyncMaxReplicas)))
            StartSync();
    }

    private void StartSync()
    {
        FullSync sync;
        lock (_lock)
        {
            if (_sync != null)
                return;
            Replica? first = Array.Find(_replicas, static replica => replica.State == ReplicaState.WaitingForStart);
            if (first == null)
                return;
            sync = _sync = new FullSync(server, first, _replicas);
        }
        server.Log.Write(LogLevel.Notice, $"Starting BGSAVE for SYNC with target: {(sync.IsToSockets ? "replicas sockets" : "disk")} using: normal sync");
        sync.Start();
    }

    /// <summary>
    /// Makes the cut for a full sync: those of its replicas who are still there get the stream from here on. Under all shard locks, by the
    /// thread of the full sync.
    /// </summary>
    /// <returns>The number of the last byte before.</returns>
    public long Cut(FullSync sync)
    {
        lock (_lock)
        {
            ReplicationBacklog backlog = _backlog!;
            long offset = backlog.EndOffset;
            foreach (Replica replica in sync.Candidates)
            {
                if (replica.State != ReplicaState.WaitingForStart)
                    continue;
                replica.Reader = backlog.OpenAtEnd();
                replica.State = ReplicaState.WaitingForEnd;
                sync.Members.Add(replica);
            }
            server.Journal.ForgetDatabase(backlog);
            return offset;
        }
    }

    /// <summary>Notes that a file is there, and its bytes are on their way to the replicas.</summary>
    public void NoteSendingFile(Replica replica)
    {
        lock (_lock)
        {
            if (replica.State == ReplicaState.WaitingForEnd)
                replica.State = ReplicaState.SendingFile;
        }
    }

    /// <summary>Notes that a full sync has ended, well or not. Its thread.</summary>
    public void EndSync(FullSync sync)
    {
        lock (_lock)
        {
            if (_sync == sync)
                _sync = null;
        }
        StartDueSync();
    }

    /// <summary>A replica has taken all of a full sync: it goes on with the stream. Its loop.</summary>
    public void EndTransfer(Replica replica)
    {
        bool isToSocket;
        lock (_lock)
        {
            if (replica.Transfer == null)
                return;
            isToSocket = replica.State == ReplicaState.WaitingForEnd;
            replica.Transfer = null;
            replica.AckTime = Clock.Sample();
            if (!replica.WantsRdbOnly)
            {
                replica.StartsOnAck = isToSocket;
                replica.State = ReplicaState.Online;
                CountGoodReplicas();
            }
        }
        if (isToSocket)
            server.Log.Write(LogLevel.Notice, $"Streamed RDB transfer with replica {replica.Name} succeeded (socket). Waiting for REPLCONF ACK from replica to enable streaming");
        if (replica.WantsRdbOnly)
        {
            server.Log.Write(LogLevel.Notice, $"RDB transfer completed, rdb only replica ({replica.Name}) should be disconnected asap");
            replica.Client.Set(ClientFlags.CloseAfterReply, true);
            return;
        }
        server.Log.Write(LogLevel.Notice, $"Synchronization with replica {replica.Name} succeeded");
    }

    // --- acknowledgements -----------------------------------------------------------------------------------------

    /// <summary>A replica tells what it has. Its loop.</summary>
    public void Acknowledge(Replica replica, long offset, long diskOffset)
    {
        bool starts;
        lock (_lock)
        {
            replica.AckOffset = Math.Max(replica.AckOffset, offset);
            if (diskOffset > replica.DiskAckOffset)
                replica.DiskAckOffset = diskOffset;
            replica.AckTime = Clock.Sample();
            starts = replica.StartsOnAck && replica.State == ReplicaState.Online;
            if (starts)
                replica.StartsOnAck = false;
            CountGoodReplicas();
        }
        if (starts)
            replica.Wake();
        Waits.EndServed();
    }

    /// <summary>How many replicas say that they have the stream up to an offset.</summary>
    public int CountAcknowledged(long offset)
    {
        int count = 0;
        foreach (Replica replica in _replicas)
            count += replica.State == ReplicaState.Online && Volatile.Read(ref replica.AckOffset) >= offset ? 1 : 0;
        return count;
    }

    /// <summary>How many replicas have not said that they have all of the stream.</summary>
    public int CountLagging()
    {
        long end = EndOffset;
        int count = 0;
        foreach (Replica replica in _replicas)
            count += Volatile.Read(ref replica.AckOffset) != end ? 1 : 0;
        return count;
    }

    /// <summary>How many replicas say that they have the stream up to an offset on their disks.</summary>
    public int CountOnDisk(long offset)
    {
        int count = 0;
        foreach (Replica replica in _replicas)
            count += replica.State == ReplicaState.Online && Volatile.Read(ref replica.DiskAckOffset) >= offset ? 1 : 0;
        return count;
    }

    // Under the lock.
    private void CountGoodReplicas()
    {
        long now = Clock.Sample();
        int count = 0;
        foreach (Replica replica in _replicas)
            count += replica.State == ReplicaState.Online && (now - replica.AckTime) / 1000 <= server.Configuration.MinReplicasMaxLag ? 1 : 0;
        Volatile.Write(ref _goodReplicas, count);
    }

    // --- the course of time ---------------------------------------------------------------------------------------

    /// <summary>What has to be done from time to time. On the main loop, without locks.</summary>
    public void RunCron()
    {
        if (_backlog != null && !IsSyncing)
            StartDueSync();
        long now = Clock.Nanoseconds;
        if (now < _nextSecond)
            return;
        _nextSecond = now + 1_000_000_000;
        _seconds++;
        if (_backlog != null)
            RunEverySecond();
    }

    private void RunEverySecond()
    {
        ServerConfiguration configuration = server.Configuration;
        long now = Clock.Sample();
        Replica[] replicas = _replicas;
        if (replicas.Length == 0)
        {
            _backlog?.Trim();
            if (configuration.ReplBacklogTtl != 0 && (now - Volatile.Read(ref _withoutReplicasSince)) / 1000 > configuration.ReplBacklogTtl)
                FreeBacklog();
            return;
        }
        if (_seconds % Math.Max(configuration.ReplPingReplicaPeriod, 1) == 0)
            Append("*1\r\n$4\r\nping\r\n"u8);
        foreach (Replica replica in replicas)
            Visit(replica, now, configuration.ReplTimeout * 1000L);
        lock (_lock)
        {
            _backlog?.Trim();
            CountGoodReplicas();
        }
    }

    private void Visit(Replica replica, long now, long timeout)
    {
        bool isToSocket = _sync is { IsToSockets: true };
        switch (replica.State)
        {
            case ReplicaState.WaitingForStart:
            case ReplicaState.WaitingForEnd when !isToSocket:
                replica.Transfer?.AddSignOfLife();
                replica.Wake();
                break;
            case ReplicaState.WaitingForEnd or ReplicaState.SendingFile when now - replica.Client.LastInteraction > timeout:
                server.Log.Write(LogLevel.Warning, $"Disconnecting timedout replica (full sync): {replica.Name}");
                server.Clients.Disconnect(replica.Client);
                break;
            case ReplicaState.Online when now - Volatile.Read(ref replica.AckTime) > timeout:
                server.Log.Write(LogLevel.Warning, $"Disconnecting timedout replica (streaming sync): {replica.Name}");
                server.Clients.Disconnect(replica.Client);
                break;
        }
    }

    private void FreeBacklog()
    {
        bool isFreed = false;
        server.Keyspace.Locks.AcquireAll();
        lock (_lock)
        {
            if (_replicas.Length == 0 && _sync == null && _backlog is { } backlog)
            {
                isFreed = true;
                server.Journal.Remove(backlog);
                _pastOffset = backlog.EndOffset;
                _backlog = null;
                // Nobody keeps what is changed from now on: it has to be another history.
                server.ChangeReplicationId();
                backlog.Dispose();
            }
        }
        server.Keyspace.Locks.ReleaseAll();
        if (isFreed)
            server.Log.Write(LogLevel.Notice, $"Replication backlog freed after {server.Configuration.ReplBacklogTtl} seconds without connected replicas.");
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _sync?.Abort();
        _backlog?.Dispose();
    }
}
