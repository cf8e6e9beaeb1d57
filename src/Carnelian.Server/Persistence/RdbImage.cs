using System.Globalization;
using System.Text;
using Carnelian.Memory;
using Carnelian.Persistence;
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

    private RdbImage(ServerInstance server, RdbProfile profile, RdbSnapshotSink sink, SnapshotRun run)
    {
        _server = server;
        _profile = profile;
        _sink = sink;
        Run = run;
        CreatedAt = Clock.Latest / 1000;
        UsedMemory = NativeHeap.UsedBytes;
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
        var checksummed = new Checksummed(output, Run);
        using var buffer = new RdbBuffer(checksummed) { Compresses = _server.Configuration.RdbCompression };
        buffer.WriteRaw(Encoding.ASCII.GetBytes(_profile.Magic));
        WriteAuxiliary(buffer, _profile.IsValkey ? "valkey-ver" : "redis-ver", _profile.ServerVersion);
        WriteAuxiliary(buffer, "redis-bits", "64");
        WriteAuxiliary(buffer, "ctime", CreatedAt.ToString(CultureInfo.InvariantCulture));
        WriteAuxiliary(buffer, "used-mem", UsedMemory.ToString(CultureInfo.InvariantCulture));
        foreach ((string name, string value) in auxiliary)
            WriteAuxiliary(buffer, name, value);
        foreach (SnapshotSize size in Run.Sizes)
        {
            buffer.WriteByte(RdbOpcode.SelectDatabase);
            buffer.WriteLength((ulong)size.Database);
            buffer.WriteByte(RdbOpcode.ResizeDatabase);
            buffer.WriteLength((ulong)size.Keys);
            buffer.WriteLength((ulong)size.Volatile);
        }
        while (Run.Step())
        {
            if (_sink.WalkedBytes + _sink.EarlyBytes >= WriteAt)
                _sink.MoveTo(buffer);
            if (_sink.Obstacle != null)
                Abort();
        }
        Run.End();
        if (Run.IsAborted)
            return false;
        _sink.MoveTo(buffer);
        buffer.WriteByte(RdbOpcode.End);
        buffer.Flush();
        buffer.WriteInt64(_server.Configuration.RdbChecksum ? (long)checksummed.Crc : 0);
        buffer.Flush();
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

    private static void WriteAuxiliary(RdbBuffer buffer, string name, string value)
    {
        buffer.WriteByte(RdbOpcode.Aux);
        buffer.WriteString(Encoding.UTF8.GetBytes(name));
        buffer.WriteString(Encoding.UTF8.GetBytes(value));
    }

    /// <summary>Computes the checksum of what goes through.</summary>
    private sealed class Checksummed(IRdbOutput output, SnapshotRun run) : IRdbOutput
    {
        public ulong Crc { get; private set; }

        public void Write(ReadOnlySpan<byte> bytes)
        {
            Crc = Crc64.Append(Crc, bytes);
            output.Write(bytes);
            run.NoteProgress();
        }
    }
}
