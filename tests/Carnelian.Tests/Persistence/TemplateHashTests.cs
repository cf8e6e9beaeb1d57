using System.Text;
using Carnelian.Persistence;
using Carnelian.Persistence.Rdb;
using Carnelian.Persistence.Rdb.Checking;
using Carnelian.Storage;
using Carnelian.Storage.Hashes;
using Carnelian.Storage.Packed;
using Carnelian.Testing;

namespace Carnelian.Tests.Persistence;

/// <summary>Hashes as Redis 8.10 writes them, whose fields are named by templates.</summary>
public sealed class TemplateHashTests : IDisposable
{
    private const string Magic = "REDIS0015";

    private readonly Keyspace _keyspace = new(1, 2);
    private readonly List<string> _log = [];

    public void Dispose() => _keyspace.Dispose();

    [Theory]
    [InlineData(1, 100, 10)]
    [InlineData(1, 100, 100)]
    [InlineData(3, 100_000, 10)]
    public void Hashes_of_a_file_get_the_names_of_their_template(int threads, int keys, int valueLength)
    {
        var file = new MemoryStream();
        file.Write([.. Encoding.ASCII.GetBytes(Magic), .. Template(0, "a", "bb"), .. Template(7, "name")]);
        string value = new('x', valueLength);
        for (int i = 0; i < keys; i++)
        {
            byte[] text = String($"{value}{i}");
            file.Write([RdbType.RedisTemplatePackReference, .. String($"p:{i}"), .. Blob(Pack(0, i, value))]);
            file.Write([RdbType.RedisTemplateArrayReference, .. String($"v:{i}"), 7, .. text]);
        }
        Assert.Equal(RdbLoadOutcome.Loaded, Load([.. file.ToArray(), .. End()], threads));

        Assert.Equal(2 * keys, _keyspace[0].Count);
        for (int i = 0; i < keys; i++)
        {
            AssertHash($"p:{i}", ("a", $"{i}"), ("bb", value));
            AssertHash($"v:{i}", ("name", $"{value}{i}"));
        }
    }

    [Theory]
    [MemberData(nameof(Damages))]
    public void A_file_that_contradicts_itself_is_refused(string expected, byte[] records)
    {
        Assert.Equal(RdbLoadOutcome.Corrupt, Load([.. Encoding.ASCII.GetBytes(Magic), .. records, .. End()], 1));

        Assert.Contains(_log, line => line.EndsWith(expected, StringComparison.Ordinal));
    }

    public static TheoryData<string, byte[]> Damages() => new()
    {
        { "Hash template has zero fields", [RdbOpcode.RedisHashTemplate, 0, 0] },
        { "Hash template fields not strictly sorted", Template(0, "bb", "a") },
        { "Hash template fields not strictly sorted", Template(0, "a", "a") },
        { "Duplicate hash template ID 1", [.. Template(1, "a"), .. Template(1, "b")] },
        { "Invalid hash template ID 5", [.. Template(1, "a"), RdbType.RedisTemplateArrayReference, .. String("k"), 5, .. String("v")] },
        { "Invalid hash template ID 5", [.. Template(1, "a"), RdbType.RedisTemplatePackReference, .. String("k"), .. Blob(Pack(5, 1))] },
        { "entry count 3 does not match the 1 fields of its template", [.. Template(1, "a"), RdbType.RedisTemplatePackReference, .. String("k"), .. Blob(Pack(1, 1, "b"))] },
        { "first entry is not an integer", [.. Template(1, "a"), RdbType.RedisTemplatePackReference, .. String("k"), .. Blob(Pack("id", 1))] },
        { "template-listpack is empty", [.. Template(1, "a"), RdbType.RedisTemplatePackReference, .. String("k"), .. Blob(Pack())] },
        { "integrity check failed.", [.. Template(1, "a"), RdbType.RedisTemplatePackReference, .. String("k"), .. Blob([1, 2, 3])] },
    };

