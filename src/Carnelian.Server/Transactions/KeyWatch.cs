namespace Carnelian.Server.Transactions;

/// <summary>That a client watches a key, and the key's version when it began to.</summary>
internal readonly record struct KeyWatch(WatchRecord Record, long Version);
