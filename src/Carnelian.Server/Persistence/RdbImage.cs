using Carnelian.Memory;
using Carnelian.Persistence.Rdb;
using Carnelian.Persistence.Snapshots;
using Carnelian.Storage.Snapshots;
using Carnelian.Threading;

namespace Carnelian.Server.Persistence;

/// <summary>
/// A whole RDB file made of a snapshot: the data set at one cut. The cut is made under all locks; then the owner has a thread of its own write it to a
/// file, a socket or several at once.
/// </summary>
internal sealed class RdbImage : IDisposable
{
    /// <summary>What the walk has saved is written whenever it is so much, in bytes.</summary>
    private const long WriteAt = 64 * 1024;

    private readonly ServerInstance _server;
    private readonly RdbProfile _profile;
    private readonly RdbSnapshotSink _sink;
    private readonly byte[][] _functions;

    private RdbImage(ServerInstance server, RdbProfile profile, RdbSnapshotSink sink, SnapshotRun run)
    {
        _server = server;
        _profile = profile;
        _sink = sink;
        Run = run;
        CreatedAt = Clock.Latest / 1000;
        UsedMemory = NativeHeap.UsedBytes;
        _functions = [.. server.Loader.Functions];
    }

    /// <summary>The snapshot.</summary>
    public SnapshotRun Run { get; }

    /// <summary>The time of the cut, in seconds of Unix time.</summary>
    public long CreatedAt { get; }

    /// <summary>The memory in use at the cut, in bytes.</summary>
    public long UsedMemory { get; }

    /// <summary>What keeps the data set from being written in the format, or null.</summary>
    public string? Obstacle => _sink.Obstacle;

    /// <summary>Makes the cut, if no other snapshot is being taken. Under all locks.</summary>
    public static RdbImage? TryCut(ServerInstance server, SnapshotPurpose purpose, RdbProfile profile)
    {
        if (server.Snapshots.Current != null)
            return null;
        AccessNote note = RdbEntryWriter.NoteFor(server.Memory.Policy);
        var sink = new RdbSnapshotSink(profile, note, server.Configuration.RdbCompression, server.Keyspace.Access, Clock.Latest);
        return new RdbImage(server, profile, sink, server.Snapshots.TryCut(purpose, sink)!);
    }

    /// <summary>Writes the file from its magic to its checksum. On the owner's thread, without locks, once.</summary>
    /// <param name="output">Takes the bytes.</param>
    /// <param name="auxiliary">Further fields for the head: name and value.</param>
    /// <returns>Whether all of the data set was written; what became of it the output knows.</returns>
    public bool WriteTo(IRdbOutput output, params ReadOnlySpan<(string Name, string Value)> auxiliary)
    {
        using var writer = new RdbFileWriter(new ProgressNotes(output, Run), _profile, _server.Configuration.RdbChecksum);
        writer.Buffer.Compresses = _server.Configuration.RdbCompression;
        writer.WriteHeader(ServerIdentity.Version, CreatedAt, UsedMemory);
        foreach ((string name, string value) in auxiliary)
            writer.WriteAux(name, value);
        foreach (byte[] library in _functions)
            writer.WriteFunction(library);
        foreach (SnapshotSize size in Run.Sizes)
        {
            writer.SelectDatabase(size.Database);
            writer.WriteSize(size.Keys, size.Volatile);
        }
        while (Run.Step())
        {
            if (_sink.WalkedBytes + _sink.EarlyBytes >= WriteAt)
                _sink.MoveTo(writer.Buffer);
            if (_sink.Obstacle != null)
                Abort();
        }
        Run.End();
        if (Run.IsAborted)
            return false;
        _sink.MoveTo(writer.Buffer);
        writer.WriteEnd();
        return _sink.Obstacle == null;
    }

    /// <summary>Gives the snapshot up. Any thread, without locks.</summary>
    public void Abort()
    {
        _server.Keyspace.Locks.AcquireAll();
        Run.Abort();
        _server.Keyspace.Locks.ReleaseAll();
    }

    /// <summary>Frees what is left. After <see cref="WriteTo"/>; <see cref="Snapshots.Release"/> is the owner's.</summary>
    public void Dispose() => _sink.Dispose();

    /// <summary>Notes that the output takes what goes through.</summary>
    private sealed class ProgressNotes(IRdbOutput output, SnapshotRun run) : IRdbOutput
    {
        public void Write(ReadOnlySpan<byte> bytes)
        {
            output.Write(bytes);
            run.NoteProgress();
        }
    }
}
