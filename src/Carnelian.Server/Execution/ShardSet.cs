using System.Numerics;
using System.Runtime.CompilerServices;
using Carnelian.Threading;

namespace Carnelian.Server.Execution;

/// <summary>The shards of one unit: a set of up to 1024, taken and released in order.</summary>
internal struct ShardSet
{
    private const int Words = 16;

    private Bits _bits;

    [InlineArray(Words)]
    private struct Bits
    {
        private ulong _first;
    }

    /// <summary>Adds a shard.</summary>
    public void Add(int shard) => _bits[shard >> 6] |= 1UL << shard;

    /// <summary>Adds all shards of another set.</summary>
    public void Add(in ShardSet other)
    {
        for (int i = 0; i < Words; i++)
            _bits[i] |= other._bits[i];
    }

    /// <summary>Adds all shards there are.</summary>
    /// <param name="count">Their number, a multiple of 64.</param>
    public void AddAll(int count)
    {
        for (int i = 0; i < count >> 6; i++)
            _bits[i] = ulong.MaxValue;
    }

    /// <summary>Whether all shards of another set are in this one.</summary>
    public readonly bool Contains(in ShardSet other)
    {
        for (int i = 0; i < Words; i++)
        {
            if ((other._bits[i] & ~_bits[i]) != 0)
                return false;
        }
        return true;
    }

    /// <summary>Whether the sets have the same shards.</summary>
    public readonly bool Equals(in ShardSet other) => Contains(other) && other.Contains(this);

    /// <summary>Whether a shard is in the set and no other.</summary>
    public readonly bool IsOnly(int shard)
    {
        ShardSet one = default;
        one.Add(shard);
        return Equals(one);
    }

    /// <summary>Whether one of the shards has a note beside its lock (<see cref="ShardLocks.Note"/>). With the locks held.</summary>
    public readonly bool HasNotes(ShardLocks locks)
    {
        int words = (locks.Count + 63) >> 6;
        for (int i = 0; i < words; i++)
        {
            for (ulong word = _bits[i]; word != 0; word &= word - 1)
            {
                if (locks.Note(i * 64 + BitOperations.TrailingZeroCount(word)) != 0)
                    return true;
            }
        }
        return false;
    }

    /// <summary>Whether a shard is in the set.</summary>
    public readonly bool Contains(int shard) => (_bits[shard >> 6] >> shard & 1) != 0;

    /// <summary>Takes all locks of the set, the lowest first.</summary>
    public readonly void Acquire(ShardLocks locks)
    {
        int words = (locks.Count + 63) >> 6;
        for (int i = 0; i < words; i++)
        {
            for (ulong word = _bits[i]; word != 0; word &= word - 1)
                locks.Acquire(i * 64 + BitOperations.TrailingZeroCount(word));
        }
    }

    /// <summary>Releases all locks of the set.</summary>
    public readonly void Release(ShardLocks locks)
    {
        int words = (locks.Count + 63) >> 6;
        for (int i = 0; i < words; i++)
        {
            for (ulong word = _bits[i]; word != 0; word &= word - 1)
                locks.Release(i * 64 + BitOperations.TrailingZeroCount(word));
        }
    }
}
