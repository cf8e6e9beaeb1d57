using System.Globalization;
using System.Numerics;
using System.Text;

namespace Carnelian.Text;

/// <summary>
/// A floating-point number with a 64-bit significand, the extended format of x86 processors, in which Valkey computes INCRBYFLOAT and
/// HINCRBYFLOAT. Results equal those of Valkey on x86-64 digit for digit.
/// </summary>
/// <remarks>
/// The value is ± significand × 2^exponent. A number other than zero has the significand's top bit set, unless its exponent is the
/// smallest there is. Every operation rounds its exact result once, to the nearest, ties to even.
/// </remarks>
public readonly struct LongDouble
{
    /// <summary>The longest text that is a number, in bytes.</summary>
    public const int MaxParsedLength = (5 * 1024) - 1;

    /// <summary>Room that the longest result of <see cref="Format"/> takes, in bytes.</summary>
    public const int MaxFormattedLength = 5 * 1024;

    private const int MinExponent = -16445;
    private const int MaxExponent = 16383 - 63;
    private const ulong FractionUnit = 100_000_000_000_000_000;
    private const int FractionDigits = 17;

    private readonly ulong _significand;
    private readonly int _exponent;
    private readonly bool _negative;
    private readonly Kind _kind;

    private LongDouble(bool negative, ulong significand, int exponent, Kind kind = Kind.Finite)
    {
        _negative = negative;
        _significand = significand;
        _exponent = exponent;
        _kind = kind;
    }

    private enum Kind : byte
    {
        Finite,
        Infinite,
        NotANumber,
    }

    /// <summary>The largest finite number.</summary>
    public static LongDouble MaxValue => new(negative: false, ulong.MaxValue, MaxExponent);

    /// <summary>Whether it is below zero.</summary>
    public bool IsNegative => _negative;

    /// <summary>False for infinities and for the sum of opposite ones.</summary>
    public bool IsFinite => _kind == Kind.Finite;

    /// <summary>The number itself: 64 bits suffice for every integer of 64 bits.</summary>
    public static LongDouble FromInt64(long value) =>
        Round(value < 0, value < 0 ? 0 - (ulong)value : (ulong)value, 0, sticky: false);

    /// <summary>A finite number of 64 bits itself.</summary>
    public static LongDouble FromDouble(double value)
    {
        long bits = BitConverter.DoubleToInt64Bits(value);
        int exponent = (int)(bits >> 52) & 0x7FF;
        ulong fraction = (ulong)bits & ((1UL << 52) - 1);
        return exponent == 0 ? Round(bits < 0, fraction, -1074, sticky: false) : Round(bits < 0, fraction | 1UL << 52, exponent - 1075, sticky: false);
    }

    /// <summary>
    /// Reads a number as the C library's strtold does: decimal or hexadecimal, with an optional exponent, or an infinity. Refuses
    /// spaces, NaN, what is too big, and what is not zero but too small.
    /// </summary>
    public static bool TryParse(ReadOnlySpan<byte> text, out LongDouble value)
    {
        value = default;
        if (text.IsEmpty || text.Length > MaxParsedLength) return false;
        bool negative = text[0] == '-';
        if (negative || text[0] == '+') text = text[1..];
        if (AsciiNumber.IsInfinity(text))
        {
            value = new LongDouble(negative, 0, 0, Kind.Infinite);
            return true;
        }
        bool hexadecimal = text.Length > 2 && text[0] == '0' && (text[1] | 0x20) == 'x';
        return hexadecimal ? TryParseHexadecimal(text[2..], negative, out value) : TryParseDecimal(text, negative, out value);
    }

    /// <summary>The number with the other sign.</summary>
    public LongDouble Negate() => new(!_negative, _significand, _exponent, _kind);

    /// <summary>Whether a number, which must be none that is undefined, is greater than another.</summary>
    public static bool IsGreater(LongDouble left, LongDouble right)
    {
        // Rounding never makes a difference vanish; that of equal infinities is undefined.
        LongDouble difference = Add(left, right.Negate());
        return !difference._negative && (difference._kind == Kind.Infinite || (difference.IsFinite && difference._significand != 0));
    }

    /// <summary>The rounded sum.</summary>
    public static LongDouble Add(LongDouble left, LongDouble right)
    {
        if (!left.IsFinite || !right.IsFinite) return AddSpecial(left, right);
        if (right._significand == 0) return left._significand == 0 && !right._negative ? right : left;
        if (left._significand == 0) return right;
        if (left._exponent < right._exponent) (left, right) = (right, left);

        // 62 more bits than needed: enough for the guard bits that remain after the largest cancellation.
        const int Guard = 62;
        int distance = left._exponent - right._exponent;
        UInt128 large = (UInt128)left._significand << Guard;
        UInt128 exact = (UInt128)right._significand << Guard;
        UInt128 small = distance < 128 ? exact >> distance : 0;
        bool sticky = distance >= 128 || (small << distance) != exact;
        int exponent = left._exponent - Guard;
        if (left._negative == right._negative) return Round(left._negative, large + small, exponent, sticky);
        if (small > large) return Round(right._negative, small - large, exponent, sticky: false);
        UInt128 difference = large - small - (sticky ? 1u : 0u);
        return Round(difference != 0 && left._negative, difference, exponent, sticky);
    }

    /// <summary>The product with a small number.</summary>
    public static LongDouble Multiply(LongDouble left, uint right) =>
        left.IsFinite ? Round(left._negative, (UInt128)left._significand * right, left._exponent, sticky: false) : left;

    /// <summary>The least integer that is not below the number; false if it has more than 64 bits.</summary>
    public static bool TryCeiling(LongDouble value, out long result)
    {
        result = 0;
        if (!value.IsFinite) return false;
        if (value._significand == 0) return true;
        // What is left of the point, and whether there is anything right of it.
        if (value._exponent > 0) return false;
        int fraction = -value._exponent;
        ulong whole = fraction < 64 ? value._significand >> fraction : 0;
        bool isExact = fraction < 64 ? whole << fraction == value._significand : false;
        if (!value._negative && !isExact) whole++;
        if (whole > long.MaxValue) return false;
        result = value._negative ? -(long)whole : (long)whole;
        return true;
    }

    /// <summary>
    /// Writes the number with at most 17 digits behind the point, rounded from its exact value, trailing zeros and "-0" dropped.
    /// </summary>
    /// <param name="target">Room for <see cref="MaxFormattedLength"/> bytes, or 64 if the number is known to be below 10^38.</param>
    /// <returns>The length. Infinities are "inf" and "-inf".</returns>
    public int Format(Span<byte> target)
    {
        if (!IsFinite)
        {
            ReadOnlySpan<byte> name = _kind == Kind.NotANumber ? "nan"u8 : _negative ? "-inf"u8 : "inf"u8;
            name.CopyTo(target);
            return name.Length;
        }
        UInt128 whole;
        ulong fraction = 0;
        if (_exponent > 64)
        {
            if (_significand == 0) return FormatSmall(target, 0, 0);
            BigInteger exact = (BigInteger)_significand << _exponent;
            string text = (_negative ? -exact : exact).ToString(CultureInfo.InvariantCulture);
            return Encoding.ASCII.GetBytes(text, target);
        }
        if (_exponent >= 0)
        {
            whole = (UInt128)_significand << _exponent;
        }
        else
        {
            int shift = -_exponent;
            whole = shift < 64 ? _significand >> shift : 0;
            ulong rest = shift < 64 ? _significand & ((1UL << shift) - 1) : _significand;
            fraction = shift < 128 ? RoundedShift((UInt128)rest * FractionUnit, shift) : 0;
            if (fraction == FractionUnit)
            {
                fraction = 0;
                whole++;
            }
        }
        return FormatSmall(target, whole, fraction);
    }

    private static LongDouble AddSpecial(LongDouble left, LongDouble right)
    {
        bool undefined = left._kind == Kind.NotANumber || right._kind == Kind.NotANumber
            || (left._kind == right._kind && left._negative != right._negative);
        if (undefined) return new LongDouble(false, 0, 0, Kind.NotANumber);
        return left.IsFinite ? right : left;
    }

    private static bool TryParseDecimal(ReadOnlySpan<byte> text, bool negative, out LongDouble value)
    {
        value = default;
        if (!DecimalText.TryScan(text, out DecimalText scanned)) return false;
        if (scanned.SignificantDigits == 0)
        {
            value = new LongDouble(negative, 0, 0);
            return true;
        }
        int magnitude = scanned.SignificantDigits + scanned.Exponent;
        if (magnitude is > 4940 or < -4960) return false;

        if (scanned.SignificantDigits <= 19 && scanned.Exponent is >= -18 and <= 19)
        {
            value = FromShort(negative, scanned.Leading, scanned.Exponent);
        }
        else
        {
            value = FromLong(negative, scanned.AllDigits(text), scanned.Exponent);
        }
        return value.IsFinite && value._significand != 0;
    }

    private static LongDouble FromShort(bool negative, ulong digits, int exponent)
    {
        if (exponent >= 0) return Round(negative, (UInt128)digits * AsciiNumber.PowerOfTen(exponent), 0, sticky: false);
        int shift = BitOperations.LeadingZeroCount(digits);
        (UInt128 quotient, UInt128 rest) = UInt128.DivRem((UInt128)(digits << shift) << 64, AsciiNumber.PowerOfTen(-exponent));
        return Round(negative, quotient, -64 - shift, rest != 0);
    }

    private static LongDouble FromLong(bool negative, BigInteger digits, int exponent)
    {
        BigInteger number;
        bool sticky = false;
        int binaryExponent = 0;
        if (exponent >= 0)
        {
            number = digits * BigInteger.Pow(10, exponent);
        }
        else
        {
            BigInteger divisor = BigInteger.Pow(10, -exponent);
            int shift = (int)Math.Max(0, divisor.GetBitLength() - digits.GetBitLength() + 100);
            number = BigInteger.DivRem(digits << shift, divisor, out BigInteger rest);
            sticky = !rest.IsZero;
            binaryExponent = -shift;
        }
        int excess = (int)Math.Max(0, number.GetBitLength() - 128);
        if (excess > 0)
        {
            BigInteger top = number >> excess;
            sticky |= top << excess != number;
            number = top;
        }
        return Round(negative, (UInt128)number, binaryExponent + excess, sticky);
    }

    private static bool TryParseHexadecimal(ReadOnlySpan<byte> text, bool negative, out LongDouble value)
    {
        value = default;
        UInt128 significand = 0;
        bool sticky = false;
        bool point = false;
        int digits = 0;
        long exponent = 0;
        int i = 0;
        for (; i < text.Length; i++)
        {
            if (text[i] == '.' && !point)
            {
                point = true;
                continue;
            }
            if (!char.IsAsciiHexDigit((char)text[i])) break;
            digits++;
            if (point) exponent -= 4;
            if (significand >> 120 == 0)
            {
                significand = (significand << 4) | (uint)Quoting.HexValue(text[i]);
            }
            else
            {
                sticky |= text[i] != '0';
                exponent += 4;
            }
        }
        if (digits == 0) return false;
        if (i < text.Length)
        {
            if ((text[i] | 0x20) != 'p' || !DecimalText.TryScanExponent(text[(i + 1)..], out int power)) return false;
            exponent += power;
        }
        value = Round(negative, significand, (int)Math.Clamp(exponent, -100_000, 100_000), sticky);
        return value.IsFinite && (value._significand != 0 || significand == 0);
    }

    /// <summary>Rounds an exact value to the format; <paramref name="sticky"/> says that a little less than one unit more belongs to it.</summary>
    private static LongDouble Round(bool negative, UInt128 significand, int exponent, bool sticky)
    {
        if (significand == 0) return new LongDouble(negative, 0, 0);
        int shift = Math.Max(64 - (int)UInt128.LeadingZeroCount(significand), MinExponent - exponent);
        exponent += shift;
        ulong result;
        if (shift <= 0)
        {
            result = (ulong)(significand << -shift);
        }
        else
        {
            result = shift < 128 ? (ulong)(significand >> shift) : 0;
            UInt128 rest = shift < 128 ? significand & ((UInt128.One << shift) - 1) : significand;
            UInt128 half = shift <= 128 ? UInt128.One << (shift - 1) : UInt128.MaxValue;
            bool up = rest > half || (rest == half && (sticky || (result & 1) != 0));
            if (up && ++result == 0)
            {
                result = 1UL << 63;
                exponent++;
            }
        }
        return exponent > MaxExponent
            ? new LongDouble(negative, 0, 0, Kind.Infinite)
            : new LongDouble(negative, result, exponent);
    }

    /// <summary>The value divided by 2^<paramref name="shift"/> (1 to 127), to the nearest, ties to even.</summary>
    private static ulong RoundedShift(UInt128 value, int shift)
    {
        ulong result = (ulong)(value >> shift);
        UInt128 rest = value & ((UInt128.One << shift) - 1);
        UInt128 half = UInt128.One << (shift - 1);
        return rest > half || (rest == half && (result & 1) != 0) ? result + 1 : result;
    }

    private unsafe int FormatSmall(Span<byte> target, UInt128 whole, ulong fraction)
    {
        int length = 0;
        if (_negative && (whole != 0 || fraction != 0)) target[length++] = (byte)'-';
        if (whole <= ulong.MaxValue)
        {
            byte* digits = stackalloc byte[NumberFormat.MaxInt64Length];
            int count = NumberFormat.WriteUInt64(digits, (ulong)whole);
            new ReadOnlySpan<byte>(digits, count).CopyTo(target[length..]);
            length += count;
        }
        else
        {
            whole.TryFormat(target[length..], out int count, default, CultureInfo.InvariantCulture);
            length += count;
        }
        if (fraction == 0) return length;

        int fractionDigits = FractionDigits;
        while (fraction % 10 == 0)
        {
            fraction /= 10;
            fractionDigits--;
        }
        target[length++] = (byte)'.';
        fixed (byte* p = target.Slice(length, fractionDigits)) NumberFormat.WriteDigits(p, fraction, fractionDigits);
        return length + fractionDigits;
    }
}
