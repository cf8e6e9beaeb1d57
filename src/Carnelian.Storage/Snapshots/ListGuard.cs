using Carnelian.Storage.Lists;

namespace Carnelian.Storage.Snapshots;

/// <summary>A big list: the walk goes from node to node, and before a node changes or goes, it is copied or taken over.</summary>
/// <remarks>
/// <para>Invariant: the nodes at the cut are, in their order, what the walk has taken, and then, from its present node on, for each node what stands
/// before it, and the node itself: as it was copied, or as it lies there unless it is done. Done are those that the walk has passed, that were copied, and that came later.</para>
/// <para>A node that goes leaves what it stands for before the next one. So it does not matter which nodes split, join, come or go.</para>
/// </remarks>
internal sealed unsafe class ListGuard : BlockGuard
{
    /// <summary>Many small sets, since a large one that grows would take long under the lock.</summary>
    private const int Sets = 64;

    private const int NodeShift = 5;

    private readonly HashSet<nint>?[] _done = new HashSet<nint>?[Sets];
    private readonly Dictionary<nint, SavedBlock> _copies = [];
    private readonly Dictionary<nint, SavedBlocks> _before = [];
    private QuickListNode* _next;

    public ListGuard(Snapshot snapshot, Entry entry, int shard, ISnapshotValue value)
        : base(snapshot, entry, shard, value) => _next = new QuickList(entry.Collection).Head;

    /// <summary>Copies a node whose elements are about to change, unless it is done.</summary>
    public void BeforeChange(QuickListNode* node)
    {
        if (!IsAborted && Done(node).Add((nint)node))
            _copies.Add((nint)node, Count(node->Save(isEarly: true)));
    }

    /// <summary>Notes that a node is new.</summary>
    public void NoteNew(QuickListNode* node)
    {
        if (!IsAborted)
            Done(node).Add((nint)node);
    }

    /// <summary>Takes over a node that is no longer in the list. It still knows which one was behind it.</summary>
    public void TakeOver(QuickListNode* node)
    {
        if (IsAborted)
        {
            QuickListNode.Free(node);
            return;
        }
        QuickListNode* next = node->Next;
        if (_next == node)
            _next = next;
        _ = _before.Remove((nint)node, out SavedBlocks blocks);
        if (!Done(node).Remove((nint)node))
        {
            blocks.Add(Count(QuickListNode.TakeContent(node)));
        }
        else
        {
            if (_copies.Remove((nint)node, out SavedBlock? copy))
                blocks.Add(copy);
            QuickListNode.Free(node);
        }
        if (blocks.IsEmpty)
            return;
        if (_before.TryGetValue((nint)next, out SavedBlocks others))
            blocks.Add(others);
        _before[(nint)next] = blocks;
    }

    /// <inheritdoc/>
    protected override bool Collect(ref SavedBlocks into)
    {
        for (int i = 0; i < BlocksPerStep; i++)
        {
            if (_before.Remove((nint)_next, out SavedBlocks blocks))
                into.Add(blocks);
            QuickListNode* node = _next;
            if (node == null)
                return true;
            if (Done(node).Add((nint)node))
                into.Add(node->Save(isEarly: false));
            else if (_copies.Remove((nint)node, out SavedBlock? copy))
                into.Add(copy);
            _next = node->Next;
        }
        return false;
    }

    /// <inheritdoc/>
    protected override void Pass(SavedBlock block) => Value.AddNode(block.Content, block.IsPlain);

    /// <inheritdoc/>
    protected override void Free()
    {
        base.Free();
        foreach (SavedBlock copy in _copies.Values)
            Free(copy);
        foreach (SavedBlocks blocks in _before.Values)
            Free(blocks);
    }

    private HashSet<nint> Done(QuickListNode* node) => _done[(int)((nint)node >> NodeShift) & (Sets - 1)] ??= [];
}
