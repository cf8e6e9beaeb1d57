using Carnelian.Persistence.Rdb;

namespace Carnelian.Tests.Persistence;

public sealed class LzfCompressorTests : IDisposable
{
    private readonly LzfCompressor _compressor = new();

    public void Dispose() => _compressor.Dispose();

    // The payloads are those of DUMP of Valkey 9.1.2.
    [Theory]
    [InlineData("xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx", "017878E05700017878")]
    [InlineData("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", "016161E03900016161")]
    public void The_bytes_are_those_of_Valkey(string text, string expected)
    {
        byte[] target = new byte[text.Length - 4];

        int length = _compressor.Compress(System.Text.Encoding.ASCII.GetBytes(text), target);

        Assert.Equal(expected, Convert.ToHexString(target, 0, length));
    }

    [Fact]
    public void What_is_compressed_can_be_read_back()
    {
        var random = new Random(5);
        int compressed = 0;
        for (int round = 0; round < 3000; round++)
        {
            byte[] source = Text(random, random.Next(1, round % 100 == 0 ? 100_000 : 2000));
            byte[] target = new byte[source.Length];
            int length = _compressor.Compress(source, target.AsSpan(0, Math.Max(source.Length - 4, 0)));
            Assert.InRange(length, 0, Math.Max(source.Length - 4, 0));
            if (length == 0)
                continue;
            compressed++;
            Assert.Equal(source, Decompress(target.AsSpan(0, length)));
        }
        Assert.InRange(compressed, 1000, 3000);
    }

    [Fact]
    public void The_result_does_not_depend_on_what_was_compressed_before()
    {
        var random = new Random(6);
        byte[][] sources = [.. Enumerable.Range(0, 200).Select(_ => Text(random, random.Next(20, 3000)))];
        byte[][] first = [.. sources.Select(Compress)];

        foreach (int i in Enumerable.Range(0, 200).Reverse())
            Assert.Equal(first[i], Compress(sources[i]));

        byte[] Compress(byte[] source)
        {
            byte[] target = new byte[source.Length];
            return target[.._compressor.Compress(source, target)];
        }
    }

    [Fact]
    public void A_result_that_is_longer_than_its_room_is_none()
    {
        var random = new Random(7);
        byte[] source = Text(random, 1000), target = new byte[1000];
        int whole = _compressor.Compress(source, target);

        for (int room = 0; room < whole; room++)
        {
            byte[] guarded = new byte[room + 1];
            guarded[room] = 0xA5;
            Assert.Equal(0, _compressor.Compress(source, guarded.AsSpan(0, room)));
            Assert.Equal(0xA5, guarded[room]);
        }
    }

    private static byte[] Text(Random random, int length)
    {
        byte[] text = new byte[length];
        int letters = random.Next(1, 60);
        for (int i = 0; i < length; i++)
        {
            if (i > 10 && random.Next(20) == 0)
            {
                int distance = random.Next(1, Math.Min(i, 10_000)), count = Math.Min(random.Next(3, 400), length - i);
                for (int k = 0; k < count; k++, i++)
                    text[i] = text[i - distance];
                i--;
                continue;
            }
            text[i] = (byte)random.Next(letters);
        }
        return text;
    }

    private static byte[] Decompress(ReadOnlySpan<byte> source)
    {
        var output = new List<byte>();
        for (int i = 0; i < source.Length;)
        {
            int control = source[i++];
            if (control < 32)
            {
                output.AddRange(source.Slice(i, control + 1));
                i += control + 1;
                continue;
            }
            int length = control >> 5;
            if (length == 7)
                length += source[i++];
            int from = output.Count - ((control & 31) << 8) - source[i++] - 1;
            for (int k = 0; k < length + 2; k++)
                output.Add(output[from + k]);
        }
        return [.. output];
    }
}
