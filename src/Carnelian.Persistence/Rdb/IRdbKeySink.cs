using Carnelian.Storage;
using Carnelian.Storage.Loading;

namespace Carnelian.Persistence.Rdb;

/// <summary>Takes what a file holds in the place of a keyspace, key by key. On the loader's thread.</summary>
public interface IRdbKeySink
{
    /// <summary>The keys that follow are in a database.</summary>
    void Select(ulong database);

    /// <summary>The database that was selected has so many keys, and so many of them have a deadline.</summary>
    void Size(ulong keys, ulong volatileKeys);

    /// <summary>Takes a key.</summary>
    /// <param name="key">The key.</param>
    /// <param name="value">Its value, which belongs to the sink then.</param>
    /// <param name="deadline">Milliseconds of Unix time, or -1 for none.</param>
    /// <param name="idle">For how many seconds it was not used, or -1.</param>
    /// <param name="frequency">How often it is used, or -1.</param>
    void Take(in Key key, in LoadedValue value, long deadline, long idle, int frequency);

    /// <summary>A key was left out, since its value belongs to a module that nobody knows.</summary>
    void Skip(in Key key, string module);

    /// <summary>The key that comes next had metadata of modules that nobody knows.</summary>
    void LoseMetadata(in Key key);
}
