using System.Collections;

namespace Carnelian.Server.Transactions;

/// <summary>The keys that a client watches, each once.</summary>
/// <remarks>The client's loop. A short list is searched from end to end; a long one has a set beside it.</remarks>
internal sealed class WatchList : IEnumerable<KeyWatch>
{
    private const int MostSearched = 16;

    private readonly List<KeyWatch> _watches = [];
    private HashSet<WatchRecord>? _records;

    /// <summary>The number of keys.</summary>
    public int Count => _watches.Count;

    /// <summary>Whether one of the keys is known to have changed. Without a lock it may be a little late.</summary>
    public bool HasChanged
    {
        get
        {
            foreach (KeyWatch watch in _watches)
            {
                if (watch.Record.Version != watch.Version)
                    return true;
            }
            return false;
        }
    }

    /// <summary>Adds a key in the version that it has now.</summary>
    /// <returns>False if it is there already.</returns>
    public bool TryAdd(WatchRecord record)
    {
        if (_watches.Count == MostSearched)
            _records ??= [.. _watches.Select(static watch => watch.Record)];
        bool isNew = _records?.Add(record) ?? !_watches.Exists(watch => watch.Record == record);
        if (isNew)
            _watches.Add(new KeyWatch(record, record.Version));
        return isNew;
    }

    /// <summary>Goes over the keys.</summary>
    public List<KeyWatch>.Enumerator GetEnumerator() => _watches.GetEnumerator();

    IEnumerator<KeyWatch> IEnumerable<KeyWatch>.GetEnumerator() => GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();
}
