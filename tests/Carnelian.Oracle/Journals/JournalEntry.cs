using System.Globalization;
using System.Text;
using Carnelian.Oracle.Differential;
using Carnelian.Testing;

namespace Carnelian.Oracle.Journals;

/// <summary>A command of a journal and the database that it works on; MULTI and EXEC work on none.</summary>
internal sealed record JournalEntry(string Database, string[] Words)
{
    private const long LeastMilliseconds = 1_000_000_000_000;
    private const long LeastSeconds = 1_000_000_000;
    private const long Tolerance = 10_000;

    /// <summary>Whether it is only in our journal: BITFIELD that has lengthened a string and then failed, which Valkey keeps from its replicas.</summary>
    public bool IsOurs => Words is ["BITFIELD" or "bitfield", ..] && Array.Exists(Words, static word => word.Equals("FAIL", StringComparison.OrdinalIgnoreCase));

    /// <summary>Reads a stream from its first SELECT on. Heartbeats, SELECTs themselves and what the comparison does are left out.</summary>
    public static List<JournalEntry> Read(IEnumerable<RespValue> commands)
    {
        var entries = new List<JournalEntry>();
        string database = "?";
        foreach (RespValue command in commands)
        {
            string[] words = [.. command.Elements.Select(static word => word.Value)];
            if (words[0] == "SELECT")
                database = words[1];
            else if (words is not (["PING" or "ping"] or ["REPLCONF", ..] or [_, DumpComparison.RestoredKey, ..]))
                entries.Add(new JournalEntry(words is ["MULTI" or "EXEC"] ? "" : database, words));
        }

        return entries;
    }

    /// <summary>Whether two servers mean the same: times may lie a little apart.</summary>
    public bool Agrees(JournalEntry other) =>
        (Database == other.Database || Database == "?" || other.Database == "?") && Words.Length == other.Words.Length && Words.Zip(other.Words).All(static pair => Agree(pair.First, pair.Second));

    public override string ToString() => $"{Database}> {CommandText.Describe([.. Words.Select(Encoding.Latin1.GetBytes)])}";

    private static bool Agree(string expected, string actual)
    {
        if (expected == actual)
            return true;
        // An id of a stream that the server has chosen: milliseconds and a number.
        int dash = expected.IndexOf('-', StringComparison.Ordinal);
        if (dash == 13 && actual.Length > 13 && actual[13] == '-')
            return AreNear(expected[..13], actual[..13]);
        return AreNear(expected, actual);
    }

    private static bool AreNear(string expected, string actual) =>
        long.TryParse(expected, NumberStyles.None, CultureInfo.InvariantCulture, out long left) && long.TryParse(actual, NumberStyles.None, CultureInfo.InvariantCulture, out long right)
        && Math.Abs(left - right) <= (left >= LeastMilliseconds ? Tolerance : left >= LeastSeconds ? Tolerance / 1000 : 0);
}
