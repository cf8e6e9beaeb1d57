namespace Carnelian.Storage.Sets;

/// <summary>Up to which size a set stays compact.</summary>
/// <param name="IntSetEntries">Members of an intset.</param>
/// <param name="PackEntries">Members of a listpack.</param>
/// <param name="PackValue">Bytes of a member of a listpack.</param>
public readonly record struct SetLimits(long IntSetEntries, long PackEntries, long PackValue);
