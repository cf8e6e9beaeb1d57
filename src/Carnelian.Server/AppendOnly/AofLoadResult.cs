namespace Carnelian.Server.AppendOnly;

/// <summary>How the loading of AOF files has ended.</summary>
internal enum AofLoadResult
{
    /// <summary>All is loaded.</summary>
    Loaded,

    /// <summary>All is loaded, but for an end that was cut off.</summary>
    Truncated,

    /// <summary>There is no file.</summary>
    Missing,

    /// <summary>The files are empty.</summary>
    Empty,

    /// <summary>The server is to end.</summary>
    Cancelled,

    /// <summary>It cannot be loaded. The log says why.</summary>
    Failed,
}
