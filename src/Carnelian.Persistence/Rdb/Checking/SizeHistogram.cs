using System.Numerics;

namespace Carnelian.Persistence.Rdb.Checking;

/// <summary>How often each size occurs, exact up to 2047 and to one in a thousand above, so that it stays small whatever is counted.</summary>
/// <remarks>The classes and percentiles are those of an HDR histogram with three significant digits, as that of <c>valkey-check-rdb</c>.</remarks>
internal sealed class SizeHistogram
{
    private const int ExactBits = 11;

    private readonly SortedDictionary<long, long> _counts = [];
    private long _total;

    /// <summary>The greatest size, exactly.</summary>
    public long Most { get; private set; }

    /// <summary>Counts a size.</summary>
    public void Add(long size)
    {
        long top = TopOf(size);
        _counts[top] = _counts.GetValueOrDefault(top) + 1;
        _total++;
        Most = Math.Max(Most, size);
    }

    /// <summary>The size that so many percent do not exceed: the greatest of its class.</summary>
    public double Percentile(int percent)
    {
        long left = Math.Max(1, (long)(percent / 100.0 * _total + 0.5));
        foreach ((long top, long count) in _counts)
        {
            left -= count;
            if (left <= 0)
                return top;
        }
        return 0;
    }

    private static long TopOf(long size)
    {
        int shift = Math.Max(0, BitOperations.Log2((ulong)size) + 1 - ExactBits);
        return size | ((1L << shift) - 1);
    }
}
