using Carnelian.Server.Clients;
using Carnelian.Server.Transactions;
using Carnelian.Storage;
using Carnelian.Text;

namespace Carnelian.Server.PubSub;

/// <summary>
/// Who is subscribed to which channels and patterns, and the way of a message to them.
/// </summary>
/// <remarks>
/// Any thread. The lock is short, comes after shard locks and before those of mailboxes, and is held while a message goes out,
/// so that all subscribers get messages in the same order. What a client is subscribed to hangs on the client, and only its
/// loop touches it.
/// </remarks>
internal sealed class PubSubHub
{
    private readonly Lock _lock = new();
    /// <summary>What a subscription takes beside its name, in bytes: its places in the client's set and in the hub's.</summary>
    private const int SubscriptionBytes = 112;

    private readonly Dictionary<byte[], HashSet<Client>> _channels = new(ByteKeyComparer.Instance);
    private readonly Dictionary<byte[], HashSet<Client>> _patterns = new(ByteKeyComparer.Instance);
    private readonly Dictionary<byte[], HashSet<Client>> _shardChannels = new(ByteKeyComparer.Instance);

    /// <summary>The number of patterns that somebody is subscribed to.</summary>
    public int PatternCount => CountOf(_patterns);

    /// <summary>The number of channels that somebody is subscribed to.</summary>
    public int ChannelCount => CountOf(_channels);

    /// <summary>The number of shard channels that somebody is subscribed to.</summary>
    public int ShardChannelCount => CountOf(_shardChannels);

    /// <summary>What a client is subscribed to; null if there never was anything.</summary>
    public static HashSet<byte[]>? NamesOf(Client client, SubscriptionKind kind) => kind switch
    {
        SubscriptionKind.Channel => client.Channels,
        SubscriptionKind.Pattern => client.Patterns,
        _ => client.ShardChannels,
    };

    /// <summary>Subscribes a client.</summary>
    public void Subscribe(Client client, ReadOnlySpan<byte> name, SubscriptionKind kind)
    {
        HashSet<byte[]> own = kind switch
        {
            SubscriptionKind.Channel => client.Channels ??= NewNames(),
            SubscriptionKind.Pattern => client.Patterns ??= NewNames(),
            _ => client.ShardChannels ??= NewNames(),
        };
        byte[] bytes = name.ToArray();
        if (!own.Add(bytes))
            return;
        client.SubscriptionBytes += SubscriptionBytes + bytes.Length;
        client.Set(ClientFlags.PubSub, true);
        lock (_lock)
        {
            Dictionary<byte[], HashSet<Client>> all = SubscribersOf(kind);
            if (!all.TryGetValue(bytes, out HashSet<Client>? subscribers))
                all.Add(bytes, subscribers = []);
            subscribers.Add(client);
        }
    }

    /// <summary>Ends a subscription, if there is one.</summary>
    public void Unsubscribe(Client client, ReadOnlySpan<byte> name, SubscriptionKind kind)
    {
        byte[] bytes = name.ToArray();
        HashSet<byte[]>? own = NamesOf(client, kind);
        if (own == null || !own.Remove(bytes))
            return;
        client.SubscriptionBytes -= SubscriptionBytes + bytes.Length;
        if (client.SubscriptionCount + client.ShardSubscriptionCount == 0)
            client.Set(ClientFlags.PubSub, false);
        lock (_lock)
        {
            Dictionary<byte[], HashSet<Client>> all = SubscribersOf(kind);
            HashSet<Client> subscribers = all[bytes];
            subscribers.Remove(client);
            if (subscribers.Count == 0)
                all.Remove(bytes);
        }
    }

    /// <summary>Ends all subscriptions of a client without a word.</summary>
    public void UnsubscribeAll(Client client)
    {
        for (SubscriptionKind kind = SubscriptionKind.Channel; kind <= SubscriptionKind.ShardChannel; kind++)
        {
            foreach (byte[] name in NamesOf(client, kind)?.ToArray() ?? [])
                Unsubscribe(client, name, kind);
        }
    }

