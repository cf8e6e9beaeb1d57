using System.Buffers;
using Carnelian.Storage.Streams;

namespace Carnelian.Commands.Streams;

/// <summary>A list of ids for the time of a command, in a rented array.</summary>
internal struct StreamIdList : IDisposable
{
    private const int FirstCapacity = 64;

    private StreamId[]? _items;

    /// <summary>The number of ids.</summary>
    public int Count { get; private set; }

    /// <summary>An id.</summary>
    public readonly StreamId this[int index] => _items![index];

    /// <summary>Appends an id.</summary>
    public void Add(StreamId id)
    {
        if (_items == null || Count == _items.Length)
        {
            StreamId[] larger = ArrayPool<StreamId>.Shared.Rent(_items == null ? FirstCapacity : 2 * Count);
            if (_items != null)
            {
                _items.CopyTo(larger, 0);
                ArrayPool<StreamId>.Shared.Return(_items);
            }
            _items = larger;
        }
        _items[Count++] = id;
    }

    /// <summary>Gives the array back.</summary>
    public void Dispose()
    {
        if (_items != null)
            ArrayPool<StreamId>.Shared.Return(_items);
        this = default;
    }
}
