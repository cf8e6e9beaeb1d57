using System.Numerics;

namespace Carnelian.Text;

/// <summary>
/// Floating-point numbers as text that reads back as the same number: the Grisu2 algorithm (Florian Loitsch, "Printing Floating-Point
/// Numbers Quickly and Accurately with Integers", PLDI 2010), and the notation of Valkey.
/// </summary>
/// <remarks>
/// Valkey uses Grisu2 too. It finds the shortest digits nearly always, but not in about one case of a thousand, and not always the
/// closest ones; the last digits of scores equal Valkey's only because this is the same algorithm and not a more accurate one.
/// </remarks>
internal static unsafe class DoubleFormat
{
    private const int FirstPower = -348;
    private const int PowerStep = 8;
    private const int MinScaledExponent = -60;
    private const ulong HiddenBit = 1UL << 52;
    private const double ExactIntegerLimit = 4611686018427387904.0;

    /// <summary>The significands of 10^-348, 10^-340, ... 10^340, rounded to 64 bits.</summary>
    internal static ReadOnlySpan<ulong> Powers =>
    [
        0xFA8FD5A0081C0288, 0xBAAEE17FA23EBF76, 0x8B16FB203055AC76, 0xCF42894A5DCE35EA, 0x9A6BB0AA55653B2D, 0xE61ACF033D1A45DF,
        0xAB70FE17C79AC6CA, 0xFF77B1FCBEBCDC4F, 0xBE5691EF416BD60C, 0x8DD01FAD907FFC3C, 0xD3515C2831559A83, 0x9D71AC8FADA6C9B5,
        0xEA9C227723EE8BCB, 0xAECC49914078536D, 0x823C12795DB6CE57, 0xC21094364DFB5637, 0x9096EA6F3848984F, 0xD77485CB25823AC7,
        0xA086CFCD97BF97F4, 0xEF340A98172AACE5, 0xB23867FB2A35B28E, 0x84C8D4DFD2C63F3B, 0xC5DD44271AD3CDBA, 0x936B9FCEBB25C996,
        0xDBAC6C247D62A584, 0xA3AB66580D5FDAF6, 0xF3E2F893DEC3F126, 0xB5B5ADA8AAFF80B8, 0x87625F056C7C4A8B, 0xC9BCFF6034C13053,
        0x964E858C91BA2655, 0xDFF9772470297EBD, 0xA6DFBD9FB8E5B88F, 0xF8A95FCF88747D94, 0xB94470938FA89BCF, 0x8A08F0F8BF0F156B,
        0xCDB02555653131B6, 0x993FE2C6D07B7FAC, 0xE45C10C42A2B3B06, 0xAA242499697392D3, 0xFD87B5F28300CA0E, 0xBCE5086492111AEB,
        0x8CBCCC096F5088CC, 0xD1B71758E219652C, 0x9C40000000000000, 0xE8D4A51000000000, 0xAD78EBC5AC620000, 0x813F3978F8940984,
        0xC097CE7BC90715B3, 0x8F7E32CE7BEA5C70, 0xD5D238A4ABE98068, 0x9F4F2726179A2245, 0xED63A231D4C4FB27, 0xB0DE65388CC8ADA8,
        0x83C7088E1AAB65DB, 0xC45D1DF942711D9A, 0x924D692CA61BE758, 0xDA01EE641A708DEA, 0xA26DA3999AEF774A, 0xF209787BB47D6B85,
        0xB454E4A179DD1877, 0x865B86925B9BC5C2, 0xC83553C5C8965D3D, 0x952AB45CFA97A0B3, 0xDE469FBD99A05FE3, 0xA59BC234DB398C25,
        0xF6C69A72A3989F5C, 0xB7DCBF5354E9BECE, 0x88FCF317F22241E2, 0xCC20CE9BD35C78A5, 0x98165AF37B2153DF, 0xE2A0B5DC971F303A,
        0xA8D9D1535CE3B396, 0xFB9B7CD9A4A7443C, 0xBB764C4CA7A44410, 0x8BAB8EEFB6409C1A, 0xD01FEF10A657842C, 0x9B10A4E5E9913129,
        0xE7109BFBA19C0C9D, 0xAC2820D9623BF429, 0x80444B5E7AA7CF85, 0xBF21E44003ACDD2D, 0x8E679C2F5E44FF8F, 0xD433179D9C8CB841,
        0x9E19DB92B4E31BA9, 0xEB96BF6EBADF77D9, 0xAF87023B9BF0EE6B,
    ];

