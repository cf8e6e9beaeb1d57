namespace Carnelian.Storage.Snapshots;

/// <summary>Saved blocks one behind the other; two such lists are joined in constant time.</summary>
internal struct SavedBlocks
{
    private SavedBlock? _first;
    private SavedBlock? _last;

    /// <summary>Whether there is none.</summary>
    public readonly bool IsEmpty => _first == null;

    /// <summary>Adds a block at the end.</summary>
    public void Add(SavedBlock block)
    {
        if (_last == null)
            _first = block;
        else
            _last.Next = block;
        _last = block;
    }

    /// <summary>Adds all blocks of another list at the end.</summary>
    public void Add(SavedBlocks others)
    {
        if (others._first == null)
            return;
        if (_last == null)
            _first = others._first;
        else
            _last.Next = others._first;
        _last = others._last;
    }

    /// <summary>Takes the first block out.</summary>
    public SavedBlock? Take()
    {
        SavedBlock? first = _first;
        if (first == null)
            return null;
        _first = first.Next;
        if (_first == null)
            _last = null;
        return first;
    }
}
