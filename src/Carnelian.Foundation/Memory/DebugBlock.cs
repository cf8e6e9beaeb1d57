using System.Diagnostics;

namespace Carnelian.Memory;

/// <summary>A block as the debug heap knows it.</summary>
/// <param name="Address">Where the block begins.</param>
/// <param name="RequestedSize">Bytes asked for.</param>
/// <param name="UsableSize">Bytes that the caller may use and that are counted.</param>
/// <param name="Serial">Number of the allocation, from 1; later blocks have higher ones.</param>
public sealed record DebugBlock(nint Address, nuint RequestedSize, nuint UsableSize, long Serial)
{
    /// <summary>Who allocated it; null unless CARNELIAN_DEBUG_HEAP is <c>stack</c>.</summary>
    public string? Stack => AllocatedBy?.ToString();

    // Frames are captured with every call but turned into text, which costs far more, only for a report.
    internal StackTrace? AllocatedBy { get; init; }

    internal StackTrace? FreedBy { get; init; }
}
