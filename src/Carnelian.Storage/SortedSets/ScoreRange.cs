namespace Carnelian.Storage.SortedSets;

/// <summary>A range of scores; either end may be left out of it.</summary>
/// <param name="Min">The lowest score.</param>
/// <param name="Max">The highest score.</param>
/// <param name="ExcludesMin">Whether the lowest is not in the range.</param>
/// <param name="ExcludesMax">Whether the highest is not in the range.</param>
public readonly record struct ScoreRange(double Min, double Max, bool ExcludesMin, bool ExcludesMax)
{
    /// <summary>Whether no score can be in the range.</summary>
    public bool IsEmpty => Min > Max || (Min == Max && (ExcludesMin || ExcludesMax));

    /// <summary>Whether a score is not below the range.</summary>
    public bool IsAboveMin(double score) => ExcludesMin ? score > Min : score >= Min;

    /// <summary>Whether a score is not above the range.</summary>
    public bool IsBelowMax(double score) => ExcludesMax ? score < Max : score <= Max;
}
