using Carnelian.Commands;
using Carnelian.Persistence.Rdb;
using Carnelian.Storage.Hashes;
using Carnelian.Storage.Lists;
using Carnelian.Storage.Sets;
using Carnelian.Storage.SortedSets;

namespace Carnelian.Server.Persistence;

/// <summary>The limits of compact values as those who read dumps want them.</summary>
internal static class LoadLimits
{
    /// <summary>The limits in force.</summary>
    public static ValueLimits Of(CommandServices services) => Of(services.Limits, services.QuicklistPackedThreshold);

    /// <summary>Limits as they were set.</summary>
    public static ValueLimits Of(CollectionLimits limits, long packedThreshold) =>
        new(
            new HashLimits(limits.HashPackEntries, limits.HashPackValue),
            new ListLimits(limits.ListPackSize, packedThreshold),
            new SetLimits(limits.SetIntSetEntries, limits.SetPackEntries, limits.SetPackValue),
            new SortedSetLimits(limits.SortedSetPackEntries, limits.SortedSetPackValue));
}
