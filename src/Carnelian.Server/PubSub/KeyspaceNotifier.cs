using System.Buffers.Text;
using System.Runtime.CompilerServices;
using Carnelian.Commands;

namespace Carnelian.Server.PubSub;

/// <summary>Publishes keyspace events: what happened to a key, and to which key something happened.</summary>
/// <remarks>
/// On the loop that executes, with the locks of the key's shard held, so that the events of a key come in the order of its changes.
/// Nobody gets here unless the class of the event is switched on.
/// </remarks>
internal sealed class KeyspaceNotifier(PubSubHub hub)
{
    private const int LongestOnStack = 512;
    private const int PrefixRoom = 32;

    /// <summary>Whether there are events <c>__keyspace@db__:key</c>.</summary>
    public bool HasKeyspaceChannels { get; set; }

    /// <summary>Whether there are events <c>__keyevent@db__:event</c>.</summary>
    public bool HasKeyeventChannels { get; set; }

    /// <summary>Publishes an event to the channels that are switched on.</summary>
    public void Publish(int database, ReadOnlySpan<byte> name, ReadOnlySpan<byte> key)
    {
        if (HasKeyspaceChannels)
            Publish("__keyspace@"u8, database, key, name);
        if (HasKeyeventChannels)
            Publish("__keyevent@"u8, database, name, key);
    }

    /// <summary>Takes the switches from <c>notify-keyspace-events</c>.</summary>
    /// <returns>The classes of events that commands have to announce.</returns>
    public NotificationClass Configure(NotificationClass events)
    {
        const NotificationClass channels = NotificationClass.Keyspace | NotificationClass.Keyevent;
        HasKeyspaceChannels = (events & NotificationClass.Keyspace) != 0;
        HasKeyeventChannels = (events & NotificationClass.Keyevent) != 0;
        return (events & channels) == 0 ? NotificationClass.None : events & ~channels;
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
