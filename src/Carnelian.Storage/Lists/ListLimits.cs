using Carnelian.Storage.Packed;

namespace Carnelian.Storage.Lists;

/// <summary>How large the nodes of a list may become: <c>list-max-listpack-size</c> and the threshold of DEBUG QUICKLIST-PACKED-THRESHOLD.</summary>
public readonly struct ListLimits
{
    /// <summary>A node whose elements are counted stays below this all the same, in bytes.</summary>
    public const int SafetyBytes = 8192;

    /// <summary>An estimate of what an element takes beyond its own bytes.</summary>
    private const int ElementOverhead = 8;

    /// <summary>An element from this length on never lies in a pack, whatever the threshold.</summary>
    private const int MostPackedLength = ListPack.MostBytes / 2;

    private readonly long _threshold;

    /// <summary>Makes limits.</summary>
    /// <param name="fill">Elements of a node, 0 counting as 1; or -1 to -5 for 4, 8, 16, 32 or 64 KB.</param>
    /// <param name="threshold">Elements from this length on get a node of their own; 0: those that are longer than a node may be.</param>
    public ListLimits(int fill, long threshold)
    {
        Fill = Math.Clamp(fill, -5, short.MaxValue);
        _threshold = threshold;
    }

    /// <summary>The directive's value, within its bounds.</summary>
    public int Fill { get; }

    /// <summary>The most bytes of a node.</summary>
    public long MostBytes => Fill >= 0 ? long.MaxValue : 2048L << -Fill;

    /// <summary>The most elements of a node.</summary>
    public long MostElements => Fill >= 0 ? Math.Max(Fill, 1) : long.MaxValue;

    /// <summary>Up to which size it is worth while to make room before it is needed, in bytes.</summary>
    public int UsualBytes => Fill >= 0 ? SafetyBytes : (int)MostBytes;

    /// <summary>The limits of another list, made under another <see cref="Fill"/>, at the same threshold.</summary>
    public ListLimits WithFill(int fill) => new(fill, _threshold);

    /// <summary>Whether so much is too much for one node.</summary>
    public bool IsExceededBy(long bytes, long elements) =>
        Fill >= 0 ? bytes > SafetyBytes || elements > MostElements : bytes > MostBytes;

    /// <summary>Whether a node has no room for one element more.</summary>
    public bool IsExceededByOneMore(long bytes, long elements, long length) => IsExceededBy(bytes + length + ElementOverhead, elements + 1);

    /// <summary>Whether an element gets a node of its own.</summary>
    /// <param name="length">Its length in bytes.</param>
    public bool IsLarge(long length)
    {
        if (length >= MostPackedLength)
            return true;
        if (_threshold != 0)
            return length >= _threshold;
        return length > (Fill >= 0 ? SafetyBytes : MostBytes);
    }
}
