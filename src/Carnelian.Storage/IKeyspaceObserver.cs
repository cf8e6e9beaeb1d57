namespace Carnelian.Storage;

/// <summary>
/// Hears of keys that the keyspace removes by itself. Called under the shard's lock, before the key is gone.
/// </summary>
public interface IKeyspaceObserver
{
    /// <summary>Whether <see cref="OnExpired"/> has to be called for keys that nobody watches.</summary>
    bool HearsExpired { get; }

    /// <summary>A key is about to be removed since its time has come.</summary>
    void OnExpired(Database database, in Key key);

    /// <summary>Keys have been removed since their time has come.</summary>
    void CountExpired(int keys);

    /// <summary>Fields of a hash have been removed since their time has come. If it is empty now, the key is about to be removed too.</summary>
    void OnFieldsExpired(Database database, in Key key, int fields, bool isEmpty);

    /// <summary>A key is about to be removed to make room.</summary>
    void OnEvicted(Database database, in Key key);
}
