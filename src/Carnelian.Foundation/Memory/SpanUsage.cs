namespace Carnelian.Memory;

/// <summary>How many blocks of a span are taken.</summary>
/// <param name="Live">Blocks in use or in the cache of a thread.</param>
/// <param name="Capacity">Blocks that the span has room for.</param>
public readonly record struct SpanUsage(int Live, int Capacity)
{
    /// <summary>Above 0 and at most 1.</summary>
    public double Ratio => (double)Live / Capacity;
}
