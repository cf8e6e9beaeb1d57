namespace Carnelian.Persistence.Rdb.Values;

/// <summary>What values become of what is read.</summary>
/// <param name="Dialect">Whose types the numbers from 22 on are.</param>
/// <param name="Limits">Up to which size values stay compact.</param>
/// <param name="Now">The time, in milliseconds of Unix time.</param>
/// <param name="DropsExpired">Whether fields of hashes that have expired by now are left out.</param>
/// <param name="Templates">The templates of the file that hashes may name; none in a payload of DUMP.</param>
public readonly record struct LoadRules(RdbDialect Dialect, ValueLimits Limits, long Now, bool DropsExpired, HashTemplates? Templates = null);
