using System.Numerics;
using System.Runtime.CompilerServices;

namespace Carnelian.Commands.HyperLogLogs;

/// <summary>What a HyperLogLog sees of an element: MurmurHash64A (Austin Appleby) with the seed that Valkey and Redis use.</summary>
internal static unsafe class ElementHash
{
    private const ulong Seed = 0xadc83b19;
    private const ulong Multiplier = 0xc6a4a7935bd1e995;
    private const int Shift = 47;

    /// <summary>The register of an element, and the rank that it has there: 1 to 51.</summary>
    public static int RegisterOf(ReadOnlySpan<byte> element, out int rank)
    {
        ulong hash = Compute(element);
        // A one behind the last bit ends the row of zeros.
        ulong rest = hash >> HyperLogLogFormat.IndexBits | 1UL << HyperLogLogFormat.RankBits;
        rank = BitOperations.TrailingZeroCount(rest) + 1;
        return (int)(hash & (HyperLogLogFormat.Registers - 1));
    }

    /// <summary>The hash of some bytes.</summary>
    public static ulong Compute(ReadOnlySpan<byte> bytes)
    {
        ulong hash = Seed ^ unchecked((ulong)bytes.Length * Multiplier);
        fixed (byte* start = bytes)
        {
            byte* at = start;
            int left = bytes.Length;
            for (; left >= 8; at += 8, left -= 8)
                hash = Mix(hash, Scramble(Unsafe.ReadUnaligned<ulong>(at)));
            if (left > 0)
            {
                ulong tail = 0;
                for (int i = left - 1; i >= 0; i--)
                    tail = tail << 8 | at[i];
                hash = Mix(hash, tail);
            }
        }
        hash = unchecked((hash ^ hash >> Shift) * Multiplier);
        return hash ^ hash >> Shift;
    }

    private static ulong Scramble(ulong word)
    {
        word *= Multiplier;
        return unchecked((word ^ word >> Shift) * Multiplier);
    }

    private static ulong Mix(ulong hash, ulong word) => unchecked((hash ^ word) * Multiplier);
}
