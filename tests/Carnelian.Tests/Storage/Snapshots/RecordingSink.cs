using System.Globalization;
using System.Text;
using Carnelian.Server.Commands.Administration;
using Carnelian.Storage;
using Carnelian.Storage.Hashes;
using Carnelian.Storage.Lists;
using Carnelian.Storage.Packed;
using Carnelian.Storage.Sets;
using Carnelian.Storage.Snapshots;
using Carnelian.Storage.SortedSets;
using Carnelian.Storage.Streams;

namespace Carnelian.Tests.Storage.Snapshots;

/// <summary>A sink that notes what it gets, to be compared with the state at the cut.</summary>
internal sealed unsafe class RecordingSink : ISnapshotSink
{
    private readonly Lock _lock = new();

    /// <summary>What was saved, by database and key.</summary>
    public Dictionary<(int Database, string Key), string> Saved { get; } = [];

    /// <summary>What came more than once.</summary>
    public List<string> Repeated { get; } = [];

    public long EarlyBytes => 0;

    /// <summary>How many values came in steps.</summary>
    public int Values { get; private set; }

    /// <summary>The keys of all databases as they are. Under all locks.</summary>
    public static Dictionary<(int Database, string Key), string> StateOf(Keyspace keyspace)
    {
        var state = new Dictionary<(int, string), string>();
        RecordList records = default;
        for (int i = 0; i < keyspace.DatabaseCount; i++)
        {
            for (int shard = 0; shard < keyspace.ShardCount; shard++)
            {
                for (long position = 0; position >= 0;)
                {
                    records.Clear();
                    keyspace[i].Collect(shard, ref position, ref records);
                    for (int k = 0; k < records.Count; k++)
                    {
                        var entry = new Entry(records[k]);
                        state.Add((i, Encoding.Latin1.GetString(entry.KeyBytes)), Describe(entry));
                    }
                }
            }
        }
        records.Dispose();
        return state;
    }

    public void Save(int database, int shard, Entry entry, bool isEarly)
    {
        var key = (database, Encoding.Latin1.GetString(entry.KeyBytes));
        string value = Describe(entry);
        lock (_lock)
        {
            if (!Saved.TryAdd(key, value))
                Repeated.Add($"{key}: {value} after {Saved[key]}");
        }
    }

    public ISnapshotValue? BeginValue(int database, Entry entry) =>
        new RecordedValue(database, Encoding.Latin1.GetString(entry.KeyBytes), entry.Type, DescribeHead(entry), IsOrdered(entry), CountOf(entry));

    public void EndValue(ISnapshotValue value)
    {
        var recorded = (RecordedValue)value;
        Values++;
        lock (_lock)
        {
            if (recorded.EarlyBytes != 0)
                Repeated.Add($"{recorded.Key}: {recorded.EarlyBytes} bytes saved early are not passed on");
            if (recorded.Elements.Count != recorded.Count)
                Repeated.Add($"{recorded.Key}: {recorded.Elements.Count} elements of {recorded.Count}");
            if (!Saved.TryAdd((recorded.Database, recorded.Key), DescribeElements(recorded.Head, recorded.IsOrdered, recorded.Elements)))
                Repeated.Add(recorded.Key);
        }
    }

    /// <summary>Asserts that what was saved is the state at the cut.</summary>
    public void AssertEquals(Dictionary<(int Database, string Key), string> atCut)
    {
        Assert.Empty(Repeated);
        var differences = new List<string>();
        foreach (((int Database, string Key) key, string value) in atCut)
        {
            if (!Saved.TryGetValue(key, out string? saved))
                differences.Add($"{key}: missing, was {value}");
            else if (saved != value)
                differences.Add($"{key}: {saved}, was {value}");
        }
        foreach ((int Database, string Key) key in Saved.Keys)
        {
            if (!atCut.ContainsKey(key))
                differences.Add($"{key}: {Saved[key]}, was not there");
        }
        Assert.Empty(differences);
    }

