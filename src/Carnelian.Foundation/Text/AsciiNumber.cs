using System.Globalization;

namespace Carnelian.Text;

/// <summary>
/// Numbers as clients write them. Integers have exactly one accepted spelling, the one that <see cref="NumberFormat"/> writes, so a
/// value that parses can be stored as a number and read back as the same bytes.
/// </summary>
public static class AsciiNumber
{
    /// <summary>
    /// Reads a whole decimal integer. Refuses what is not its only spelling: spaces, a plus sign, leading zeros, "-0", and what does
    /// not fit.
    /// </summary>
    public static bool TryParseInt64(ReadOnlySpan<byte> text, out long value)
    {
        value = 0;
        bool negative = text.Length > 1 && text[0] == '-';
        if (!TryParseUInt64(negative ? text[1..] : text, out ulong magnitude)) return false;
        if (negative)
        {
            if (magnitude is 0 or > 1UL << 63) return false;
            value = (long)(0 - magnitude);
            return true;
        }
        value = (long)magnitude;
        return magnitude <= long.MaxValue;
    }

    /// <summary>Reads a whole decimal integer without a sign, in its only spelling.</summary>
    public static bool TryParseUInt64(ReadOnlySpan<byte> text, out ulong value)
    {
        value = 0;
        if ((uint)(text.Length - 1) >= 20) return false;
        uint first = text[0] - (uint)'0';
        if (first > 9 || (first == 0 && text.Length > 1)) return false;
        ulong result = first;
        int safe = Math.Min(text.Length, 19);
        for (int i = 1; i < safe; i++)
        {
            uint digit = text[i] - (uint)'0';
            if (digit > 9) return false;
            result = (result * 10) + digit;
        }
        if (text.Length == 20)
        {
            uint digit = text[19] - (uint)'0';
            if (digit > 9 || result > ulong.MaxValue / 10) return false;
            ulong last = result * 10;
            result = last + digit;
            if (result < last) return false;
        }
        value = result;
        return true;
    }

    /// <summary>
    /// Reads a floating-point number as Valkey reads scores: digits with an optional point and an optional decimal exponent, or "inf" or
    /// "infinity" in any case, with an optional sign. Refuses spaces, NaN, hexadecimal, what is too big, and what is not zero but too small.
    /// </summary>
    public static bool TryParseDouble(ReadOnlySpan<byte> text, out double value)
    {
        value = 0;
        if (text.IsEmpty) return false;
        bool negative = text[0] == '-';
        ReadOnlySpan<byte> unsigned = negative || text[0] == '+' ? text[1..] : text;
        if (!DecimalText.TryScan(unsigned, out DecimalText scanned))
        {
            if (!IsInfinity(unsigned)) return false;
            value = negative ? double.NegativeInfinity : double.PositiveInfinity;
            return true;
        }

        // With both factors exact, one multiplication or division rounds once and so correctly.
        if (scanned.SignificantDigits <= 19 && scanned.Leading <= 1UL << 53 && scanned.Exponent is >= -19 and <= 19)
        {
            value = scanned.Exponent < 0
                ? scanned.Leading / (double)PowerOfTen(-scanned.Exponent)
                : scanned.Leading * (double)PowerOfTen(scanned.Exponent);
        }
        else
        {
            if (scanned.SignificantDigits == 0)
            {
                value = 0;
            }
            else
            {
                if (!double.TryParse(unsigned, NumberStyles.AllowDecimalPoint | NumberStyles.AllowExponent, CultureInfo.InvariantCulture, out value)
                    || value == 0 || double.IsInfinity(value))
                {
                    return false;
                }
            }
        }
        if (negative) value = -value;
        return true;
    }

    /// <summary>
    /// Reads a number as <see cref="TryParseDouble"/> does, but takes what is too large for an infinity, what is too small for zero, and no
    /// text at all for zero.
    /// </summary>
    public static bool TryParseAnyDouble(ReadOnlySpan<byte> text, out double value)
    {
        if (TryParseDouble(text, out value) || text.IsEmpty)
            return true;
        ReadOnlySpan<byte> unsigned = text[0] is (byte)'-' or (byte)'+' ? text[1..] : text;
        return DecimalText.TryScan(unsigned, out _)
            && double.TryParse(text, NumberStyles.AllowLeadingSign | NumberStyles.AllowDecimalPoint | NumberStyles.AllowExponent, CultureInfo.InvariantCulture, out value);
    }

    /// <summary>10 to the power of 0 to 19.</summary>
    internal static ulong PowerOfTen(int exponent) => exponent == 0 ? 1 : NumberFormat.PowersOfTen[exponent];

    internal static bool IsInfinity(ReadOnlySpan<byte> text) =>
        System.Text.Ascii.EqualsIgnoreCase(text, "inf"u8) || System.Text.Ascii.EqualsIgnoreCase(text, "infinity"u8);
}
