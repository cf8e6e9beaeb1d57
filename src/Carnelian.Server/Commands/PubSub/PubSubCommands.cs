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
    public static void Subscribe(scoped ref CommandContext ctx) => Add(ref ctx, "subscribe"u8, isPattern: false);

    [Command("UNSUBSCRIBE", Arity = -1, Group = CommandGroup.PubSub, Since = "2.0.0", Complexity = "O(N) where N is the number of channels to unsubscribe.",
        Summary = "Ends subscriptions to channels.",
        Flags = CommandFlags.PubSub | NoScript | Loading | Stale,
        Arguments = "[channel...]")]
    public static void Unsubscribe(scoped ref CommandContext ctx) => Remove(ref ctx, "unsubscribe"u8, isPattern: false);

    [Command("PSUBSCRIBE", Arity = -2, Group = CommandGroup.PubSub, Since = "2.0.0", Complexity = "O(N) where N is the number of patterns to subscribe to.",
        Summary = "Subscribes to channels that match patterns.",
        Flags = CommandFlags.PubSub | NoScript | Loading | Stale,
        Arguments = "pattern:pattern...")]
    public static void PSubscribe(scoped ref CommandContext ctx) => Add(ref ctx, "psubscribe"u8, isPattern: true);

    [Command("PUNSUBSCRIBE", Arity = -1, Group = CommandGroup.PubSub, Since = "2.0.0", Complexity = "O(N) where N is the number of patterns to unsubscribe.",
        Summary = "Ends subscriptions to patterns.",
        Flags = CommandFlags.PubSub | NoScript | Loading | Stale,
        Arguments = "[pattern:pattern...]")]
    public static void PUnsubscribe(scoped ref CommandContext ctx) => Remove(ref ctx, "punsubscribe"u8, isPattern: true);

    [Command("PUBLISH", Arity = 3, Group = CommandGroup.PubSub, Since = "2.0.0", Complexity = "O(N+M) where N is the number of clients subscribed to the receiving channel and M is the total number of subscribed patterns (by any client).",
        Summary = "Sends a message to a channel.",
        Flags = CommandFlags.PubSub | Loading | Stale | Fast | MayReplicate,
        Arguments = "channel, message")]
    public static void Publish(scoped ref CommandContext ctx) => ctx.Reply.Integer(HubOf(ref ctx).Publish(ctx.Arg(1), ctx.Arg(2)));

    [Command("PUBSUB|CHANNELS", Arity = -2, Group = CommandGroup.PubSub, Since = "2.8.0", Complexity = "O(N) where N is the number of active channels, and assuming constant time pattern matching (relatively short channels and patterns)",
        Summary = "Lists the channels that have subscribers.",
        Flags = CommandFlags.PubSub | Loading | Stale,
        Arguments = "[pattern:pattern]")]
    public static void Channels(scoped ref CommandContext ctx)
    {
        if (ctx.ArgCount > 3)
        {
            ctx.Reply.Error("ERR unknown subcommand or wrong number of arguments for 'CHANNELS'. Try PUBSUB HELP."u8);
            return;
        }
        List<byte[]> channels = HubOf(ref ctx).ChannelsLike(ctx.ArgCount == 3 ? ctx.Arg(2) : "*"u8);
        ctx.Reply.Array(channels.Count);
        foreach (byte[] channel in channels)
            ctx.Reply.Bulk(channel);
    }

    [Command("PUBSUB|NUMPAT", Arity = 2, Group = CommandGroup.PubSub, Since = "2.8.0", Complexity = "O(1)",
        Summary = "Counts the patterns that have subscribers.",
        Flags = CommandFlags.PubSub | Loading | Stale)]
    public static void NumPat(scoped ref CommandContext ctx) => ctx.Reply.Integer(HubOf(ref ctx).PatternCount);

    [Command("PUBSUB|NUMSUB", Arity = -2, Group = CommandGroup.PubSub, Since = "2.8.0", Complexity = "O(N) for the NUMSUB subcommand, where N is the number of requested channels",
        Summary = "Counts the subscribers of channels.",
        Flags = CommandFlags.PubSub | Loading | Stale,
        Arguments = "[channel...]")]
    public static void NumSub(scoped ref CommandContext ctx)
    {
        ctx.Reply.Array((ctx.ArgCount - 2) * 2);
        for (int i = 2; i < ctx.ArgCount; i++)
        {
            ctx.Reply.Bulk(ctx.Arg(i));
            ctx.Reply.Integer(HubOf(ref ctx).SubscriberCount(ctx.Arg(i)));
        }
    }

    private static PubSubHub HubOf(scoped ref CommandContext ctx) => ((Client)ctx.Session).Loop.Server.PubSub;

    private static void Add(scoped ref CommandContext ctx, ReadOnlySpan<byte> verb, bool isPattern)
    {
        var client = (Client)ctx.Session;
        for (int i = 1; i < ctx.ArgCount; i++)
        {
            HubOf(ref ctx).Subscribe(client, ctx.Arg(i), isPattern);
            Confirm(ref ctx, verb);
            ctx.Reply.Bulk(ctx.Arg(i));
            ctx.Reply.Integer(client.SubscriptionCount);
        }
    }

    private static void Remove(scoped ref CommandContext ctx, ReadOnlySpan<byte> verb, bool isPattern)
    {
        var client = (Client)ctx.Session;
        for (int i = 1; i < ctx.ArgCount; i++)
        {
            HubOf(ref ctx).Unsubscribe(client, ctx.Arg(i), isPattern);
            Confirm(ref ctx, verb);
            ctx.Reply.Bulk(ctx.Arg(i));
            ctx.Reply.Integer(client.SubscriptionCount);
        }
        if (ctx.ArgCount > 1)
            return;
        byte[][] names = (isPattern ? client.Patterns : client.Channels)?.ToArray() ?? [];
        foreach (byte[] name in names)
        {
            HubOf(ref ctx).Unsubscribe(client, name, isPattern);
            Confirm(ref ctx, verb);
            ctx.Reply.Bulk(name);
            ctx.Reply.Integer(client.SubscriptionCount);
        }
        if (names.Length != 0)
            return;
        Confirm(ref ctx, verb);
        ctx.Reply.Null();
        ctx.Reply.Integer(client.SubscriptionCount);
    }

    private static void Confirm(scoped ref CommandContext ctx, ReadOnlySpan<byte> verb)
    {
        ctx.Reply.Push(3);
        ctx.Reply.Bulk(verb);
    }
}
