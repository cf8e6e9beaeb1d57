using System.Text;
using Carnelian.Text;
using Xunit;

namespace Carnelian.Tests.Text;

public sealed class QuotingTests
{
    [Theory]
    [InlineData("", "")]
    [InlineData("  \t ", "")]
    [InlineData("save 900 1", "save|900|1")]
    [InlineData("requirepass \"a b\"", "requirepass|a b")]
    [InlineData("a 'b\\'c' \"\\x41\\\"\"", "a|b'c|A\"")]
    [InlineData("a\0b c", "a")]
    public void A_line_is_split_into_arguments(string line, string expected)
    {
        List<byte[]>? arguments = Quoting.SplitArguments(Encoding.Latin1.GetBytes(line));

        Assert.Equal(expected, string.Join('|', arguments!.Select(Encoding.Latin1.GetString)));
    }

    [Theory]
    [InlineData("\"a")]
    [InlineData("'a")]
    [InlineData("a\"b")]
    [InlineData("\"a\\\"")]
    [InlineData("'a\\'")]
    public void Open_quotes_have_no_arguments(string line)
    {
        Assert.Null(Quoting.SplitArguments(Encoding.Latin1.GetBytes(line)));
    }

    [Fact]
    public void The_quoted_form_is_that_of_MONITOR()
    {
        byte[] form = Quoting.Represent("a \"b\"\\\n\r\t\a\b\0\u007f\v"u8);

        Assert.Equal("\"a \\\"b\\\"\\\\\\n\\r\\t\\a\\b\\x00\\x7f\\x0b\"", Encoding.ASCII.GetString(form));
    }

    [Fact]
    public void The_quoted_form_of_any_bytes_reads_back_as_them()
    {
        Random random = new(60);
        for (int i = 0; i < 2000; i++)
        {
            byte[] value = new byte[random.Next(300)];
            random.NextBytes(value);
            byte[] form = Quoting.Represent(value);
            Assert.InRange(form.Length, 2, Quoting.MaxRepresentationLength(value.Length));
            Assert.Equal(value, Assert.Single(Quoting.SplitArguments(form)!));
        }
    }
}
