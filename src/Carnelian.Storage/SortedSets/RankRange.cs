namespace Carnelian.Storage.SortedSets;

/// <summary>Members that follow each other, by rank.</summary>
/// <param name="Start">The rank of the first, from 0.</param>
/// <param name="Count">How many they are.</param>
public readonly record struct RankRange(long Start, long Count)
{
    /// <summary>No members.</summary>
    public static RankRange None => default;
}
