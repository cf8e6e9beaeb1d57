using System.Globalization;
using System.Text;
using Carnelian.Server.Commands.Administration;
using Carnelian.Storage;
using Carnelian.Storage.Hashes;
using Carnelian.Storage.Packed;
using Carnelian.Storage.Sets;
using Carnelian.Storage.Snapshots;
using Carnelian.Storage.SortedSets;

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
        new RecordedValue(database, Encoding.Latin1.GetString(entry.KeyBytes), entry.Type, entry.Deadline, CollectionType.Of(entry.Type).Count(entry.Encoding, entry.Collection));

    public void EndValue(ISnapshotValue value)
    {
        var recorded = (RecordedValue)value;
        Values++;
        lock (_lock)
        {
            if (recorded.Elements.Count != recorded.Count)
                Repeated.Add($"{recorded.Key}: {recorded.Elements.Count} elements of {recorded.Count}");
            if (!Saved.TryAdd((recorded.Database, recorded.Key), DescribeElements(recorded.Type, recorded.Deadline, recorded.Elements)))
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
        if (!ValueGuard.IsBig(entry))
            return string.Create(CultureInfo.InvariantCulture, $"{entry.Type} {entry.Deadline} {DatasetDigest.OfValue(entry)}");
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
        var elements = new List<string>();
        for (int i = 0; i < records.Count; i++)
            elements.Add(DescribeElement(entry.Type, records[i]));
        records.Dispose();
        return DescribeElements(entry.Type, entry.Deadline, elements);
    }

    private static string DescribeElements(Carnelian.Storage.ValueType type, long deadline, List<string> elements)
    {
        elements.Sort(StringComparer.Ordinal);
        return string.Create(CultureInfo.InvariantCulture, $"{type} {deadline} of {elements.Count}: ") + string.Join(' ', elements);
    }

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

    private sealed class RecordedValue(int database, string key, Carnelian.Storage.ValueType type, long deadline, long count) : ISnapshotValue
    {
        public int Database => database;

        public string Key => key;

        public Carnelian.Storage.ValueType Type => type;

        public long Deadline => deadline;

        public long Count => count;

        public List<string> Elements { get; } = [];

        public void Add(byte* element, bool isEarly) => Elements.Add(DescribeElement(type, element));
    }
}
