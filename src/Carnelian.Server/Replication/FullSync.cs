using System.Globalization;
using System.Text;
using Carnelian.Server.Clients;
using Carnelian.Server.Configuration;
using Carnelian.Storage;

namespace Carnelian.Server.Replication;

/// <summary>
/// One full sync: the data set as it is at one cut, for all replicas that waited for it and understand the same. It goes to their sockets as
/// it is made, or to a file first and from there to them.
/// </summary>
/// <remarks>
/// A thread of its own, which waits when the slowest replica's <see cref="FullSyncTransfer"/> is full. A replica that takes nothing for
/// <c>repl-timeout</c> is disconnected, so that it does not hold up the others for ever.
/// </remarks>
internal sealed class FullSync
{
    private readonly ServerInstance _server;
    private readonly Thread _thread;
    private readonly AutoResetEvent _progress = new(false);
    private readonly string _mark = string.Concat(Guid.NewGuid().ToString("N"), Guid.NewGuid().ToString("N").AsSpan(0, 8));
    private volatile bool _isAborted;

    /// <summary>Makes a full sync for those who wait and fit to the first of them. Under the hub's lock.</summary>
    public FullSync(ServerInstance server, Replica first, Replica[] replicas)
    {
        _server = server;
        IsToSockets = server.Configuration.ReplDisklessSync && (first.Capabilities & ReplicaCapabilities.EndOfFileMark) != 0;
        Candidates = Array.FindAll(replicas, replica => replica.State == ReplicaState.WaitingForStart && FitsTo(replica, first));
        _thread = new Thread(Run, 1 << 20) { Name = "full_sync", IsBackground = true };
    }

    /// <summary>Whether it goes to the sockets without a file.</summary>
    public bool IsToSockets { get; }

    /// <summary>Those for whom it was begun.</summary>
    public Replica[] Candidates { get; }

    /// <summary>Those of them who were still there at the cut.</summary>
    public List<Replica> Members { get; } = [];

    /// <summary>Starts the thread.</summary>
    public void Start() => _thread.Start();

    /// <summary>Ends it early: the server ends. Waits for the thread.</summary>
    public void Abort()
    {
        _isAborted = true;
        _progress.Set();
        if (_thread.IsAlive)
            _thread.Join();
    }

    private bool FitsTo(Replica replica, Replica first) =>
        replica.WithoutData == first.WithoutData && replica.WithoutFunctions == first.WithoutFunctions
        && (!IsToSockets || (replica.Capabilities & ReplicaCapabilities.EndOfFileMark) != 0);

    private void Run()
    {
        try
        {
            Send();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            _server.Log.Write(LogLevel.Warning, $"SYNC failed: {e.Message}");
            foreach (Replica replica in Members)
                _server.Clients.Disconnect(replica.Client);
        }
        foreach (Replica replica in Members)
            replica.Transfer?.Notify(null);
        _server.Replication.EndSync(this);
        Carnelian.Memory.NativeHeap.ReleaseThread();
    }

    private void Send()
    {
        byte[] data;
        _server.Keyspace.Locks.AcquireAll();
        try
        {
            long offset = _server.Replication.Cut(this);
            byte[] word = Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture, $"+FULLRESYNC {_server.ReplicationId} {offset}\r\n"));
            foreach (Replica replica in Members)
            {
                replica.Transfer!.Notify(_progress);
                if (!replica.IsPlain)
                    replica.Transfer.Add(word);
            }
            data = EmptyDataset.Create();
        }
        finally
        {
            _server.Keyspace.Locks.ReleaseAll();
        }
        byte[] begin = Encoding.ASCII.GetBytes(IsToSockets ? $"$EOF:{_mark}\r\n" : string.Create(CultureInfo.InvariantCulture, $"${data.Length}\r\n"));
        foreach (Replica replica in Members)
        {
            replica.Transfer?.Begin(begin);
            if (!IsToSockets)
                _server.Replication.NoteSendingFile(replica);
        }
        Distribute(data);
        if (IsToSockets)
            Distribute(Encoding.ASCII.GetBytes(_mark));
        foreach (Replica replica in Members)
        {
            replica.Transfer?.Complete();
            replica.Wake();
        }
    }

    /// <summary>Gives bytes to all replicas, and waits while one of them has too many already.</summary>
    private unsafe void Distribute(ReadOnlySpan<byte> bytes)
    {
        StringBlock block = StringBlock.Create(bytes.Length, bytes.Length);
        bytes.CopyTo(new Span<byte>(block.Data, bytes.Length));
        foreach (Replica replica in Members)
        {
            if (replica.Transfer is not { } transfer)
                continue;
            transfer.Add(block);
            replica.Wake();
        }
        block.Release();
        while (!_isAborted && Members.Exists(static replica => replica.Transfer is { IsFull: true }))
            _progress.WaitOne(100);
    }
}
