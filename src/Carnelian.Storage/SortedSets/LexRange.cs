namespace Carnelian.Storage.SortedSets;

/// <summary>An end of a lexicographic range of members.</summary>
public enum LexBoundKind : byte
{
    /// <summary>Before every member: "-".</summary>
    Lowest,

    /// <summary>A string that is in the range: "[".</summary>
    Inclusive,

    /// <summary>A string that is not: "(".</summary>
    Exclusive,

    /// <summary>Behind every member: "+".</summary>
    Highest,
}

/// <summary>A range of members in lexicographic order, of bytes that live as long as it does.</summary>
public readonly ref struct LexRange
{
    /// <summary>A range from one end to another.</summary>
    public LexRange(LexBoundKind minKind, ReadOnlySpan<byte> min, LexBoundKind maxKind, ReadOnlySpan<byte> max)
    {
        MinKind = minKind;
        Min = min;
        MaxKind = maxKind;
        Max = max;
    }

    /// <summary>What the lower end is.</summary>
    public LexBoundKind MinKind { get; }

    /// <summary>The string of the lower end.</summary>
    public ReadOnlySpan<byte> Min { get; }

    /// <summary>What the upper end is.</summary>
    public LexBoundKind MaxKind { get; }

    /// <summary>The string of the upper end.</summary>
    public ReadOnlySpan<byte> Max { get; }

    /// <summary>Whether no member can be in the range.</summary>
    public bool IsEmpty
    {
        get
        {
            if (MinKind == LexBoundKind.Highest || MaxKind == LexBoundKind.Lowest)
                return MinKind != MaxKind || MinKind is LexBoundKind.Highest or LexBoundKind.Lowest;
            if (MinKind == LexBoundKind.Lowest || MaxKind == LexBoundKind.Highest)
                return false;
            int order = Min.SequenceCompareTo(Max);
            return order > 0 || (order == 0 && (MinKind == LexBoundKind.Exclusive || MaxKind == LexBoundKind.Exclusive));
        }
    }

    /// <summary>Whether a member is not before the range.</summary>
    public bool IsAboveMin(ReadOnlySpan<byte> member) => MinKind switch
    {
        LexBoundKind.Lowest => true,
        LexBoundKind.Highest => false,
        LexBoundKind.Inclusive => member.SequenceCompareTo(Min) >= 0,
        _ => member.SequenceCompareTo(Min) > 0,
    };

    /// <summary>Whether a member is not behind the range.</summary>
    public bool IsBelowMax(ReadOnlySpan<byte> member) => MaxKind switch
    {
        LexBoundKind.Lowest => false,
        LexBoundKind.Highest => true,
        LexBoundKind.Inclusive => member.SequenceCompareTo(Max) <= 0,
        _ => member.SequenceCompareTo(Max) < 0,
    };
}
