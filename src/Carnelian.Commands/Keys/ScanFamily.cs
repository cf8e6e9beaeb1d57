namespace Carnelian.Commands.Keys;

/// <summary>The commands of the SCAN family, by what they walk over.</summary>
internal enum ScanFamily
{
    /// <summary>SCAN.</summary>
    Keys,

    /// <summary>SSCAN.</summary>
    Set,

    /// <summary>HSCAN.</summary>
    Hash,

    /// <summary>ZSCAN.</summary>
    SortedSet,
}
