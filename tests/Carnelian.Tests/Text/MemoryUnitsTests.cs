using System.Text;
using Carnelian.Text;
using Xunit;

namespace Carnelian.Tests.Text;

public sealed class MemoryUnitsTests
{
    [Theory]
    [InlineData("0", 0UL)]
    [InlineData("1", 1UL)]
    [InlineData("1b", 1UL)]
    [InlineData("1k", 1000UL)]
    [InlineData("1kb", 1024UL)]
    [InlineData("1M", 1000_000UL)]
    [InlineData("1Mb", 1048576UL)]
    [InlineData("2g", 2000_000_000UL)]
    [InlineData("2GB", 2147483648UL)]
    [InlineData("00010", 10UL)]
    [InlineData("", 0UL)]
    [InlineData("gb", 0UL)]
    [InlineData("18446744073709551615", ulong.MaxValue)]
    public void Amounts_with_units_are_read(string text, ulong expected)
    {
        Assert.True(MemoryUnits.TryParse(Encoding.ASCII.GetBytes(text), out ulong bytes));
        Assert.Equal(expected, bytes);
    }

    [Theory]
    [InlineData("1t")]
    [InlineData("1tb")]
    [InlineData("1.5g")]
    [InlineData("-1")]
    [InlineData("+1")]
    [InlineData("0x1")]
    [InlineData("1 k")]
    [InlineData(" 1")]
    [InlineData("1 ")]
    [InlineData("1kk")]
    [InlineData("1bb")]
    [InlineData("1%")]
    [InlineData("18446744073709551616")]
    [InlineData("99999999999g")]
    public void Other_texts_are_refused(string text)
    {
        Assert.False(MemoryUnits.TryParse(Encoding.ASCII.GetBytes(text), out _));
    }
}
