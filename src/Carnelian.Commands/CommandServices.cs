using Carnelian.Commands.Table;
using Carnelian.Storage;

namespace Carnelian.Commands;

/// <summary>
/// What commands on data need of the server around them: settings that they obey, and who hears of changes.
/// </summary>
/// <remarks>One instance a server. The settings are plain fields that CONFIG SET writes and any thread reads.</remarks>
public abstract class CommandServices
{
    /// <summary>
    /// The classes of <c>notify-keyspace-events</c>, none unless K, E or one for fields is among them; and <see cref="NotificationClass.AccessTime"/>.
    /// </summary>
    public NotificationClass Notifications;

    /// <summary>Whether <see cref="OnTouched"/> has to be called for all keys: some client has CLIENT TRACKING on.</summary>
    public bool TracksKeys;

    /// <summary><c>lazyfree-lazy-user-del</c>: DEL frees in the background.</summary>
    public bool LazyUserDelete;

    /// <summary><c>lazyfree-lazy-user-flush</c>: FLUSHALL and FLUSHDB free in the background.</summary>
    public bool LazyUserFlush;

    /// <summary><c>lazyfree-lazy-server-del</c>: values that a command overwrites are freed in the background.</summary>
    public bool LazyServerDelete;

    /// <summary><c>proto-max-bulk-len</c>: no string grows longer, in bytes.</summary>
    public long MaxStringLength;

    /// <summary>The value of <see cref="QuicklistPackedThreshold"/> unless a test has set another.</summary>
    public const long DefaultQuicklistPackedThreshold = 1L << 30;

    /// <summary>DEBUG QUICKLIST-PACKED-THRESHOLD: elements of a list from this size on, in bytes, get a node of their own.</summary>
    public long QuicklistPackedThreshold = DefaultQuicklistPackedThreshold;

    /// <summary>From this length on a value is sent from where it lies, in bytes; more than any value has: always copied.</summary>
    public long ShareRepliesFrom = long.MaxValue;

    /// <summary>Up to which size collections stay compact.</summary>
    public CollectionLimits Limits { get; } = new();

    /// <summary>The commands that clients can use, after <c>rename-command</c>; set before the first client.</summary>
    public CommandTable Commands { get; set; } = CommandTable.Create();

    /// <summary>Tells the subscribers of keyspace events. Called under the key's lock, only for classes in <see cref="Notifications"/>.</summary>
    public abstract void Notify(int database, NotificationClass kind, ReadOnlySpan<byte> name, ReadOnlySpan<byte> key);

    /// <summary>Tells the subscribers which fields of a hash an event is about. Called under the key's lock, only with <see cref="NotificationClass.Fields"/>.</summary>
    public virtual void NotifyFields(int database, ReadOnlySpan<byte> name, ReadOnlySpan<byte> key, List<byte[]> fields)
    {
    }

    /// <summary>
    /// Tells those who watch a key, or wait for it, that it has changed. Called under the key's lock, only if the key's part has such keys or
    /// <see cref="TracksKeys"/> is set.
    /// </summary>
    public abstract void OnTouched(Database database, in Key key);

    /// <summary>Tells those who wait for a key that it is worth to look at it again. Called under the key's lock, only if the key's part has such keys.</summary>
    public abstract void OnReady(Database database, in Key key);

    /// <summary>Has a client wait for keys; see <see cref="CommandContext.TryBlock"/>. Called under the locks of the command's keys.</summary>
    public abstract void Block(scoped ref CommandContext ctx, scoped in KeyWait wait);

    /// <summary>Counts fields of hashes that a command has removed or replaced since their time had come.</summary>
    public abstract void CountExpiredFields(int fields);

    /// <summary>All databases are about to lose all their keys. Called under all locks.</summary>
    public virtual void OnAllFlushing()
    {
    }

    /// <summary>All databases have lost all their keys, by a command that is still under way. Called under all locks.</summary>
    public virtual void OnAllFlushed(scoped ref CommandContext ctx)
    {
    }

    /// <summary>Tells those who watch keys of a database that it is about to lose all its keys. Called under all locks.</summary>
    public abstract void OnDatabaseFlushed(Database database);

    /// <summary>Two databases are about to be exchanged. Called under all locks.</summary>
    public virtual void OnDatabasesSwapping(int first, int second)
    {
    }

    /// <summary>Tells those who watch keys of two databases that these have just been exchanged. Called under all locks.</summary>
    public abstract void OnDatabasesSwapped(int first, int second);
}
