using System.Buffers.Binary;
using Carnelian.Storage.Packed;
using Carnelian.Storage.Streams;

namespace Carnelian.Persistence.Rdb;

/// <summary>Writes streams: blocks as they lie in memory, then totals, groups, pending entries and consumers.</summary>
internal static unsafe class RdbStreamWriter
{
    private const int IdBytes = 16;

    /// <summary>Writes a stream.</summary>
    /// <param name="buffer">Where to.</param>
    /// <param name="stream">The stream.</param>
    /// <param name="hasActiveTimes">Whether consumers have the time at which they were last active.</param>
    public static void Write(RdbBuffer buffer, StreamValue stream, bool hasActiveTimes)
    {
        buffer.WriteLength((ulong)stream.BlockCount);
        for (OrderedTree<StreamId>.Position at = stream.Blocks.First; at.Exists; at.MoveNext())
            WriteBlock(buffer, at.Key, new ListPack(at.Value).AsSpan());
        WriteRest(buffer, stream, hasActiveTimes);
    }

    /// <summary>Writes a block.</summary>
    public static void WriteBlock(RdbBuffer buffer, StreamId key, ReadOnlySpan<byte> block)
    {
        Span<byte> id = stackalloc byte[IdBytes];
        Format(key, id);
        buffer.WritePlain(id);
        buffer.WriteString(block);
    }

    /// <summary>Writes what comes behind the blocks: totals, groups, pending entries and consumers.</summary>
    public static void WriteRest(RdbBuffer buffer, StreamValue stream, bool hasActiveTimes)
    {
        buffer.WriteLength((ulong)stream.Length);
        WriteId(buffer, stream.LastId);
        WriteId(buffer, stream.FirstId);
        WriteId(buffer, stream.MaxDeletedId);
        buffer.WriteLength(stream.EntriesAdded);
        buffer.WriteLength((ulong)stream.GroupCount);
        for (GroupWalk walk = stream.Groups; walk.MoveNext();)
            WriteGroup(buffer, walk.Group, hasActiveTimes);
    }

    private static void WriteGroup(RdbBuffer buffer, StreamGroup group, bool hasActiveTimes)
    {
        buffer.WriteString(group.Name);
        WriteId(buffer, group.LastId);
        buffer.WriteLength((ulong)group.EntriesRead);
        buffer.WriteLength((ulong)group.PendingCount);
        for (PendingWalk walk = group.PendingFrom(default); walk.MoveNext();)
        {
            WriteRawId(buffer, walk.Id);
            buffer.WriteInt64(walk.Entry.Owner.Exists ? walk.Entry.DeliveryTime : walk.Entry.Time - long.MinValue);
            buffer.WriteLength((ulong)walk.Entry.Deliveries);
        }
        StreamConsumer heir = group.ReleasedCount == 0 ? default : group.FindConsumer(ReleasedEntries.Owner);
        bool needsHeir = group.ReleasedCount != 0 && !heir.Exists;
        buffer.WriteLength((ulong)(group.ConsumerCount + (needsHeir ? 1 : 0)));
        for (ConsumerWalk walk = group.Consumers; walk.MoveNext();)
        {
            StreamConsumer consumer = walk.Consumer;
            bool inherits = heir.Exists && consumer.Name.SequenceEqual(ReleasedEntries.Owner);
            buffer.WriteString(consumer.Name);
            buffer.WriteInt64(consumer.SeenTime);
            if (hasActiveTimes)
                buffer.WriteInt64(consumer.ActiveTime);
            buffer.WriteLength((ulong)(consumer.PendingCount + (inherits ? group.ReleasedCount : 0)));
            for (PendingWalk pending = consumer.PendingFrom(default); pending.MoveNext();)
                WriteRawId(buffer, pending.Id);
            if (inherits)
                WriteReleased(buffer, group);
        }
        if (!needsHeir)
            return;
        buffer.WriteString(ReleasedEntries.Owner);
        buffer.WriteInt64(ReleasedEntries.OwnerSeenTime);
        if (hasActiveTimes)
            buffer.WriteInt64(StreamConsumer.Never);
        buffer.WriteLength((ulong)group.ReleasedCount);
        WriteReleased(buffer, group);
    }

    private static void WriteReleased(RdbBuffer buffer, StreamGroup group)
    {
        for (PendingWalk walk = group.PendingFrom(default); walk.MoveNext();)
        {
            if (!walk.Entry.Owner.Exists)
                WriteRawId(buffer, walk.Id);
        }
    }

    private static void WriteId(RdbBuffer buffer, StreamId id)
    {
        buffer.WriteLength(id.Milliseconds);
        buffer.WriteLength(id.Sequence);
    }

    private static void WriteRawId(RdbBuffer buffer, StreamId id)
    {
        Span<byte> bytes = stackalloc byte[IdBytes];
        Format(id, bytes);
        buffer.WriteRaw(bytes);
    }

    private static void Format(StreamId id, Span<byte> bytes)
    {
        BinaryPrimitives.WriteUInt64BigEndian(bytes, id.Milliseconds);
        BinaryPrimitives.WriteUInt64BigEndian(bytes[sizeof(ulong)..], id.Sequence);
    }
}
