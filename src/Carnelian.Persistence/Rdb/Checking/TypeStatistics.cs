namespace Carnelian.Persistence.Rdb.Checking;

/// <summary>What a file has of one type in one database.</summary>
internal sealed class TypeStatistics
{
    /// <summary>Keys.</summary>
    public long Keys { get; private set; }

    /// <summary>Keys with a deadline.</summary>
    public long Expiring { get; private set; }

    /// <summary>Keys whose deadline has passed.</summary>
    public long Expired { get; private set; }

    /// <summary>The bytes of the keys' names.</summary>
    public long NameBytes { get; private set; }

    /// <summary>The elements of all values; a string is one.</summary>
    public long Elements { get; private set; }

    /// <summary>The bytes of all elements: members with scores, fields with values, numbers as text.</summary>
    public long ElementBytes { get; private set; }

    /// <summary>How many elements the values have.</summary>
    public SizeHistogram Counts { get; } = new();

    /// <summary>How many bytes the elements have; of a stream, each field with its value.</summary>
    public SizeHistogram Sizes { get; } = new();

    /// <summary>The elements of a value on average.</summary>
    public double AverageElements => Keys == 0 ? 0 : (double)Elements / Keys;

    /// <summary>The bytes of an element on average.</summary>
    public double AverageSize => Elements == 0 ? 0 : (double)ElementBytes / Elements;

    /// <summary>Counts a key.</summary>
    public void Add(long nameBytes, long elements, bool expires, bool isExpired)
    {
        Keys++;
        NameBytes += nameBytes;
        Elements += elements;
        Counts.Add(elements);
        Expiring += expires ? 1 : 0;
        Expired += isExpired ? 1 : 0;
    }

    /// <summary>Counts the bytes of an element.</summary>
    public void AddElement(long bytes)
    {
        ElementBytes += bytes;
        Sizes.Add(bytes);
    }
}
