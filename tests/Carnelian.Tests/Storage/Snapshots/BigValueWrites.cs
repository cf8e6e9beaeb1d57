namespace Carnelian.Tests.Storage.Snapshots;

/// <summary>Random commands on two hashes, two sets and two sorted sets with thousands of elements each.</summary>
internal sealed class BigValueWrites(int seed)
{
    private const int Elements = 3000;

    private static readonly string[] Shapes =
    [
        "HSET h m v", "HSET h m v m v m v", "HDEL h m m", "HINCRBY h c 1", "HPEXPIRE h t FIELDS 1 m", "HEXPIRE h 100 FIELDS 2 m m", "HPERSIST h FIELDS 1 m", "HGETDEL h FIELDS 1 m",
        "HGETEX h PX t FIELDS 1 m", "SADD s m m m", "SREM s m m", "SPOP s", "SPOP s 20", "SMOVE s s m", "ZADD z n m n m", "ZREM z m", "ZINCRBY z n m", "ZREMRANGEBYRANK z 3 9",
        "ZPOPMIN z 5", "ZPOPMAX z", "ZREMRANGEBYSCORE z 100 110", "RENAME h h", "RENAME s s", "RENAME z z", "DEL h", "UNLINK s", "COPY h h REPLACE", "COPY z z DB d REPLACE", "MOVE s d", "SUNIONSTORE s s s",
        "ZUNIONSTORE z 2 z z", "SET h v", "PEXPIRE z 100000", "PERSIST z", "PEXPIRE s t", "SWAPDB d d", "FLUSHDB", "SELECT d",
    ];

    private readonly Random _random = new(seed);

    /// <summary>Commands that make the values as large as they were.</summary>
    public static IEnumerable<string[]> Refill()
    {
        for (int key = 0; key < 2; key++)
        {
            yield return ["DEL", $"h{key}", $"s{key}", $"z{key}"];
            for (int from = 0; from < Elements; from += 500)
            {
                yield return ["HSET", $"h{key}", .. Enumerable.Range(from, 500).SelectMany(i => new[] { $"member:{i}", $"value {i}" })];
                yield return ["SADD", $"s{key}", .. Enumerable.Range(from, 500).Select(i => $"member:{i}")];
                yield return ["ZADD", $"z{key}", .. Enumerable.Range(from, 500).SelectMany(i => new[] { $"{i}.5", $"member:{i}" })];
            }
        }
    }

    /// <summary>The next command.</summary>
    public string[] Next()
    {
        while (true)
        {
            string shape = Shapes[_random.Next(Shapes.Length)];
            // What changes whole keys is rare, or there would be nothing big.
            bool isWhole = shape.Split(' ')[0] is "DEL" or "UNLINK" or "RENAME" or "COPY" or "MOVE" or "SET" or "SUNIONSTORE" or "ZUNIONSTORE" or "FLUSHDB" or "SWAPDB" or "SELECT"
                || shape == "PEXPIRE s t";
            if (!isWhole || _random.Next(25) == 0)
                return [.. shape.Split(' ').Select((word, index) => index == 0 ? word : Word(word))];
        }
    }

    private string Word(string word) => word switch
    {
        "h" or "s" or "z" => $"{word}{_random.Next(2)}",
        "d" => $"{_random.Next(2)}",
        "t" => $"{_random.Next(1, 40)}",
        "n" => $"{_random.Next(-500, 4000)}",
        "c" => $"count:{_random.Next(40)}",
        "m" => $"member:{_random.Next(Elements + Elements / 4)}",
        "v" => $"value {_random.Next(100)}",
        _ => word,
    };
}
