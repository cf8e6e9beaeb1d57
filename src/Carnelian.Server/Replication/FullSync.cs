using System.Globalization;
using System.Text;
using Carnelian.Memory;
using Carnelian.Persistence;
using Carnelian.Persistence.Rdb;
using Carnelian.Server.Configuration;
using Carnelian.Server.Hosting;
using Carnelian.Server.Persistence;
using Carnelian.Storage;
using Microsoft.Win32.SafeHandles;

namespace Carnelian.Server.Replication;

/// <summary>
/// One full sync: the data set as it is at one cut, for all replicas that waited for it and understand the same. It goes to their sockets as
/// it is made, or to a file first and from there to them.
/// </summary>
/// <remarks>
/// A thread of its own, which waits while the slowest replica's <see cref="FullSyncTransfer"/> is full. A replica that takes nothing for
/// <c>repl-timeout</c> is disconnected, so that it does not hold up the others for ever. The file has a name of its own and is gone as soon
/// as it is sent: <c>dbfilename</c> is not touched.
/// </remarks>
internal sealed class FullSync
{
    private const int FilePart = 256 * 1024;

    private readonly ServerInstance _server;
    private readonly Thread _thread;
    private readonly AutoResetEvent _progress = new(false);
    private readonly string _mark = string.Concat(Guid.NewGuid().ToString("N"), Guid.NewGuid().ToString("N").AsSpan(0, 8));
    private readonly bool _withoutData;
    private RdbImage? _image;
    private volatile bool _isAborted;

    /// <summary>Makes a full sync for those who wait and fit to the first of them. Under the hub's lock.</summary>
    public FullSync(ServerInstance server, Replica first, Replica[] replicas)
    {
        _server = server;
        IsToSockets = server.Configuration.ReplDisklessSync && (first.Capabilities & ReplicaCapabilities.EndOfFileMark) != 0;
        Profile = ReplicaProfile.Of(server, first);
        _withoutData = first.WithoutData;
        Candidates = Array.FindAll(replicas, replica => replica.State == ReplicaState.WaitingForStart && FitsTo(replica));
        _thread = new Thread(Run, 1 << 20) { Name = "full_sync", IsBackground = true };
    }

    /// <summary>Whether it goes to the sockets without a file.</summary>
    public bool IsToSockets { get; }

    /// <summary>The format that it is written in.</summary>
    public RdbProfile Profile { get; }

    /// <summary>Those for whom it was begun.</summary>
    public Replica[] Candidates { get; }

    /// <summary>Those of them who were still there at the cut.</summary>
    public List<Replica> Members { get; } = [];

    /// <summary>Whether the cut is made. Any thread.</summary>
    public bool HasCut => Volatile.Read(ref _image) != null || _withoutData;

    /// <summary>Starts the thread.</summary>
    public void Start() => _thread.Start();

    /// <summary>Ends it early, since the server ends, and waits for the thread. Without locks.</summary>
    public void Abort()
    {
        _isAborted = true;
        _progress.Set();
        if (_thread.IsAlive)
            _thread.Join();
    }

    private bool FitsTo(Replica replica) =>
        replica.WithoutData == _withoutData && ReplicaProfile.Of(_server, replica) == Profile
        && (!IsToSockets || (replica.Capabilities & ReplicaCapabilities.EndOfFileMark) != 0);

    // --- the thread -----------------------------------------------------------------------------------------------

    private void Run()
    {
        CoreList.Bind("bgsave-cpulist", _server.Configuration.BackgroundSaveCpuList, _server.Log);
        string? error = null;
        try
        {
            if (!TryCut())
            {
                // Somebody else was quicker: they wait on.
                _server.Replication.EndSync(this);
                return;
            }
            error = IsToSockets ? StreamToSockets() : SendFile();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            error = ConfigurationFile.Describe(e);
        }
        if (_image is { } image)
        {
            image.Run.End();
            image.Dispose();
            _server.Snapshots.Release(image.Run);
        }
        if (error != null)
            Fail(error);
        foreach (Replica replica in Members)
            replica.Transfer?.Notify(null);
        NativeHeap.ReleaseThread();
        _server.Replication.EndSync(this);
    }

