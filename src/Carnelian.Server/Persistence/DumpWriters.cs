using System.Text;
using Carnelian.Memory;
using Carnelian.Persistence.Rdb;
using Carnelian.Protocol;
using Carnelian.Storage;

namespace Carnelian.Server.Persistence;

/// <summary>
/// Writes the payloads of DUMP. Writers are kept for the next time: each has the compressor's table, which is dear to make.
/// </summary>
/// <remarks>Any thread, under the lock of the entry's shard; the lock here is held for a moment only.</remarks>
internal sealed unsafe class DumpWriters(ServerInstance server) : IDisposable
{
    /// <summary>Larger payloads are sent from where they lie, and smaller ones copied so that the buffer can be used again, in bytes.</summary>
    private const long ShareFrom = 256 * 1024;

    private readonly Lock _lock = new();
    private readonly Stack<RdbEntryWriter> _idle = new();

    /// <summary>Replies with the payload of a value, or with an error if the format cannot hold it.</summary>
    public void Reply(ReplyWriter reply, Entry entry)
    {
        RdbEntryWriter writer = Rent();
        RdbObstacle obstacle = writer.ObstacleFor(entry);
        if (obstacle == RdbObstacle.None)
            Reply(reply, writer, entry);
        else
            reply.Error("ERR "u8, Encoding.ASCII.GetBytes(RdbObstacleText.Describe(obstacle, writer.Profile)), default);
        Return(writer);
    }

    /// <summary>How many bytes a value takes in a file, without its type; 0 if the format cannot hold it.</summary>
    public long LengthOf(Entry entry)
    {
        RdbEntryWriter writer = Rent();
        if (writer.ObstacleFor(entry) == RdbObstacle.None)
            writer.WriteValue(entry);
        long length = writer.Buffer.Length;
        Return(writer);
        return length;
    }

    /// <summary>A writer with an empty buffer, for the format and the compression that are configured. <see cref="Return"/> takes it back.</summary>
    public RdbEntryWriter Rent()
    {
        RdbEntryWriter? writer;
        lock (_lock)
            _idle.TryPop(out writer);
        RdbProfile profile = RdbProfile.All[(int)server.Configuration.RdbFormat];
        writer ??= new RdbEntryWriter(new RdbBuffer(), profile);
        writer.Profile = profile;
        writer.Buffer.Compresses = server.Configuration.RdbCompression;
        return writer;
    }

    /// <summary>Keeps a writer for the next one.</summary>
    public void Return(RdbEntryWriter writer)
    {
        writer.Buffer.Clear();
        if (writer.Buffer.Capacity > 2 * ShareFrom)
            NativeHeap.Free(writer.Buffer.Detach());
        lock (_lock)
            _idle.Push(writer);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (RdbEntryWriter writer in _idle)
        {
            writer.Buffer.Dispose();
            writer.Dispose();
        }
        _idle.Clear();
    }

    private static void Reply(ReplyWriter reply, RdbEntryWriter writer, Entry entry)
    {
        RdbBuffer buffer = writer.Buffer;
        writer.WriteDump(entry);
        if (buffer.Length < ShareFrom)
        {
            reply.Bulk(buffer.Bytes);
            return;
        }
        var length = (nuint)buffer.Length;
        byte* block = buffer.Detach();
        reply.BulkShared(block, length, block, &NativeHeap.Free);
    }
}
