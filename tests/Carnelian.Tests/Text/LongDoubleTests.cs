using System.Globalization;
using System.Numerics;
using System.Text;
using Carnelian.Text;
using Xunit;

namespace Carnelian.Tests.Text;

public sealed class LongDoubleTests
{
    // Asked of a real Valkey 9.1.2 on x86-64 with SET and INCRBYFLOAT; null where it refuses.
    [Theory]
    [InlineData("0.1", "0.2", "0.3")]
    [InlineData("3.0e3", "200", "3200")]
    [InlineData("0x10", "0x1p3", "24")]
    [InlineData("0x.8p1", "0", "1")]
    [InlineData("31.0005", "-31.0005", "0")]
    [InlineData("-1e-30", "0", "0")]
    [InlineData("-1345486", "58.89863836073838854", "-1345427.10136163926165409")]
    [InlineData("-110931222734597", "-79.00005", "-110931222734676.00005340576171875")]
    [InlineData("-2609.05700545", "0", "-2609.0570054499999999")]
    [InlineData("114e-31", "-10233.427841", "-10233.42784099999999992")]
    [InlineData("-3726693069816021", "-6960494626384074719", "-6964221319453890740")]
    [InlineData("9888.9747", "74844274025341e-38", "9888.97470000000000034")]
    [InlineData("336.898828708621", "421423.4291841746193507155e-4098", "336.89882870862100001")]
    [InlineData("855859821789e3", "0.08949162222400178", "855859821789000.0894775390625")]
    [InlineData("-31.0005", "0.26456927489831716", "-30.73593072510168284")]
    [InlineData("3633306e-14", "92e-17", "0.00000003633306092")]
    [InlineData("375996.498875017751582e-201", "90.000000000000000005", "90.00000000000000001")]
    [InlineData("377801139139.73645020", "-1.005", "377801139138.73145020008087158")]
    [InlineData("-4794205842608770048.00000000000", "608.23", "-4794205842608769440")]
    [InlineData("-707741009690.1888", "16093", "-707740993597.18879997730255127")]
    [InlineData("0x310c3cd3d6ba52dcea64c70.fe87032e4deb6aa1c085p-251", "-941188694", "-941188694")]
    [InlineData("12", "1727.5265", "1739.52649999999999997")]
    [InlineData("1053606426939725579e17", "8.00000000005", "105360642693972557901686726352437248")]
    [InlineData("1e-400", "1", "1")]
    [InlineData("1e-4940", "1", "1")]
    [InlineData("1e-4951", "1", null)]
    [InlineData("1e99999999999999999999", "1", null)]
    [InlineData("2e4932", "1", null)]
    [InlineData("1.19e4932", "1", null)]
    [InlineData("1.18e4932", "1.18e4932", null)]
    [InlineData("inf", "1", null)]
    [InlineData("-Infinity", "inf", null)]
    [InlineData("nan", "1", null)]
    [InlineData("nan(1)", "1", null)]
    [InlineData(" 1", "1", null)]
    [InlineData("1 ", "1", null)]
    [InlineData("1\0", "1", null)]
    [InlineData("", "1", null)]
    [InlineData("0x", "1", null)]
    [InlineData("0x1p", "1", null)]
    [InlineData("1e", "1", null)]
    [InlineData("1d", "1", null)]
    public void Sums_equal_those_of_INCRBYFLOAT(string left, string right, string? expected)
    {
        Assert.Equal(expected, Sum(left, right));
    }

    [Theory]
    [InlineData(5119, true)]
    [InlineData(5120, false)]
    public void A_text_of_5119_bytes_is_the_longest(int length, bool accepted)
    {
        string text = new string('0', length - 1) + "1";

        Assert.Equal(accepted, LongDouble.TryParse(Encoding.ASCII.GetBytes(text), out LongDouble value));
        if (accepted) Assert.Equal("1", Format(value));
    }

    [Fact]
    public void The_largest_number_has_4933_digits()
    {
        Assert.True(LongDouble.TryParse("0xffffffffffffffffp16320"u8, out LongDouble value));

        string text = Format(value);

        Assert.Equal(((BigInteger)ulong.MaxValue << 16320).ToString(CultureInfo.InvariantCulture), text);
        Assert.Equal(4933, text.Length);
    }

    [Fact]
    public void Integers_are_exact()
    {
        foreach (long value in new[] { 0, 1, -1, long.MaxValue, long.MinValue, 1234567890123456789 })
        {
            Assert.Equal(value.ToString(CultureInfo.InvariantCulture), Format(LongDouble.FromInt64(value)));
        }
    }

