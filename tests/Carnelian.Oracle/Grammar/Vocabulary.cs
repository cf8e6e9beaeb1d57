using System.Globalization;
using System.Text;

namespace Carnelian.Oracle.Grammar;

/// <summary>
/// Random arguments by kind. The key space is small, so that commands meet each other's keys; numbers favour
/// the edges of their ranges. Deadlines are either past or at least a quarter of an hour away, and random enough
/// never to lie close together: two servers cannot be asked at the same millisecond.
/// </summary>
internal sealed class Vocabulary
{
    private const int Alphabet = 26;

    private static readonly string[] Keys = [.. Enumerable.Range(0, 9).Select(i => $"k{i}"), "key:" + new string('x', 40), "k\0\xff", ""];
    private static readonly string[] Integers =
    [
        "0", "1", "-1", "2", "3", "10", "99", "-100", "9999", "10000", "2147483647", "-2147483648", "4294967296",
        "9223372036854775807", "9223372036854775806", "-9223372036854775808", "-9223372036854775807",
    ];

    private static readonly string[] BadIntegers =
    [
        "9223372036854775808", "-9223372036854775809", "18446744073709551616", "abc", "", " 1", "1 ", "01", "+1", "-0", "1.0", "1e3", "0x10",
        "1\n", "--1", "99999999999999999999999999999999999999999999",
    ];

    private static readonly string[] Floats =
    [
        "0", "1", "-1", "3.0", "0.1", "-0.1", "10.5", "5e3", "1e-5", "-2.5e-3", "1e17", "3.14159265358979", "0.30000000000000004", "1e10",
        "100000000000000000000", "-0", ".5", "+1.5", "1E5", "-1e-300", "4.9e-324", "1e4000", "-1.1e4932", "3.6e-4951", "0x1p3", "0x.8", "1e+2", "00012.50",
        "0.1234567890123456789", "99999999999999999.9", "-99999999999999999999999999999.5", "1.7976931348623157e308", "2.5e-17", "4e-18", "6e-18", "5.", "1e308", "123456789.123456789", "0.000001",
    ];

    private static readonly string[] BadFloats = ["inf", "-inf", "+inf", "nan", "1e4933", "-1e5000", "infinity", "nan(1)", "1d5", "0x", "1e5f", "--1", "+-1", "abc", "", " 1", "1 ", "1e", "0x1p3", "1,5", "1.0\0"];
    private static readonly string[] Patterns =
    [
        "*", "k*", "k?", "k[0-4]", "k[^0-4]", "[^k]*", "\\k*", "k\\*", "[a-", "", "***", "k[4-0]", "k[", "*\xff", "*x*x*x*", "K*", "k1", "?",
    ];

    private static readonly string[] Names = ["worker", "a", "", "with space", "new\nline", "caf\xe9", "name-1"];
    private static readonly string[] Types = ["string", "list", "set", "zset", "hash", "stream", "STRING", "nosuchtype", ""];

    private static readonly string[] BadEntryIds =
    [
        "x", "", "1-", "-1", "1-x", "1-2-3", "18446744073709551616", "18446744073709551615-18446744073709551615", "0-0", "0-1", "1-*", "$", ">", "(", "(-", " 5", "+5-1",
    ];

    private int _newestEntry;

    private readonly long _nowMilliseconds = DateTimeOffset.UtcNow.ToUnixTimeMilliseconds();

    /// <summary>Every key that the vocabulary can name.</summary>
    public static IReadOnlyList<byte[]> AllKeys { get; } = [.. Keys.Select(Encoding.Latin1.GetBytes)];

    /// <summary>Begins a round: the ids of stream entries start from the beginning.</summary>
    public void StartRound() => _newestEntry = 0;

