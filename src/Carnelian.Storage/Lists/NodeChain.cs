namespace Carnelian.Storage.Lists;

/// <summary>Nodes that were taken out of a list and are still to be freed, by any thread.</summary>
public readonly unsafe struct NodeChain
{
    private readonly QuickListNode* _first;

    internal NodeChain(QuickListNode* first, long count)
    {
        _first = first;
        Count = count;
    }

    /// <summary>The number of nodes.</summary>
    public long Count { get; }

    /// <summary>Frees the nodes.</summary>
    public void Free()
    {
        QuickListNode* node = _first;
        for (long left = Count; left > 0; left--)
        {
            QuickListNode* next = node->Next;
            QuickListNode.Free(node);
            node = next;
        }
    }
}
