using System.Globalization;

namespace Carnelian.Tests.Storage.Snapshots;

/// <summary>Random commands of all families on few keys of three databases.</summary>
internal sealed class RandomWrites(int seed, int keys = 60)
{
    private static readonly string[] Shapes =
    [
        "SET k v", "SET k v PX t", "SETEX k 100 v", "APPEND k v", "INCR k", "SETRANGE k 20 v", "SETBIT k 70 1", "GETDEL k", "GETEX k PX t", "GETSET k v", "MSET k v k v k v",
        "INCRBYFLOAT k 1.5", "DEL k", "DEL k k k", "UNLINK k", "RENAME k k", "RENAMENX k k", "COPY k k REPLACE", "COPY k k DB d REPLACE", "MOVE k d", "PEXPIRE k t",
        "EXPIRE k 100", "PERSIST k", "TOUCH k", "GET k", "EXISTS k k", "HSET h m v m v", "HSET h m v", "HDEL h m m", "HINCRBY h m2 1", "HPEXPIRE h t FIELDS 1 m",
        "HGETALL h", "HGETDEL h FIELDS 1 m", "HSETNX h m v", "LPUSH l v v", "RPUSH l v v", "LPOP l 2", "RPOP l", "LSET l 0 v", "LSET l -1 v", "LTRIM l 1 -2", "LINSERT l BEFORE v v",
        "LREM l 0 v", "LMOVE l l LEFT RIGHT", "LRANGE l 0 -1", "SADD s m m m", "SREM s m m", "SPOP s", "SPOP s 3", "SMOVE s s m", "SUNIONSTORE s s s", "SDIFFSTORE s s s",
        "SADD s n n", "SMEMBERS s", "ZADD z n m n m", "ZADD z n m", "ZREM z m", "ZINCRBY z 1 m", "ZREMRANGEBYRANK z 0 1", "ZPOPMIN z 2", "ZUNIONSTORE z 2 z z",
        "ZRANGESTORE z z 0 -2", "ZRANGE z 0 -1", "XADD x * f v", "XADD x MAXLEN 8 * f v", "XTRIM x MAXLEN 4", "XDEL x 1-1", "XADD x n-* f v", "XGROUP CREATE x g 0 MKSTREAM",
        "XREADGROUP GROUP g c COUNT 2 STREAMS x >", "XACK x g n-0", "XGROUP CREATECONSUMER x g m", "XAUTOCLAIM x g other 0 0", "XGROUP DESTROY x g", "XSETID x 999999999999999-1",
        "PFADD p m m m", "PFCOUNT p", "PFCOUNT p p", "PFMERGE p p p", "BITOP OR k k k", "SORT s ALPHA STORE l", "SORT l ALPHA LIMIT 0 3", "GEOADD z 13.3 38.1 m", "GEOSEARCHSTORE z z FROMLONLAT 13 38 BYRADIUS 100 km",
        "LMPOP 2 l l LEFT", "ZMPOP 2 z z MAX", "BITFIELD k SET u8 0 n", "SWAPDB d d", "FLUSHDB", "FLUSHDB ASYNC", "SELECT d", "SELECT d", "MULTI", "EXEC",
    ];

    private readonly Random _random = new(seed);
    private readonly string _long = new('x', 300);
    private bool _inMulti;

    /// <summary>The next command.</summary>
    /// <param name="flushes">Whether it may empty or exchange databases.</param>
    public string[] Next(bool flushes)
    {
        while (true)
        {
            string shape = Shapes[_random.Next(Shapes.Length)];
            bool isWhole = shape is "SWAPDB d d" or "FLUSHDB" or "FLUSHDB ASYNC";
            if (isWhole && (!flushes || _random.Next(4) != 0))
                continue;
            if (shape is "MULTI" or "EXEC")
            {
                if (_inMulti != (shape == "EXEC"))
                    continue;
                _inMulti = !_inMulti;
            }
            return [.. shape.Split(' ').Select((word, index) => index == 0 ? word : Word(word))];
        }
    }

    private string Word(string word)
    {
        int number = _random.Next(keys / 6);
        return word switch
        {
            // Now and then a key of another type, so that commands fail or replace it.
            "k" => _random.Next(8) == 0 ? $"{"hlszxp"[_random.Next(6)]}{number}" : $"k{number}",
            "h" or "l" or "s" or "z" or "x" or "p" => $"{word}{number}",
            "d" => $"{_random.Next(3)}",
            "t" => $"{_random.Next(1, 60)}",
            "n" => _random.Next(1000).ToString(CultureInfo.InvariantCulture),
            "m2" => $"count{_random.Next(4)}",
            "m" => $"member:{_random.Next(60)}",
            "v" => _random.Next(10) == 0 ? _long + _long + _random.Next(3) : _random.Next(3) == 0 ? $"{_random.Next(1000)}" : $"value {_random.Next(50)}",
            _ when word.StartsWith("n-", StringComparison.Ordinal) => $"{_random.Next(1000)}{word[1..]}",
            _ => word,
        };
    }
}
