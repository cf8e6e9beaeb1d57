using System.Globalization;
using Carnelian.Storage.Packed;
using Carnelian.Storage.Streams;

namespace Carnelian.Tests.Storage.Streams;

/// <summary>Streams against a plain list of entries, and the bytes of a block against those that the real server has.</summary>
public sealed unsafe class StreamValueTests
{
    [Theory]
    [InlineData(1, 4096, 100, 6000)]
    [InlineData(2, 200, 0, 6000)]
    [InlineData(3, 0, 3, 6000)]
    [InlineData(4, 300, 1, 3000)]
    [InlineData(5, 0, 0, 3000)]
    public void Random_changes_leave_what_a_list_has(int seed, int nodeBytes, int nodeEntries, int steps)
    {
        var random = new Random(seed);
        var model = new List<(StreamId Id, string[] Fields)>();
        StreamValue stream = StreamValue.Create();
        var last = default(StreamId);
        for (int step = 0; step < steps; step++)
        {
            switch (random.Next(20))
            {
                case < 13:
                    last = random.Next(3) == 0 ? new StreamId(last.Milliseconds, last.Sequence + (ulong)random.Next(1, 4)) : new StreamId(last.Milliseconds + (ulong)random.Next(1, 300), (ulong)random.Next(5));
                    string[] fields = Fields(random);
                    Assert.True(stream.TryAdd(last, new TextFields(fields), nodeBytes, nodeEntries));
                    model.Add((last, fields));
                    break;
                case < 17:
                    StreamId id = model.Count != 0 && random.Next(5) != 0 ? model[random.Next(model.Count)].Id : new StreamId((ulong)random.Next(1000), 0);
                    Assert.Equal(model.RemoveAll(entry => entry.Id == id) == 1, stream.Remove(id));
                    break;
                case 17:
                    Trim(random, stream, model);
                    break;
                case 18:
                    AssertRange(random, stream, model);
                    break;
                default:
                    StreamValue copy = stream.Copy();
                    stream.Free();
                    stream = copy;
                    break;
            }
            if (step % 53 == 0)
                stream.Verify();
            Assert.Equal(model.Count, stream.Length);
        }
        stream.Verify();
        Assert.Equal(model.Select(Describe), Entries(stream, default, StreamId.Max, isReversed: false));
        Assert.Equal(model.AsEnumerable().Reverse().Select(Describe), Entries(stream, default, StreamId.Max, isReversed: true));
        stream.Free();
    }

    [Fact]
    public void A_block_has_the_bytes_that_the_real_server_has()
    {
        StreamValue stream = StreamValue.Create();
        Add(stream, new StreamId(5, 7), "name", "abc", "n", "12");
        Add(stream, new StreamId(6, 2), "name", "def", "n", "-500");
        Add(stream, new StreamId(6, 3), "other", "x");
        Add(stream, new StreamId(9, 0), "name", "g", "n", "70000");
        Assert.True(stream.Remove(new StreamId(6, 2)));

        OrderedTree<StreamId>.Position block = stream.Blocks.First;
        Assert.Equal(new StreamId(5, 7), block.Key);
        // Out of what DUMP of Valkey 9.1.2 answers after the same commands.
        Assert.Equal(
            "5e0000001f00" + "0301" + "0101" + "0201" + "846e616d6505" + "816e02" + "0001"
            + "0201" + "0001" + "0001" + "8361626304" + "0c01" + "0501"
            + "0301" + "0101" + "dffb02" + "8364656604" + "de0c02" + "0501"
            + "0001" + "0101" + "dffc02" + "0101" + "856f7468657206" + "817802" + "0601"
            + "0201" + "0401" + "dff902" + "816702" + "f270110104" + "0501" + "ff",
            Convert.ToHexStringLower(new ListPack(block.Value).AsSpan()));
        stream.Free();
    }

