using System.Numerics;

namespace Carnelian.Text;

/// <summary>The parts of an unsigned decimal number, "12.5e-3": its digits without leading and trailing zeros, and a power of ten.</summary>
internal readonly struct DecimalText
{
    /// <summary>Exponents beyond this are all the same: far too big or far too small.</summary>
    private const int ExponentLimit = 1_000_000;

    private readonly int _firstDigit;

    private DecimalText(int firstDigit, int significantDigits, ulong leading, int exponent)
    {
        _firstDigit = firstDigit;
        SignificantDigits = significantDigits;
        Leading = leading;
        Exponent = exponent;
    }

    /// <summary>Number of digits from the first to the last that is not 0; 0 for zero.</summary>
    public int SignificantDigits { get; }

    /// <summary>The value of the significant digits, if there are at most 19.</summary>
    public ulong Leading { get; }

    /// <summary>The power of ten that the significant digits, read as an integer, are multiplied by.</summary>
    public int Exponent { get; }

    /// <summary>Takes the text apart. At least one digit is needed, before or behind the point; false if there is anything else in it.</summary>
    public static bool TryScan(ReadOnlySpan<byte> text, out DecimalText result)
    {
        result = default;
        int first = -1;
        int point = -1;
        int digits = 0;
        int significant = 0;
        int sinceFirst = 0;
        int significantEnd = 0;
        ulong leading = 0;
        ulong value = 0;
        int i = 0;
        for (; i < text.Length; i++)
        {
            byte c = text[i];
            if (c == '.' && point < 0)
            {
                point = digits;
                continue;
            }
            if (c - (uint)'0' > 9) break;
            digits++;
            if (c == '0' && first < 0) continue;
            if (first < 0) first = i;
            sinceFirst++;
            if (sinceFirst <= 19) value = (value * 10) + (c - (uint)'0');
            if (c == '0') continue;
            significant = sinceFirst;
            significantEnd = digits;
            if (sinceFirst <= 19) leading = value;
        }
        if (digits == 0) return false;
        int exponent = 0;
        if (i < text.Length && ((text[i] | 0x20) != 'e' || !TryScanExponent(text[(i + 1)..], out exponent))) return false;
        if (point < 0) point = digits;
        result = new DecimalText(first, significant, leading, point - significantEnd + exponent);
        return true;
    }

    /// <summary>An optional sign and digits up to the end; cut to a million where it is larger.</summary>
    public static bool TryScanExponent(ReadOnlySpan<byte> text, out int exponent)
    {
        exponent = 0;
        bool negative = text.Length > 0 && text[0] == '-';
        if (negative || (text.Length > 0 && text[0] == '+')) text = text[1..];
        if (text.IsEmpty) return false;
        foreach (byte c in text)
        {
            uint digit = c - (uint)'0';
            if (digit > 9) return false;
            exponent = Math.Min((exponent * 10) + (int)digit, ExponentLimit);
        }
        if (negative) exponent = -exponent;
        return true;
    }

    /// <summary>The value of all significant digits of the text that was scanned.</summary>
    public BigInteger AllDigits(ReadOnlySpan<byte> text)
    {
        BigInteger value = BigInteger.Zero;
        ulong block = 0;
        ulong unit = 1;
        int left = SignificantDigits;
        for (int i = _firstDigit; left > 0; i++)
        {
            if (text[i] == '.') continue;
            block = (block * 10) + (text[i] - (uint)'0');
            unit *= 10;
            left--;
            if (unit == 10_000_000_000_000_000_000 || left == 0)
            {
                value = (value * unit) + block;
                block = 0;
                unit = 1;
            }
        }
        return value;
    }
}
