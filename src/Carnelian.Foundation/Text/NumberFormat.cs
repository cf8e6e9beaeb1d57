using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Carnelian.Text;

/// <summary>Writes numbers as text, byte for byte as Valkey does.</summary>
public static unsafe class NumberFormat
{
    /// <summary>Room that the longest <see cref="long"/> or <see cref="ulong"/> takes, in bytes.</summary>
    public const int MaxInt64Length = 20;

    /// <summary>Room that the longest <see cref="double"/> takes, in bytes.</summary>
    public const int MaxDoubleLength = 32;

    /// <summary>"00" to "99" as pairs of characters.</summary>
    private static ReadOnlySpan<byte> Pairs =>
        "00010203040506070809"u8 +
        "10111213141516171819"u8 +
        "20212223242526272829"u8 +
        "30313233343536373839"u8 +
        "40414243444546474849"u8 +
        "50515253545556575859"u8 +
        "60616263646566676869"u8 +
        "70717273747576777879"u8 +
        "80818283848586878889"u8 +
        "90919293949596979899"u8;

    /// <summary>Powers of ten by their exponent; the first is 0 so that 0 has one digit.</summary>
    internal static ReadOnlySpan<ulong> PowersOfTen =>
    [
        0, 10, 100, 1000, 10000, 100000, 1000000, 10000000, 100000000, 1000000000, 10000000000, 100000000000, 1000000000000,
        10000000000000, 100000000000000, 1000000000000000, 10000000000000000, 100000000000000000, 1000000000000000000,
        10000000000000000000,
    ];

    /// <summary>Number of decimal digits, 1 to 20.</summary>
    public static int CountDigits(ulong value)
    {
        // 1233/4096 is just above log10(2), so this is the right count or one too small.
        int guess = ((64 - BitOperations.LeadingZeroCount(value | 1)) * 1233) >> 12;
        return guess + (value >= Unsafe.Add(ref MemoryMarshal.GetReference(PowersOfTen), guess) ? 1 : 0);
    }

    /// <summary>Writes a decimal integer and returns its length, at most <see cref="MaxInt64Length"/>.</summary>
    public static int WriteInt64(byte* target, long value)
    {
        if (value >= 0) return WriteUInt64(target, (ulong)value);
        *target = (byte)'-';
        return 1 + WriteUInt64(target + 1, 0 - (ulong)value);
    }

    /// <summary>Writes a decimal integer and returns its length, at most <see cref="MaxInt64Length"/>.</summary>
    public static int WriteUInt64(byte* target, ulong value)
    {
        if (value < 10)
        {
            *target = (byte)('0' + value);
            return 1;
        }
        if (value < 100)
        {
            WritePair(target, (uint)value);
            return 2;
        }
        int length = CountDigits(value);
        WriteDigits(target, value, length);
        return length;
    }

    /// <summary>Writes exactly <paramref name="length"/> digits, with leading zeros where the value has fewer.</summary>
    public static void WriteDigits(byte* target, ulong value, int length)
    {
        byte* p = target + length;
        while (value > uint.MaxValue && p - target >= 2)
        {
            ulong rest = value / 100;
            p -= 2;
            WritePair(p, (uint)(value - (rest * 100)));
            value = rest;
        }

        // Division by a constant costs half as much in 32 bits.
        uint small = (uint)value;
        while (p - target >= 2)
        {
            uint rest = small / 100;
            p -= 2;
            WritePair(p, small - (rest * 100));
            small = rest;
        }
        if (p != target) *target = (byte)('0' + small);
    }

    /// <summary>Writes a floating-point number and returns its length, at most <see cref="MaxDoubleLength"/>.</summary>
    public static int WriteDouble(byte* target, double value) => DoubleFormat.Write(target, value);

    /// <summary>
    /// Writes a floating-point number as <see cref="WriteDouble"/> does, but large whole ones with their shortest digits too: 1e+10.
    /// </summary>
    public static int WriteShortestDouble(byte* target, double value) => DoubleFormat.WriteShortest(target, value);

    /// <summary>
    /// Writes a floating-point number with up to 17 digits as the C library's %.17g does, and returns its length, at most <see cref="MaxDoubleLength"/>.
    /// </summary>
    public static int WriteDouble17(Span<byte> target, double value) => DoubleFormat.Write17(target, value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void WritePair(byte* target, uint value) =>
        Unsafe.WriteUnaligned(target, Unsafe.ReadUnaligned<ushort>(ref Unsafe.Add(ref MemoryMarshal.GetReference(Pairs), value * 2)));
}
