namespace Carnelian.Storage.Snapshots;

/// <summary>How large a database was at the cut.</summary>
/// <param name="Database">Its number.</param>
/// <param name="Keys">The number of its keys.</param>
/// <param name="Volatile">How many of them have a deadline.</param>
public readonly record struct SnapshotSize(int Database, long Keys, long Volatile);