    [Fact]
    public void Random_numbers_are_rounded_like_exact_arithmetic()
    {
        const int Seed = 40;
        Random random = new(Seed);
        for (int i = 0; i < 20_000; i++)
        {
            string left = RandomText(random);
            string right = RandomText(random);

            string? sum = Sum(left, right);

            string expected = ExactSum(left, right);
            Assert.True(sum == expected, $"seed {Seed}: {left} + {right} gave {sum}, exactly {expected}");
        }
    }

    private static string RandomText(Random random) => random.Next(3) switch
    {
        0 => random.NextInt64(-1_000_000, 1_000_000).ToString(CultureInfo.InvariantCulture),
        1 => $"{random.NextInt64() >> random.Next(63)}.{random.NextInt64() >> random.Next(63)}",
        _ => $"-{random.NextInt64() >> random.Next(63)}e{random.Next(-30, 30)}",
    };

    /// <summary>The rounded sum of the rounded numbers, each step over fractions of any size.</summary>
    private static string ExactSum(string left, string right)
    {
        (BigInteger a, int aExponent) = RoundFraction(Fraction(left));
        (BigInteger b, int bExponent) = RoundFraction(Fraction(right));
        int exponent = Math.Min(aExponent, bExponent);
        BigInteger sum = (a << (aExponent - exponent)) + (b << (bExponent - exponent));
        (BigInteger significand, exponent) = RoundFraction(
            exponent < 0 ? (sum, BigInteger.One << -exponent) : (sum << exponent, BigInteger.One));

        BigInteger scale = BigInteger.Pow(10, 17);
        BigInteger units = exponent < 0
            ? DivideRounded(significand * scale, BigInteger.One << -exponent)
            : (significand << exponent) * scale;
        string digits = BigInteger.Abs(units).ToString(CultureInfo.InvariantCulture).PadLeft(18, '0');
        string text = (digits[..^17] + "." + digits[^17..]).TrimEnd('0').TrimEnd('.');
        return units.Sign < 0 ? "-" + text : text;
    }

    private static (BigInteger Numerator, BigInteger Denominator) Fraction(string text)
    {
        string[] parts = text.Split('e');
        int point = parts[0].IndexOf('.');
        int exponent = (parts.Length > 1 ? int.Parse(parts[1], CultureInfo.InvariantCulture) : 0) - (point < 0 ? 0 : parts[0].Length - point - 1);
        BigInteger digits = BigInteger.Parse(parts[0].Replace(".", ""), CultureInfo.InvariantCulture);
        return exponent < 0 ? (digits, BigInteger.Pow(10, -exponent)) : (digits * BigInteger.Pow(10, exponent), BigInteger.One);
    }

    private static (BigInteger Significand, int Exponent) RoundFraction((BigInteger Numerator, BigInteger Denominator) value)
    {
        if (value.Numerator.IsZero) return (BigInteger.Zero, 0);
        int exponent = (int)(BigInteger.Abs(value.Numerator).GetBitLength() - value.Denominator.GetBitLength()) - 64;
        while (true)
        {
            BigInteger numerator = exponent < 0 ? value.Numerator << -exponent : value.Numerator;
            BigInteger denominator = exponent > 0 ? value.Denominator << exponent : value.Denominator;
            if ((BigInteger.Abs(numerator) / denominator).GetBitLength() <= 64) return (DivideRounded(numerator, denominator), exponent);
            exponent++;
        }
    }

    private static BigInteger DivideRounded(BigInteger numerator, BigInteger denominator)
    {
        BigInteger quotient = BigInteger.DivRem(BigInteger.Abs(numerator), denominator, out BigInteger rest);
        int half = (rest * 2).CompareTo(denominator);
        if (half > 0 || (half == 0 && !quotient.IsEven)) quotient++;
        return numerator.Sign < 0 ? -quotient : quotient;
    }

    private static string? Sum(string left, string right)
    {
        if (!LongDouble.TryParse(Encoding.ASCII.GetBytes(left), out LongDouble a)) return null;
        if (!LongDouble.TryParse(Encoding.ASCII.GetBytes(right), out LongDouble b)) return null;
        LongDouble sum = LongDouble.Add(a, b);
        return sum.IsFinite ? Format(sum) : null;
    }

    private static string Format(LongDouble value)
    {
        byte[] text = new byte[LongDouble.MaxFormattedLength];
        return Encoding.ASCII.GetString(text, 0, value.Format(text));
    }
}
