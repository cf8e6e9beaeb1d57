using System.Text;
using Carnelian.Storage;
using Carnelian.Storage.Hashes;
using Carnelian.Storage.Packed;

namespace Carnelian.Tests.Storage.Hashes;

/// <summary>A hash of any size does what a dictionary of values and deadlines does.</summary>
public sealed unsafe class HashPropertyTests
{
    private const long Start = 1_800_000_000_000;

    private sealed record Field(string Value, long Deadline);

    [Theory]
    [InlineData(1, 8)]
    [InlineData(2, 40)]
    [InlineData(3, 300)]
    [InlineData(4, 5000)]
    public void Random_changes_leave_what_a_dictionary_holds(int seed, int names)
    {
        var random = new Random(seed);
        var model = new Dictionary<string, Field>();
        using var keyspace = new Keyspace(databases: 1, mostLoops: 1);
        byte[] name = "hash"u8.ToArray();
        fixed (byte* data = name)
        {
            var key = new Key(data, name.Length);
            var hash = Hash.Create(keyspace[0], key, Start);
            var limits = new HashLimits(16, 32);
            long now = Start;
            for (int step = 0; step < names * 20 + 2000; step++)
            {
                now += random.Next(3);
                Change(random, names, hash, model, now, limits);
                keyspace[0].NoteFieldDeadlines(key, hash.Entry);
                AssertDeadlines(hash, model, keyspace[0], key);
                if (step % (names + 50) == 0)
                    AssertEqual(hash, model, now);
            }
            AssertEqual(hash, model, now);
        }
    }

    [Fact]
    public void A_copy_shares_no_field_with_the_original()
    {
        using var keyspace = new Keyspace(databases: 1, mostLoops: 1);
        byte[] names = "ab"u8.ToArray();
        fixed (byte* data = names)
        {
            Key first = new(data, 1), second = new(data + 1, 1);
            var hash = Hash.Create(keyspace[0], first, Start);
            for (int i = 0; i < 500; i++)
                hash.Set(Bytes($"field{i}"), Bytes(new string('v', i * 20)), i % 3 == 0 ? Start + 1000 + i : -1, Start, default);
            keyspace[0].NoteFieldDeadlines(first, hash.Entry);
            keyspace[0].InsertCopy(second, hash.Entry, Start);
            keyspace[0].Delete(first, Start, isLazy: false);
            var copy = new Hash(keyspace[0].Find(second, Start));
            Assert.Equal(500, copy.Count);
            for (int i = 0; i < 500; i++)
            {
                Assert.True(copy.TryGet(Bytes($"field{i}"), Start, out PackedValue value));
                Assert.Equal(i * 20, value.Length);
                copy.TryGetDeadline(Bytes($"field{i}"), Start, out long deadline);
                Assert.Equal(i % 3 == 0 ? Start + 1000 + i : -1, deadline);
            }
            Assert.Equal(1, keyspace[0].VolatileHashCount);
        }
    }

    private static void Change(Random random, int names, Hash hash, Dictionary<string, Field> model, long now, in HashLimits limits)
    {
        string name = Name(random, names);
        byte[] field = Bytes(name);
        Field? known = model.GetValueOrDefault(name);
        bool isThere = known != null && (known.Deadline < 0 || known.Deadline >= now);
        switch (random.Next(10))
        {
            case < 5:
                long deadline = random.Next(4) switch { 0 => now + random.Next(1, 2000), 1 => Hash.KeepDeadline, _ => -1 };
                string value = random.Next(20) == 0 ? new string('x', random.Next(9000)) : random.Next(1000).ToString(System.Globalization.CultureInfo.InvariantCulture);
                HashSetOutcome expected = isThere ? HashSetOutcome.Updated : known != null ? HashSetOutcome.Renewed : HashSetOutcome.Added;
                Assert.Equal(expected, hash.Set(field, Bytes(value), deadline, now, limits));
                model[name] = new Field(value, deadline != Hash.KeepDeadline ? deadline : isThere ? known!.Deadline : -1);
                break;
            case < 7:
                Assert.Equal(isThere, hash.Remove(field, now));
                if (isThere)
                    model.Remove(name);
                break;
            case 7 when isThere:
                long changed = random.Next(3) == 0 ? -1 : now + random.Next(1, 2000);
                hash.SetDeadline(field, changed);
                model[name] = known! with { Deadline = changed };
                break;
            case 8 when !hash.IsPacked && random.Next(20) == 0:
                int due = model.Count(pair => pair.Value.Deadline >= 0 && pair.Value.Deadline < now), removed = 0;
                while (hash.Table->Earliest >= 0 && hash.Table->Earliest < now)
                    removed += RemoveDue(hash, now);
                Assert.Equal(due, removed);
                foreach (string gone in model.Where(pair => pair.Value.Deadline >= 0 && pair.Value.Deadline < now).Select(pair => pair.Key).ToArray())
                    model.Remove(gone);
                break;
            default:
                Assert.Equal(isThere, hash.TryGet(field, now, out _));
                break;
        }
    }

    private static int RemoveDue(Hash hash, long now)
    {
        RecordList removed = default;
        hash.Table->RemoveDue(now, 16, ref removed);
        int count = removed.Count;
        for (int i = 0; i < count; i++)
            new HashField(removed[i]).Free();
        removed.Dispose();
        return count;
    }

    private static void AssertDeadlines(Hash hash, Dictionary<string, Field> model, Database database, in Key key)
    {
        if (hash.IsPacked)
            return;
        long count = hash.Table->VolatileCount;
        Assert.Equal(count == 0, hash.Table->Earliest < 0);
        Assert.Equal(hash.Table->Earliest, hash.Table->Registered);
        Assert.Equal(count == 0 ? 0 : 1, database.VolatileHashCount);
        if (count != 0)
            Assert.Equal(Math.Min(hash.Table->Earliest, (1L << 42) - 1), database.EarliestFieldDeadline(database.Keyspace.ShardOf(key.Hash)));
        Assert.Equal(model.Count, hash.Count);
    }

    private static void AssertEqual(Hash hash, Dictionary<string, Field> model, long now)
    {
        var found = new Dictionary<string, string>();
        var walk = new HashWalk(hash, long.MinValue);
        Span<byte> digits = stackalloc byte[PackedValue.MostDigits];
        while (walk.MoveNext())
        {
            string name = Encoding.ASCII.GetString(walk.Field.Bytes(digits));
            found.Add(name, Encoding.ASCII.GetString(walk.Value.Bytes(digits)));
        }
        walk.Dispose();
        Assert.Equal(model.ToDictionary(pair => pair.Key, pair => pair.Value.Value), found);
        long earliest = -1;
        foreach ((string name, Field field) in model)
        {
            Assert.Equal(field.Deadline < 0 || field.Deadline >= now, hash.TryGetDeadline(Bytes(name), now, out long deadline));
            Assert.Equal(field.Deadline, deadline);
            if (deadline >= 0 && (earliest < 0 || deadline < earliest))
                earliest = deadline;
        }
        if (hash.IsPacked)
            return;
        Assert.Equal(model.Count(pair => pair.Value.Deadline >= 0), hash.Table->VolatileCount);
        Assert.True(hash.Table->Earliest <= earliest);
    }

    private static string Name(Random random, int names)
    {
        int number = random.Next(names);
        return number % 7 == 0 ? $"{number}" : number % 11 == 0 ? new string('n', 20 + number % 300) + number : $"field{number}";
    }

    private static byte[] Bytes(string text) => Encoding.ASCII.GetBytes(text);
}
