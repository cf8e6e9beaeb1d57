namespace Carnelian.Storage.SortedSets;

/// <summary>Up to which size a sorted set is a listpack.</summary>
/// <param name="Entries"><c>zset-max-listpack-entries</c>: members.</param>
/// <param name="Value"><c>zset-max-listpack-value</c>: bytes of a member.</param>
public readonly record struct SortedSetLimits(long Entries, long Value);
