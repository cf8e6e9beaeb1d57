namespace Carnelian.Server.PubSub;

/// <summary>What a client can be subscribed to.</summary>
internal enum SubscriptionKind
{
    /// <summary>A channel (SUBSCRIBE).</summary>
    Channel,

    /// <summary>All channels whose names match a pattern (PSUBSCRIBE).</summary>
    Pattern,

    /// <summary>A channel of the other name space, which in a cluster belongs to a slot (SSUBSCRIBE).</summary>
    ShardChannel,
}
