using System.Text;
using Carnelian.Storage;
using Xunit;

namespace Carnelian.Tests.Storage;

/// <summary>The keyspace against a dictionary, through growth, shrinking, expiry and walks.</summary>
public sealed unsafe class DatabaseTests
{
    private const long Now = 1_800_000_000_000;

    [Fact]
    public void A_random_history_leaves_what_a_dictionary_holds()
    {
        using var keyspace = new Keyspace(databases: 1, mostLoops: 1);
        Database database = keyspace[0];
        var model = new Dictionary<string, (string Value, long Deadline)>();
        var random = new Random(4711);
        for (int step = 0; step < 200_000; step++)
        {
            // The number of keys first grows and then shrinks, so that segments split and merge.
            string name = "key:" + random.Next(step < 100_000 ? 30_000 : 300);
            With(name, key =>
            {
                switch (random.Next(6))
                {
                    case 0 or 1:
                        string value = Value(random);
                        long deadline = random.Next(3) == 0 ? Now + random.Next(1, 1_000_000) : -1;
                        database.SetString(key, Encoding.ASCII.GetBytes(value), deadline, Now);
                        model[name] = (value, deadline);
                        break;
                    case 2:
                        Assert.Equal(model.Remove(name), database.Delete(key, Now, isLazy: false));
                        break;
                    case 3 when model.TryGetValue(name, out (string Value, long Deadline) old):
                        long changed = random.Next(2) == 0 ? -1 : Now + random.Next(1, 1_000_000);
                        database.SetDeadline(key, changed);
                        model[name] = (old.Value, changed);
                        break;
                    default:
                        AssertHolds(database, key, model, name);
                        break;
                }
            });
        }
        Assert.Equal(model.Count, database.Count);
        Assert.Equal(model.Values.Count(static value => value.Deadline >= 0), database.VolatileCount);
        foreach (string name in model.Keys)
            With(name, key => AssertHolds(database, key, model, name));
        Assert.Equal(model.Keys.Order(), Walk(keyspace, database).Order());
    }

    [Theory]
    [InlineData(103, -1, true)]
    [InlineData(104, -1, true)]
    [InlineData(103, Now + 1000, true)]
    [InlineData(104, Now + 1000, false)]
    public void A_string_that_replaces_a_value_with_a_deadline_is_embedded_only_with_room_for_one(int length, long oldDeadline, bool isEmbedded)
    {
        using var keyspace = new Keyspace(databases: 1, mostLoops: 1);
        With("k7", key =>
        {
            keyspace[0].SetString(key, "old"u8, oldDeadline, Now);
            keyspace[0].SetString(key, new byte[length], -1, Now);
            Assert.Equal(isEmbedded, keyspace[0].Peek(key, Now).IsEmbeddedString);
        });
    }

    [Fact]
    public void A_walk_meets_every_key_that_stays_although_the_table_grows_and_shrinks()
    {
        using var keyspace = new Keyspace(databases: 1, mostLoops: 1);
        Database database = keyspace[0];
        for (int i = 0; i < 5_000; i++)
            With("stays:" + i, key => database.SetString(key, "v"u8, -1, Now));
        int round = 0;
        HashSet<string> met = [.. Walk(keyspace, database, () =>
        {
            round++;
            for (int i = 0; i < 50; i++)
            {
                string name = $"comes:{round / 200}:{(round * 50) + i}";
                if (round / 200 % 2 == 0)
                    With(name, key => database.SetString(key, "v"u8, -1, Now));
                else
                    With($"comes:{(round / 200) - 1}:{((round - 200) * 50) + i}", key => database.Delete(key, Now, isLazy: false));
            }
        })];
        for (int i = 0; i < 5_000; i++)
            Assert.Contains("stays:" + i, met);
    }

    [Fact]
    public void Keys_that_are_due_go_and_others_stay()
    {
        using var keyspace = new Keyspace(databases: 1, mostLoops: 1);
        Database database = keyspace[0];
        for (int i = 0; i < 20_000; i++)
            With("key:" + i, key => database.SetString(key, "some value"u8, Now + (i % 2 == 0 ? 10 : 20), Now));
        ExpireAll(keyspace, database, Now + 11);
        Assert.Equal(10_000, database.Count);
        Assert.Equal(10_000, database.VolatileCount);
        With("key:1", key => Assert.True(database.Find(key, Now + 11).Exists));
        With("key:2", key => Assert.False(database.Find(key, Now + 11).Exists));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(7)]
    [InlineData(5_000)]
    public void Keys_go_at_their_time_whether_few_or_many_share_it(int deadlines)
    {
        const int keys = 100_000;
        using var keyspace = new Keyspace(databases: 1, mostLoops: 1);
        Database database = keyspace[0];
        var random = new Random(4711);
        var left = new SortedDictionary<long, int>();
        for (int i = 0; i < keys; i++)
        {
            long deadline = Now + random.Next(deadlines);
            left[deadline] = left.GetValueOrDefault(deadline) + 1;
            With("key:" + i, key => database.SetString(key, "value"u8, deadline, Now));
        }
        for (int step = 1; step <= 5; step++)
        {
            long time = Now + (deadlines * step / 5) + 1;
            ExpireAll(keyspace, database, time);
            int expected = left.Where(pair => pair.Key >= time).Sum(static pair => pair.Value);
            Assert.Equal(expected, database.Count);
            Assert.Equal(expected, database.VolatileCount);
        }
        Assert.Equal(0, database.Count);
    }