    /// <summary>A random argument of a kind named in a family file.</summary>
    public byte[] Pick(string kind, Random random) => kind switch
    {
        "key" => One(Keys, random),
        "value" => Value(random),
        "integer" => One(random.Next(7) == 0 ? BadIntegers : Integers, random),
        "float" => One(random.Next(8) == 0 ? BadFloats : Floats, random),
        "index" => random.Next(10) == 0 ? One(Integers, random) : Number(random.Next(-12, 30)),
        "offset" => Offset(random),
        "seconds" => Deadline(random, unit: 1000, from: 0),
        "millis" => Deadline(random, unit: 1, from: 0),
        "unix" => Deadline(random, unit: 1000, _nowMilliseconds),
        "unixms" => Deadline(random, unit: 1, _nowMilliseconds),
        "db" => One(["0", "0", "0", "1", "1", "2", "15", "16", "-1", "abc", "", "2147483648"], random, favour: 8),
        "pattern" => One(Patterns, random),
        "cursor" => One(["0", "0", "0", "0", "1", "abc", "-1", "", "18446744073709551615", "18446744073709551616"], random, favour: 4),
        "limit" => One(["1", "2", "10", "1000", "1000", "0", "-1", "abc"], random, favour: 5),
        "type" => One(Types, random),
        "name" => One(Names, random),
        "channel" => One(["c1", "c2", "c3", "__keyspace@0__:k1", "__keyevent@0__:del", ""], random, favour: 3),
        "channelpattern" => One(["c*", "c?", "*", "c[12]", "__key*__:*", "__keyevent@*__:*", "x"], random),
        "word" => Encoding.ASCII.GetBytes(Letters(random, 1 + random.Next(8))),
        "field" => One(["f1", "f2", "f3", "f4", ""], random, favour: 4),
        "hfield" => One(["f1", "f2", "f3", "f4", "f5", "f6", "7", "-8", "", "field:" + new string('y', 70), "08", "f\0\xff"], random, favour: 8),
        "member" => random.Next(2) == 0
            ? Number(random.Next(-3, random.Next(4) == 0 ? 70_000 : 30))
            : One(["a", "b", "m1", "m2", "m3", "m4", "m5", "m6", "", "08", "9223372036854775808", "x" + new string('z', 64), "9223372036854775807", "-2147483649"], random, favour: 8),
        "sortby" => One(["w_*", "w_*", "h_*->f1", "h_*->f2", "*", "x_*"], random),
        "sortget" => One(["w_*", "h_*->f1", "#", "x", "h_*->", "*"], random, favour: 3),
        "hvalue" => random.Next(3) == 0 ? Value(random) : One(["1", "v", "same", "10", "4.5", "12345", "-1"], random),
        "bitoffset" => random.Next(9) == 0 ? One(["-1", "536870911000", "9223372036854775807", "abc", "", "01", "#1", "-9223372036854775808"], random) : Number(random.Next(random.Next(3) == 0 ? 40_000 : 200)),
        "fieldoffset" => random.Next(12) == 0
            ? One(["-1", "536870911000", "9223372036854775807", "abc", "", "#", "#-1", "#a", "#2305843009213693952", "##1", "#9223372036854775807"], random)
            : [.. random.Next(3) == 0 ? "#"u8 : default, .. Number(random.Next(120))],
        "bitfield" => random.Next(15) == 0
            ? One(["u64", "i65", "u0", "i0", "x8", "8", "u", "U8", "i-1", "u08", "", "i9223372036854775807"], random)
            : Encoding.ASCII.GetBytes(random.Next(2) == 0 ? $"u{random.Next(1, 64)}" : $"i{random.Next(1, 65)}"),
        "place" => random.Next(4) == 0 ? Number(random.Next(20)) : Encoding.ASCII.GetBytes($"p{random.Next(20)}"),
        "longitude" => Degrees(random, 180, ["180", "-180", "180.1", "-181", "abc", "", "nan", "inf", "1e2"]),
        // Polygons around a pole have their middle where Valkey's grid does not go, and what it finds then is chance.
        "meridian" => Degrees(random, 20, ["20", "-20", "180.1", "-181", "abc", "", "nan", "inf", "1e1"]),
        "latitude" => Degrees(random, 85, ["85.05112878", "-85.05112878", "85.06", "90", "abc", "", "-inf", "8.5e1"]),
        "unit" => One(["m", "km", "ft", "mi", "KM", "x", ""], random, favour: 4),
        "length" => random.Next(12) == 0
            ? One(["0", "-1", "abc", "", "inf", "nan", "1e300", "0.5"], random) : Number(random.NextInt64(random.Next(2) == 0 ? 20_000_000 : 3000)),
        "element" => Number(random.NextInt64(random.Next(4) == 0 ? 100_000 : 60)),
        "score" => One(["0", "1", "-1", "2.5", "1e10", "inf", "-inf", "3", "nan", "abc"], random, favour: 8),
        "scorelow" => One(["-inf", "0", "1", "(1", "(-3", "-5", "2.5", "-2", "(0", "(-inf", "inf", "3", "(", "", "((1", "nan", "1e400", "abc", "0x1", "5.", ".5"], random, favour: 9),
        "scorehigh" => One(["+inf", "9", "(9", "5", "(20", "2.5", "(2", "12", "1", "(inf", "-inf", "0", "(", "", "1 ", "nan", "-1e400", "1e-400", "abc"], random, favour: 9),
        "lexlow" => One(["-", "[a", "(b", "[1", "[same", "[", "(", "+", "a", "", "-x", "[\xff"], random, favour: 5),
        "lexhigh" => One(["+", "[h", "(i", "[s", "(5", "[", "(", "-", "b", "", "+x", "(\xff"], random, favour: 5),
        "newentry" => Encoding.ASCII.GetBytes($"{_newestEntry += random.Next(3)}-{(random.Next(4) == 0 ? Encoding.ASCII.GetString(Number(random.Next(3))) : "*")}"),
        "entry" => EntryId(random),
        "bound" => random.Next(8) switch
        {
            < 2 => "-"u8.ToArray(),
            < 4 => "+"u8.ToArray(),
            < 6 => EntryId(random),
            _ => [(byte)'(', .. EntryId(random)],
        },
        "unread" => random.Next(5) switch
        {
            0 => "0"u8.ToArray(),
            1 => EntryId(random),
            _ => ">"u8.ToArray(),
        },
        _ => throw new ArgumentException($"the vocabulary has no {{{kind}}}"),
    };