    [Fact]
    public void A_million_small_entries_take_no_more_than_sixteen_bytes_each()
    {
        StreamValue stream = StreamValue.Create();
        for (int i = 0; i < 1_000_000; i++)
            Add(stream, new StreamId(1_700_000_000_000 + (ulong)(i / 4), (ulong)(i % 4)), "f", i.ToString(CultureInfo.InvariantCulture));
        Assert.InRange(stream.CountBytes(0), 10_000_000, 16_000_000);
        stream.Free();
    }

    [Fact]
    public void An_entry_that_is_too_large_is_refused()
    {
        StreamValue stream = StreamValue.Create();
        Assert.False(stream.TryAdd(new StreamId(1, 1), new HugeFields(), 0, 0));
        Assert.Equal(0, stream.Length);
        stream.Verify();
        stream.Free();
    }

    [Fact]
    public void Exact_trimming_by_id_may_leave_a_block_in_which_all_entries_are_deleted()
    {
        // As in Valkey: the last entry of the block was deleted before, and is not less than the id.
        StreamValue stream = StreamValue.Create();
        Add(stream, new StreamId(1, 1), "f", "a");
        Add(stream, new StreamId(2, 1), "f", "b");
        stream.Remove(new StreamId(2, 1));
        Assert.Equal(1, StreamTrimmer.Trim(stream, new StreamTrim { IsWanted = true, IsById = true, LeastId = new StreamId(2, 0) }));
        Assert.Equal(1, stream.BlockCount);
        Assert.Equal(0, stream.Length);
        stream.Verify();
        stream.Free();
    }

