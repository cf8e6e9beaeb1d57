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
