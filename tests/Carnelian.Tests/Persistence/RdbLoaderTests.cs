using System.Buffers.Binary;
using System.Text;
using Carnelian.Persistence;
using Carnelian.Persistence.Rdb;
using Carnelian.Storage;
using Carnelian.Storage.Hashes;
using Carnelian.Storage.Sets;
using Carnelian.Storage.SortedSets;

namespace Carnelian.Tests.Persistence;

public sealed class RdbLoaderTests : IDisposable
{
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

    [Theory]
    [InlineData(20_000)]
    [InlineData(1_000)]
    [InlineData(int.MaxValue)]
    public void However_many_keys_a_file_says_that_it_has_the_tables_are_as_large_as_those_need_that_come(int said)
    {
        const int Keys = 20_000;
        Assert.Equal(RdbLoadOutcome.Loaded, Load(File(Keys, 10), 1));
        long grown = _keyspace[0].TableBytes;

        Assert.Equal(RdbLoadOutcome.Loaded, Load(File(Keys, 10, said), 1));

        Assert.Equal(Keys, _keyspace[0].Count);
        Assert.InRange(_keyspace[0].TableBytes, grown * 2 / 3, grown * 2);
        for (int i = 0; i < Keys; i++)
            Assert.True(Exists($"key:{i}"));
    }

    [Fact]
    public void Room_for_keys_that_have_expired_is_given_back()
    {
        Assert.Equal(RdbLoadOutcome.Loaded, Load(File(100, 10), 1));
        long grown = _keyspace[0].TableBytes;

        Assert.Equal(RdbLoadOutcome.Loaded, Load(File(100, 4000, 50_000), 1));

        Assert.InRange(_keyspace[0].TableBytes, 1, grown * 3);
    }

