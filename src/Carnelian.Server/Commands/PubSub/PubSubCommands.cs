using Carnelian.Commands;
using Carnelian.Commands.Table;
using Carnelian.Server.Clients;
using Carnelian.Server.PubSub;
using static Carnelian.Commands.Table.CommandFlags;

namespace Carnelian.Server.Commands.PubSub;

/// <summary>Publish and subscribe.</summary>
[Command("PUBSUB", Arity = -2, Group = CommandGroup.PubSub, Since = "2.8.0", Complexity = "Depends on subcommand.",
    Summary = "A container for commands that look at subscriptions.")]
public static class PubSubCommands
{
    [Command("SUBSCRIBE", Arity = -2, Group = CommandGroup.PubSub, Since = "2.0.0", Complexity = "O(N) where N is the number of channels to subscribe to.",
        Summary = "Subscribes to channels.",
        Flags = CommandFlags.PubSub | NoScript | Loading | Stale,
        Arguments = "channel...")]
    public static void Subscribe(scoped ref CommandContext ctx) => Add(ref ctx, "subscribe"u8, SubscriptionKind.Channel);

    [Command("UNSUBSCRIBE", Arity = -1, Group = CommandGroup.PubSub, Since = "2.0.0", Complexity = "O(N) where N is the number of channels to unsubscribe.",
        Summary = "Ends subscriptions to channels.",
        Flags = CommandFlags.PubSub | NoScript | Loading | Stale,
        Arguments = "[channel...]")]
    public static void Unsubscribe(scoped ref CommandContext ctx) => Remove(ref ctx, "unsubscribe"u8, SubscriptionKind.Channel);

    [Command("PSUBSCRIBE", Arity = -2, Group = CommandGroup.PubSub, Since = "2.0.0", Complexity = "O(N) where N is the number of patterns to subscribe to.",
        Summary = "Subscribes to channels that match patterns.",
        Flags = CommandFlags.PubSub | NoScript | Loading | Stale,
        Arguments = "pattern:pattern...")]
    public static void PSubscribe(scoped ref CommandContext ctx) => Add(ref ctx, "psubscribe"u8, SubscriptionKind.Pattern);

    [Command("PUNSUBSCRIBE", Arity = -1, Group = CommandGroup.PubSub, Since = "2.0.0", Complexity = "O(N) where N is the number of patterns to unsubscribe.",
        Summary = "Ends subscriptions to patterns.",
        Flags = CommandFlags.PubSub | NoScript | Loading | Stale,
        Arguments = "[pattern:pattern...]")]
    public static void PUnsubscribe(scoped ref CommandContext ctx) => Remove(ref ctx, "punsubscribe"u8, SubscriptionKind.Pattern);

    [Command("PUBLISH", Arity = 3, Group = CommandGroup.PubSub, Since = "2.0.0", Complexity = "O(N+M) where N is the number of clients subscribed to the receiving channel and M is the total number of subscribed patterns (by any client).",
        Summary = "Sends a message to a channel.",
        Flags = CommandFlags.PubSub | Loading | Stale | Fast | MayReplicate,
        Arguments = "channel, message")]
    public static void Publish(scoped ref CommandContext ctx)
    {
        ctx.Reply.Integer(HubOf(ref ctx).Publish(ctx.Arg(1), ctx.Arg(2)));
        ctx.Propagation = Propagation.ToReplicas;
    }

    [Command("PUBSUB|CHANNELS", Arity = -2, Group = CommandGroup.PubSub, Since = "2.8.0", Complexity = "O(N) where N is the number of active channels, and assuming constant time pattern matching (relatively short channels and patterns)",
        Summary = "Lists the channels that have subscribers.",
        Flags = CommandFlags.PubSub | Loading | Stale,
        Arguments = "[pattern:pattern]")]
    public static void Channels(scoped ref CommandContext ctx) => ListChannels(ref ctx, SubscriptionKind.Channel);

    [Command("PUBSUB|NUMPAT", Arity = 2, Group = CommandGroup.PubSub, Since = "2.8.0", Complexity = "O(1)",
        Summary = "Counts the patterns that have subscribers.",
        Flags = CommandFlags.PubSub | Loading | Stale)]
    public static void NumPat(scoped ref CommandContext ctx) => ctx.Reply.Integer(HubOf(ref ctx).PatternCount);

    [Command("PUBSUB|NUMSUB", Arity = -2, Group = CommandGroup.PubSub, Since = "2.8.0", Complexity = "O(N) for the NUMSUB subcommand, where N is the number of requested channels",
        Summary = "Counts the subscribers of channels.",
        Flags = CommandFlags.PubSub | Loading | Stale,
        Arguments = "[channel...]")]
    public static void NumSub(scoped ref CommandContext ctx) => CountSubscribers(ref ctx, SubscriptionKind.Channel);

