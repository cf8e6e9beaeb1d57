namespace Carnelian.Tests.Storage.Snapshots;

/// <summary>Random commands on two hashes, sets, sorted sets, lists and streams each, with thousands of elements.</summary>
internal sealed class BigValueWrites(int seed)
{
    private const int Elements = 3000;
    private const int StringBytes = 1_500_000;

    private static readonly string[] Shapes =
    [
        "HSET h m v", "HSET h m v m v m v", "HDEL h m m", "HINCRBY h c 1", "HPEXPIRE h t FIELDS 1 m", "HEXPIRE h 100 FIELDS 2 m m", "HPERSIST h FIELDS 1 m", "HGETDEL h FIELDS 1 m",
        "HGETEX h PX t FIELDS 1 m", "SADD s m m m", "SREM s m m", "SPOP s", "SPOP s 20", "SMOVE s s m", "ZADD z n m n m", "ZREM z m", "ZINCRBY z n m", "ZREMRANGEBYRANK z 3 9",
        "ZPOPMIN z 5", "ZPOPMAX z", "ZREMRANGEBYSCORE z 100 110", "RENAME h h", "RENAME s s", "RENAME z z", "DEL h", "UNLINK s", "COPY h h REPLACE", "COPY z z DB d REPLACE", "MOVE s d", "SUNIONSTORE s s s",
        "ZUNIONSTORE z 2 z z", "SET h v", "PEXPIRE z 100000", "PERSIST z", "PEXPIRE s t", "SWAPDB d d", "FLUSHDB", "SELECT d",
        "RPUSH l v v v", "LPUSH l v v v", "LPOP l 7", "RPOP l 7", "LPOP l", "RPOP l", "LSET l n v", "LSET l n L", "LINSERT l BEFORE e v", "LINSERT l AFTER e L", "LREM l 3 e", "LREM l -1 e", "LTRIM l 5 -5",
        "LTRIM l 40 -1", "LTRIM l 0 -40", "LTRIM l 0 1", "LMOVE l l LEFT RIGHT", "LMOVE l l RIGHT RIGHT", "LPUSH l L", "RENAME l l", "DEL l", "UNLINK l", "COPY l l REPLACE", "MOVE l d", "SORT s ALPHA STORE l",
        "XADD x * f v", "XADD x * f v", "XADD x i-* f v g v", "XDEL x i-1 i-2 i-3", "XDEL x i-0 i-4", "XTRIM x MAXLEN ~ 2900", "XTRIM x MAXLEN 2890", "XTRIM x MINID ~ i", "XTRIM x MINID i", "XTRIM x MAXLEN 0",
        "XGROUP CREATE x g 0", "XREADGROUP GROUP g a COUNT 20 STREAMS x >", "XACK x g i-1 i-2", "XGROUP DESTROY x g", "XSETID x 400-1", "XSETID x 999999999999999-1", "XADD x j-* f v",
        "SETBIT b o 1", "SETBIT b o 0", "SETRANGE b p value", "SETRANGE b p B", "APPEND b v", "APPEND b B", "BITFIELD b SET u8 o 200 INCRBY u16 o 3", "BITOP NOT b b",
        "COPY b b REPLACE", "COPY b b DB d REPLACE", "RENAME b b", "DEL b", "SET b v", "MOVE b d",
        "RENAME x x", "DEL x", "UNLINK x", "COPY x x REPLACE", "MOVE x d",
    ];

    private readonly Random _random = new(seed);

    /// <summary>Commands that make the values as large as they were.</summary>
    public static IEnumerable<string[]> Refill()
    {
        for (int key = 0; key < 2; key++)
        {
            yield return ["DEL", $"h{key}", $"s{key}", $"z{key}", $"l{key}", $"x{key}"];
            yield return ["SET", $"b{key}", string.Concat(Enumerable.Range(0, StringBytes / 8).Select(i => $"{i + key,8}"))];
            for (int id = 1; id <= Elements / 5; id++)
            {
                for (int sequence = 0; sequence < 3; sequence++)
                    yield return ["XADD", $"x{key}", $"{id}-{sequence}", "field", $"value {id}"];
            }
            for (int from = 0; from < Elements; from += 500)
            {
                yield return ["HSET", $"h{key}", .. Enumerable.Range(from, 500).SelectMany(i => new[] { $"member:{i}", $"value {i}" })];
                yield return ["RPUSH", $"l{key}", .. Enumerable.Range(from, 500).Select(i => i % 100 == 7 ? new string('y', 9000) + i : $"element:{i % 300}")];
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
            bool isWhole = shape.Split(' ')[0] is "DEL" or "UNLINK" or "RENAME" or "COPY" or "MOVE" or "SET" or "SUNIONSTORE" or "ZUNIONSTORE" or "FLUSHDB" or "SWAPDB" or "SELECT" or "BITOP"
                || shape is "PEXPIRE s t" or "LTRIM l 0 1" or "XTRIM x MAXLEN 0" or "SORT s ALPHA STORE l" or "XGROUP DESTROY x g" or "XTRIM x MINID ~ i" or "XTRIM x MINID i"
                || shape.StartsWith("XSETID", StringComparison.Ordinal);
            if (!isWhole || _random.Next(25) == 0)
                return [.. shape.Split(' ').Select((word, index) => index == 0 ? word : Word(word))];
        }
    }

    private string Word(string word) => word switch
    {
        "e" => $"element:{_random.Next(300)}",
        "B" => new string('B', 300_000),
        "o" => $"{_random.Next(StringBytes * 8)}",
        "p" => $"{_random.Next(StringBytes)}",
        "L" => new string('y', 8500) + _random.Next(100),
        "i" => $"{_random.Next(Elements / 5)}",
        "j" => $"{_random.Next(2 * Elements)}",
        _ when word.StartsWith("i-", StringComparison.Ordinal) => $"{_random.Next(Elements / 5)}{word[1..]}",
        _ when word.StartsWith("j-", StringComparison.Ordinal) => $"{_random.Next(2 * Elements)}{word[1..]}",
        "h" or "s" or "z" or "l" or "x" or "b" => $"{word}{_random.Next(2)}",
        "d" => $"{_random.Next(2)}",
        "t" => $"{_random.Next(1, 40)}",
        "n" => $"{_random.Next(-500, 4000)}",
        "c" => $"count:{_random.Next(40)}",
        "m" => $"member:{_random.Next(Elements + Elements / 4)}",
        "v" => $"value {_random.Next(100)}",
        _ => word,
    };
}
