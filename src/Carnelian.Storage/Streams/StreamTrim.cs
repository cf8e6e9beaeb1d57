namespace Carnelian.Storage.Streams;

/// <summary>How a stream is to be shortened from its beginning.</summary>
public struct StreamTrim
{
    /// <summary>Whether there is anything to do at all.</summary>
    public bool IsWanted;

    /// <summary>Whether entries go whose id is less than <see cref="LeastId"/>; else those that are more than <see cref="MostEntries"/>.</summary>
    public bool IsById;

    /// <summary>Whether only whole blocks go.</summary>
    public bool IsApproximate;

    /// <summary>The number of entries to keep.</summary>
    public long MostEntries;

    /// <summary>The first id to keep.</summary>
    public StreamId LeastId;

    /// <summary>How many entries go at most; 0 = no limit.</summary>
    public long Limit;

    /// <summary>What becomes of references from groups.</summary>
    public ReferencePolicy References;
}

/// <summary>What becomes of the references that groups have to an entry that is deleted.</summary>
public enum ReferencePolicy
{
    /// <summary>KEEPREF: they stay.</summary>
    Keep,

    /// <summary>DELREF: they go too.</summary>
    Delete,

    /// <summary>ACKED: only entries go that every group has read and acknowledged.</summary>
    Acknowledged,
}