    [Command("PUBSUB|HELP", Arity = 2, Group = CommandGroup.PubSub, Since = "6.2.0", Complexity = "O(1)",
        Summary = "Describes the subcommands of PUBSUB.",
        Flags = Loading | Stale)]
    public static void Help(scoped ref CommandContext ctx) => SubcommandHelp.Write(ctx.Reply, "PUBSUB"u8, """
        CHANNELS [<pattern>]
            List the channels that have subscribers and match a pattern (by default all).
        NUMPAT
            Count the patterns that somebody is subscribed to.
        NUMSUB [<channel> ...]
            Count the subscribers of each of the given channels; those of patterns do not count.
        SHARDCHANNELS [<pattern>]
            List the shard channels that have subscribers and match a pattern (by default all).
        SHARDNUMSUB [<shardchannel> ...]
            Count the subscribers of each of the given shard channels.
        """u8);

    internal static PubSubHub HubOf(scoped ref CommandContext ctx) => ((Client)ctx.Session).Loop.Server.PubSub;

    /// <summary>PUBSUB CHANNELS and SHARDCHANNELS.</summary>
    internal static void ListChannels(scoped ref CommandContext ctx, SubscriptionKind kind)
    {
        if (ctx.ArgCount > 3)
        {
            ctx.Reply.Error("ERR unknown subcommand or wrong number of arguments for '"u8, ctx.ArgAsText(1), "'. Try PUBSUB HELP."u8);
            return;
        }
        List<byte[]> channels = HubOf(ref ctx).ChannelsLike(ctx.ArgCount == 3 ? ctx.Arg(2) : default, areAll: ctx.ArgCount == 2, kind);
        ctx.Reply.Array(channels.Count);
        foreach (byte[] channel in channels)
            ctx.Reply.Bulk(channel);
    }

    /// <summary>PUBSUB NUMSUB and SHARDNUMSUB.</summary>
    internal static void CountSubscribers(scoped ref CommandContext ctx, SubscriptionKind kind)
    {
        ctx.Reply.Array((ctx.ArgCount - 2) * 2);
        for (int i = 2; i < ctx.ArgCount; i++)
        {
            ctx.Reply.Bulk(ctx.Arg(i));
            ctx.Reply.Integer(HubOf(ref ctx).SubscriberCount(ctx.Arg(i), kind));
        }
    }

    /// <summary>Subscribes the client to all the names it gives.</summary>
    internal static void Add(scoped ref CommandContext ctx, ReadOnlySpan<byte> verb, SubscriptionKind kind)
    {
        for (int i = 1; i < ctx.ArgCount; i++)
        {
            HubOf(ref ctx).Subscribe((Client)ctx.Session, ctx.Arg(i), kind);
            Confirm(ref ctx, verb, ctx.Arg(i), kind, hasName: true);
        }
    }

    /// <summary>Ends the subscriptions that the client names, or all of a kind.</summary>
    internal static void Remove(scoped ref CommandContext ctx, ReadOnlySpan<byte> verb, SubscriptionKind kind)
    {
        var client = (Client)ctx.Session;
        for (int i = 1; i < ctx.ArgCount; i++)
        {
            HubOf(ref ctx).Unsubscribe(client, ctx.Arg(i), kind);
            Confirm(ref ctx, verb, ctx.Arg(i), kind, hasName: true);
        }
        if (ctx.ArgCount > 1)
            return;
        byte[][] names = PubSubHub.NamesOf(client, kind)?.ToArray() ?? [];
        foreach (byte[] name in names)
        {
            HubOf(ref ctx).Unsubscribe(client, name, kind);
            Confirm(ref ctx, verb, name, kind, hasName: true);
        }
        if (names.Length == 0)
            Confirm(ref ctx, verb, default, kind, hasName: false);
    }

    /// <summary>Tells the client of a change; CLIENT REPLY does not silence that.</summary>
    private static void Confirm(scoped ref CommandContext ctx, ReadOnlySpan<byte> verb, ReadOnlySpan<byte> name, SubscriptionKind kind, bool hasName)
    {
        var client = (Client)ctx.Session;
        bool isSilent = ctx.Reply.Discarding;
        ctx.Reply.Discarding = false;
        ctx.Reply.Push(3);
        ctx.Reply.Bulk(verb);
        if (hasName)
            ctx.Reply.Bulk(name);
        else
            ctx.Reply.Null();
        ctx.Reply.Integer(kind == SubscriptionKind.ShardChannel ? client.ShardSubscriptionCount : client.SubscriptionCount);
        ctx.Reply.Discarding = isSilent;
    }
}
