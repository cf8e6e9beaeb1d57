using System.Text;
using Carnelian.Testing;

namespace Carnelian.Oracle.Differential;

/// <summary>Compares everything that two servers hold: keys, types, encodings, deadlines, values and dumps of all databases.</summary>
internal sealed class ReadBack(ServerPair servers)
{
    private const int Databases = 16;

    public Difference? Compare(int index)
    {
        using var oracle = new RespConnection(servers.OraclePort);
        using var tested = new RespConnection(servers.TestedPort);
        DumpComparison? dumps = servers.Common.Contains("DUMP") ? new DumpComparison(oracle, tested) : null;
        for (int database = 0; database < Databases; database++)
        {
            SortedDictionary<string, Content> expected = Read(oracle, database), actual = Read(tested, database);
            foreach (string key in expected.Keys.Union(actual.Keys))
            {
                Content? left = expected.GetValueOrDefault(key), right = actual.GetValueOrDefault(key);
                if (left is null || right is null || !left.Agrees(right))
                {
                    string what = $"at the end, key {CommandText.Quote(Encoding.Latin1.GetBytes(key))} of database {database}";
                    return new Difference(index, "(final state)", what, left?.ToString() ?? "(no such key)", right?.ToString() ?? "(no such key)");
                }

                if (left.Encoding == right.Encoding && dumps?.Compare(Encoding.Latin1.GetBytes(key), left.Type, left.Encoding) is { } pair)
                    return new Difference(index, "(dump)", $"DUMP {CommandText.Quote(Encoding.Latin1.GetBytes(key))} in database {database}, {left.Encoding}", pair.Expected, pair.Actual);
            }
        }

        return null;
    }

    private static SortedDictionary<string, Content> Read(RespConnection connection, int database)
    {
        connection.Call($"SELECT {database}");
        var contents = new SortedDictionary<string, Content>(StringComparer.Ordinal);
        foreach (RespValue name in connection.Call("KEYS *").Elements)
        {
            byte[] key = Encoding.Latin1.GetBytes(name.Value);
            string type = connection.Call("TYPE"u8.ToArray(), key).Value;
            RespValue encoding = connection.Call("OBJECT"u8.ToArray(), "ENCODING"u8.ToArray(), key);
            RespValue deadline = connection.Call("PTTL"u8.ToArray(), key);
            deadline.TryInteger(out long milliseconds);
            contents[name.Value] = new Content(type, encoding.Value, milliseconds, Value(connection, type, key));
        }

        return contents;
    }

    private static string Value(RespConnection connection, string type, byte[] key)
    {
        byte[] first = "0"u8.ToArray(), last = "-1"u8.ToArray();
        RespValue reply = type switch
        {
            "string" => connection.Call("GET"u8.ToArray(), key),
            "list" => connection.Call("LRANGE"u8.ToArray(), key, first, last),
            "set" => connection.Call("SMEMBERS"u8.ToArray(), key),
            "hash" => connection.Call("HGETALL"u8.ToArray(), key),
            "zset" => connection.Call("ZRANGE"u8.ToArray(), key, first, last, "WITHSCORES"u8.ToArray()),
            "stream" => connection.Call("XRANGE"u8.ToArray(), key, "-"u8.ToArray(), "+"u8.ToArray()),
            _ => new RespValue('+', type, null),
        };
        IEnumerable<string> parts = type == "hash"
            ? reply.Elements.Chunk(2).Select(pair => $"{pair[0]}: {pair[1]}")
            : reply.Elements.Select(element => element.ToString());
        if (type is "set" or "hash")
            parts = parts.Order(StringComparer.Ordinal);
        return reply.Items is null ? reply.ToString() : string.Join(", ", parts);
    }

    private sealed record Content(string Type, string Encoding, long Milliseconds, string Value)
    {
        private const long Tolerance = 5000;

        public bool Agrees(Content other) =>
            Type == other.Type && HasSameEncoding(other) && Value == other.Value
            && (Milliseconds < 0 || other.Milliseconds < 0 ? Milliseconds == other.Milliseconds : Math.Abs(Milliseconds - other.Milliseconds) <= Tolerance);

        // What SDIFFSTORE and SUNIONSTORE store depends on the order of members in tables, where limits are met on the way.
        private bool HasSameEncoding(Content other) =>
            Encoding == other.Encoding || (Type == "set" && Encoding is "listpack" or "hashtable" && other.Encoding is "listpack" or "hashtable");
    }
}
