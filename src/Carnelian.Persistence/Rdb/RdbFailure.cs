namespace Carnelian.Persistence.Rdb;

/// <summary>Why something cannot be read.</summary>
public enum RdbFailure
{
    /// <summary>It can.</summary>
    None,

    /// <summary>The bytes end too early.</summary>
    ShortRead,

    /// <summary>The bytes mean nothing, or contradict themselves.</summary>
    Corrupt,

    /// <summary>A collection has no elements.</summary>
    Empty,

    /// <summary>It is longer than a value may be.</summary>
    TooLong,

    /// <summary>Nobody here knows the type.</summary>
    UnknownType,

    /// <summary>It belongs to a module.</summary>
    Module,
}
