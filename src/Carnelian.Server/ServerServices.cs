using Carnelian.Commands;
using Carnelian.Server.Configuration;
using Carnelian.Server.Execution;
using Carnelian.Server.Waiting;
using Carnelian.Storage;
using Carnelian.Storage.Hashes;

namespace Carnelian.Server;

/// <summary>What commands on data get of the server.</summary>
internal sealed class ServerServices(ServerInstance server) : CommandServices, IKeyspaceObserver
{
    /// <summary>The server, also where no client is behind a command.</summary>
    public ServerInstance Server => server;

    /// <inheritdoc/>
    public override void Notify(int database, NotificationClass kind, ReadOnlySpan<byte> name, ReadOnlySpan<byte> key) =>
        server.KeyspaceEvents.Publish(database, name, key);

    /// <inheritdoc/>
    public override void NotifyFields(int database, ReadOnlySpan<byte> name, ReadOnlySpan<byte> key, List<byte[]> fields) =>
        server.KeyspaceEvents.PublishFields(database, name, key, fields);

    /// <inheritdoc/>
    public override void OnTouched(Database database, in Key key)
    {
        if (TracksKeys)
            server.Tracking.NoteChanged(key);
        if (!database.HasObservedKeys(key))
            return;
        if (database.HasWatchedKeys(key))
            server.Watches.Touch(database, key);
        Unblocker.NoteChanged(database, key);
    }

    /// <inheritdoc/>
    public override void OnReady(Database database, in Key key) => Unblocker.NoteChanged(database, key);

    /// <inheritdoc/>
    public override void Block(scoped ref CommandContext ctx, scoped in KeyWait wait) => ClientWait.Begin(ref ctx, wait);

    /// <inheritdoc/>
    public override void OnAllFlushing()
    {
        if (!server.BackgroundSave.Cancel())
            return;
        string text = $"Killing running RDB child: {Environment.ProcessId}";
        // Before what is logged of the empty file, which is written under the same locks.
        if (server.Configuration.SavePoints.Length != 0)
            server.Log.Write(LogLevel.Notice, text);
        else
            server.LogSoon(text);
    }

    /// <inheritdoc/>
    public override void OnAllFlushed(scoped ref CommandContext ctx)
    {
        // Or else a crash would bring back what is on the disk.
        if (server.Configuration.SavePoints.Length != 0 && !ctx.Session.IsReplaying)
            server.Saver.SaveEmptied(ctx.Dirty);
    }

    /// <inheritdoc/>
    public override void OnDatabaseFlushed(Database database)
    {
        server.Watches.TouchAll(database);
        if (TracksKeys)
            server.Tracking.NoteAllChanged();
        Unblocker.NoteFlush(database);
    }

    /// <inheritdoc/>
    public override void OnDatabasesSwapping(int first, int second) => server.Watches.BeforeSwap(first, second);

    /// <inheritdoc/>
    public override void OnDatabasesSwapped(int first, int second)
    {
        server.Watches.OnSwap(first, second);
        if (TracksKeys)
            server.Tracking.NoteAllChanged();
        Database one = server.Keyspace[first], other = server.Keyspace[second];
        one.Waits.Swap(other.Waits);
        Unblocker.NoteSwap(one, other);
    }

    /// <inheritdoc/>
    public bool HearsExpired => (Notifications & NotificationClass.Expired) != 0 || server.Journal.IsActive || TracksKeys;

    /// <inheritdoc/>
    public void OnExpired(Database database, in Key key)
    {
        if (server.Journal.IsActive)
            Effects.NoteExpired(database, key);
        OnRemoved(database, key);
        if ((Notifications & NotificationClass.Expired) != 0)
            Notify(database.Index, NotificationClass.Expired, "expired"u8, key.Bytes);
    }

    /// <inheritdoc/>
    public void CountExpired(int keys) => Interlocked.Add(ref server.Statistics.ExpiredKeys, keys);

    /// <inheritdoc/>
    public void OnFieldsExpired(Database database, in Key key, in RecordList fields, bool isEmpty)
    {
        if (server.Journal.IsActive)
            Effects.NoteFieldsExpired(database, key, fields, isEmpty);
        CountExpiredFields(fields.Count);
        if (TracksKeys)
            server.Tracking.NoteChanged(key);
        if (database.HasWatchedKeys(key))
            server.Watches.Touch(database, key);
        if ((Notifications & NotificationClass.Hash) != 0)
            Notify(database.Index, NotificationClass.Hash, "hexpired"u8, key.Bytes);
        if ((Notifications & NotificationClass.Fields) != 0)
            NotifyFields(database.Index, "hexpired"u8, key.Bytes, NamesOf(fields));
        if (isEmpty && (Notifications & NotificationClass.Generic) != 0)
            Notify(database.Index, NotificationClass.Generic, "del"u8, key.Bytes);
    }

    /// <inheritdoc/>
    public override void CountExpiredFields(int fields) => Interlocked.Add(ref server.Statistics.ExpiredFields, fields);

    /// <inheritdoc/>
    public void OnEvicted(Database database, in Key key)
    {
        if (server.Journal.IsActive)
            Effects.NoteEvicted(database, key, server.Configuration.LazyfreeLazyEviction);
        Interlocked.Increment(ref server.Statistics.EvictedKeys);
        bool tells = TracksKeys || (Notifications & NotificationClass.Evicted) != 0;
        long before = tells ? server.Memory.Occupied : 0;
        OnRemoved(database, key);
        if ((Notifications & NotificationClass.Evicted) != 0)
            Notify(database.Index, NotificationClass.Evicted, "evicted"u8, key.Bytes);
        if (tells)
            server.Memory.NoteMessages(server.Memory.Occupied - before);
    }

    private static unsafe List<byte[]> NamesOf(in RecordList fields)
    {
        var names = new List<byte[]>(fields.Count);
        for (int i = 0; i < fields.Count; i++)
            names.Add(new HashField(fields[i]).Name.ToArray());
        return names;
    }

    private void OnRemoved(Database database, in Key key)
    {
        if (TracksKeys)
            server.Tracking.NoteChanged(key);
        if (!database.HasObservedKeys(key))
            return;
        if (database.HasWatchedKeys(key))
            server.Watches.Touch(database, key);
        Unblocker.NoteRemoved(database, key);
    }
}
