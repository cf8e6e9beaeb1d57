using System.Runtime.InteropServices;
using Carnelian.Storage;
using Carnelian.Storage.Packed;
using Carnelian.Storage.Sets;
using Carnelian.Storage.SortedSets;

namespace Carnelian.Commands.SortedSets;

/// <summary>An input of ZUNION and its kin: a sorted set, a set (whose members have the score 1), or a key that does not exist.</summary>
[StructLayout(LayoutKind.Auto)]
internal struct AggregateInput
{
    private readonly SortedSet _sorted;
    private readonly SetValue _set;
    private readonly bool _isSorted;

    public AggregateInput(Entry entry, int place)
    {
        Place = place;
        Weight = 1;
        if (!entry.Exists)
            return;
        _isSorted = entry.Type == Storage.ValueType.SortedSet;
        if (_isSorted)
            _sorted = new SortedSet(entry);
        else
            _set = SetValue.Of(entry);
        Count = _isSorted ? _sorted.Count : _set.Count;
    }

    /// <summary>What its scores are multiplied by.</summary>
    public double Weight;

    /// <summary>Its place among the inputs.</summary>
    public readonly int Place;

    /// <summary>The number of members.</summary>
    public readonly long Count;

    /// <summary>Looks a member up.</summary>
    public readonly bool TryGetScore(ReadOnlySpan<byte> member, out double score)
    {
        score = 1;
        if (Count == 0)
            return false;
        return _isSorted ? _sorted.TryGetScore(member, out score) : _set.Contains(member);
    }

    /// <summary>Begins a walk over the members.</summary>
    public readonly AggregateWalk Walk() => Count == 0 ? default : _isSorted ? new AggregateWalk(_sorted) : new AggregateWalk(_set);
}

/// <summary>A walk over the members of an input.</summary>
internal struct AggregateWalk : IDisposable
{
    private SortedSetCursor _cursor;
    private SetWalk _walk;
    private readonly bool _isSorted;
    private readonly bool _isSet;
    private bool _hasBegun;

    public AggregateWalk(in SortedSet set)
    {
        _isSorted = true;
        _cursor = set.At(0);
    }

    public AggregateWalk(SetValue set)
    {
        _isSet = true;
        _walk = new SetWalk(set);
    }

    /// <summary>The next member.</summary>
    /// <param name="digits">Room for a member that is kept as an integer.</param>
    /// <param name="member">The member, until the next call.</param>
    /// <param name="score">Its score.</param>
    public bool Next(Span<byte> digits, out ReadOnlySpan<byte> member, out double score)
    {
        member = default;
        score = 1;
        if (_isSorted)
        {
            if (_hasBegun)
                _cursor.MoveNext();
            _hasBegun = true;
            if (!_cursor.IsAtMember)
                return false;
            member = _cursor.Member(digits);
            score = _cursor.Score;
            return true;
        }
        if (!_isSet || !_walk.Next(out PackedValue value))
            return false;
        member = value.Bytes(digits);
        return true;
    }

    public void Dispose() => _walk.Dispose();
}
