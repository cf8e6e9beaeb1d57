namespace Carnelian.Storage.Streams;

/// <summary>A walk over the consumers of a group, in the order of their names. Good until one is added or removed.</summary>
public struct ConsumerWalk
{
    private OrderedTree<NameKey>.Position _next;

    internal ConsumerWalk(OrderedTree<NameKey>.Position first)
    {
        _next = first;
        Consumer = default;
    }

    /// <summary>The consumer.</summary>
    public StreamConsumer Consumer { get; private set; }

    /// <summary>Moves to the next consumer.</summary>
    /// <returns>False if there is none.</returns>
    public unsafe bool MoveNext()
    {
        if (!_next.Exists)
            return false;
        Consumer = new StreamConsumer(_next.Value);
        _next.MoveNext();
        return true;
    }
}

/// <summary>A walk over the groups of a stream, in the order of their names. Good until one is added or removed.</summary>
public struct GroupWalk
{
    private OrderedTree<NameKey>.Position _next;

    internal GroupWalk(OrderedTree<NameKey>.Position first)
    {
        _next = first;
        Group = default;
    }

    /// <summary>The group.</summary>
    public StreamGroup Group { get; private set; }

    /// <summary>Moves to the next group.</summary>
    /// <returns>False if there is none.</returns>
    public unsafe bool MoveNext()
    {
        if (!_next.Exists)
            return false;
        Group = new StreamGroup(_next.Value);
        _next.MoveNext();
        return true;
    }
}
