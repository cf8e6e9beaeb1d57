namespace Carnelian.Storage.Streams;

/// <summary>A walk over pending entries in the order of their ids. Good until one is added or removed.</summary>
public struct PendingWalk
{
    private OrderedTree<StreamId>.Position _next;

    internal PendingWalk(OrderedTree<StreamId>.Position first)
    {
        _next = first;
        Id = default;
        Entry = default;
    }

    /// <summary>The id of the entry.</summary>
    public StreamId Id { get; private set; }

    /// <summary>The entry.</summary>
    public PendingEntry Entry { get; private set; }

    /// <summary>Moves to the next entry.</summary>
    /// <returns>False if there is none.</returns>
    public unsafe bool MoveNext()
    {
        if (!_next.Exists)
            return false;
        Id = _next.Key;
        Entry = new PendingEntry(_next.Value);
        _next.MoveNext();
        return true;
    }
}
