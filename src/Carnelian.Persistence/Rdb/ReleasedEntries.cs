namespace Carnelian.Persistence.Rdb;

/// <summary>
/// How entries that consumers have given back (XNACK), and that nobody owns now, stand in a file. No format that Valkey reads has a place for them, so they
/// are written as pending for a consumer of this name, which was never seen and had them delivered before all others: there anybody can claim them at once,
/// and here they become again what they were.
/// </summary>
public static class ReleasedEntries
{
    /// <summary>The time at which the consumer was last seen; a real one was seen later.</summary>
    public const long OwnerSeenTime = 0;

    /// <summary>The consumer's name. The delivery times of its entries are their numbers in the order in which they were given back.</summary>
    public static ReadOnlySpan<byte> Owner => "carnelian:released"u8;
}
