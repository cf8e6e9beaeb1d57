namespace Carnelian.Storage.Hashes;

/// <summary>Up to which size a hash stays a listpack.</summary>
/// <param name="Entries"><c>hash-max-listpack-entries</c>: fields.</param>
/// <param name="Value"><c>hash-max-listpack-value</c>: bytes of a field or value.</param>
public readonly record struct HashLimits(long Entries, long Value);
