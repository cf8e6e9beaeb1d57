namespace Carnelian.Storage;

/// <summary>A key that was sampled for eviction. It is named by its hash, so entries may move and keys may go.</summary>
/// <param name="Database">The number of its database when it was sampled.</param>
/// <param name="Hash">The hash of the key.</param>
/// <param name="Rank">The lower, the sooner it goes: time of last use, frequency or deadline.</param>
internal readonly record struct EvictionCandidate(int Database, ulong Hash, long Rank);
