using System.Globalization;
using System.Text;
using Carnelian.Server.Commands.Administration;
using Carnelian.Storage;
using Carnelian.Storage.Snapshots;

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

    private static string Describe(Entry entry) =>
        string.Create(CultureInfo.InvariantCulture, $"{entry.Type} {entry.Deadline} {DatasetDigest.OfValue(entry)}");
}
