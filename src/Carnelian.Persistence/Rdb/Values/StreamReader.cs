using System.Buffers.Binary;
using Carnelian.Storage;
using Carnelian.Storage.Loading;
using Carnelian.Storage.Packed;
using Carnelian.Storage.Streams;

namespace Carnelian.Persistence.Rdb.Values;

/// <summary>Reads streams of all versions.</summary>
/// <remarks>
/// Layout: blocks, each with the id of its master entry in 16 bytes big endian and a listpack; the length, the last id; from version 2 on the first id, the
/// greatest deleted id and the entries ever added; the groups: name, last id, from version 2 on the entries read, the pending entries (id, time,
/// deliveries), the consumers: name, time last seen, from version 3 on the time last active, the ids that are pending for it; from version 5 on the ids
/// that nobody has, in the order of their release. From version 4 on what is known of producers: see <see cref="ProducerReader"/>.
/// </remarks>
internal static class StreamReader
{
    private const int IdBytes = 16;

    /// <summary>Reads a stream.</summary>
    public static bool TryRead(ref RdbInput input, byte type, in LoadRules rules, out LoadedValue value)
    {
        value = default;
        StreamValue stream = StreamValue.Create();
        if (!TryReadBlocks(ref input, stream) || !TryReadTotals(ref input, stream, type) || !TryReadGroups(ref input, stream, type, rules)
            || (type >= RdbType.RedisStreamListPacks4 && !ProducerReader.TryRead(ref input, stream, rules.Now)))
        {
            stream.Free();
            return false;
        }
        unsafe
        {
            value = LoadedValue.OfCollection(Storage.ValueType.Stream, ValueEncoding.Stream, stream.Address);
        }
        return true;
    }

    private static bool TryReadBlocks(ref RdbInput input, StreamValue stream)
    {
        if (!input.TryReadCount(out long count))
            return false;
        StreamId last = default;
        for (long i = 0; i < count; i++)
        {
            if (!input.TryReadString(out ReadOnlySpan<byte> name))
                return false;
            if (name.Length != IdBytes)
                return input.Corrupt("Stream node key entry is not the size of a stream ID");
            StreamId key = IdOf(name);
            if (i != 0 && key <= last)
                return input.Corrupt("Listpack re-added with existing key");
            if (!TryReadBlock(ref input, stream, key, out last))
                return false;
        }
        return true;
    }

    private static unsafe bool TryReadBlock(ref RdbInput input, StreamValue stream, StreamId key, out StreamId last)
    {
        last = key;
        if (!input.TryReadString(out ReadOnlySpan<byte> bytes))
            return false;
        if (!StreamBlockCheck.IsValid(bytes, isDeep: true))
            return input.Corrupt("Stream listpack integrity check failed.");
        long live;
        fixed (byte* address = bytes)
            live = ListPack.Read(new ListPack(address).First).Integer;
        stream.AddBlock(key, bytes, live);
        return true;
    }

    private static bool TryReadTotals(ref RdbInput input, StreamValue stream, byte type)
    {
        if (!input.TryReadLength(out ulong length) || !TryReadIdNumbers(ref input, out StreamId lastId))
            return false;
        StreamId firstId = stream.FirstId, deletedId = default;
        ulong added = length;
        if (type >= RdbType.StreamListPacks2
            && (!TryReadIdNumbers(ref input, out firstId) || !TryReadIdNumbers(ref input, out deletedId) || !input.TryReadLength(out added)))
        {
            return false;
        }
        if (length != (ulong)stream.Length)
            return input.Corrupt("Stream length inconsistent with the entries in its listpacks");
        if (length != 0 && stream.LastExistingId > lastId)
            return input.Corrupt("Stream last ID is before that of its last entry");
        stream.LastId = lastId;
        stream.MaxDeletedId = deletedId;
        stream.EntriesAdded = added;
        return true;
    }

    private static bool TryReadGroups(ref RdbInput input, StreamValue stream, byte type, in LoadRules rules)
    {
        if (!input.TryReadCount(out long count))
            return false;
        for (; count > 0; count--)
        {
            if (!TryReadGroup(ref input, stream, type, rules))
                return false;
        }
        return true;
    }

