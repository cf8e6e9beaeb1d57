using System.Globalization;
using System.Text;
using Carnelian.Text;
using Xunit;

namespace Carnelian.Tests.Text;

public sealed class AsciiNumberTests
{
    [Theory]
    [InlineData("0", 0)]
    [InlineData("7", 7)]
    [InlineData("-1", -1)]
    [InlineData("9223372036854775807", long.MaxValue)]
    [InlineData("-9223372036854775808", long.MinValue)]
    public void An_integer_in_its_only_spelling_is_read(string text, long expected)
    {
        Assert.True(AsciiNumber.TryParseInt64(Encoding.ASCII.GetBytes(text), out long value));
        Assert.Equal(expected, value);
    }

    [Theory]
    [InlineData("")]
    [InlineData("-")]
    [InlineData("-0")]
    [InlineData("+1")]
    [InlineData("01")]
    [InlineData("-01")]
    [InlineData("00")]
    [InlineData(" 1")]
    [InlineData("1 ")]
    [InlineData("1\0")]
    [InlineData("1.0")]
    [InlineData("--1")]
    [InlineData("0x1")]
    [InlineData("9223372036854775808")]
    [InlineData("-9223372036854775809")]
    [InlineData("18446744073709551616")]
    [InlineData("99999999999999999999")]
    [InlineData("100000000000000000000")]
    public void Other_spellings_and_what_does_not_fit_are_refused(string text)
    {
        Assert.False(AsciiNumber.TryParseInt64(Encoding.ASCII.GetBytes(text), out _));
    }

    [Theory]
    [InlineData("0", 0UL, true)]
    [InlineData("18446744073709551615", ulong.MaxValue, true)]
    [InlineData("18446744073709551609", 18446744073709551609, true)]
    [InlineData("18446744073709551616", 0UL, false)]
    [InlineData("18446744073709551620", 0UL, false)]
    [InlineData("28446744073709551615", 0UL, false)]
    [InlineData("-1", 0UL, false)]
    public void Unsigned_integers_use_all_64_bits(string text, ulong expected, bool accepted)
    {
        Assert.Equal(accepted, AsciiNumber.TryParseUInt64(Encoding.ASCII.GetBytes(text), out ulong value));
        if (accepted) Assert.Equal(expected, value);
    }

    [Theory]
    [InlineData("+1", 1)]
    [InlineData(".5", 0.5)]
    [InlineData("5.", 5)]
    [InlineData("-.5e-3", -0.0005)]
    [InlineData("1E+05", 100000)]
    [InlineData("01", 1)]
    [InlineData("1e00000000000000005", 100000)]
    [InlineData("0e99999999999999999999", 0)]
    [InlineData("4.9e-324", double.Epsilon)]
    [InlineData("-1.7976931348623157e308", double.MinValue)]
    [InlineData("9007199254740993", 9007199254740992)]
    [InlineData("InF", double.PositiveInfinity)]
    [InlineData("+infinity", double.PositiveInfinity)]
    [InlineData("-Infinity", double.NegativeInfinity)]
    public void Scores_are_read_as_Valkey_reads_them(string text, double expected)
    {
        Assert.True(AsciiNumber.TryParseDouble(Encoding.ASCII.GetBytes(text), out double value));
        Assert.Equal(expected, value);
    }

    [Theory]
    [InlineData("")]
    [InlineData("-")]
    [InlineData(".")]
    [InlineData(" 1")]
    [InlineData("1 ")]
    [InlineData("1\0")]
    [InlineData("0x10")]
    [InlineData("nan")]
    [InlineData("nan(1)")]
    [InlineData("infinit")]
    [InlineData("infx")]
    [InlineData("1e")]
    [InlineData("1e+")]
    [InlineData("e5")]
    [InlineData("1e400")]
    [InlineData("-1e400")]
    [InlineData("1e-400")]
    [InlineData("2e-324")]
    [InlineData("1.5.1")]
    [InlineData("1,0")]
    [InlineData("+-1")]
    public void What_Valkey_refuses_as_a_score_is_refused(string text)
    {
        Assert.False(AsciiNumber.TryParseDouble(Encoding.ASCII.GetBytes(text), out _));
    }

    [Fact]
    public void Random_decimal_numbers_are_rounded_correctly()
    {
        const int Seed = 20;
        Random random = new(Seed);
        for (int i = 0; i < 50_000; i++)
        {
            string text = random.Next(3) switch
            {
                0 => $"{random.NextInt64()}.{random.NextInt64()}e{random.Next(-320, 280)}",
                1 => $"{random.Next()}e{random.Next(-25, 25)}",
                _ => $"-{random.Next(1000)}.{random.Next(1_000_000)}",
            };
            double expected = double.Parse(text, CultureInfo.InvariantCulture);

            bool accepted = AsciiNumber.TryParseDouble(Encoding.ASCII.GetBytes(text), out double value);

            Assert.True(accepted && value == expected, $"seed {Seed}: {text} gave {value:R}");
        }
    }
}