    [Fact]
    public void Files_with_templates_are_sound_for_the_checker()
    {
        byte[] file = [.. Encoding.ASCII.GetBytes(Magic), .. Template(0, "a", "bb"), RdbType.RedisTemplatePackReference, .. String("k"), .. Blob(Pack(0, 1, 2)), .. End()];
        var output = new StringWriter();

        Assert.True(new RdbChecker(output, 0).Check(new BytesSource(file, int.MaxValue), out _), output.ToString());
        Assert.Contains("[info] 1 keys read", output.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void Dumps_with_their_own_names_are_restored()
    {
        using var server = new RunningServer();
        RespConnection client = server.Connect();
        byte[] packed = [0, .. Blob(Pack("a", "bb"))], plain = [1, 2, .. String("a"), .. String("bb")];
        byte[][] dumps =
        [
            [RdbType.RedisTemplatePack, .. packed, .. Blob(Pack(0, 5, "six"))],
            [RdbType.RedisTemplatePack, .. plain, .. Blob(Pack(0, 5, "six"))],
            [RdbType.RedisTemplateArray, .. packed, 0xC0, 5, .. String("six")],
            [RdbType.RedisTemplateArray, .. plain, 0xC0, 5, .. String("six")],
        ];
        foreach (byte[] dump in dumps)
        {
            Assert.Equal("OK", Restore(client, dump));
            Assert.Equal("5 six", string.Join(' ', client.Call("HMGET k a bb").Elements.Select(static item => item.Value)));
        }
        byte[][] refused =
        [
            [RdbType.RedisTemplatePackReference, .. Blob(Pack(0, 5))],
            [RdbType.RedisTemplateArrayReference, 0, .. String("v")],
            [RdbType.RedisTemplateArray, 2, 1, .. String("a"), .. String("v")],
            [RdbType.RedisTemplateArray, 1, 0],
            [RdbType.RedisTemplateArray, 0, .. Blob(Pack()), .. String("v")],
            [RdbType.RedisTemplateArray, .. plain, .. String("v")],
        ];
        foreach (byte[] dump in refused)
            Assert.Equal("ERR Bad data format", Restore(client, dump));
    }

    [Fact]
    public void What_modules_keep_beside_a_key_can_be_left_out()
    {
        // Two modules: four bytes that name one, an integer, the end; and one that has nothing.
        byte[] metadata = [RdbOpcode.RedisKeyMetadata, 2, 0, 1, 2, 3, 2, 9, 0, 4, 5, 6, 7, 0];
        byte[] file =
        [
            .. Encoding.ASCII.GetBytes(Magic), RdbOpcode.ExpireMilliseconds, 0, 0, 0, 0, 0, 0, 0, 1, .. metadata, RdbType.String, .. String("k"), .. String("v"),
            RdbType.String, .. String("l"), .. String("v"), .. End(),
        ];

        Assert.Equal(RdbLoadOutcome.Refused, Load(file, 1));
        Assert.Contains("The RDB file contains metadata of keys I can't load: no matching module class 'AwIB'", _log);
        _log.Clear();
        Assert.Equal(RdbLoadOutcome.Loaded, Load(file, 1, skipsModules: true));

        Assert.Equal((2, 1), (_keyspace[0].Count, _keyspace[0].VolatileCount));
        Assert.Equal(["Skipping what modules keep beside key 'k': nobody here knows them"], _log);
    }

    private static string Restore(RespConnection client, byte[] value) =>
        client.Call("RESTORE"u8.ToArray(), "k"u8.ToArray(), "0"u8.ToArray(), Payloads.Seal(value, 15), "REPLACE"u8.ToArray()).Value;

    private RdbLoadOutcome Load(byte[] file, int threads, bool skipsModules = false)
    {
        _keyspace[0].Clear(isLazy: false);
        var options = new RdbLoadOptions { Limits = Payloads.Limits, Now = 1000, Threads = threads, ChecksSum = false, SkipsModules = skipsModules, Log = (_, text) => _log.Add(text) };
        return new RdbLoader(_keyspace, options).Load(new BytesSource(file, int.MaxValue), out _);
    }

    private unsafe void AssertHash(string name, params (string Field, string Value)[] expected)
    {
        byte[] bytes = Encoding.ASCII.GetBytes(name);
        fixed (byte* data = bytes)
        {
            var hash = new Hash(_keyspace[0].Find(new Key(data, bytes.Length), 1000));
            Assert.Equal(expected.Length, hash.Count);
            byte[] digits = new byte[PackedValue.MostDigits];
            foreach ((string field, string value) in expected)
            {
                Assert.True(hash.TryGet(Encoding.ASCII.GetBytes(field), 1000, out PackedValue found));
                Assert.Equal(value, Encoding.ASCII.GetString(found.Bytes(digits)));
            }
        }
    }

    /// <summary>A listpack of integers and texts.</summary>
    private static unsafe byte[] Pack(params object[] elements)
    {
        ListPack pack = ListPack.Create();
        foreach (object element in elements)
            pack = element is int integer ? pack.Append(integer) : pack.Append(Encoding.ASCII.GetBytes((string)element));
        byte[] bytes = new ReadOnlySpan<byte>(pack.Address, pack.Bytes).ToArray();
        pack.Free();
        return bytes;
    }

    private static byte[] Template(int id, params string[] fields) => [RdbOpcode.RedisHashTemplate, (byte)id, (byte)fields.Length, .. fields.SelectMany(String)];

    private static byte[] String(string text) => Blob(Encoding.ASCII.GetBytes(text));

    private static byte[] Blob(byte[] bytes) => bytes.Length < 64 ? [(byte)bytes.Length, .. bytes] : [(byte)(0x40 | bytes.Length >> 8), (byte)bytes.Length, .. bytes];

    private static byte[] End() => [RdbOpcode.End, 0, 0, 0, 0, 0, 0, 0, 0];
}