    [Fact]
    public void The_memory_of_expired_keys_is_given_back()
    {
        using var keyspace = new Keyspace(databases: 1, mostLoops: 1);
        Database database = keyspace[0];
        for (int i = 0; i < 50_000; i++)
            With("key:" + i, key => database.SetString(key, "value"u8, Now + 10, Now));
        ExpireAll(keyspace, database, Now + 11);
        // One bucket a shard is what an emptied table keeps.
        Assert.InRange(database.TableBytes + database.ExpiryBytes, 0, keyspace.ShardCount * 512);
    }

    [Fact]
    public void A_key_is_there_in_the_millisecond_of_its_deadline_and_gone_in_the_next()
    {
        using var keyspace = new Keyspace(databases: 1, mostLoops: 1);
        Database database = keyspace[0];
        With("key", key =>
        {
            database.SetString(key, "value"u8, Now + 5, Now);
            Assert.True(database.Find(key, Now + 5).Exists);
            Assert.False(database.Find(key, Now + 6).Exists);
            Assert.Equal(0, database.Count);
        });
    }

    [Fact]
    public void A_string_that_grows_keeps_its_bytes_and_its_deadline()
    {
        using var keyspace = new Keyspace(databases: 1, mostLoops: 1);
        Database database = keyspace[0];
        With("key", key =>
        {
            database.SetString(key, "12345"u8, Now + 1000, Now);
            var expected = new List<byte>("12345"u8.ToArray());
            for (int length = 6; length < 200_000; length += 1 + (length / 3))
            {
                Span<byte> bytes = database.ResizeString(key, length, .., Now);
                Assert.True(bytes[..expected.Count].SequenceEqual(expected.ToArray()));
                Assert.False(bytes[expected.Count..].ContainsAnyExcept((byte)0));
                bytes[^1] = (byte)length;
                expected = [.. bytes];
            }
            Assert.Equal(Now + 1000, database.Find(key, Now).Deadline);
        });
    }

    private static void ExpireAll(Keyspace keyspace, Database database, long now)
    {
        for (int shard = 0; shard < keyspace.ShardCount; shard++)
        {
            while (database.ExpireDue(shard, now, 64) != 0)
            {
            }
        }
    }

    private static string Value(Random random) => random.Next(4) switch
    {
        0 => random.Next().ToString(System.Globalization.CultureInfo.InvariantCulture),
        1 => new string('x', random.Next(300)),
        2 => new string('y', random.Next(10_000)),
        _ => "v" + random.Next(100),
    };

    private static void AssertHolds(Database database, in Key key, Dictionary<string, (string Value, long Deadline)> model, string name)
    {
        Entry entry = database.Find(key, Now);
        if (!model.TryGetValue(name, out (string Value, long Deadline) expected))
        {
            Assert.False(entry.Exists);
            return;
        }
        Assert.True(entry.Exists);
        Assert.Equal(expected.Deadline, entry.Deadline);
        string value = entry.Encoding == ValueEncoding.Integer
            ? entry.Integer.ToString(System.Globalization.CultureInfo.InvariantCulture)
            : Encoding.ASCII.GetString(entry.StringBytes);
        Assert.Equal(expected.Value, value);
    }

    private static List<string> Walk(Keyspace keyspace, Database database, Action? between = null)
    {
        var names = new List<string>();
        RecordList records = default;
        for (int shard = 0; shard < keyspace.ShardCount; shard++)
        {
            long position = 0;
            while (position >= 0)
            {
                records.Clear();
                database.Collect(shard, ref position, ref records);
                for (int i = 0; i < records.Count; i++)
                    names.Add(Encoding.ASCII.GetString(new Entry(records[i]).KeyBytes));
                between?.Invoke();
            }
        }
        records.Dispose();
        return names;
    }

    private delegate void KeyAction(Key key);

    private static void With(string name, KeyAction action)
    {
        byte[] bytes = Encoding.ASCII.GetBytes(name);
        fixed (byte* data = bytes)
            action(new Key(data, bytes.Length));
    }
}
