using Carnelian.Storage.Hashes;
using Carnelian.Storage.Lists;
using Carnelian.Storage.Sets;
using Carnelian.Storage.SortedSets;

namespace Carnelian.Persistence.Rdb;

/// <summary>Up to which size the values that are read stay compact.</summary>
/// <param name="Hash">Hashes.</param>
/// <param name="List">Lists.</param>
/// <param name="Set">Sets.</param>
/// <param name="SortedSet">Sorted sets.</param>
public readonly record struct ValueLimits(HashLimits Hash, ListLimits List, SetLimits Set, SortedSetLimits SortedSet);
