using Carnelian.Commands;
using Carnelian.Storage;

namespace Carnelian.Server;

/// <summary>What commands on data get of the server.</summary>
internal sealed class ServerServices(ServerInstance server) : CommandServices, IKeyspaceObserver
{
    /// <inheritdoc/>
    public override void Notify(int database, NotificationClass kind, ReadOnlySpan<byte> name, ReadOnlySpan<byte> key) =>
        server.KeyspaceEvents.Publish(database, name, key);

    /// <inheritdoc/>
    public override void TouchWatched(Database database, in Key key) => server.Watches.Touch(database, key);

    /// <inheritdoc/>
    public override void OnDatabaseFlushed(Database database) => server.Watches.TouchAll(database);

    /// <inheritdoc/>
    public override void OnDatabasesSwapped(int first, int second) => server.Watches.OnSwap(first, second);

    /// <inheritdoc/>
    public bool HearsExpired => (Notifications & NotificationClass.Expired) != 0;

    /// <inheritdoc/>
    public void OnExpired(Database database, in Key key)
    {
        if (database.HasWatchedKeys(key))
            server.Watches.Touch(database, key);
        if ((Notifications & NotificationClass.Expired) != 0)
            Notify(database.Index, NotificationClass.Expired, "expired"u8, key.Bytes);
    }

    /// <inheritdoc/>
    public void CountExpired(int keys) => Interlocked.Add(ref server.Statistics.ExpiredKeys, keys);

    /// <inheritdoc/>
    public void OnEvicted(Database database, in Key key)
    {
        Interlocked.Increment(ref server.Statistics.EvictedKeys);
        if (database.HasWatchedKeys(key))
            server.Watches.Touch(database, key);
        if ((Notifications & NotificationClass.Evicted) != 0)
            Notify(database.Index, NotificationClass.Evicted, "evicted"u8, key.Bytes);
    }
}