    [Theory]
    [InlineData(ReferencePolicy.Keep, 4, 3)]
    [InlineData(ReferencePolicy.Delete, 4, 1)]
    [InlineData(ReferencePolicy.Acknowledged, 7, 3)]
    public void Trimming_minds_the_references_of_groups(ReferencePolicy policy, long entries, long pending)
    {
        StreamValue stream = StreamValue.Create();
        for (ulong i = 1; i <= 10; i++)
            stream.TryAdd(new StreamId(i, 0), new TextFields(["f", "v"]), 0, 3);
        StreamGroup group = stream.AddGroup("g"u8, new StreamId(8, 0), StreamGroup.Unknown);
        StreamConsumer consumer = group.AddConsumer("c"u8, 0);
        foreach (ulong i in new ulong[] { 2, 5, 8 })
            group.AddPending(new StreamId(i, 0), consumer, 100, 1);
        // Of the first eight, three are pending; the last two have not been read.
        Assert.Equal(10 - entries, StreamTrimmer.Trim(stream, new StreamTrim { IsWanted = true, MostEntries = policy == ReferencePolicy.Acknowledged ? 7 : 4, References = policy }));
        Assert.Equal(entries, stream.Length);
        Assert.Equal(pending, group.PendingCount);
        stream.Verify();
        stream.Free();
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void The_nodes_of_a_radix_tree_are_counted_as_if_there_were_one(int seed)
    {
        var random = new Random(seed);
        StreamValue stream = StreamValue.Create();
        var ids = new List<byte[]>();
        var id = new StreamId(0, 1);
        for (int i = 0; i < 300; i++)
        {
            stream.TryAdd(id, new TextFields(["f", "v"]), 0, 1);
            ids.Add(Convert.FromHexString($"{id.Milliseconds:x16}{id.Sequence:x16}"));
            Assert.Equal(CountNodes(ids, 0), stream.CountRadixNodes());
            id = random.Next(3) switch
            {
                0 => new StreamId(id.Milliseconds, id.Sequence + (1UL << random.Next(60))),
                1 => new StreamId(id.Milliseconds + 1, (ulong)random.Next(3)),
                _ => new StreamId(id.Milliseconds + (1UL << random.Next(50)), 0),
            };
        }
        stream.Free();
    }

    private static int CountNodes(List<byte[]> keys, int depth)
    {
        if (depth == keys[0].Length)
            return 1;
        if (keys.All(key => key[depth] == keys[0][depth]))
        {
            // A run of bytes without a branch is one node.
            while (depth < keys[0].Length && keys.All(key => key[depth] == keys[0][depth]))
                depth++;
            return 1 + CountNodes(keys, depth);
        }
        return 1 + keys.GroupBy(key => key[depth]).Sum(group => CountNodes([.. group], depth + 1));
    }

    private static void Add(StreamValue stream, StreamId id, params string[] fields) => Assert.True(stream.TryAdd(id, new TextFields(fields), 4096, 100));

    private static string[] Fields(Random random)
    {
        string[] names = random.Next(3) switch
        {
            0 => ["f", "g"],
            1 => ["f"],
            _ => [.. Enumerable.Range(0, random.Next(1, 5)).Select(_ => Text(random))],
        };
        return [.. names.SelectMany(name => new[] { name, Text(random) })];
    }

    private static string Text(Random random) => random.Next(5) switch
    {
        0 => random.NextInt64(long.MinValue, long.MaxValue).ToString(CultureInfo.InvariantCulture),
        1 => random.Next(-300, 300).ToString(CultureInfo.InvariantCulture),
        2 => new string('x', random.Next(200)),
        3 => "",
        _ => $"{random.Next(3)}v",
    };

    private static void Trim(Random random, StreamValue stream, List<(StreamId Id, string[] Fields)> model)
    {
        var trim = new StreamTrim { IsWanted = true, IsById = random.Next(2) == 0, IsApproximate = random.Next(2) == 0, Limit = random.Next(3) == 0 ? random.Next(20) : 0 };
        if (!trim.IsApproximate)
            trim.Limit = 0;
        trim.MostEntries = random.Next(Math.Max(model.Count, 1), Math.Max(model.Count * 4, 2)) / 2;
        trim.LeastId = model.Count == 0 ? default : model[random.Next(model.Count + 1) / 3].Id;
        long removed = StreamTrimmer.Trim(stream, trim);
        int most = trim.IsById ? model.Count(entry => entry.Id < trim.LeastId) : (int)Math.Max(model.Count - trim.MostEntries, 0);
        Assert.InRange(removed, trim.IsApproximate ? 0 : most, most);
        if (trim.Limit != 0)
            Assert.InRange(removed, 0, trim.Limit);
        model.RemoveRange(0, (int)removed);
    }

    private static void AssertRange(Random random, StreamValue stream, List<(StreamId Id, string[] Fields)> model)
    {
        StreamId low = RandomId(random, model), high = RandomId(random, model);
        IEnumerable<(StreamId Id, string[] Fields)> expected = model.Where(entry => entry.Id >= low && entry.Id <= high);
        Assert.Equal(expected.Select(Describe), Entries(stream, low, high, isReversed: false));
        Assert.Equal(expected.Reverse().Select(Describe), Entries(stream, low, high, isReversed: true));
    }

    private static StreamId RandomId(Random random, List<(StreamId Id, string[] Fields)> model) =>
        model.Count == 0 ? default : new StreamId(model[random.Next(model.Count)].Id.Milliseconds, (ulong)random.Next(4));

    private static string Describe((StreamId Id, string[] Fields) entry) => $"{entry.Id} {string.Join('|', entry.Fields)}";

    private static List<string> Entries(StreamValue stream, StreamId low, StreamId high, bool isReversed)
    {
        var entries = new List<string>();
        Span<byte> digits = stackalloc byte[PackedValue.MostDigits];
        StreamCursor cursor = stream.Range(low, high, isReversed);
        while (cursor.MoveNext())
        {
            var fields = new List<string>();
            for (int i = 0; i < cursor.FieldCount; i++)
            {
                cursor.ReadField(out PackedValue field, out PackedValue value);
                fields.Add(System.Text.Encoding.ASCII.GetString(field.Bytes(digits)));
                fields.Add(System.Text.Encoding.ASCII.GetString(value.Bytes(digits)));
            }
            entries.Add(Describe((cursor.Id, [.. fields])));
        }
        return entries;
    }

    private readonly struct HugeFields : IFieldSource
    {
        private static readonly byte[] s_megabytes = new byte[64 << 20];

        public int Count => 8;

        public ReadOnlySpan<byte> this[int index] => s_megabytes;
    }
}
