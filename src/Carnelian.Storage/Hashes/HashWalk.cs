using Carnelian.Memory;
using Carnelian.Storage.Packed;

namespace Carnelian.Storage.Hashes;

/// <summary>
/// A walk over all fields of a hash, which does not change meanwhile: in the order of a pack, or segment by segment of a table. Free it with
/// <see cref="Dispose"/>.
/// </summary>
public unsafe ref struct HashWalk
{
    private const int Ahead = 8;

    private readonly Hash _hash;
    private readonly long _now;
    private byte* _element;
    private RecordList _records;
    private long _position;
    private int _next;

    /// <summary>Begins a walk.</summary>
    /// <param name="hash">The hash.</param>
    /// <param name="now">Fields that have expired by this time are left out.</param>
    public HashWalk(Hash hash, long now)
    {
        _hash = hash;
        _now = now;
        _element = hash.IsPacked ? hash.Pack.First : null;
        _position = hash.IsPacked ? -1 : 0;
        _records = default;
        _next = 0;
        Field = default;
        Value = default;
    }

    /// <summary>The field that the walk is at.</summary>
    public PackedValue Field { get; private set; }

    /// <summary>Its value.</summary>
    public PackedValue Value { get; private set; }

    /// <summary>Moves to the next field.</summary>
    public bool MoveNext()
    {
        if (_element != null)
        {
            Field = ListPack.Read(_element);
            _element = ListPack.Next(_element);
            Value = ListPack.Read(_element);
            _element = ListPack.Next(_element);
            return true;
        }
        while (true)
        {
            if (_next == _records.Count && !Refill())
                return false;
            if (_next + Ahead < _records.Count)
                CacheLine.Prefetch(_records[_next + Ahead]);
            var field = new HashField(_records[_next++]);
            if (field.HasDeadline && field.Deadline < _now)
                continue;
            Field = new PackedValue(field.NameData, field.NameLength);
            Value = field.Value;
            return true;
        }
    }

    /// <summary>Frees the memory of the walk.</summary>
    public void Dispose() => _records.Dispose();

    private bool Refill()
    {
        _records.Clear();
        _next = 0;
        while (_position >= 0 && _records.Count == 0)
            _hash.Table->Fields.CollectSegment(ref _position, ref _records);
        for (int i = 0; i < Math.Min(Ahead, _records.Count); i++)
            CacheLine.Prefetch(_records[i]);
        return _records.Count != 0;
    }
}