    /// <summary>Sends a message to the subscribers of a channel and of patterns that match it.</summary>
    /// <returns>How many times it was sent.</returns>
    public int Publish(ReadOnlySpan<byte> channel, ReadOnlySpan<byte> message)
    {
        int count = 0;
        lock (_lock)
        {
            if (_channels.GetAlternateLookup<ReadOnlySpan<byte>>().TryGetValue(channel, out HashSet<Client>? subscribers))
                count += Send(subscribers, "3\r\n$7\r\nmessage\r\n"u8, default, isPattern: false, channel, message);
            foreach ((byte[] pattern, HashSet<Client> clients) in _patterns)
            {
                if (GlobPattern.Matches(pattern, channel))
                    count += Send(clients, "4\r\n$8\r\npmessage\r\n"u8, pattern, isPattern: true, channel, message);
            }
        }
        return count;
    }

    /// <summary>Sends a message to the subscribers of a shard channel.</summary>
    /// <returns>How many times it was sent.</returns>
    public int PublishToShard(ReadOnlySpan<byte> channel, ReadOnlySpan<byte> message)
    {
        lock (_lock)
        {
            return _shardChannels.GetAlternateLookup<ReadOnlySpan<byte>>().TryGetValue(channel, out HashSet<Client>? subscribers)
                ? Send(subscribers, "3\r\n$8\r\nsmessage\r\n"u8, default, isPattern: false, channel, message)
                : 0;
        }
    }

    /// <summary>The channels or shard channels with subscribers.</summary>
    /// <param name="pattern">What their names have to match.</param>
    /// <param name="areAll">Whether there is no pattern.</param>
    /// <param name="kind">Which of the two.</param>
    public List<byte[]> ChannelsLike(ReadOnlySpan<byte> pattern, bool areAll, SubscriptionKind kind)
    {
        var found = new List<byte[]>();
        lock (_lock)
        {
            foreach (byte[] channel in SubscribersOf(kind).Keys)
            {
                if (areAll || GlobPattern.Matches(pattern, channel))
                    found.Add(channel);
            }
        }
        return found;
    }

    /// <summary>The number of subscribers of a channel or shard channel, without those of patterns.</summary>
    public int SubscriberCount(ReadOnlySpan<byte> channel, SubscriptionKind kind)
    {
        lock (_lock)
            return SubscribersOf(kind).GetAlternateLookup<ReadOnlySpan<byte>>().TryGetValue(channel, out HashSet<Client>? subscribers) ? subscribers.Count : 0;
    }

    private Dictionary<byte[], HashSet<Client>> SubscribersOf(SubscriptionKind kind) => kind switch
    {
        SubscriptionKind.Channel => _channels,
        SubscriptionKind.Pattern => _patterns,
        _ => _shardChannels,
    };

    private int CountOf(Dictionary<byte[], HashSet<Client>> subscribers)
    {
        lock (_lock)
            return subscribers.Count;
    }

    private static HashSet<byte[]> NewNames() => new(ByteKeyComparer.Instance);

    private static unsafe int Send(
        HashSet<Client> subscribers, ReadOnlySpan<byte> head, ReadOnlySpan<byte> pattern, bool isPattern, ReadOnlySpan<byte> channel, ReadOnlySpan<byte> message)
    {
        StringBlock array = default;
        StringBlock push = default;
        foreach (Client client in subscribers)
        {
            bool isPush = client.Resp >= 3;
            ref StringBlock block = ref isPush ? ref push : ref array;
            if (block.Address == null)
                block = Compose(isPush ? (byte)'>' : (byte)'*', head, pattern, isPattern, channel, message);
            client.Loop.Deliver(client, block);
        }
        if (array.Address != null)
            array.Release();
        if (push.Address != null)
            push.Release();
        return subscribers.Count;
    }

    private static unsafe StringBlock Compose(
        byte type, ReadOnlySpan<byte> head, ReadOnlySpan<byte> pattern, bool isPattern, ReadOnlySpan<byte> channel, ReadOnlySpan<byte> message)
    {
        long length = 1 + head.Length + (isPattern ? RespText.BulkLength(pattern) : 0) + RespText.BulkLength(channel) + RespText.BulkLength(message);
        StringBlock block = StringBlock.Create(length, length);
        var rest = new Span<byte>(block.Data, checked((int)length));
        rest[0] = type;
        head.CopyTo(rest[1..]);
        rest = rest[(1 + head.Length)..];
        if (isPattern)
            rest = RespText.WriteBulk(rest, pattern);
        rest = RespText.WriteBulk(rest, channel);
        _ = RespText.WriteBulk(rest, message);
        return block;
    }
}
