using Carnelian.Persistence.Rdb;
using Carnelian.Persistence.Rdb.Values;
using Carnelian.Storage;
using Carnelian.Storage.Hashes;
using Carnelian.Storage.Loading;

namespace Carnelian.Tests.Persistence;

public sealed unsafe class RdbValueReaderTests
{
    // The payloads were written by hand after the formats' descriptions.
    [Theory]
    [InlineData("0A0E" + "0E000000" + "0A000000" + "0100" + "000161" + "FF", 1, ValueEncoding.ListPack)]
    [InlineData("0907" + "0101660100" + "76FF", 1, ValueEncoding.ListPack)]
    [InlineData("0203016101620163", 3, ValueEncoding.ListPack)]
    [InlineData("0202C001C002", 2, ValueEncoding.IntSet)]
    [InlineData("0502016300000000000008400161000000000000F03F", 2, ValueEncoding.ListPack)]
    [InlineData("0302016103312E350162FE", 2, ValueEncoding.ListPack)]
    [InlineData("1602016601764B4C000000000000016701" + "77FFFFFFFFFFFFFFFF", 2, ValueEncoding.HashTable)]
    public void Values_of_every_age_are_read(string hex, long count, ValueEncoding encoding)
    {
        Assert.True(TryRead(Convert.FromHexString(hex), out LoadedValue value));

        Assert.Equal(encoding, value.Encoding);
        Assert.Equal(count, CollectionType.Of(value.Type).Count(value.Encoding, value.Data));
        value.Free();
    }

    [Theory]
    [InlineData(2, 2, ValueEncoding.ListPack)]
    [InlineData(1, 2, ValueEncoding.HashTable)]
    [InlineData(2, 1, ValueEncoding.HashTable)]
    public void A_zipmap_becomes_a_table_where_it_exceeds_a_limit(long entries, long value, ValueEncoding encoding)
    {
        byte[] map = [RdbType.HashZipMap, 16, 2, 2, .. "f1"u8, 2, 0, .. "v1"u8, 2, .. "f2"u8, 2, 0, .. "v2"u8, 255];
        ValueLimits limits = Payloads.Limits with { Hash = new HashLimits(entries, value) };

        Assert.True(TryRead(map, out LoadedValue hash, limits));

        Assert.Equal(encoding, hash.Encoding);
        Assert.Equal(2, CollectionType.Of(hash.Type).Count(hash.Encoding, hash.Data));
        hash.Free();
    }

    [Theory]
    [InlineData("0202C001C001")] // a member twice
    [InlineData("0402016101620161" + "0163")] // a field twice
    [InlineData("0501" + "0161" + "000000000000F87F")] // not a number
    [InlineData("0200")] // nothing
    [InlineData("0A0E" + "0E000000" + "0B000000" + "0100" + "000161" + "FF")] // a wrong tail
    [InlineData("0907" + "0101660200" + "76FF")] // a value longer than the map
    [InlineData("08")]
    [InlineData("63")]
    [InlineData("00C3" + "0205" + "E000")] // a reference to nothing
    [InlineData("01817FFFFFFFFFFFFFFF")] // a great number of elements
    [InlineData("00817FFFFFFFFFFFFFFF")] // a great length
    public void What_contradicts_itself_is_refused(string hex) => Assert.False(TryRead(Convert.FromHexString(hex), out _));

    private static bool TryRead(byte[] bytes, out LoadedValue value, ValueLimits? limits = null)
    {
        value = default;
        fixed (byte* data = bytes)
        {
            var input = new RdbInput(data, bytes.Length);
            bool isRead = input.TryReadByte(out byte type)
                && RdbValueReader.TryRead(ref input, type, new LoadRules(RdbDialect.Valkey, limits ?? Payloads.Limits, 0, DropsExpired: false), out value);
            Assert.Equal(isRead, input.Failure == RdbFailure.None);
            input.Dispose();
            return isRead;
        }
    }
}
