using Carnelian.Memory;

namespace Carnelian.Storage;

/// <summary>A growing list of record pointers in native memory, for the walks over tables. Free it with <see cref="Dispose"/>.</summary>
public unsafe struct RecordList : IDisposable
{
    private byte** _items;
    private int _capacity;

    /// <summary>The number of records in the list.</summary>
    public int Count { get; private set; }

    /// <summary>The record at an index.</summary>
    public readonly byte* this[int index] => _items[index];

    /// <summary>Appends a record.</summary>
    public void Add(byte* record)
    {
        if (Count == _capacity)
        {
            _capacity = Math.Max(64, _capacity * 2);
            _items = (byte**)NativeHeap.Reallocate((byte*)_items, (nuint)_capacity * 8);
        }
        _items[Count++] = record;
    }

    /// <summary>Empties the list and keeps its memory.</summary>
    public void Clear() => Count = 0;

    /// <summary>Drops the records from an index on; they can still be read until the next <see cref="Add"/>.</summary>
    public void Truncate(int count) => Count = count;

    /// <summary>Drops the first records.</summary>
    public void RemoveFirst(int count)
    {
        Count -= count;
        Buffer.MemoryCopy(_items + count, _items, (long)Count * 8, (long)Count * 8);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        NativeHeap.Free((byte*)_items);
        this = default;
    }
}
