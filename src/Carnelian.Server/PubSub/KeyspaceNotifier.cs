using Carnelian.Commands;

namespace Carnelian.Server.PubSub;

/// <summary>Publishes keyspace events.</summary>
internal sealed class KeyspaceNotifier
{
    /// <summary>Publishes an event to the channels that are switched on.</summary>
    public void Publish(int database, NotificationClass kind, ReadOnlySpan<byte> name, ReadOnlySpan<byte> key)
    {
    }
}
