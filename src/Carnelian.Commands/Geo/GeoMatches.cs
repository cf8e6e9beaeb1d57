using System.Runtime.CompilerServices;
using Carnelian.Memory;
using Carnelian.Storage.SortedSets;

namespace Carnelian.Commands.Geo;

/// <summary>The members that a search has found, in native memory. They point into the sorted set, which does not change meanwhile.</summary>
internal unsafe struct GeoMatches : IDisposable
{
    private const int InitialCapacity = 64;

    private GeoMatch* _items;
    private int _capacity;

    /// <summary>The number of members.</summary>
    public int Count { get; private set; }

    /// <summary>A member.</summary>
    public readonly ref GeoMatch this[int index] => ref _items[index];

    /// <summary>Collects the members within a shape.</summary>
    /// <param name="set">The sorted set.</param>
    /// <param name="shape">A shape that is prepared.</param>
    /// <param name="most">When to stop; 0 = never.</param>
    public void Collect(in SortedSet set, in GeoShape shape, long most)
    {
        Span<GeoHash> cells = stackalloc GeoHash[GeoCells.Most];
        int count = GeoCells.Find(shape, cells);
        for (int i = 0; i < count && (most == 0 || Count < most); i++)
            Collect(set, set.Find(new ScoreRange(cells[i].LowestScore, cells[i].ScoreBehind, ExcludesMin: false, ExcludesMax: true)), shape, most);
    }

    /// <summary>Brings the members into the order of their distances; of those with the same one, the first that was found comes first.</summary>
    public readonly void Sort(bool descending)
    {
        for (int i = 0; i < Count; i++)
            _items[i].Order = i;
        var items = new Span<GeoMatch>(_items, Count);
        if (descending)
            items.Sort(static (a, b) => a.Distance != b.Distance ? b.Distance.CompareTo(a.Distance) : a.Order.CompareTo(b.Order));
        else
            items.Sort(static (a, b) => a.Distance != b.Distance ? a.Distance.CompareTo(b.Distance) : a.Order.CompareTo(b.Order));
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        NativeHeap.Free((byte*)_items);
        this = default;
    }

    private void Collect(in SortedSet set, RankRange range, in GeoShape shape, long most)
    {
        if (range.Count == 0)
            return;
        byte* digits = stackalloc byte[SortedSetCursor.MostDigits];
        SortedSetCursor cursor = set.At(range.Start);
        for (long i = 0; i < range.Count; i++, cursor.MoveNext())
        {
            double score = cursor.Score;
            if (!shape.Contains(GeoHash.OfScore(score).Center(), out double distance))
                continue;
            if (Count == _capacity)
            {
                _capacity = Math.Max(_capacity * 2, InitialCapacity);
                _items = (GeoMatch*)NativeHeap.Reallocate((byte*)_items, (nuint)_capacity * (nuint)sizeof(GeoMatch));
            }
            _items[Count++].Set(cursor.Member(new Span<byte>(digits, SortedSetCursor.MostDigits)), digits, score, distance);
            if (Count == most)
                return;
        }
    }
}

/// <summary>A member that a search has found.</summary>
internal unsafe struct GeoMatch
{
    private byte* _data; // null: the digits
    private int _length;
    private Digits _digits;

    /// <summary>Its place among those found, from 0.</summary>
    public int Order;

    /// <summary>Its score.</summary>
    public double Score;

    /// <summary>Its distance from the center, in meters.</summary>
    public double Distance;

    /// <summary>The member; valid as long as this is.</summary>
    public readonly ReadOnlySpan<byte> Member =>
        new(_data != null ? _data : (byte*)Unsafe.AsPointer(ref Unsafe.AsRef(in _digits)), _length);

    /// <summary>Sets all, and keeps the digits of a member that lies in the room for them.</summary>
    public void Set(ReadOnlySpan<byte> member, byte* room, double score, double distance)
    {
        Score = score;
        Distance = distance;
        _length = member.Length;
        fixed (byte* data = member)
        {
            _data = data == room ? null : data;
            if (data == room)
                member.CopyTo(_digits);
        }
    }

    [InlineArray(SortedSetCursor.MostDigits)]
    private struct Digits
    {
        private byte _first;
    }
}
