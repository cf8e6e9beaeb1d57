using System.Runtime.CompilerServices;

namespace Carnelian.Storage.SortedSets;

/// <summary>
/// Scores as 64-bit integers in the same order, so that a search compares integers: the bits of the number, with those behind the sign
/// turned over where it is negative. -0 and 0 are the same.
/// </summary>
/// <remarks>
/// A leaf keeps the highest 51 bits of this: 32 in its array of heads and 19 beside each pointer. Whole numbers below 2^40 differ in them.
/// </remarks>
internal static class ScoreKey
{
    /// <summary>The bits of a pointer that are kept: 48 bits of address, of which the lowest three are 0.</summary>
    public const int PointerBits = 45;

    private const ulong PointerMask = (1UL << PointerBits) - 1;

    /// <summary>The key of a score, which is a number.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static long Of(double score)
    {
        long bits = BitConverter.DoubleToInt64Bits(score + 0.0);
        return bits ^ (bits >> 63 & long.MaxValue);
    }

    /// <summary>The highest 32 bits, in signed order.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static int Head(long key) => (int)(key >> 32);

    /// <summary>The next 19 bits above a record's address.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static unsafe ulong Tail(long key, byte* record) => (ulong)key >> 13 << PointerBits | (ulong)record >> 3;

    /// <summary>The 19 bits that <see cref="Tail"/> keeps.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static uint Middle(long key) => (uint)key >> 13;

    /// <summary>The 19 bits of a tail.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static uint Middle(ulong tail) => (uint)(tail >> PointerBits);

    /// <summary>The address of a tail.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static unsafe byte* Record(ulong tail) => (byte*)((tail & PointerMask) << 3);
}
