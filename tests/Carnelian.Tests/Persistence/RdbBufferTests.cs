using System.Text;
using Carnelian.Persistence.Rdb;

namespace Carnelian.Tests.Persistence;

public sealed class RdbBufferTests : IDisposable
{
    private readonly RdbBuffer _buffer = new();

    public void Dispose() => _buffer.Dispose();

    [Theory]
    [InlineData(0ul, "00")]
    [InlineData(63ul, "3F")]
    [InlineData(64ul, "4040")]
    [InlineData(16383ul, "7FFF")]
    [InlineData(16384ul, "8000004000")]
    [InlineData(uint.MaxValue, "80FFFFFFFF")]
    [InlineData(uint.MaxValue + 1ul, "810000000100000000")]
    public void A_length_takes_as_few_bytes_as_its_size_allows(ulong length, string expected)
    {
        _buffer.WriteLength(length);

        Assert.Equal(expected, Convert.ToHexString(_buffer.Bytes));
    }

    [Theory]
    [InlineData("0", "C000")]
    [InlineData("-128", "C080")]
    [InlineData("128", "C18000")]
    [InlineData("-32769", "C2FF7FFFFF")]
    [InlineData("2147483647", "C2FFFFFF7F")]
    [InlineData("2147483648", "0A32313437343833363438")]
    [InlineData("-0", "022D30")]
    [InlineData("007", "03303037")]
    [InlineData("", "00")]
    public void A_string_that_is_the_only_spelling_of_a_32_bit_integer_is_written_as_one(string text, string expected)
    {
        _buffer.WriteString(Encoding.ASCII.GetBytes(text));

        Assert.Equal(expected, Convert.ToHexString(_buffer.Bytes));
    }

    [Theory]
    [InlineData(5, "C005")]
    [InlineData(123456789012, "0C313233343536373839303132")]
    public void An_integer_is_written_as_its_digits_would_be(long value, string expected)
    {
        _buffer.WriteString(value);

        Assert.Equal(expected, Convert.ToHexString(_buffer.Bytes));
    }

    [Fact]
    public void A_string_of_more_than_twenty_bytes_is_compressed_where_that_saves_at_least_four()
    {
        _buffer.WriteString(Encoding.ASCII.GetBytes(new string('a', 70)));
        _buffer.WriteString(Encoding.ASCII.GetBytes(new string('a', 20)));

        Assert.Equal("C3094046016161E03900016161" + "14" + string.Concat(Enumerable.Repeat("61", 20)), Convert.ToHexString(_buffer.Bytes));
    }

    [Fact]
    public void Without_compression_a_string_is_plain()
    {
        _buffer.Compresses = false;
        _buffer.WriteString(Encoding.ASCII.GetBytes(new string('a', 64)));

        Assert.Equal("4040" + string.Concat(Enumerable.Repeat("61", 64)), Convert.ToHexString(_buffer.Bytes));
    }

    [Fact]
    public void An_output_gets_all_bytes_in_order_and_the_buffer_stays_small()
    {
        var output = new Collector();
        var random = new Random(1);
        using var buffer = new RdbBuffer(output);
        var expected = new List<byte>();
        for (int i = 0; i < 200; i++)
        {
            byte[] bytes = new byte[i % 50 == 49 ? 1_000_000 : random.Next(20_000)];
            random.NextBytes(bytes);
            buffer.WriteRaw(bytes);
            expected.AddRange(bytes);
        }
        buffer.Flush();

        Assert.Equal(expected, output.Bytes);
        Assert.InRange(buffer.Capacity, 0, 1_000_000);
    }

    private sealed class Collector : IRdbOutput
    {
        public List<byte> Bytes { get; } = [];

        public void Write(ReadOnlySpan<byte> bytes) => Bytes.AddRange(bytes);
    }
}
