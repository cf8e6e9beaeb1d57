using Carnelian.Storage.Packed;

namespace Carnelian.Storage.Streams;

/// <summary>
/// A walk over the entries of a stream between two ids, in the order of the ids or backwards. Good until the next change of the stream.
/// </summary>
/// <remarks>After <see cref="MoveNext"/> the fields are read with <see cref="ReadField"/>, each once, as far as they are wanted.</remarks>
public unsafe struct StreamCursor
{
    private readonly StreamId _low;
    private readonly StreamId _high;
    private readonly bool _isReversed;
    private bool _isSingle;      // the walk ends with the block
    private OrderedTree<StreamId>.Position _position;
    private StreamBlock _block;
    private StreamId _master;
    private byte* _masterFields;
    private int _masterFieldCount;
    private byte* _firstEntry;   // the flags of the block's first entry, or the end mark
    private byte* _entry;        // the flags of the entry that the cursor is at
    private byte* _at;           // the element to be read next
    private byte* _field;        // the master's field that belongs to it
    private int _left;           // elements between _at and the entry's last

    internal StreamCursor(in OrderedTree<StreamId> blocks, StreamId low, StreamId high, bool isReversed)
    {
        _low = low;
        _high = high;
        _isReversed = isReversed;
        _position = isReversed ? blocks.AtOrBefore(high) : blocks.AtOrBefore(low);
        if (!isReversed && !_position.Exists)
            _position = blocks.First;
        if (_position.Exists)
            EnterBlock();
    }

    /// <summary>The id of the entry.</summary>
    public StreamId Id { get; private set; }

    /// <summary>The number of its fields.</summary>
    public int FieldCount { get; private set; }

    /// <summary>The block's position in the index.</summary>
    internal readonly OrderedTree<StreamId>.Position Position => _position;

    /// <summary>The block.</summary>
    internal readonly StreamBlock Block => _block;

    /// <summary>The flags of the entry.</summary>
    internal readonly byte* Entry => _entry;

    /// <summary>Moves to the next entry.</summary>
    /// <returns>False if there is none.</returns>
    public bool MoveNext() => _isReversed ? MoveBackwards() : MoveForwards();

    /// <summary>Reads the next field with its value. To be called at most <see cref="FieldCount"/> times for an entry.</summary>
    public void ReadField(out PackedValue field, out PackedValue value)
    {
        if (_field != null)
        {
            field = ListPack.Read(_field);
            _field = ListPack.Skip(_field);
        }
        else
        {
            field = ListPack.Read(_at);
            _at = ListPack.Skip(_at);
            _left--;
        }
        value = ListPack.Read(_at);
        _at = ListPack.Skip(_at);
        _left--;
    }

    /// <summary>A walk over the entries of one block.</summary>
    internal static StreamCursor OfBlock(OrderedTree<StreamId>.Position position)
    {
        StreamCursor cursor = new(StreamId.Max) { _position = position, _isSingle = true };
        cursor.EnterBlock();
        return cursor;
    }

    private StreamCursor(StreamId high)
    {
        this = default;
        _high = high;
    }

    /// <summary>Whether the walk stands at the entry with an id, which is looked for in the one block where it may be.</summary>
    internal static bool TryFind(in OrderedTree<StreamId> blocks, StreamId id, out StreamCursor cursor)
    {
        cursor = new StreamCursor(blocks, id, id, isReversed: false);
        return cursor.MoveNext();
    }

    /// <summary>The first or last entry of a block, deleted or not.</summary>
    internal static StreamId EdgeOf(OrderedTree<StreamId>.Position position, bool isLast)
    {
        StreamCursor cursor = default;
        cursor._position = position;
        cursor.EnterBlock();
        byte* end = cursor._block.End;
        if (cursor._firstEntry == end)
            return cursor._master;
        cursor._at = cursor._firstEntry;
        if (isLast)
            cursor._at = cursor.StartOfEntryBefore(end);
        cursor.ReadHead();
        return cursor.Id;
    }


    private void EnterBlock()
    {
        _master = _position.Key;
        _block = new StreamBlock(_position.Value);
        byte* at = ListPack.Skip(ListPack.Skip(_block.Address + ListPack.HeaderSize));
        _masterFieldCount = (int)ListPack.Read(at).Integer;
        at = ListPack.Skip(at);
        _masterFields = at;
        for (int i = 0; i < _masterFieldCount; i++)
            at = ListPack.Skip(at);
        _firstEntry = ListPack.Skip(at);
        _left = -1;
        _at = _isReversed ? _block.End : _firstEntry;
    }

    private bool MoveForwards()
    {
        while (_position.Exists)
        {
            byte* end = _block.End;
            while (true)
            {
                if (_left >= 0)
                    SkipRest();
                if (_at == end)
                    break;
                long flags = ReadHead();
                if (Id < _low || (flags & StreamBlock.DeletedFlag) != 0)
                    continue;
                if (Id > _high)
                {
                    _position = default;
                    return false;
                }
                return true;
            }
            if (_isSingle)
                return false;
            _position.MoveNext();
            if (_position.Exists)
                EnterBlock();
        }
        return false;
    }

    private bool MoveBackwards()
    {
        while (_position.Exists)
        {
            while (true)
            {
                byte* behind = _left >= 0 ? _entry : _at;
                if (behind == _firstEntry)
                    break;
                _at = StartOfEntryBefore(behind);
                long flags = ReadHead();
                if (Id > _high || (flags & StreamBlock.DeletedFlag) != 0)
                    continue;
                if (Id < _low)
                {
                    _position = default;
                    return false;
                }
                return true;
            }
            _position.MovePrevious();
            if (_position.Exists)
                EnterBlock();
        }
        return false;
    }

    private readonly byte* StartOfEntryBefore(byte* behind)
    {
        ListPack pack = _block.Pack;
        byte* at = pack.Previous(behind);
        for (long i = ListPack.Read(at).Integer; i > 0; i--)
            at = pack.Previous(at);
        return at;
    }

    /// <summary>Reads what comes before the fields of the entry at the cursor.</summary>
    private long ReadHead()
    {
        byte* at = _at;
        _entry = at;
        long flags = ListPack.Read(at).Integer;
        at = ListPack.Skip(at);
        ulong milliseconds = _master.Milliseconds + (ulong)ListPack.Read(at).Integer;
        at = ListPack.Skip(at);
        Id = new StreamId(milliseconds, _master.Sequence + (ulong)ListPack.Read(at).Integer);
        at = ListPack.Skip(at);
        if ((flags & StreamBlock.SameFieldsFlag) != 0)
        {
            FieldCount = _left = _masterFieldCount;
            _field = _masterFields;
        }
        else
        {
            FieldCount = (int)ListPack.Read(at).Integer;
            at = ListPack.Skip(at);
            _left = 2 * FieldCount;
            _field = null;
        }
        _at = at;
        return flags;
    }

    private void SkipRest()
    {
        byte* at = _at;
        for (int i = _left; i >= 0; i--)
            at = ListPack.Skip(at);
        _at = at;
        _left = -1;
    }
}
