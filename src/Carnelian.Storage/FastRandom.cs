using System.Runtime.CompilerServices;

namespace Carnelian.Storage;

/// <summary>A small quick generator (SplitMix64, Steele and others 2014) for sampling; not for secrets. One thread at a time.</summary>
public struct FastRandom
{
    private ulong _state;

    /// <summary>Starts a sequence.</summary>
    public FastRandom(ulong seed) => _state = seed;

    /// <summary>The next 64 bits.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public ulong Next()
    {
        ulong z = _state += 0x9E3779B97F4A7C15;
        z = (z ^ z >> 30) * 0xBF58476D1CE4E5B9;
        z = (z ^ z >> 27) * 0x94D049BB133111EB;
        return z ^ z >> 31;
    }

    /// <summary>A number from 0 to <paramref name="below"/> - 1.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public int Next(int below) => (int)((Next() >> 32) * (uint)below >> 32);
}