    /// <summary>Writes the number and returns the length: whole numbers with all their digits as far as 2^62, all else with their shortest ones.</summary>
    public static int Write(byte* target, double value)
    {
        if (value != 0 && Math.Abs(value) <= ExactIntegerLimit && value == (long)value)
            return NumberFormat.WriteInt64(target, (long)value);
        return WriteShortest(target, value);
    }

    /// <summary>Writes the number with its shortest digits and returns the length.</summary>
    public static int WriteShortest(byte* target, double value)
    {
        if (!double.IsFinite(value))
        {
            ReadOnlySpan<byte> name = double.IsNaN(value) ? "nan"u8 : value > 0 ? "inf"u8 : "-inf"u8;
            name.CopyTo(new Span<byte>(target, name.Length));
            return name.Length;
        }
        byte* p = target;
        if (value == 0)
        {
            if (double.IsNegative(value)) *p++ = (byte)'-';
            *p++ = (byte)'0';
            return (int)(p - target);
        }
        if (value < 0) *p++ = (byte)'-';
        byte* digits = stackalloc byte[18];
        int count = FindDigits(Math.Abs(value), digits, out int exponent);
        return (int)(Place(p, digits, count, exponent) - target);
    }

    /// <summary>Writes the number with the 17 digits that are closest to it, less the zeros at their end, and returns the length.</summary>
    public static int Write17(Span<byte> target, double value)
    {
        const int most = 17;
        if (!double.IsFinite(value) || value == 0)
        {
            fixed (byte* start = target)
                return Write(start, value);
        }
        // One digit, a point, sixteen digits, E, the exponent's sign and three digits.
        Span<byte> scientific = stackalloc byte[32];
        Math.Abs(value).TryFormat(scientific, out int length, "E16", System.Globalization.CultureInfo.InvariantCulture);
        int mark = scientific.IndexOf((byte)'E');
        int exponent = 0;
        foreach (byte digit in scientific[(mark + 2)..length])
            exponent = exponent * 10 + digit - '0';
        if (scientific[mark + 1] == '-')
            exponent = -exponent;
        scientific[1] = scientific[0];
        Span<byte> digits = scientific[1..mark];
        digits = digits[..(digits.LastIndexOfAnyExcept((byte)'0') + 1)];
        int at = 0;
        if (value < 0)
            target[at++] = (byte)'-';
        if (exponent is < -4 or >= most)
        {
            target[at++] = digits[0];
            at += WriteFraction(target[at..], digits[1..]);
            target[at++] = (byte)'e';
            target[at++] = exponent < 0 ? (byte)'-' : (byte)'+';
            int magnitude = Math.Abs(exponent);
            if (magnitude >= 100)
                target[at++] = (byte)('0' + magnitude / 100);
            target[at++] = (byte)('0' + magnitude / 10 % 10);
            target[at++] = (byte)('0' + magnitude % 10);
            return at;
        }
        if (exponent < 0)
        {
            "0.000"u8[..(1 - exponent)].CopyTo(target[at..]);
            at += 1 - exponent;
            digits.CopyTo(target[at..]);
            return at + digits.Length;
        }
        int whole = Math.Min(digits.Length, exponent + 1);
        digits[..whole].CopyTo(target[at..]);
        target.Slice(at + whole, exponent + 1 - whole).Fill((byte)'0');
        at += exponent + 1;
        return at + WriteFraction(target[at..], digits[whole..]);
    }

    private static int WriteFraction(Span<byte> target, ReadOnlySpan<byte> digits)
    {
        if (digits.IsEmpty)
            return 0;
        target[0] = (byte)'.';
        digits.CopyTo(target[1..]);
        return 1 + digits.Length;
    }

