using System.Buffers.Binary;
using System.Text;
using Carnelian.Persistence;
using Carnelian.Persistence.Rdb;
using Carnelian.Storage;
using Carnelian.Storage.Hashes;
using Carnelian.Storage.Lists;
using Carnelian.Storage.Sets;
using Carnelian.Storage.SortedSets;

namespace Carnelian.Tests.Persistence;

public sealed class RdbLoaderTests : IDisposable
{
    private static readonly ValueLimits s_limits =
        new(new HashLimits(512, 64), new ListLimits(-2, 1 << 30), new SetLimits(512, 128, 64), new SortedSetLimits(128, 64));

    private readonly Keyspace _keyspace = new(4, 2);
    private readonly List<string> _log = [];

    public void Dispose() => _keyspace.Dispose();

    [Theory]
    [InlineData(1, 7)]
    [InlineData(1, int.MaxValue)]
    [InlineData(3, int.MaxValue)]
    public void Keys_of_all_databases_are_loaded_with_their_deadlines(int threads, int piece)
    {
        const int Keys = 20_000;
        byte[] file = File(Keys, threads == 1 ? 10 : 400);

        Assert.Equal(RdbLoadOutcome.Loaded, Load(file, threads, piece));

        Assert.Equal(Keys, _keyspace[0].Count);
        Assert.Equal(Keys / 2, _keyspace[0].VolatileCount);
        Assert.Equal(1, _keyspace[3].Count);
    }

    [Fact]
    public void A_file_that_ends_too_early_is_refused_wherever_it_ends()
    {
        byte[] file = File(20, 10);
        for (int length = 0; length < file.Length; length++)
            Assert.NotEqual(RdbLoadOutcome.Loaded, Load(file[..length], 1));
    }

    [Fact]
    public void A_flipped_bit_is_found()
    {
        byte[] file = File(20, 10);
        var random = new Random(3);
        for (int i = 0; i < 500; i++)
        {
            byte[] flipped = [.. file];
            flipped[random.Next(9, file.Length)] ^= (byte)(1 << random.Next(8));
            Assert.NotEqual(RdbLoadOutcome.Loaded, Load(flipped, 1));
        }
    }

    [Theory]
    [InlineData("REDIS0016")]
    [InlineData("REDIS0080")]
    [InlineData("VALKEY079")]
    [InlineData("VALKEY090")]
    [InlineData("REDIS0000")]
    public void Versions_that_nobody_knows_are_refused(string magic)
    {
        Assert.Equal(RdbLoadOutcome.Refused, Load([.. Encoding.ASCII.GetBytes(magic), 255, 0, 0, 0, 0, 0, 0, 0, 0], 1));
        Assert.Contains(_log, static line => line.StartsWith("Can't handle RDB format version", StringComparison.Ordinal));
    }

    [Fact]
    public void A_key_that_comes_twice_is_an_error()
    {
        byte[] record = [0, 1, (byte)'k', 1, (byte)'v'];

        Assert.Equal(RdbLoadOutcome.Corrupt, Load([.. "REDIS0003"u8, .. record, .. record, 255], 1));
        Assert.Contains(_log, static line => line == "RDB has duplicated key 'k' in DB 0");
    }

    [Fact]
    public void Values_of_modules_are_refused_by_name()
    {
        byte[] file = [.. "REDIS0009"u8, 7, 1, (byte)'k', 0x81, 0x12, 0x34, 0x56, 0x78, 0x12, 0x34, 0x56, 0x78, 0, 255];

        Assert.Equal(RdbLoadOutcome.Refused, Load(file, 1));
        Assert.Contains(_log, static line => line.Contains("no matching module type", StringComparison.Ordinal));
    }

    private RdbLoadOutcome Load(byte[] file, int threads, int piece = int.MaxValue)
    {
        for (int i = 0; i < _keyspace.DatabaseCount; i++)
            _keyspace[i].Clear(isLazy: false);
        var options = new RdbLoadOptions { Limits = s_limits, Now = 1000, Threads = threads, Log = (_, text) => _log.Add(text) };
        return new RdbLoader(_keyspace, options).Load(new BytesSource(file, piece), out _);
    }

    private static byte[] File(int keys, int valueLength)
    {
        var file = new MemoryStream();
        file.Write("VALKEY080"u8);
        for (int i = 0; i < keys; i++)
        {
            if (i % 2 == 0)
            {
                file.WriteByte(RdbOpcode.ExpireMilliseconds);
                file.Write(BitConverter.GetBytes(2000L + i));
            }
            file.WriteByte(RdbType.String);
            Write(file, Encoding.ASCII.GetBytes($"key:{i}"));
            Write(file, new byte[valueLength]);
        }
        file.Write([RdbOpcode.SelectDatabase, 3, RdbType.Set, 1, (byte)'s', 2, 1, (byte)'a', 1, (byte)'b', RdbOpcode.End]);
        byte[] bytes = new byte[sizeof(ulong)];
        BinaryPrimitives.WriteUInt64LittleEndian(bytes, Crc64.Append(0, file.ToArray()));
        file.Write(bytes);
        return file.ToArray();
    }

    private static void Write(MemoryStream file, byte[] text)
    {
        if (text.Length >= 64)
            file.WriteByte((byte)(0x40 | text.Length >> 8));
        file.WriteByte((byte)text.Length);
        file.Write(text);
    }
}
