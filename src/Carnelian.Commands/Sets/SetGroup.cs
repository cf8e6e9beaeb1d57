using System.Runtime.CompilerServices;
using Carnelian.Storage;
using Carnelian.Storage.Packed;
using Carnelian.Storage.Sets;

namespace Carnelian.Commands.Sets;

/// <summary>
/// A walk over a set whose members are looked up in others: of a big set it takes some members at a time, computes their hashes and asks for the
/// memory that the lookups need, so that it is on its way for all of them at once.
/// </summary>
internal unsafe ref struct SetGroup
{
    private const int Size = 32;

    private readonly SetValue _other;
    private readonly bool _hasHashes;
    private SetWalk _walk;
    private Members _members;
    private Hashes _hashes;
    private int _index;
    private int _held;

    /// <summary>Begins a walk.</summary>
    /// <param name="set">The set.</param>
    /// <param name="other">Where members are looked up first; may be none.</param>
    public SetGroup(SetValue set, SetValue other)
    {
        _walk = new SetWalk(set);
        _other = other;
        _hasHashes = set.IsTable;
    }

    /// <summary>The next member with its hash, which is 0 where it is not known.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public bool Next(out PackedValue member, out ulong hash)
    {
        if (!_hasHashes)
        {
            hash = 0;
            return _walk.Next(out member);
        }
        if (_index == _held && !Fill())
        {
            member = default;
            hash = 0;
            return false;
        }
        member = _members[_index];
        hash = _hashes[_index++];
        return true;
    }

    /// <summary>Ends the walk.</summary>
    public void Dispose() => _walk.Dispose();

    [MethodImpl(MethodImplOptions.NoInlining)]
    private bool Fill()
    {
        int held = 0;
        bool prefetches = _other.IsTable;
        while (held < Size && _walk.Next(out PackedValue member))
        {
            ulong hash = KeyHash.Compute(member.Data, member.Length);
            if (prefetches)
                _other.Table->PrefetchBucket(hash);
            _members[held] = member;
            _hashes[held++] = hash;
        }
        if (prefetches)
        {
            for (int i = 0; i < held; i++)
                _other.Table->PrefetchRecords(_hashes[i]);
        }
        _held = held;
        _index = 0;
        return held != 0;
    }

    [InlineArray(Size)]
    private struct Members
    {
        private PackedValue _first;
    }

    [InlineArray(Size)]
    private struct Hashes
    {
        private ulong _first;
    }
}
