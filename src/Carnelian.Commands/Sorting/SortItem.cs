namespace Carnelian.Commands.Sorting;

/// <summary>An element to be sorted, with what it is sorted by. The bytes lie in the value that has them, or in the <see cref="SortText"/> of the command.</summary>
internal unsafe struct SortItem
{
    /// <summary>The first byte of the element.</summary>
    public byte* Data;

    /// <summary>The text of BY with ALPHA; null where there is none.</summary>
    public byte* ByData;

    /// <summary>The number that the element is sorted by.</summary>
    public double Score;

    /// <summary>The length of the element in bytes.</summary>
    public int Length;

    /// <summary>The length of the text of BY.</summary>
    public int ByLength;

    /// <summary>Where the element was, for equal ones.</summary>
    public int Index;

    /// <summary>The element.</summary>
    public readonly ReadOnlySpan<byte> Bytes => new(Data, Length);

    /// <summary>The text of BY.</summary>
    public readonly ReadOnlySpan<byte> ByBytes => new(ByData, ByLength);
}