    /// <summary>Finds digits d1 d2 ... dn with value ≈ 0.d1d2...dn × 10^(n + exponent).</summary>
    private static int FindDigits(double value, byte* digits, out int exponent)
    {
        ulong bits = BitConverter.DoubleToUInt64Bits(value);
        ulong fraction = bits & (HiddenBit - 1);
        int biased = (int)(bits >> 52);
        ulong significand = biased == 0 ? fraction : fraction | HiddenBit;
        int binaryExponent = biased == 0 ? -1074 : biased - 1075;

        // The number and the ends of the interval that rounds to it, all with the exponent of the upper end.
        int shift = BitOperations.LeadingZeroCount(significand) - 1;
        ulong upper = ((significand << 1) + 1) << shift;
        int lowerShift = significand == HiddenBit ? 2 : 1;
        ulong lower = ((significand << lowerShift) - 1) << (shift + 1 - lowerShift);
        ulong middle = significand << (shift + 1);
        int scale = binaryExponent - 1 - shift;

        // Times a power of ten that brings the exponent into -60 to -32, so that the integer part fits in 32 bits.
        int wanted = (int)Math.Ceiling((MinScaledExponent - (scale + 64) + 63) * 0.30102999566398114);
        int index = ((wanted - FirstPower - 1) / PowerStep) + 1;
        int power = FirstPower + (index * PowerStep);
        ulong factor = Powers[index];
        scale += PowerExponent(power) + 64;
        middle = MultiplyHigh(middle, factor);

        // The products are off by at most one unit: the interval shrinks by that much at both ends.
        upper = MultiplyHigh(upper, factor) - 1;
        lower = MultiplyHigh(lower, factor) + 1;
        exponent = -power;
        return GenerateDigits(upper, upper - middle, upper - lower, -scale, digits, ref exponent);
    }

    /// <summary>Digits of the upper end until what is left lies within the interval; then the last digit moves towards the number.</summary>
    private static int GenerateDigits(ulong upper, ulong distance, ulong width, int fractionBits, byte* digits, ref int exponent)
    {
        ulong one = 1UL << fractionBits;
        uint whole = (uint)(upper >> fractionBits);
        ulong part = upper & (one - 1);
        int count = 0;
        int kappa = NumberFormat.CountDigits(whole);
        uint divisor = 1;
        for (int i = 1; i < kappa; i++) divisor *= 10;
        while (kappa > 0)
        {
            uint digit = whole / divisor;
            whole -= digit * divisor;
            if (digit != 0 || count != 0) digits[count++] = (byte)('0' + digit);
            kappa--;
            ulong rest = ((ulong)whole << fractionBits) + part;
            if (rest <= width)
            {
                exponent += kappa;
                Approach(digits, count, width, rest, (ulong)divisor << fractionBits, distance);
                return count;
            }
            divisor /= 10;
        }
        while (true)
        {
            part *= 10;
            width *= 10;
            distance *= 10;
            byte digit = (byte)(part >> fractionBits);
            if (digit != 0 || count != 0) digits[count++] = (byte)('0' + digit);
            part &= one - 1;
            kappa--;
            if (part < width)
            {
                exponent += kappa;
                Approach(digits, count, width, part, one, distance);
                return count;
            }
        }
    }

    private static void Approach(byte* digits, int count, ulong width, ulong rest, ulong unit, ulong distance)
    {
        while (rest < distance && width - rest >= unit
            && (rest + unit < distance || distance - rest > rest + unit - distance))
        {
            digits[count - 1]--;
            rest += unit;
        }
    }

    /// <summary>Plain notation where it is short enough, else d.ddde±x.</summary>
    private static byte* Place(byte* p, byte* digits, int count, int exponent)
    {
        int leading = exponent + count - 1;
        if (exponent >= 0 && leading < count + 7)
        {
            p = Copy(p, digits, count);
            for (int i = 0; i < exponent; i++) *p++ = (byte)'0';
            return p;
        }
        if (exponent < 0 && (exponent > -7 || Math.Abs(leading) < 4))
        {
            if (leading >= 0)
            {
                p = Copy(p, digits, leading + 1);
                *p++ = (byte)'.';
                return Copy(p, digits + leading + 1, count - leading - 1);
            }
            *p++ = (byte)'0';
            *p++ = (byte)'.';
            for (int i = leading + 1; i < 0; i++) *p++ = (byte)'0';
            return Copy(p, digits, count);
        }

        *p++ = digits[0];
        if (count > 1)
        {
            *p++ = (byte)'.';
            p = Copy(p, digits + 1, count - 1);
        }
        *p++ = (byte)'e';
        *p++ = leading < 0 ? (byte)'-' : (byte)'+';
        return p + NumberFormat.WriteInt64(p, Math.Abs(leading));
    }

    private static byte* Copy(byte* p, byte* digits, int count)
    {
        new ReadOnlySpan<byte>(digits, count).CopyTo(new Span<byte>(p, count));
        return p + count;
    }

    /// <summary>The binary exponent that goes with the significand of a power of ten: floor(log2(10^power)) - 63.</summary>
    private static int PowerExponent(int power) => ((power * 217706) >> 16) - 63;

    /// <summary>The upper half of the product, rounded.</summary>
    private static ulong MultiplyHigh(ulong a, ulong b)
    {
        ulong high = Math.BigMul(a, b, out ulong low);
        return high + (low >> 63);
    }
}
