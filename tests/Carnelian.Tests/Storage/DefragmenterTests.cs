using System.Globalization;
using System.Text;
using Carnelian.Storage;
using Carnelian.Storage.Defragmentation;
using Carnelian.Storage.SortedSets;
using Carnelian.Storage.Streams;
using Carnelian.Testing;

namespace Carnelian.Tests.Storage;

/// <summary>Whatever is moved, every value is what it was, and stays in order through later changes.</summary>
public sealed unsafe class DefragmenterTests : IDisposable
{
    private readonly RunningServer _server = new("--enable-debug-command", "yes", "--io-threads", "1", "--list-max-listpack-size", "8",
        "--stream-node-max-entries", "5", "--hash-max-listpack-entries", "20", "--zset-max-listpack-entries", "20", "--set-max-listpack-entries", "20");

    private readonly RespConnection _client;

    public DefragmenterTests() => _client = _server.Connect();

    private Keyspace Keyspace => _server.Instance.Keyspace;

    public void Dispose() => _server.Dispose();

    [Fact]
    public void All_values_of_a_keyspace_can_be_moved_and_are_what_they_were()
    {
        Fill(3000);
        string digest = Call("DEBUG", "DIGEST");
        var defragmenter = new Defragmenter(movesAll: true);
        MoveAll(defragmenter);
        Assert.Equal(digest, Call("DEBUG", "DIGEST"));
        Assert.InRange(defragmenter.Hits, 15_000, long.MaxValue);
        Assert.Equal(long.Parse(Call("DBSIZE"), CultureInfo.InvariantCulture), defragmenter.KeyHits);
        Assert.Equal(0, defragmenter.KeyMisses);

        MoveAll(defragmenter);
        Assert.Equal(digest, Call("DEBUG", "DIGEST"));
        Verify();
        // Lookups by every way that there is, which a digest does not go.
        for (int i = 0; i < 3000; i += 7)
        {
            Assert.Equal(Value(i), Call("GET", $"string:{i}"));
            Assert.Equal(Value(i), Call("HGET", "hash", $"field:{i}"));
            Assert.Equal("1", Call("SISMEMBER", "set", $"member:{i}"));
            Assert.Equal($"{i}.5", Call("ZSCORE", "zset", $"member:{i}"));
            Assert.Equal($"{i}", Call("ZRANK", "zset", $"member:{i}"));
            Assert.Equal(Value(i), Call("LINDEX", "list", $"{i}"));
        }
        Assert.Equal("1", Call("XACK", "stream", "group", "1-1"));
        for (int i = 0; i < 3000; i++)
        {
            Queue("DEL", $"string:{i}");
            Queue("HDEL", "hash", $"field:{i}");
            Queue("SREM", "set", $"member:{i}");
            Queue("ZREM", "zset", $"member:{i}");
            Queue("RPOP", "list");
            Queue("XDEL", "stream", $"{i + 1}-1");
        }
        ReadAll(6 * 3000);
        Assert.Equal("0", Call("EXISTS", "hash", "set", "zset", "list"));
        Assert.Equal("0", Call("XLEN", "stream"));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void Changes_between_the_steps_find_all_in_order(int seed)
    {
        var random = new Random(seed);
        RespConnection other = _server.Connect();
        other.Call("SELECT 1");
        var defragmenter = new Defragmenter(movesAll: true);
        int shard = 0;
        for (int round = 0; round < 400; round++)
        {
            string[][] changes = [.. Enumerable.Range(0, 15).Select(_ => RandomChange(random, round))];
            Assert.Equal(Run(other, changes), Run(_client, changes));
            for (int step = 0; step < 100; step++)
            {
                if (Step(defragmenter, shard))
                    shard = (shard + 1) % Keyspace.ShardCount;
            }
            if (round % 20 != 19)
                continue;
            const string Digests = "DEBUG DIGEST-VALUE list hash set zset stream string";
            Assert.Equal(other.Call(Digests).ToString(), _client.Call(Digests).ToString());
            Verify();
        }
        Assert.InRange(defragmenter.Hits, 1000, long.MaxValue);
    }

    [Fact]
    public void A_long_string_that_somebody_reads_stays()
    {
        Call("SET", "long", new string('x', 5000));
        Call("SET", "alone", new string('y', 5000));
        (nint shared, nint alone) = (Block("long"), Block("alone"));
        var block = new StringBlock((byte*)shared);
        block.AddReference();
        MoveAll(new Defragmenter(movesAll: true));
        Assert.Equal(shared, Block("long"));
        Assert.NotEqual(alone, Block("alone"));
        block.Release();
        Assert.Equal(new string('x', 5000), Call("GET", "long"));
        Assert.Equal(new string('y', 5000), Call("GET", "alone"));
    }

    [Fact]
    public void An_entry_keeps_deadline_and_access_time_and_expires()
    {
        Call("SET", "short", "x", "PX", "1");
        Call("SET", "k", "v", "EX", "1000");
        Call("HSET", "h", "f", "v");
        Call("HPEXPIRE", "h", "1", "FIELDS", "1", "f");
        Call("CONFIG", "SET", "maxmemory-policy", "allkeys-lfu");
        for (int i = 0; i < 200; i++)
            Call("GET", "k");
        string frequency = Call("OBJECT", "FREQ", "k"), deadline = Call("PEXPIRETIME", "k");
        MoveAll(new Defragmenter(movesAll: true));
        Assert.Equal(frequency, Call("OBJECT", "FREQ", "k"));
        Assert.Equal(deadline, Call("PEXPIRETIME", "k"));
        while (Call("DBSIZE") != "1")
            Thread.Sleep(1);
        Assert.Equal("v", Call("GET", "k"));
    }

    private static string Value(int i) => new((char)('a' + i % 26), i % 100 == 0 ? 5000 + i : i % 97 + 1);

    private void Fill(int count)
    {
        for (int i = 0; i < count; i++)
        {
            Queue("SET", $"string:{i}", Value(i));
            Queue("SET", $"number:{i % 50}", $"{i}", "EX", "10000");
            Queue("HSET", "hash", $"field:{i}", Value(i));
            Queue("SADD", "set", $"member:{i}");
            Queue("ZADD", "zset", $"{i}.5", $"member:{i}");
            Queue("RPUSH", "list", Value(i));
            Queue("XADD", "stream", $"{i + 1}-1", "field", Value(i));
            Queue("HSET", $"packed:hash:{i % 40}", $"f{i % 7}", "v");
            Queue("SADD", $"packed:ints:{i % 40}", $"{i}");
            Queue("SADD", $"packed:set:{i % 400}", $"m{i}");
            Queue("ZADD", $"packed:zset:{i % 400}", $"{i}", $"m{i}");
            Queue("RPUSH", $"packed:list:{i % 600}", $"e{i}");
        }
        ReadAll(12 * count);
        Call("HEXPIRE", "hash", "10000", "FIELDS", "2", "field:1", "field:2");
        Call("XGROUP", "CREATE", "stream", "group", "0");
        Call("XREADGROUP", "GROUP", "group", "consumer", "COUNT", "1", "STREAMS", "stream", ">");
    }

    private static string[] RandomChange(Random random, int round)
    {
        int i = random.Next(300);
        string value = random.Next(30) == 0 ? new string('z', random.Next(3000, 9000)) : new string('v', random.Next(1, 60)) + i;
        bool isShrinking = round / 50 % 2 == 1;
        return (random.Next(6), isShrinking && random.Next(3) != 0) switch
        {
            (0, false) => [random.Next(2) == 0 ? "LPUSH" : "RPUSH", "list", value, value + "1", value + "2"],
            (0, true) => random.Next(4) switch
            {
                0 => ["LREM", "list", "2", value],
                1 => ["LTRIM", "list", $"{random.Next(20)}", $"-{random.Next(1, 20)}"],
                2 => ["LSET", "list", "0", value],
                _ => [random.Next(2) == 0 ? "LPOP" : "RPOP", "list", $"{random.Next(1, 9)}"],
            },
            (1, false) => ["HSET", "hash", $"f{i}", value],
            (1, true) => ["HDEL", "hash", $"f{i}", $"f{i + 1}", $"f{i + 2}"],
            (2, false) => ["SADD", "set", $"m{i}", value],
            (2, true) => ["SREM", "set", $"m{i}", $"m{i + 1}", $"m{i + 2}"],
            (3, false) => ["ZADD", "zset", $"{random.Next(1000)}.{random.Next(9)}", $"m{i}"],
            (3, true) => random.Next(3) == 0 ? ["ZREMRANGEBYRANK", "zset", $"{random.Next(50)}", $"{random.Next(60)}"] : ["ZREM", "zset", $"m{i}", $"m{i + 1}"],
            (4, false) => ["XADD", "stream", $"{round + 1}-*", "f", value],
            (4, true) => random.Next(3) == 0 ? ["XTRIM", "stream", "MAXLEN", $"{random.Next(200)}"] : ["XDEL", "stream", $"{random.Next(round + 1)}-0", $"{random.Next(round + 1)}-1"],
            _ => random.Next(25) switch
            {
                0 => ["DEL", new[] { "list", "hash", "set", "zset", "stream" }[random.Next(5)]],
                < 5 => ["APPEND", "string", value],
                _ => ["SET", "string", value],
            },
        };
    }

    private void MoveAll(Defragmenter defragmenter)
    {
        for (int shard = 0; shard < Keyspace.ShardCount; shard++)
        {
            while (!Step(defragmenter, shard))
            {
            }
        }
    }

    private bool Step(Defragmenter defragmenter, int shard)
    {
        Keyspace.Locks.Acquire(shard);
        bool isFinished = defragmenter.Step(Keyspace[0], shard, mostFields: 1000);
        Keyspace.Locks.Release(shard);
        return isFinished;
    }

    /// <summary>Checks the invariants of the values that have a check.</summary>
    private void Verify()
    {
        WithEntry("zset", static entry =>
        {
            if (entry.Encoding == ValueEncoding.SkipList)
                ((TreeSortedSet*)entry.Collection)->Tree.Verify();
        });
        WithEntry("stream", static entry => new StreamValue(entry.Collection).Verify());
    }

    private nint Block(string name)
    {
        nint address = 0;
        WithEntry(name, entry => address = (nint)entry.Block.Address);
        return address;
    }

    private void WithEntry(string name, Action<Entry> look)
    {
        fixed (byte* data = Encoding.ASCII.GetBytes(name))
        {
            var key = new Key(data, name.Length);
            int shard = Keyspace.ShardOf(key.Hash);
            Keyspace.Locks.Acquire(shard);
            Entry entry = Keyspace[0].Peek(key, 0);
            if (entry.Exists)
                look(entry);
            Keyspace.Locks.Release(shard);
        }
    }

    private static string Run(RespConnection client, string[][] commands) => string.Join('\n', commands.Select(command => client.CallWith(command).ToString()));

    private string Call(params string[] arguments)
    {
        RespValue reply = _client.CallWith(arguments);
        return reply.Value ?? reply.ToString() ?? "";
    }

    private void Queue(params string[] arguments) => _client.Queue([.. arguments.Select(Encoding.Latin1.GetBytes)]);

    private void ReadAll(int replies)
    {
        _client.Flush();
        for (int i = 0; i < replies; i++)
            Assert.False(RespValue.Parse(_client.ReadFrame()).IsError);
    }
}
