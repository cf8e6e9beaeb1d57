using Carnelian.Storage;
using Carnelian.Storage.Packed;
using Carnelian.Storage.Streams;
using Carnelian.Text;

namespace Carnelian.Persistence.Aof;

/// <summary>Writes the commands that make a stream: its entries, its counters, its groups with what they have delivered.</summary>
/// <remarks>What XADD remembers of ids that producers gave (IDMP) has no command that would set it, and is left out.</remarks>
internal static unsafe class StreamCommands
{
    /// <summary>Room for an id as text, in bytes.</summary>
    private const int IdRoom = StreamId.MostTextBytes;

    /// <summary>Writes a stream.</summary>
    public static void Write(CommandBuffer buffer, Entry entry)
    {
        var stream = new StreamValue(entry.Collection);
        ReadOnlySpan<byte> key = entry.KeyBytes;
        if (stream.Length == 0)
            WriteEmpty(buffer, key, stream);
        else
            WriteEntries(buffer, key, stream);
        buffer.Begin(7);
        buffer.Add("XSETID"u8);
        buffer.Add(key);
        AddId(buffer, stream.LastId);
        buffer.Add("ENTRIESADDED"u8);
        buffer.Add((long)stream.EntriesAdded);
        buffer.Add("MAXDELETEDID"u8);
        AddId(buffer, stream.MaxDeletedId);
        GroupWalk groups = stream.Groups;
        while (groups.MoveNext())
            WriteGroup(buffer, key, groups.Group);
    }

    private static void WriteEntries(CommandBuffer buffer, ReadOnlySpan<byte> key, StreamValue stream)
    {
        Span<byte> digits = stackalloc byte[PackedValue.MostDigits];
        StreamCursor cursor = stream.Range(StreamId.Zero, StreamId.Max);
        while (cursor.MoveNext())
        {
            buffer.Begin(3 + 2L * cursor.FieldCount);
            buffer.Add("XADD"u8);
            buffer.Add(key);
            AddId(buffer, cursor.Id);
            for (int i = 0; i < cursor.FieldCount; i++)
            {
                cursor.ReadField(out PackedValue field, out PackedValue value);
                buffer.Add(field.Bytes(digits));
                buffer.Add(value.Bytes(digits));
            }
        }
    }

    /// <summary>An entry that is trimmed away at once leaves a stream without entries.</summary>
    private static void WriteEmpty(CommandBuffer buffer, ReadOnlySpan<byte> key, StreamValue stream)
    {
        buffer.Begin(7);
        buffer.Add("XADD"u8);
        buffer.Add(key);
        buffer.Add("MAXLEN"u8);
        buffer.Add("0"u8);
        if (stream.LastId == StreamId.Zero)
            buffer.Add("0-1"u8);
        else
            AddId(buffer, stream.LastId);
        buffer.Add("x"u8);
        buffer.Add("y"u8);
    }

    private static void WriteGroup(CommandBuffer buffer, ReadOnlySpan<byte> key, StreamGroup group)
    {
        buffer.Begin(7);
        buffer.Add("XGROUP"u8);
        buffer.Add("CREATE"u8);
        buffer.Add(key);
        buffer.Add(group.Name);
        AddId(buffer, group.LastId);
        buffer.Add("ENTRIESREAD"u8);
        buffer.Add(group.EntriesRead);
        ConsumerWalk consumers = group.Consumers;
        while (consumers.MoveNext())
        {
            buffer.Begin(5);
            buffer.Add("XGROUP"u8);
            buffer.Add("CREATECONSUMER"u8);
            buffer.Add(key);
            buffer.Add(group.Name);
            buffer.Add(consumers.Consumer.Name);
        }
        PendingWalk pending = group.PendingFrom(StreamId.Zero);
        while (pending.MoveNext())
        {
            if (pending.Entry.Owner.Exists)
                WritePending(buffer, key, group, pending);
            else
                WriteReleased(buffer, key, group, pending);
        }
    }

    private static void WritePending(CommandBuffer buffer, ReadOnlySpan<byte> key, StreamGroup group, PendingWalk pending)
    {
        buffer.Begin(12);
        buffer.Add("XCLAIM"u8);
        buffer.Add(key);
        buffer.Add(group.Name);
        buffer.Add(pending.Entry.Owner.Name);
        buffer.Add("0"u8);
        AddId(buffer, pending.Id);
        buffer.Add("TIME"u8);
        buffer.Add(pending.Entry.DeliveryTime);
        buffer.Add("RETRYCOUNT"u8);
        buffer.Add(pending.Entry.Deliveries);
        buffer.Add("JUSTID"u8);
        buffer.Add("FORCE"u8);
    }

    /// <summary>An entry that nobody owns, as XNACK leaves it.</summary>
    private static void WriteReleased(CommandBuffer buffer, ReadOnlySpan<byte> key, StreamGroup group, PendingWalk pending)
    {
        buffer.Begin(10);
        buffer.Add("XNACK"u8);
        buffer.Add(key);
        buffer.Add(group.Name);
        buffer.Add("SILENT"u8);
        buffer.Add("IDS"u8);
        buffer.Add("1"u8);
        AddId(buffer, pending.Id);
        buffer.Add("RETRYCOUNT"u8);
        buffer.Add(pending.Entry.Deliveries);
        buffer.Add("FORCE"u8);
    }

    private static void AddId(CommandBuffer buffer, StreamId id)
    {
        byte* text = stackalloc byte[IdRoom];
        buffer.Add(new ReadOnlySpan<byte>(text, id.Format(text)));
    }
}
