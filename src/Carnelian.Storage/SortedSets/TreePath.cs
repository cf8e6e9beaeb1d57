using System.Runtime.CompilerServices;

namespace Carnelian.Storage.SortedSets;

/// <summary>The way from the root of a <see cref="ScoreTree"/> to a place in a leaf: the inner nodes with the child taken in each.</summary>
internal unsafe struct TreePath
{
    /// <summary>More levels than any tree has: an inner node that is not on an edge of the tree has at least 16 children.</summary>
    public const int MostLevels = 24;

    private fixed ulong _nodes[MostLevels];
    private fixed int _indexes[MostLevels];

    public LeafNode* Leaf;

    /// <summary>The index of the place in the leaf.</summary>
    public int Position;

    public readonly InnerNode* NodeAt(int level) => (InnerNode*)_nodes[level];

    public readonly int IndexAt(int level) => _indexes[level];

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Set(int level, InnerNode* node, int index)
    {
        _nodes[level] = (ulong)node;
        _indexes[level] = index;
    }
}
