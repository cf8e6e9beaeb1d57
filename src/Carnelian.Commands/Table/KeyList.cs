// The keys of one request. It starts in memory of the caller, usually its stack, and moves to a pooled array when there
// are more. The caller disposes of it; it is used by one thread.

using System.Buffers;

namespace Carnelian.Commands.Table;

/// <summary>A list of keys that grows.</summary>
/// <param name="initial">Room for the first ones.</param>
public ref struct KeyList(Span<KeyReference> initial)
{
    private Span<KeyReference> _items = initial;
    private KeyReference[]? _rented;

    /// <summary>Number of keys.</summary>
    public int Count { get; private set; }

    /// <summary>The keys in the order in which they were found.</summary>
    public readonly ReadOnlySpan<KeyReference> Keys => _items[..Count];

    /// <summary>A key, to be read or corrected.</summary>
    public readonly ref KeyReference this[int i] => ref _items[..Count][i];

    /// <summary>Appends a key.</summary>
    public void Add(int index, KeyFlags flags)
    {
        if (Count == _items.Length)
            Grow();
        _items[Count++] = new KeyReference(index, flags);
    }

    /// <summary>Forgets the keys after the first few.</summary>
    public void Truncate(int count) => Count = Math.Min(Count, count);

    /// <summary>Gives a pooled array back.</summary>
    public void Dispose()
    {
        if (_rented != null)
            ArrayPool<KeyReference>.Shared.Return(_rented);
        this = default;
    }

    private void Grow()
    {
        KeyReference[] larger = ArrayPool<KeyReference>.Shared.Rent(Math.Max(16, Count * 2));
        _items[..Count].CopyTo(larger);
        if (_rented != null)
            ArrayPool<KeyReference>.Shared.Return(_rented);
        _items = _rented = larger;
    }
}
