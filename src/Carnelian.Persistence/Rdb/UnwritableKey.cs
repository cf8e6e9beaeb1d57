namespace Carnelian.Persistence.Rdb;

/// <summary>A key that a format cannot hold.</summary>
/// <param name="Database">Its database.</param>
/// <param name="Key">The key.</param>
/// <param name="Obstacle">Why.</param>
public sealed record UnwritableKey(int Database, byte[] Key, RdbObstacle Obstacle);