    [Fact]
    public void Big_values_that_were_made_room_for_hold_what_they_should()
    {
        const int Members = 5000;
        var file = new MemoryStream();
        file.Write([.. "REDIS0003"u8, RdbType.Set, 1, (byte)'s', 0x40 | (Members >> 8), Members & 0xff]);
        for (int i = 0; i < Members; i++)
            Write(file, Encoding.ASCII.GetBytes($"member:{i}"));
        file.Write([RdbType.Hash, 1, (byte)'h', 0x40 | (Members >> 8), Members & 0xff]);
        for (int i = 0; i < 2 * Members; i++)
            Write(file, Encoding.ASCII.GetBytes($"field:{i}"));
        file.Write([RdbType.SortedSet2, 1, (byte)'z', 0x40 | (Members >> 8), Members & 0xff]);
        for (int i = 0; i < Members; i++)
        {
            Write(file, Encoding.ASCII.GetBytes($"member:{i}"));
            file.Write(BitConverter.GetBytes((double)(i * 7 % Members)));
        }
        file.WriteByte(RdbOpcode.End);

        Assert.Equal(RdbLoadOutcome.Loaded, Load(file.ToArray(), 1));

        SetValue set = SetValue.Of(Entry("s"));
        Assert.Equal(Members, set.Count);
        for (int i = 0; i < Members; i++)
            Assert.True(set.Contains(Encoding.ASCII.GetBytes($"member:{i}")));
        Assert.Equal(Members, new Hash(Entry("h")).Count);
        Assert.Equal(Members, new SortedSet(Entry("z")).Count);
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
    public void A_value_of_a_module_is_an_error_that_names_key_and_type()
    {
        Assert.Equal(RdbLoadOutcome.Refused, Load(ModuleFile(), 1));

        Assert.Equal(
            [
                "Key 'mod' in DB 0 is of a module; 'rdb-skip-unknown-modules yes' would leave it out",
                "The RDB file contains module data I can't load: no matching module type 'EjRWeBI0U'",
            ],
            _log);
    }

    [Fact]
    public void Values_of_modules_are_left_out_and_counted_if_that_is_asked_for()
    {
        var progress = new LoadProgress();

        Assert.Equal(RdbLoadOutcome.Loaded, Load(ModuleFile(), 1, progress: progress, skipsModules: true));

        Assert.Equal(1, _keyspace[0].Count);
        Assert.Equal((1, 1), (progress.Keys, progress.Skipped));
        Assert.Equal(
            [
                "Skipping key 'mod' of module type 'EjRWeBI0U', which nobody here knows",
                "Skipping the data of module 'EjRWeBI0U', which nobody here knows",
            ],
            _log);
    }

    [Theory]
    [InlineData(new byte[] { 7, 1, (byte)'k', 0x81, 0x12, 0x34, 0x56, 0x78, 0x12, 0x34, 0x50, 0, 9, 0 })] // a part that nobody knows
    [InlineData(new byte[] { 7, 1, (byte)'k', 0x81, 0x12, 0x34, 0x56, 0x78, 0x12, 0x34, 0x50, 0, 5, 60, 0 })] // a text without an end
    [InlineData(new byte[] { 6, 1, (byte)'k', 0x81, 0x12, 0x34, 0x56, 0x78, 0x12, 0x34, 0x50, 0, 0 })] // an old value, which has no end
    public void Modules_that_cannot_be_left_out_are_errors(byte[] record) =>
        Assert.NotEqual(RdbLoadOutcome.Loaded, Load([.. "REDIS0003"u8, .. record, 255], 1, skipsModules: true));

    /// <summary>A file with what a module keeps beside the keys, a key of the module with a value of every part, and a key of another type.</summary>
    private static byte[] ModuleFile()
    {
        byte[] id = [0x81, 0x12, 0x34, 0x56, 0x78, 0x12, 0x34, 0x50, 0];
        byte[] value = [1, 5, 2, 0x41, 0, 3, 0, 0, 0, 0, 4, 0, 0, 0, 0, 0, 0, 0, 0, 5, 2, .. "ab"u8, 0];
        byte[] beside = [RdbOpcode.ModuleAux, .. id, 2, 2, 5, 1, (byte)'x', 0];
        return [.. "REDIS0003"u8, RdbType.Module2, 3, .. "mod"u8, .. id, .. value, .. beside, RdbType.String, 1, (byte)'k', 1, (byte)'v', RdbOpcode.End];
    }

    private RdbLoadOutcome Load(byte[] file, int threads, int piece = int.MaxValue, LoadProgress? progress = null, bool skipsModules = false)
    {
        for (int i = 0; i < _keyspace.DatabaseCount; i++)
            _keyspace[i].Clear(isLazy: false);
        var options = new RdbLoadOptions
        {
            Limits = Payloads.Limits,
            Now = 1000,
            Threads = threads,
            SkipsModules = skipsModules,
            Progress = progress ?? new LoadProgress(),
            Log = (_, text) => _log.Add(text),
        };
        return new RdbLoader(_keyspace, options).Load(new BytesSource(file, piece), out _);
    }

    private bool Exists(string name) => Entry(name).Exists;

    private unsafe Entry Entry(string name)
    {
        byte[] bytes = Encoding.ASCII.GetBytes(name);
        fixed (byte* data = bytes)
            return _keyspace[0].Find(new Key(data, bytes.Length), 1000);
    }

    /// <summary>A file of strings, every other with a deadline.</summary>
    /// <param name="keys">Their number.</param>
    /// <param name="valueLength">The length of each.</param>
    /// <param name="said">How many the file says that there are; 0 if it does not say.</param>
    private static byte[] File(int keys, int valueLength, int said = 0)
    {
        var file = new MemoryStream();
        file.Write("VALKEY080"u8);
        if (said != 0)
        {
            byte[] number = new byte[sizeof(int)];
            BinaryPrimitives.WriteInt32BigEndian(number, said);
            file.Write([RdbOpcode.ResizeDatabase, 0x80, .. number, 0]);
        }
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
