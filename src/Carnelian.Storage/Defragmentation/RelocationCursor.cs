namespace Carnelian.Storage.Defragmentation;

/// <summary>How far defragmentation has come in a value. What the numbers mean is the type's: a position of hash order, a rank, an id.</summary>
public struct RelocationCursor
{
    /// <summary>The higher part, or all of it.</summary>
    public ulong High;

    /// <summary>The lower part.</summary>
    public ulong Low;
}