    private static byte[] Value(Random random) => random.Next(12) switch
    {
        0 or 1 => One(Integers, random),
        2 => One(Floats, random),
        3 => One(BadIntegers, random),
        4 => [],
        5 => Bytes(random, random.Next(1, 30)),
        6 => Encoding.ASCII.GetBytes(Letters(random, 42 + random.Next(5))),
        7 => Encoding.ASCII.GetBytes(Letters(random, random.Next(50, 3000))),
        8 => random.Next(8) == 0 ? Bytes(random, random.Next(6) == 0 ? 70_000 : 20_000) : "line\r\nbreak"u8.ToArray(),
        9 => "same"u8.ToArray(),
        _ => Encoding.ASCII.GetBytes(Letters(random, random.Next(1, 20))),
    };

    private static byte[] Offset(Random random) => random.Next(10) switch
    {
        0 => One(["-1", "536870911000", "2147483647", "9223372036854775807", "abc", "4294967295", "-9223372036854775808"], random),
        1 => Number(random.Next(100, 5000)),
        _ => Number(random.Next(0, 60)),
    };

    // Many digits behind the point, so that no two distances are the same by chance; near zero more often than elsewhere.
    private static byte[] Degrees(Random random, int most, string[] special)
    {
        if (random.Next(25) == 0)
            return One(special, random);
        double range = random.Next(3) == 0 ? most : 12;
        return Encoding.ASCII.GetBytes(((random.NextDouble() - 0.5) * 2 * range).ToString("F9", CultureInfo.InvariantCulture));
    }

    // Of the newest entries rather than of old ones, most of which are gone.
    private byte[] EntryId(Random random)
    {
        if (random.Next(15) == 0)
            return One(BadEntryIds, random);
        int number = random.Next(random.Next(4) == 0 ? 0 : Math.Max(0, _newestEntry - 40), _newestEntry + 3);
        return Encoding.ASCII.GetBytes(random.Next(3) == 0 ? $"{number}" : $"{number}-{random.Next(2)}");
    }

    private static byte[] Deadline(Random random, long unit, long from)
    {
        const long Quarter = 15 * 60 * 1000;
        const long Year = 365L * 24 * 3600 * 1000;
        return random.Next(12) switch
        {
            0 => One(["0", "-1", "-100", "9223372036854775807", "-9223372036854775808", "9223372036854775", "9223370399119966"], random),
            1 => One(BadIntegers, random),
            2 => from == 0 ? Number(-random.Next(1, 1000)) : Number(random.Next(1, 1000)),
            _ => Number((from + random.NextInt64(Quarter, Year)) / unit),
        };
    }

    private static byte[] One(string[] choices, Random random, int favour = 0)
    {
        // The first few are what usually makes sense; the rest keeps the error paths in use.
        int count = favour > 0 && random.Next(6) > 0 ? favour : choices.Length;
        return Encoding.Latin1.GetBytes(choices[random.Next(count)]);
    }

    private static byte[] Number(long value) => Encoding.ASCII.GetBytes(value.ToString(CultureInfo.InvariantCulture));

    private static byte[] Bytes(Random random, int count)
    {
        byte[] bytes = new byte[count];
        random.NextBytes(bytes);
        return bytes;
    }

    private static string Letters(Random random, int count)
    {
        // Few different letters, so that LCS and IFEQ find something in common.
        int letters = random.Next(2, Alphabet);
        return string.Create(count, (random, letters), static (span, state) =>
        {
            for (int i = 0; i < span.Length; i++)
                span[i] = (char)('a' + state.random.Next(state.letters));
        });
    }
}
