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
    /// <param name="database">The database.</param>
    /// <param name="key">The key of the hash.</param>
    /// <param name="fields">The fields (<see cref="Hashes.HashField"/>), which are freed afterwards.</param>
    /// <param name="isEmpty">Whether they were the last.</param>
    void OnFieldsExpired(Database database, in Key key, in RecordList fields, bool isEmpty);

    /// <summary>A key is about to be removed to make room.</summary>
    void OnEvicted(Database database, in Key key);
}
