using Carnelian.Persistence;

namespace Carnelian.Tests.Persistence;

public sealed class Crc64Tests
{
    [Fact]
    public void The_check_value_is_that_of_the_polynomial() => Assert.Equal(0xE9C6D914C4B8D9CAul, Crc64.Append(0, "123456789"u8));

    [Fact]
    public void A_checksum_does_not_depend_on_how_the_bytes_come()
    {
        byte[] bytes = new byte[1000];
        new Random(1).NextBytes(bytes);
        ulong whole = Crc64.Append(0, bytes);

        for (int cut = 0; cut <= 64; cut++)
            Assert.Equal(whole, Crc64.Append(Crc64.Append(0, bytes.AsSpan(0, cut)), bytes.AsSpan(cut)));
        ulong single = 0;
        foreach (byte b in bytes)
            single = Crc64.Append(single, [b]);
        Assert.Equal(whole, single);
    }

    [Fact]
    public void Folding_and_tables_agree_on_any_length_and_place()
    {
        var random = new Random(2);
        byte[] bytes = new byte[5000];
        random.NextBytes(bytes);
        for (int round = 0; round < 4000; round++)
        {
            int from = random.Next(64), length = round < 1000 ? round : random.Next(bytes.Length - from);
            ReadOnlySpan<byte> part = bytes.AsSpan(from, length);
            ulong before = (ulong)random.NextInt64();
            Assert.Equal(Crc64.AppendByTables(before, part), Crc64.Append(before, part));
        }
    }
}
