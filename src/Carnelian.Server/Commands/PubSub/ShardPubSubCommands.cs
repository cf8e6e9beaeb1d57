using Carnelian.Commands;
using Carnelian.Commands.Table;
using Carnelian.Server.Clients;
using Carnelian.Server.PubSub;
using static Carnelian.Commands.Table.CommandFlags;

namespace Carnelian.Server.Commands.PubSub;

/// <summary>Publish and subscribe on shard channels: a name space of its own, without patterns.</summary>
public static class ShardPubSubCommands
{
    [Command("SSUBSCRIBE", Arity = -2, Group = CommandGroup.PubSub, Since = "7.0.0", Complexity = "O(N) where N is the number of shard channels to subscribe to.",
        Summary = "Subscribes to shard channels.",
        Flags = CommandFlags.PubSub | NoScript | Loading | Stale,
        Keys = "not_key @1..-1",
        Arguments = "shardchannel...")]
    public static void SSubscribe(scoped ref CommandContext ctx)
    {
        if (((Client)ctx.Session).Is(ClientFlags.Multi))
            ctx.Reply.Error("ERR SSUBSCRIBE isn't allowed for a DENY BLOCKING client"u8);
        else
            PubSubCommands.Add(ref ctx, "ssubscribe"u8, SubscriptionKind.ShardChannel);
    }

    [Command("SUNSUBSCRIBE", Arity = -1, Group = CommandGroup.PubSub, Since = "7.0.0", Complexity = "O(N) where N is the number of shard channels to unsubscribe.",
        Summary = "Ends subscriptions to shard channels.",
        Flags = CommandFlags.PubSub | NoScript | Loading | Stale,
        Keys = "not_key @1..-1",
        Arguments = "[shardchannel...]")]
    public static void SUnsubscribe(scoped ref CommandContext ctx) =>
        PubSubCommands.Remove(ref ctx, "sunsubscribe"u8, SubscriptionKind.ShardChannel);

    [Command("SPUBLISH", Arity = 3, Group = CommandGroup.PubSub, Since = "7.0.0", Complexity = "O(N) where N is the number of clients subscribed to the receiving shard channel.",
        Summary = "Sends a message to a shard channel.",
        Flags = CommandFlags.PubSub | Loading | Stale | Fast | MayReplicate,
        Keys = "not_key @1",
        Arguments = "shardchannel, message")]
    public static void SPublish(scoped ref CommandContext ctx)
    {
        ctx.Reply.Integer(PubSubCommands.HubOf(ref ctx).PublishToShard(ctx.Arg(1), ctx.Arg(2)));
        ctx.Propagation = Propagation.ToReplicas;
    }

    [Command("PUBSUB|SHARDCHANNELS", Arity = -2, Group = CommandGroup.PubSub, Since = "7.0.0", Complexity = "O(N) where N is the number of active shard channels, and assuming constant time pattern matching (relatively short shard channels).",
        Summary = "Lists the shard channels that have subscribers.",
        Flags = CommandFlags.PubSub | Loading | Stale,
        Arguments = "[pattern:pattern]")]
    public static void ShardChannels(scoped ref CommandContext ctx) => PubSubCommands.ListChannels(ref ctx, SubscriptionKind.ShardChannel);

    [Command("PUBSUB|SHARDNUMSUB", Arity = -2, Group = CommandGroup.PubSub, Since = "7.0.0", Complexity = "O(N) for the SHARDNUMSUB subcommand, where N is the number of requested shard channels",
        Summary = "Counts the subscribers of shard channels.",
        Flags = CommandFlags.PubSub | Loading | Stale,
        Arguments = "[shardchannel...]")]
    public static void ShardNumSub(scoped ref CommandContext ctx) => PubSubCommands.CountSubscribers(ref ctx, SubscriptionKind.ShardChannel);
}
