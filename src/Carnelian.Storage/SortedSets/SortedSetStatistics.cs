namespace Carnelian.Storage.SortedSets;

/// <summary>What a sorted set with a tree is made of.</summary>
/// <param name="Members">The number of members.</param>
/// <param name="Slots">The places of the table.</param>
/// <param name="TableBytes">The memory of the table, in bytes.</param>
/// <param name="Levels">The levels of the tree, the leaves included.</param>
/// <param name="Nodes">The nodes of the tree.</param>
/// <param name="TreeBytes">The memory of the tree, in bytes.</param>
public readonly record struct SortedSetStatistics(long Members, long Slots, long TableBytes, int Levels, long Nodes, long TreeBytes);