    private static string Describe(Entry entry)
    {
        // Of a string that several keys share, one is saved in steps.
        if (entry.Encoding == ValueEncoding.Block && entry.Block.Length >= StringGuard.LeastLength)
            return DescribeElements(DescribeHead(entry), isOrdered: false, [DescribeString(entry.Block)]);
        if (!ValueGuard.IsBig(entry))
            return string.Create(CultureInfo.InvariantCulture, $"{entry.Type} {entry.Deadline} {DatasetDigest.OfValue(entry)}");
        var elements = new List<string>();
        if (entry.Type == Carnelian.Storage.ValueType.List)
        {
            for (QuickListNode* node = new QuickList(entry.Collection).Head; node != null; node = node->Next)
                elements.Add(DescribeNode(node->IsPlain ? new ReadOnlySpan<byte>(node->Text.Data, (int)node->Text.Length) : node->Pack.AsSpan(), node->IsPlain));
            return DescribeElements(DescribeHead(entry), isOrdered: true, elements);
        }
        if (entry.Type == Carnelian.Storage.ValueType.Stream)
        {
            for (OrderedTree<StreamId>.Position at = new StreamValue(entry.Collection).Blocks.First; at.Exists; at.MoveNext())
                elements.Add(DescribeBlock(at.Key, new StreamBlock(at.Value).Pack.AsSpan()));
            return DescribeElements(DescribeHead(entry), isOrdered: true, elements);
        }
        RecordList records = default;
        for (long position = 0; position >= 0;)
        {
            if (entry.Type == Carnelian.Storage.ValueType.Hash)
                ((FieldTable*)entry.Collection)->Collect(ref position, ref records);
            else if (entry.Type == Carnelian.Storage.ValueType.Set)
                SetTable.TableOf((SetTable*)entry.Collection).Collect(ref position, ref records);
            else
                new SortedSet(entry).Collect(ref position, ref records);
        }
        for (int i = 0; i < records.Count; i++)
            elements.Add(DescribeElement(entry.Type, records[i]));
        records.Dispose();
        return DescribeElements(DescribeHead(entry), isOrdered: false, elements);
    }

    private static bool IsOrdered(Entry entry) => entry.Type is Carnelian.Storage.ValueType.List or Carnelian.Storage.ValueType.Stream;

    private static long CountOf(Entry entry) => entry.Type switch
    {
        Carnelian.Storage.ValueType.List => new QuickList(entry.Collection).Nodes,
        Carnelian.Storage.ValueType.Stream => new StreamValue(entry.Collection).BlockCount,
        Carnelian.Storage.ValueType.String => 1,
        _ => CollectionType.Of(entry.Type).Count(entry.Encoding, entry.Collection),
    };

    private static string DescribeHead(Entry entry)
    {
        string head = string.Create(CultureInfo.InvariantCulture, $"{entry.Type} {entry.Deadline}");
        if (entry.Type != Carnelian.Storage.ValueType.Stream)
            return head;
        var stream = new StreamValue(entry.Collection);
        head += $" {stream.Length} {stream.LastId} {stream.FirstId} {stream.MaxDeletedId} {stream.EntriesAdded}";
        for (GroupWalk walk = stream.Groups; walk.MoveNext();)
            head += $" {Encoding.Latin1.GetString(walk.Group.Name)} {walk.Group.LastId} {walk.Group.PendingCount}";
        return head;
    }

    private static string DescribeElements(string head, bool isOrdered, List<string> elements)
    {
        if (!isOrdered)
            elements.Sort(StringComparer.Ordinal);
        return string.Create(CultureInfo.InvariantCulture, $"{head} of {elements.Count}: ") + string.Join(' ', elements);
    }

    private static string DescribeString(StringBlock block) => Convert.ToHexString(System.Security.Cryptography.SHA256.HashData(new ReadOnlySpan<byte>(block.Data, (int)block.Length)));

    private static string DescribeNode(ReadOnlySpan<byte> content, bool isPlain) => (isPlain ? "plain:" : "packed:") + Encoding.Latin1.GetString(content);

    private static string DescribeBlock(StreamId id, ReadOnlySpan<byte> block) => $"{id}:{Encoding.Latin1.GetString(block)}";

    private static string DescribeElement(Carnelian.Storage.ValueType type, byte* element)
    {
        if (type == Carnelian.Storage.ValueType.Hash)
        {
            var field = new HashField(element);
            return $"{Encoding.Latin1.GetString(field.Name)}={Encoding.Latin1.GetString(field.Value.Bytes(new byte[PackedValue.MostDigits]))}@{field.Deadline}";
        }
        if (type == Carnelian.Storage.ValueType.Set)
        {
            byte* data = SetMember.Data(element, out int length);
            return Encoding.Latin1.GetString(data, length);
        }
        var member = new MemberRecord(element);
        return string.Create(CultureInfo.InvariantCulture, $"{Encoding.Latin1.GetString(member.Data, member.Length)}={member.Score}");
    }

    private sealed class RecordedValue(int database, string key, Carnelian.Storage.ValueType type, string head, bool isOrdered, long count) : ISnapshotValue
    {
        public int Database => database;

        public string Key => key;

        public string Head => head;

        public bool IsOrdered => isOrdered;

        public long Count => count;

        public List<string> Elements { get; } = [];

        public long EarlyBytes { get; private set; }

        public void Add(byte* element, bool isEarly) => Elements.Add(DescribeElement(type, element));

        public void AddNode(ReadOnlySpan<byte> content, bool isPlain) => Elements.Add(DescribeNode(content, isPlain));

        public void AddBlock(StreamId id, ReadOnlySpan<byte> block) => Elements.Add(DescribeBlock(id, block));

        public void AddString(StringBlock content) => Elements.Add(DescribeString(content));

        public void CountEarly(long bytes) => EarlyBytes += bytes;
    }
}
