namespace Carnelian.Persistence.Rdb.Checking;

/// <summary>What a file has of one type in one database.</summary>
internal sealed class TypeStatistics
{
    private readonly List<long> _counts = [];

    /// <summary>Keys.</summary>
    public long Keys { get; private set; }

    /// <summary>Keys with a deadline.</summary>
    public long Expiring { get; private set; }

    /// <summary>Keys whose deadline has passed.</summary>
    public long Expired { get; private set; }

    /// <summary>The bytes of the keys' names.</summary>
    public long NameBytes { get; private set; }

    /// <summary>The elements of all values; a string is one.</summary>
    public long Elements => _counts.Sum();

    /// <summary>The elements of the largest value.</summary>
    public long MostElements => _counts.Count == 0 ? 0 : _counts.Max();

    /// <summary>The elements of a value on average.</summary>
    public double AverageElements => Keys == 0 ? 0 : (double)Elements / Keys;

    /// <summary>Counts a key.</summary>
    public void Add(long nameBytes, long elements, bool expires, bool isExpired)
    {
        Keys++;
        NameBytes += nameBytes;
        _counts.Add(elements);
        Expiring += expires ? 1 : 0;
        Expired += isExpired ? 1 : 0;
    }

    /// <summary>The number of elements that so many percent of the values do not exceed.</summary>
    public double Percentile(int percent)
    {
        if (_counts.Count == 0)
            return 0;
        _counts.Sort();
        return _counts[Math.Clamp((int)Math.Ceiling(_counts.Count * percent / 100.0) - 1, 0, _counts.Count - 1)];
    }
}
