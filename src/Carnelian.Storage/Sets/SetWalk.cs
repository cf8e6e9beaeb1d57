using System.Runtime.CompilerServices;
using Carnelian.Memory;
using Carnelian.Storage.Packed;

namespace Carnelian.Storage.Sets;

/// <summary>
/// A walk over all members of a set that does not change meanwhile: integers ascending, a pack from its beginning, a table in the order of the
/// hash, segment by segment.
/// </summary>
public unsafe struct SetWalk : IDisposable
{
    private const int PrefetchDistance = 8;

    private readonly SetValue _set;
    private RecordList _records;
    private byte* _element;
    private long _position;
    private int _index;

    /// <summary>Begins a walk.</summary>
    public SetWalk(SetValue set)
    {
        _set = set;
        if (set.Encoding == ValueEncoding.ListPack)
            _element = new ListPack(set.Address).First;
    }

    /// <summary>The next member.</summary>
    /// <returns>False at the end.</returns>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public bool Next(out PackedValue member)
    {
        if (_index < _records.Count)
        {
            if (_index + PrefetchDistance < _records.Count)
                CacheLine.Prefetch(_records[_index + PrefetchDistance]);
            byte* data = SetMember.Data(_records[_index++], out int length);
            member = new PackedValue(data, length);
            return true;
        }
        return NextElsewhere(out member);
    }

    /// <inheritdoc/>
    public void Dispose() => _records.Dispose();

    private bool NextElsewhere(out PackedValue member)
    {
        switch (_set.Encoding)
        {
            case ValueEncoding.IntSet:
                var integers = new IntSet(_set.Address);
                member = _index < integers.Count ? new PackedValue(integers[_index]) : default;
                return _index++ < integers.Count;
            case ValueEncoding.ListPack:
                if (_element == null)
                    break;
                member = ListPack.Read(_element);
                _element = ListPack.Next(_element);
                return true;
            default:
                while (_position >= 0)
                {
                    _index = 0;
                    _records.Clear();
                    SetTable.TableOf(_set.Table).CollectSegment(ref _position, ref _records);
                    for (int i = 0; i < Math.Min(PrefetchDistance, _records.Count); i++)
                        CacheLine.Prefetch(_records[i]);
                    if (_records.Count != 0)
                        return Next(out member);
                }
                break;
        }
        member = default;
        return false;
    }
}
