using System.Globalization;
using System.Numerics;
using System.Text;
using Carnelian.Text;
using Xunit;

namespace Carnelian.Tests.Text;

public sealed unsafe class NumberFormatTests
{
    [Fact]
    public void Integers_of_every_length_are_written_and_read_back()
    {
        List<long> values = [0, 1, -1, long.MaxValue, long.MinValue];
        for (long power = 10; power > 0 && power <= long.MaxValue / 10; power *= 10) values.AddRange([power - 1, power, power + 1, -power]);
        Random random = new(30);
        for (int i = 0; i < 10_000; i++) values.Add(random.NextInt64(long.MinValue, long.MaxValue) >> random.Next(64));

        foreach (long value in values)
        {
            string text = Write(value);
            Assert.Equal(value.ToString(CultureInfo.InvariantCulture), text);
            Assert.True(AsciiNumber.TryParseInt64(Encoding.ASCII.GetBytes(text), out long read));
            Assert.Equal(value, read);
        }
    }

    [Fact]
    public void Digits_are_counted()
    {
        Assert.Equal(1, NumberFormat.CountDigits(0));
        Assert.Equal(20, NumberFormat.CountDigits(ulong.MaxValue));
        ulong power = 1;
        for (int digits = 1; digits < 20; digits++, power *= 10)
        {
            Assert.Equal(digits, NumberFormat.CountDigits(power));
            Assert.Equal(digits, NumberFormat.CountDigits((power * 10) - 1));
        }
    }

    // Asked of a real Valkey 9.1.2 with ZSCORE. Those with 17 digits where 16 would do, or the other way round, are its choice.
    [Theory]
    [InlineData(0, "0")]
    [InlineData(-0.0, "-0")]
    [InlineData(0.1, "0.1")]
    [InlineData(3, "3")]
    [InlineData(-1.5, "-1.5")]
    [InlineData(1e15, "1000000000000000")]
    [InlineData(1e18, "1000000000000000000")]
    [InlineData(1e19, "1e+19")]
    [InlineData(1e21, "1e+21")]
    [InlineData(1e23, "99999999999999990000000")]
    [InlineData(12345678901234567890, "12345678901234567000")]
    [InlineData(1930225266699099904, "1930225266699099904")]
    [InlineData(4611686018427387904, "4611686018427387904")]
    [InlineData(-4611686018427387904, "-4611686018427387904")]
    [InlineData(4611686018427388928, "4611686018427389000")]
    [InlineData(9223372036854775807, "9223372036854776000")]
    [InlineData(1234567890.12345, "1234567890.12345")]
    [InlineData(-23838763.61654877, "-2.383876361654877e+7")]
    [InlineData(0.00123456789012345, "0.00123456789012345")]
    [InlineData(0.000123456789, "1.23456789e-4")]
    [InlineData(0.00001, "0.00001")]
    [InlineData(0.00001234, "1.234e-5")]
    [InlineData(0.000001, "0.000001")]
    [InlineData(1e-7, "1e-7")]
    [InlineData(1.25e-10, "1.25e-10")]
    [InlineData(double.Epsilon, "5e-324")]
    [InlineData(double.MaxValue, "1.7976931348623157e+308")]
    [InlineData(2.2250738585072014e-308, "2.2250738585072014e-308")]
    [InlineData(9.3051777865763e+23, "9.305177786576301e+23")]
    [InlineData(1.239023794048935e+68, "1.2390237940489351e+68")]
    [InlineData(3.932579483591527e-195, "3.9325794835915266e-195")]
    [InlineData(7.227046051848485e+143, "7.2270460518484854e+143")]
    [InlineData(1e+126, "9.999999999999999e+125")]
    [InlineData(-6.8474249109125775e-164, "-6.8474249109125775e-164")]
    [InlineData(double.PositiveInfinity, "inf")]
    [InlineData(double.NegativeInfinity, "-inf")]
    [InlineData(double.NaN, "nan")]
    public void Doubles_are_written_as_Valkey_writes_them(double value, string expected)
    {
        Assert.Equal(expected, Write(value));
    }

    [Fact]
    public void Every_double_reads_back_as_itself()
    {
        const int Seed = 31;
        Random random = new(Seed);
        for (int i = 0; i < 100_000; i++)
        {
            double value = i % 4 == 0 ? random.NextDouble() : BitConverter.Int64BitsToDouble(random.NextInt64(long.MinValue, long.MaxValue));
            if (!double.IsFinite(value)) continue;
            string text = Write(value);
            double read = double.Parse(text, CultureInfo.InvariantCulture);
            Assert.True(read == value, $"seed {Seed}: {value:R} was written as {text}");
            Assert.InRange(text.Length, 1, NumberFormat.MaxDoubleLength);
        }
    }

    [Fact]
    public void The_cached_powers_of_ten_are_correctly_rounded()
    {
        for (int i = 0; i < DoubleFormat.Powers.Length; i++)
        {
            int power = -348 + (8 * i);
            BigInteger numerator = power < 0 ? BigInteger.One << 2000 : BigInteger.Pow(10, power) << 2000;
            BigInteger value = power < 0 ? numerator / BigInteger.Pow(10, -power) : numerator;
            int excess = (int)value.GetBitLength() - 64;
            BigInteger rounded = (value + (BigInteger.One << (excess - 1))) >> excess;
            Assert.Equal(rounded, DoubleFormat.Powers[i]);
        }
    }

    private static string Write(long value)
    {
        byte* text = stackalloc byte[NumberFormat.MaxInt64Length];
        return Encoding.ASCII.GetString(text, NumberFormat.WriteInt64(text, value));
    }

    private static string Write(double value)
    {
        byte* text = stackalloc byte[NumberFormat.MaxDoubleLength];
        return Encoding.ASCII.GetString(text, NumberFormat.WriteDouble(text, value));
    }

    [Theory]
    [InlineData(0.1, "0.10000000000000001")]
    [InlineData(-1e20, "-1e+20")]
    [InlineData(1e300, "1.0000000000000001e+300")]
    [InlineData(1.5e-7, "1.4999999999999999e-07")]
    [InlineData(1e-5, "1.0000000000000001e-05")]
    [InlineData(0.0001, "0.0001")]
    [InlineData(4611686018427387905, "4.6116860184273879e+18")]
    [InlineData(12345678901234568, "12345678901234568")]
    [InlineData(100, "100")]
    [InlineData(-0.0, "-0")]
    [InlineData(double.NegativeInfinity, "-inf")]
    public void Seventeen_digits_are_written_as_by_the_C_library(double value, string text)
    {
        Span<byte> target = stackalloc byte[NumberFormat.MaxDoubleLength];
        int length = NumberFormat.WriteDouble17(target, value);
        Assert.Equal(text, System.Text.Encoding.ASCII.GetString(target[..length]));
    }
}