    private static bool TryReadGroup(ref RdbInput input, StreamValue stream, byte type, in LoadRules rules)
    {
        if (!input.TryReadString(out ReadOnlySpan<byte> name))
            return false;
        if (stream.FindGroup(name).Exists)
            return input.Corrupt("Duplicated consumer group name");
        StreamGroup group = stream.AddGroup(name, default, StreamGroup.Unknown);
        if (!TryReadIdNumbers(ref input, out StreamId lastId))
            return false;
        group.LastId = lastId;
        if (type >= RdbType.StreamListPacks2)
        {
            if (!input.TryReadLength(out ulong read))
                return false;
            group.EntriesRead = (long)read;
        }
        else
        {
            group.EntriesRead = stream.CountAddedUpTo(lastId);
        }
        if (!input.TryReadCount(out long pending))
            return false;
        for (; pending > 0; pending--)
        {
            if (!TryReadId(ref input, out StreamId id) || !input.TryReadInt64(out long time) || !input.TryReadLength(out ulong deliveries))
                return false;
            if (!group.TryAddUnowned(id, time, (long)deliveries))
                return input.Corrupt("Duplicated global PEL entry loading stream consumer group");
        }
        if (!input.TryReadCount(out long consumers))
            return false;
        for (; consumers > 0; consumers--)
        {
            if (!TryReadConsumer(ref input, group, type, rules))
                return false;
        }
        long unowned = group.ReleasedCount;
        if (type >= RdbType.RedisStreamListPacks5 && !TryReadReleased(ref input, group, ref unowned))
            return false;
        if (unowned != 0)
            return input.Corrupt("NACK entry without consumer");
        if (group.FindConsumer(ReleasedEntries.Owner) is { Exists: true, SeenTime: ReleasedEntries.OwnerSeenTime } stand)
            Release(group, stand);
        return true;
    }

    /// <summary>What stands for entries that were released goes, and they are that again.</summary>
    private static void Release(StreamGroup group, StreamConsumer stand)
    {
        var ids = new List<(long Time, StreamId Id)>();
        for (PendingWalk walk = stand.PendingFrom(default); walk.MoveNext();)
            ids.Add((walk.Entry.DeliveryTime, walk.Id));
        ids.Sort(static (one, other) => one.Time != other.Time ? one.Time.CompareTo(other.Time) : StreamId.Compare(one.Id, other.Id));
        foreach ((_, StreamId id) in ids)
            group.Release(id, group.FindPending(id));
        group.RemoveConsumer(stand);
    }

    /// <summary>Reads which entries were released.</summary>
    /// <param name="input">What is read.</param>
    /// <param name="group">The group.</param>
    /// <param name="unowned">How many entries have no owner and are not known to be released; goes down.</param>
    private static bool TryReadReleased(ref RdbInput input, StreamGroup group, ref long unowned)
    {
        if (!input.TryReadCount(out long count))
            return false;
        for (; count > 0; count--)
        {
            if (!TryReadId(ref input, out StreamId id))
                return false;
            PendingEntry entry = group.FindPending(id);
            if (!entry.Exists)
                return input.Corrupt("NACKed entry not found in group global PEL");
            if (entry.Owner.Exists || entry.IsReleased)
                return input.Corrupt("NACKed entry with a consumer, or twice");
            group.Release(id, entry);
            unowned--;
        }
        return true;
    }

    private static bool TryReadConsumer(ref RdbInput input, StreamGroup group, byte type, in LoadRules rules)
    {
        if (!input.TryReadString(out ReadOnlySpan<byte> name))
            return false;
        if (group.FindConsumer(name).Exists)
            return input.Corrupt("Duplicate stream consumer detected");
        StreamConsumer consumer = group.AddConsumer(name, rules.Now);
        if (!input.TryReadInt64(out long seen))
            return false;
        long active = seen;
        if (type >= RdbType.StreamListPacks3 && !input.TryReadInt64(out active))
            return false;
        consumer.SeenTime = seen;
        consumer.ActiveTime = active;
        if (!input.TryReadCount(out long pending))
            return false;
        for (; pending > 0; pending--)
        {
            if (!TryReadId(ref input, out StreamId id))
                return false;
            if (!group.FindPending(id).Exists)
                return input.Corrupt("Consumer entry not found in group global PEL");
            if (!group.TryOwn(id, consumer))
                return input.Corrupt("Duplicated consumer PEL entry loading a stream consumer group");
        }
        return true;
    }

    /// <summary>An id as two lengths.</summary>
    internal static bool TryReadIdNumbers(ref RdbInput input, out StreamId id)
    {
        id = default;
        if (!input.TryReadLength(out ulong milliseconds) || !input.TryReadLength(out ulong sequence))
            return false;
        id = new StreamId(milliseconds, sequence);
        return true;
    }

    /// <summary>An id in 16 bytes.</summary>
    private static bool TryReadId(ref RdbInput input, out StreamId id)
    {
        id = default;
        if (!input.TryReadBytes(IdBytes, out ReadOnlySpan<byte> bytes))
            return false;
        id = IdOf(bytes);
        return true;
    }

    private static StreamId IdOf(ReadOnlySpan<byte> bytes) =>
        new(BinaryPrimitives.ReadUInt64BigEndian(bytes), BinaryPrimitives.ReadUInt64BigEndian(bytes[8..]));
}
