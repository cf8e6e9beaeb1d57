namespace Carnelian.Commands.Sorting;

/// <summary>How elements compare: by number or by text, of their own or of what BY found. Equal numbers compare as text; what is still equal keeps its order.</summary>
/// <param name="isAlpha">ALPHA.</param>
/// <param name="hasPattern">Whether BY gave the texts.</param>
/// <param name="descending">DESC.</param>
internal readonly unsafe struct SortOrder(bool isAlpha, bool hasPattern, bool descending) : IComparer<SortItem>
{
    /// <inheritdoc/>
    public int Compare(SortItem x, SortItem y)
    {
        int result;
        if (!isAlpha)
        {
            result = x.Score.CompareTo(y.Score);
            if (result == 0)
                result = x.Bytes.SequenceCompareTo(y.Bytes);
        }
        else if (!hasPattern)
        {
            result = x.Bytes.SequenceCompareTo(y.Bytes);
        }
        else if (x.ByData == null || y.ByData == null)
        {
            // What BY did not find comes first.
            result = (x.ByData != null ? 1 : 0) - (y.ByData != null ? 1 : 0);
        }
        else
        {
            result = x.ByBytes.SequenceCompareTo(y.ByBytes);
        }
        if (result == 0)
            return x.Index.CompareTo(y.Index);
        return descending ? -result : result;
    }
}
