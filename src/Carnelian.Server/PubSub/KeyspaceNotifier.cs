using System.Buffers;
using System.Buffers.Text;
using System.Runtime.CompilerServices;
using Carnelian.Commands;

namespace Carnelian.Server.PubSub;

/// <summary>Publishes keyspace events: what happened to a key, and to which key something happened; and to which fields of a hash.</summary>
/// <remarks>
/// On the loop that executes, with the locks of the key's shard held, so that the events of a key come in the order of its changes.
/// Nobody gets here unless the class of the event is switched on.
/// </remarks>
internal sealed class KeyspaceNotifier(PubSubHub hub)
{
    private const NotificationClass KeyChannels = NotificationClass.Keyspace | NotificationClass.Keyevent;
    private const NotificationClass FieldChannels =
        NotificationClass.Subkeyspace | NotificationClass.Subkeyevent | NotificationClass.SubkeyspaceItem | NotificationClass.SubkeyspaceEvent;

    private const int LongestOnStack = 512;
    private const int PrefixRoom = 40;

    private NotificationClass _channels;

    /// <summary>Publishes an event to the channels that are switched on.</summary>
    public void Publish(int database, ReadOnlySpan<byte> name, ReadOnlySpan<byte> key)
    {
        if ((_channels & NotificationClass.Keyspace) != 0)
            Publish("__keyspace@"u8, database, key, name);
        if ((_channels & NotificationClass.Keyevent) != 0)
            Publish("__keyevent@"u8, database, name, key);
    }

    /// <summary>Publishes to which fields of a hash something happened.</summary>
    /// <remarks>No name of an event has a bar in it, which stands between parts here.</remarks>
    public void PublishFields(int database, ReadOnlySpan<byte> name, ReadOnlySpan<byte> key, List<byte[]> fields)
    {
        var list = new ArrayBufferWriter<byte>();
        foreach (byte[] field in fields)
        {
            if (list.WrittenCount != 0)
                list.Write(","u8);
            WriteWithLength(list, field);
        }
        var text = new ArrayBufferWriter<byte>();
        if ((_channels & NotificationClass.Subkeyspace) != 0)
            Publish("__subkeyspace@"u8, database, key, Joined(text, name, "|"u8, list.WrittenSpan));
        if ((_channels & NotificationClass.Subkeyevent) != 0)
        {
            text.ResetWrittenCount();
            WriteWithLength(text, key);
            text.Write("|"u8);
            text.Write(list.WrittenSpan);
            Publish("__subkeyevent@"u8, database, name, text.WrittenSpan);
        }
        if ((_channels & NotificationClass.SubkeyspaceItem) != 0 && !key.Contains((byte)'\n'))
        {
            foreach (byte[] field in fields)
                Publish("__subkeyspaceitem@"u8, database, Joined(text, key, "\n"u8, field), name);
        }
        if ((_channels & NotificationClass.SubkeyspaceEvent) != 0)
            Publish("__subkeyspaceevent@"u8, database, Joined(text, name, "|"u8, key), list.WrittenSpan);
    }

    /// <summary>Takes the switches from <c>notify-keyspace-events</c>.</summary>
    /// <returns>The classes of events that commands have to announce.</returns>
    public NotificationClass Configure(NotificationClass events)
    {
        _channels = events & (KeyChannels | FieldChannels);
        NotificationClass classes = (events & KeyChannels) == 0 ? NotificationClass.None : events & ~(KeyChannels | FieldChannels);
        bool tellsFields = (events & FieldChannels) != 0 && (events & NotificationClass.Hash) != 0;
        return tellsFields ? classes | NotificationClass.Fields : classes;
    }

    private static ReadOnlySpan<byte> Joined(ArrayBufferWriter<byte> text, ReadOnlySpan<byte> first, ReadOnlySpan<byte> between, ReadOnlySpan<byte> last)
    {
        text.ResetWrittenCount();
        text.Write(first);
        text.Write(between);
        text.Write(last);
        return text.WrittenSpan;
    }

    private static void WriteWithLength(ArrayBufferWriter<byte> text, ReadOnlySpan<byte> bytes)
    {
        _ = Utf8Formatter.TryFormat(bytes.Length, text.GetSpan(PrefixRoom), out int digits);
        text.Advance(digits);
        text.Write(":"u8);
        text.Write(bytes);
    }

    [SkipLocalsInit]
    private void Publish(ReadOnlySpan<byte> prefix, int database, ReadOnlySpan<byte> subject, ReadOnlySpan<byte> message)
    {
        int room = PrefixRoom + subject.Length;
        Span<byte> channel = room <= LongestOnStack ? stackalloc byte[LongestOnStack] : new byte[room];
        prefix.CopyTo(channel);
        _ = Utf8Formatter.TryFormat(database, channel[prefix.Length..], out int digits);
        int length = prefix.Length + digits;
        "__:"u8.CopyTo(channel[length..]);
        length += 3;
        subject.CopyTo(channel[length..]);
        hub.Publish(channel[..(length + subject.Length)], message);
    }
}
