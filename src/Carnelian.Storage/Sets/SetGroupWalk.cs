using System.Runtime.CompilerServices;
using Carnelian.Memory;
using Carnelian.Storage.Packed;

namespace Carnelian.Storage.Sets;

/// <summary>
/// A walk over a set whose members are looked up in another: it says of each whether the other has it.
/// </summary>
/// <remarks>
/// Where both are tables it takes some members at a time: first it computes their hashes and asks for the buckets, then it looks into the buckets
/// and asks for the one record that can be equal, and only then are records compared. Tables are in the order of the same hash, so the
/// buckets come in the order of memory; the records are anywhere.
/// </remarks>
public unsafe struct SetGroupWalk : IDisposable
{
    private const int Size = 32;
    private const ulong Unsure = 1;

    private readonly SetValue _other;
    private readonly bool _isTable;
    private readonly bool _isOtherTable;
    private readonly SetTable* _table;
    private SetWalk _walk;
    private RecordList _records;
    private long _position;
    private int _next;
    private int _index;
    private int _held;
    private Numbers _hashes;
    private Numbers _candidates;

    /// <summary>Begins a walk.</summary>
    /// <param name="set">The set.</param>
    /// <param name="other">Where members are looked up; may be none, which has no member.</param>
    public SetGroupWalk(SetValue set, SetValue other)
    {
        _isTable = set.IsTable;
        _other = other;
        _isOtherTable = other.IsTable;
        if (_isTable)
            _table = set.Table;
        else
            _walk = new SetWalk(set);
    }

    /// <summary>The next member.</summary>
    /// <param name="member">The member.</param>
    /// <param name="hash">Its hash, or 0 where it is not known.</param>
    /// <param name="isInOther">Whether the other set has it.</param>
    /// <returns>False at the end.</returns>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public bool Next(out PackedValue member, out ulong hash, out bool isInOther)
    {
        if (!_isTable)
        {
            hash = 0;
            bool found = _walk.Next(out member);
            isInOther = found && _other.Exists && _other.Contains(member);
            return found;
        }
        if (_index == _held && !Fill())
        {
            member = default;
            hash = 0;
            isInOther = false;
            return false;
        }
        byte* data = SetMember.Data(_records[_next++], out int length);
        member = new PackedValue(data, length);
        hash = At(ref _hashes, _index);
        ulong candidate = At(ref _candidates, _index++);
        isInOther = candidate != 0 && ((candidate & Unsure) == 0 ? SetMember.HasKey((byte*)candidate, data, length) : _other.Contains(member, hash));
        return true;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _walk.Dispose();
        _records.Dispose();
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private bool Fill()
    {
        while (_next == _records.Count)
        {
            if (_position < 0)
                return false;
            _next = 0;
            _records.Clear();
            SetTable.TableOf(_table).CollectSegment(ref _position, ref _records);
            Prefetch(0);
        }
        int held = Math.Min(Size, _records.Count - _next);
        Prefetch(_next + held);
        ulong directory = _isOtherTable ? SetTable.TableOf(_other.Table).Directory : 0;
        for (int i = 0; i < held; i++)
        {
            byte* data = SetMember.Data(_records[_next + i], out int length);
            ulong hash = KeyHash.Compute(data, length);
            At(ref _hashes, i) = hash;
            At(ref _candidates, i) = directory == 0 ? _other.Exists && !_isOtherTable ? Unsure : 0 : TableLookup.PrefetchBucket(directory, hash);
        }
        if (directory != 0)
        {
            for (int i = 0; i < held; i++)
            {
                byte* record = TableLookup.Probe(At(ref _candidates, i), At(ref _hashes, i), out bool isSure);
                CacheLine.Prefetch(record);
                At(ref _candidates, i) = isSure ? (ulong)record : Unsure;
            }
        }
        _held = held;
        _index = 0;
        return true;
    }

    private readonly void Prefetch(int from)
    {
        int end = Math.Min(from + Size, _records.Count);
        for (int i = from; i < end; i++)
            CacheLine.Prefetch(_records[i]);
    }

    // The indexer of an inline array is a call.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static ref ulong At(ref Numbers numbers, int index) => ref Unsafe.Add(ref Unsafe.As<Numbers, ulong>(ref numbers), index);

    [InlineArray(Size)]
    private struct Numbers
    {
        private ulong _first;
    }
}