    private bool TryCut()
    {
        _server.Keyspace.Locks.AcquireAll();
        try
        {
            if (!_withoutData)
            {
                _image = RdbImage.TryCut(_server, SnapshotPurpose.Replication, ReplicaProfile.Widened(Profile, _server.Keyspace));
                if (_image == null)
                    return false;
            }
            Offset = _server.Replication.Cut(this);
        }
        finally
        {
            _server.Keyspace.Locks.ReleaseAll();
        }
        byte[] word = Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture, $"+FULLRESYNC {_server.ReplicationId} {Offset}\r\n"));
        foreach (Replica replica in Members)
        {
            if (replica.Transfer is not { } transfer)
                continue;
            transfer.Notify(_progress);
            if (!replica.IsPlain)
                transfer.Add(word);
            replica.Wake();
        }
        return true;
    }

    /// <summary>The number of the last byte of the stream before the cut.</summary>
    public long Offset { get; private set; }

    private string? StreamToSockets()
    {
        _server.Log.Write(LogLevel.Notice, $"Background RDB transfer started by pid {Environment.ProcessId} to pipe through parent process");
        BeginPayload($"$EOF:{_mark}\r\n");
        if (!Write(new Distributor(this)))
            return _image?.Obstacle ?? "it was given up";
        Distribute(Encoding.ASCII.GetBytes(_mark));
        _server.Log.Write(LogLevel.Notice, $"Diskless rdb transfer, done reading from pipe, {Members.Count(static replica => replica.Transfer is { IsClosed: false })} replicas still up.");
        _server.Log.Write(LogLevel.Notice, "Background RDB transfer terminated with success");
        EndPayload();
        return null;
    }

    private string? SendFile()
    {
        _server.Log.Write(LogLevel.Notice, $"Background saving started by pid {Environment.ProcessId}");
        string name = $"temp-{Environment.ProcessId}-{Guid.NewGuid():N}.rdb";
        using SafeFileHandle file = File.OpenHandle(name, FileMode.CreateNew, FileAccess.ReadWrite, FileShare.Read);
        try
        {
            var output = new FileOutput(file);
            bool isWhole = Write(output);
            if (output.Error is { } failure)
                throw failure;
            if (!isWhole)
                return _image?.Obstacle ?? "it was given up";
            // The data set is there: another snapshot may be taken while the file is sent.
            if (_image is { } image)
                _server.Snapshots.Release(image.Run);
            _server.Log.Write(LogLevel.Notice, "DB saved on disk");
            _server.Log.Write(LogLevel.Notice, "Background saving terminated with success");
            foreach (Replica replica in Members)
                _server.Replication.NoteSendingFile(replica);
            BeginPayload(string.Create(CultureInfo.InvariantCulture, $"${output.Length}\r\n"));
            byte[] part = new byte[FilePart];
            for (long position = 0; position < output.Length && !_isAborted && HasTakers;)
            {
                int length = RandomAccess.Read(file, part, position);
                if (length == 0)
                    throw new IOException("The file is shorter than what was written.");
                Distribute(part.AsSpan(0, length));
                position += length;
            }
            EndPayload();
            return null;
        }
        finally
        {
            File.Delete(name);
        }
    }

    private bool Write(IRdbOutput output)
    {
        string offset = Offset.ToString(CultureInfo.InvariantCulture);
        if (_image != null)
            return _image.WriteTo(output, ("repl-stream-db", "0"), ("repl-id", _server.ReplicationId), ("repl-offset", offset), ("aof-base", "0"));
        using var buffer = new RdbBuffer(output);
        byte[] head = [.. Encoding.ASCII.GetBytes(Profile.Magic), RdbOpcode.End];
        buffer.WriteRaw(head);
        buffer.WriteInt64((long)Crc64.Append(0, head));
        buffer.Flush();
        return true;
    }

    private void Fail(string error)
    {
        if (_isAborted)
            return;
        _server.Log.Write(LogLevel.Warning, HasTakers ? $"SYNC failed: {error}" : "Diskless rdb transfer, last replica dropped, killing fork child.");
        foreach (Replica replica in Members)
            _server.Clients.Disconnect(replica.Client);
    }

    // --- to the replicas ------------------------------------------------------------------------------------------

    private bool HasTakers => Members.Exists(static replica => replica.Transfer is { IsClosed: false });

    private void BeginPayload(string line)
    {
        byte[] bytes = Encoding.ASCII.GetBytes(line);
        foreach (Replica replica in Members)
            replica.Transfer?.Begin(bytes);
    }

    private void EndPayload()
    {
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

    /// <summary>Gives what is written to all replicas; without any it gives the data set up.</summary>
    private sealed class Distributor(FullSync sync) : IRdbOutput
    {
        public void Write(ReadOnlySpan<byte> bytes)
        {
            if (sync._isAborted || !sync.HasTakers)
            {
                sync._image?.Abort();
                return;
            }
            for (; !bytes.IsEmpty && !sync._isAborted; bytes = bytes[Math.Min(bytes.Length, FilePart)..])
                sync.Distribute(bytes[..Math.Min(bytes.Length, FilePart)]);
        }
    }

    /// <summary>Writes to the file until there is an error.</summary>
    private sealed class FileOutput(SafeFileHandle file) : IRdbOutput
    {
        public long Length { get; private set; }

        public Exception? Error { get; private set; }

        public void Write(ReadOnlySpan<byte> bytes)
        {
            if (Error != null)
                return;
            try
            {
                RandomAccess.Write(file, bytes, Length);
                Length += bytes.Length;
            }
            catch (IOException e)
            {
                Error = e;
            }
        }
    }
}
