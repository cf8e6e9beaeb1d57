using System.Text;
using Carnelian.Testing;

namespace Carnelian.Oracle.Differential;

/// <summary>
/// Decides whether two replies to the same command agree. Equal bytes always do; what else may differ is listed
/// here by command: time, random choices, the order of what has no order, and identity.
/// </summary>
internal static class ReplyRules
{
    private const long MillisecondTolerance = 400;
    private const long EntryTolerance = 4000;
    private const long LeastTime = 1_000_000_000_000;

    private delegate bool Rule(IReadOnlyList<byte[]> command, RespValue expected, RespValue actual);

    private static readonly Dictionary<string, Rule> Rules = new(StringComparer.Ordinal)
    {
        ["TTL"] = (_, e, a) => Near(e, a, 1),
        ["PTTL"] = (_, e, a) => Near(e, a, MillisecondTolerance),
        ["EXPIRETIME"] = (_, e, a) => Near(e, a, 1),
        ["PEXPIRETIME"] = (_, e, a) => Near(e, a, MillisecondTolerance),
        ["KEYS"] = (_, e, a) => SameSet(e, a),
        ["RANDOMKEY"] = (_, e, a) => SameKind(e, a),
        ["OBJECT|FREQ"] = (_, e, a) => SameKind(e, a),
        ["OBJECT|IDLETIME"] = (_, e, a) => SameKind(e, a),
        // Inside EXEC a value may still be shared with the queued command that set it, and with what is about to go to replicas.
        ["OBJECT|REFCOUNT"] = (_, e, a) => e.TryInteger(out long left) && a.TryInteger(out long right) && Math.Max(left, right) <= 3,
        ["MEMORY|USAGE"] = (_, e, a) => SameKind(e, a),
        ["DEBUG|OBJECT"] = SameStructure,
        ["MEMORY|DOCTOR"] = (_, e, a) => SameKind(e, a),
        ["COMMAND"] = WholeTable,
        ["COMMAND|INFO"] = WholeTable,
        ["COMMAND|DOCS"] = WholeTable,
        ["COMMAND|LIST"] = WholeTable,
        ["COMMAND|COUNT"] = (_, e, a) => SameKind(e, a),
        ["SLOWLOG|GET"] = (_, e, a) => SameKind(e, a),
        ["SLOWLOG|LEN"] = (_, e, a) => SameKind(e, a),
        ["COMMANDLOG|GET"] = (_, e, a) => SameKind(e, a),
        ["COMMANDLOG|LEN"] = (_, e, a) => SameKind(e, a),
        ["CLIENT|ID"] = (_, e, a) => SameKind(e, a),
        ["TIME"] = (_, e, a) => SameKind(e, a) && e.Elements.Count == a.Elements.Count,
        // WAIT and WAITAOF make Valkey's offset grow even without replicas.
        ["ROLE"] = (_, e, a) => e.Elements.Count == 3 && a.Elements.Count == 3 && e.Elements[0].SameAs(a.Elements[0]) && e.Elements[2].SameAs(a.Elements[2]),
        ["LASTSAVE"] = (_, e, a) => SameKind(e, a),
        ["LATENCY|HISTOGRAM"] = WholeTable,
        ["LATENCY|LATEST"] = (_, e, a) => SameKind(e, a),
        ["LATENCY|RESET"] = (_, e, a) => SameKind(e, a),
        ["INFO"] = (_, e, a) => SameKind(e, a),
        ["INFO|KEYSPACE"] = (_, e, a) => KeyCounts(e).SequenceEqual(KeyCounts(a)),
        ["SCAN"] = SameScan,
        ["ZSCAN"] = SameMemberScan,
        ["ZRANDMEMBER"] = SameMemberDraw,
        // Tables have no order.
        ["HGETALL"] = (_, e, a) => SamePairs(e, a),
        ["HKEYS"] = (_, e, a) => SameSet(e, a),
        ["HVALS"] = (_, e, a) => SameSet(e, a),
        ["HRANDFIELD"] = SameFieldDraw,
        ["HSCAN"] = SameFieldScan,
        ["SMEMBERS"] = (_, e, a) => SameSet(e, a),
        ["SINTER"] = (_, e, a) => SameSet(e, a),
        ["SUNION"] = (_, e, a) => SameSet(e, a),
        ["SDIFF"] = (_, e, a) => SameSet(e, a),
        ["SPOP"] = (c, e, a) => c.Count > 2 ? SameSet(e, a) : SameKind(e, a),
        ["SRANDMEMBER"] = SameSetDraw,
        ["SSCAN"] = SameSetScan,
        ["SORT"] = SameSort,
        ["SORT_RO"] = SameSort,
        ["HTTL"] = (_, e, a) => AllNear(e, a, 1),
        ["HPTTL"] = (_, e, a) => AllNear(e, a, MillisecondTolerance),
        ["HEXPIRETIME"] = (_, e, a) => AllNear(e, a, 1),
        ["HPEXPIRETIME"] = (_, e, a) => AllNear(e, a, MillisecondTolerance),
        ["XADD"] = (_, e, a) => IsAutomaticId(e) && IsAutomaticId(a),
        ["XPENDING"] = SamePending,
        ["XINFO|STREAM"] = (_, e, a) => SameButTimes(e, a),
        ["XINFO|CONSUMERS"] = SameConsumers,
        ["CLIENT|LIST"] = (_, e, a) => SameFieldNames(e, a),
        ["CLIENT|INFO"] = (_, e, a) => SameFieldNames(e, a),
        ["CONFIG|GET"] = (_, e, a) => SameMap(e, a, OwnDirectives.IsMasked, OwnDirectives.IsExtra),
        // Valkey's Lua engine is a module.
        ["HELLO"] = (_, e, a) => SameMap(e, a, name => name is "id" or "version" or "modules", name => false),
        ["MODULE|LIST"] = (_, e, a) => SameKind(e, a),
        ["PUBSUB|CHANNELS"] = (_, e, a) => SameSet(e, a),
        ["PUBSUB|SHARDCHANNELS"] = (_, e, a) => SameSet(e, a),
    };

    /// <summary>The upper-case name, with the subcommand behind a bar where a rule is about the subcommand.</summary>
    public static string NameOf(IReadOnlyList<byte[]> command)
    {
        string name = Encoding.Latin1.GetString(command[0]).ToUpperInvariant();
        if (command.Count < 2)
            return name;
        string both = $"{name}|{Encoding.Latin1.GetString(command[1]).ToUpperInvariant()}";
        return Rules.ContainsKey(both) || both.EndsWith("|HELP", StringComparison.Ordinal) ? both : name;
    }

    public static bool Agree(IReadOnlyList<byte[]> command, ReadOnlySpan<byte> expected, ReadOnlySpan<byte> actual, IReadOnlyList<byte[][]> queued)
    {
        if (expected.SequenceEqual(actual))
            return true;
        return !expected.IsEmpty && !actual.IsEmpty && Agree(command, RespValue.Parse(expected), RespValue.Parse(actual), queued);
    }

    private static bool Agree(IReadOnlyList<byte[]> command, RespValue expected, RespValue actual, IReadOnlyList<byte[][]> queued)
    {
        if (expected.SameAs(actual))
            return true;
        string name = NameOf(command);
        // What is drawn, and what may be asked of the drawing, is each server's own.
        if (name == "LOLWUT")
            return true;
        // An error's text counts to the byte, whatever the rule for the command's other replies.
        if (expected.IsError || actual.IsError)
            return OwnDirectives.IsSameListOfPolicies(expected.Value, actual.Value);
        if (name == "EXEC")
        {
            // Commands that reply more than once move the replies behind them.
            bool subscribes = queued.Any(command => NameOf(command).EndsWith("SUBSCRIBE", StringComparison.Ordinal));
            return expected.Type == actual.Type && expected.Elements.Count == actual.Elements.Count && queued.Count == expected.Elements.Count
                && Enumerable.Range(0, queued.Count).All(i => Agree(queued[i], expected.Elements[i], actual.Elements[i], [])
                    || (subscribes && queued.Any(command => Agree(command, expected.Elements[i], actual.Elements[i], []))));
        }

        if (name.EndsWith("|HELP", StringComparison.Ordinal))
            return IsPartOf(HelpSyntax(actual), HelpSyntax(expected));
        return Rules.TryGetValue(name, out Rule? rule) && rule(command, expected, actual);
    }

    /// <summary>The lines of a help text that give syntax: those that are not indented.</summary>
    public static IEnumerable<string> HelpSyntax(RespValue help) =>
        help.Elements.Select(line => line.Value).Where(line => !line.StartsWith(' '));

    // Subcommands that only the oracle has are missing; the catalogue mode knows which ones.
    private static bool IsPartOf(IEnumerable<string> lines, IEnumerable<string> all)
    {
        using IEnumerator<string> rest = all.GetEnumerator();
        return lines.All(line =>
        {
            while (rest.MoveNext())
            {
                if (rest.Current == line)
                    return true;
            }

            return false;
        });
    }

    // Values of masked names may differ; extra names are the tested server's own.
    private static bool SameMap(RespValue expected, RespValue actual, Func<string, bool> masked, Func<string, bool> extra)
    {
        if (expected.Type != actual.Type)
            return false;
        Dictionary<string, RespValue> left = Map(expected), right = Map(actual);
        return right.Keys.All(name => left.ContainsKey(name) || extra(name)) && left.All(pair => right.TryGetValue(pair.Key, out RespValue? other)
            && (masked(pair.Key) ? pair.Value.Type == other.Type : pair.Value.SameAs(other)));
    }

    /// <summary>A map's or a flat list's names and values.</summary>
    public static Dictionary<string, RespValue> Map(RespValue map)
    {
        var pairs = new Dictionary<string, RespValue>(StringComparer.Ordinal);
        for (int i = 0; i + 1 < map.Elements.Count; i += 2)
            pairs[map.Elements[i].Value] = map.Elements[i + 1];
        return pairs;
    }

    // Addresses and times are each server's own, and Valkey tells the length of a compressed dump.
    private static bool SameStructure(IReadOnlyList<byte[]> command, RespValue expected, RespValue actual)
    {
        return expected.Type == actual.Type && Fields(expected).SequenceEqual(Fields(actual));

        static IEnumerable<string> Fields(RespValue text) =>
            text.Value.Split(' ').Where(field => field.StartsWith("encoding:", StringComparison.Ordinal) || field.StartsWith("serializedlength:", StringComparison.Ordinal)
                || (field.StartsWith("ql_", StringComparison.Ordinal) && !field.StartsWith("ql_compressed:", StringComparison.Ordinal)));
    }

    // The time of a server that chooses the id itself.
    private static bool IsAutomaticId(RespValue id) => !id.IsNull && id.Value.IndexOf('-', StringComparison.Ordinal) == 13;

    private static bool SamePending(IReadOnlyList<byte[]> command, RespValue expected, RespValue actual)
    {
        return expected.Type == actual.Type && expected.Elements.Count == actual.Elements.Count && command.Count > 3
            && expected.Elements.Zip(actual.Elements).All(pair => SameEntry(pair.First.Elements, pair.Second.Elements));

        static bool SameEntry(IReadOnlyList<RespValue> left, IReadOnlyList<RespValue> right) =>
            left.Count == 4 && right.Count == 4 && left[0].SameAs(right[0]) && left[1].SameAs(right[1]) && Near(left[2], right[2], EntryTolerance) && left[3].SameAs(right[3]);
    }

    private static bool SameConsumers(IReadOnlyList<byte[]> command, RespValue expected, RespValue actual) =>
        expected.Type == actual.Type && expected.Elements.Count == actual.Elements.Count
        && expected.Elements.Zip(actual.Elements).All(pair => pair.First.Type == pair.Second.Type && pair.First.Elements.Count == pair.Second.Elements.Count
            && Map(pair.First).All(field => Map(pair.Second).TryGetValue(field.Key, out RespValue? other)
                && (field.Key is "idle" or "inactive" ? Near(field.Value, other, EntryTolerance) : field.Value.SameAs(other))));

    // Numbers of thirteen digits and more are points in time.
    private static bool SameButTimes(RespValue expected, RespValue actual)
    {
        if (expected.Elements.Count == 0)
            return expected.SameAs(actual) || (expected.TryInteger(out long time) && time > LeastTime && Near(expected, actual, EntryTolerance));
        return expected.Type == actual.Type && expected.Elements.Count == actual.Elements.Count
            && expected.Elements.Zip(actual.Elements).All(pair => SameButTimes(pair.First, pair.Second));
    }

    private static bool SameKind(RespValue expected, RespValue actual) =>
        expected.Type == actual.Type && expected.IsNull == actual.IsNull;

    // Tables of all commands have their own order; the catalogue mode compares them one command at a time.
    private static bool WholeTable(IReadOnlyList<byte[]> command, RespValue expected, RespValue actual) =>
        command.Count <= 2 && SameKind(expected, actual);

    private static bool SameSet(RespValue expected, RespValue actual) =>
        expected.Type == actual.Type && expected.Elements.Count == actual.Elements.Count
        && expected.Elements.Select(e => e.ToString()).Order(StringComparer.Ordinal)
            .SequenceEqual(actual.Elements.Select(e => e.ToString()).Order(StringComparer.Ordinal));

    private static bool Near(RespValue expected, RespValue actual, long tolerance) =>
        expected.Type == actual.Type && expected.TryInteger(out long left) && actual.TryInteger(out long right)
        && (left < 0 || right < 0 ? left == right : Math.Abs(left - right) <= tolerance);

    // Cursors are the server's own. Where both did the whole iteration in one step the keys have to agree.
    private static bool SameScan(IReadOnlyList<byte[]> command, RespValue expected, RespValue actual)
    {
        if (expected.Elements.Count != 2 || actual.Elements.Count != 2 || expected.Elements[0].Type != actual.Elements[0].Type)
            return false;
        bool whole = command[1] is [(byte)'0'] && expected.Elements[0].Value == "0" && actual.Elements[0].Value == "0";
        return whole ? SameSet(expected.Elements[1], actual.Elements[1]) : expected.Elements[1].Type == actual.Elements[1].Type;
    }

    // As SCAN's, but what belongs to a member stays behind it.
    private static bool SameMemberScan(IReadOnlyList<byte[]> command, RespValue expected, RespValue actual)
    {
        if (expected.Elements.Count != 2 || actual.Elements.Count != 2 || expected.Elements[0].Type != actual.Elements[0].Type)
            return false;
        RespValue left = expected.Elements[1], right = actual.Elements[1];
        if (command[2] is not [(byte)'0'] || expected.Elements[0].Value != "0" || actual.Elements[0].Value != "0")
            return left.Type == right.Type;
        bool isBare = command.Skip(3).Any(word => Encoding.Latin1.GetString(word).Equals("noscores", StringComparison.OrdinalIgnoreCase));
        return left.Elements.Count == right.Elements.Count && Members(left, isBare).SequenceEqual(Members(right, isBare));

        static IEnumerable<string> Members(RespValue list, bool isBare) =>
            list.Elements.Chunk(isBare ? 1 : 2).Select(part => string.Join(": ", part.Select(item => item.ToString()))).Order(StringComparer.Ordinal);
    }

    // A draw of more members than there are has all of them; other draws have as many.
    private static bool SameMemberDraw(IReadOnlyList<byte[]> command, RespValue expected, RespValue actual)
    {
        bool isWhole = command.Count > 2 && Encoding.Latin1.GetString(command[2]) == "1000";
        return SameKind(expected, actual) && expected.Elements.Count == actual.Elements.Count && (!isWhole || SameSet(expected, actual));
    }

    // The average of the deadlines is estimated by each server in its own way.
    private static IEnumerable<string> KeyCounts(RespValue info) =>
        info.Value.Split(',', '\n').Where(field => !field.StartsWith("avg_ttl", StringComparison.Ordinal));

    private static bool SamePairs(RespValue expected, RespValue actual) =>
        expected.Type == actual.Type && expected.Elements.Count == actual.Elements.Count && Pairs(expected).SequenceEqual(Pairs(actual));

    private static IEnumerable<string> Pairs(RespValue list) =>
        list.Elements.Chunk(2).Select(pair => string.Join(": ", pair.Select(part => part.ToString()))).Order(StringComparer.Ordinal);

    private static bool AllNear(RespValue expected, RespValue actual, long tolerance) =>
        expected.Type == actual.Type && expected.Elements.Count == actual.Elements.Count
        && expected.Elements.Zip(actual.Elements).All(pair => Near(pair.First, pair.Second, tolerance));

    // A draw of more fields than there are has all of them; other draws have as many.
    private static bool SameFieldDraw(IReadOnlyList<byte[]> command, RespValue expected, RespValue actual)
    {
        if (!SameKind(expected, actual) || expected.Elements.Count != actual.Elements.Count)
            return false;
        bool isWhole = command.Count > 2 && Encoding.ASCII.GetString(command[2]) == "1000";
        return !isWhole || (command.Count > 3 && expected.Elements.All(element => element.Items is null) ? SamePairs(expected, actual) : SameSet(expected, actual));
    }

    private static bool SameFieldScan(IReadOnlyList<byte[]> command, RespValue expected, RespValue actual)
    {
        if (expected.Elements.Count != 2 || actual.Elements.Count != 2 || expected.Elements[0].Type != actual.Elements[0].Type)
            return false;
        bool isWhole = command[2] is [(byte)'0'] && expected.Elements[0].Value == "0" && actual.Elements[0].Value == "0";
        bool isBare = command.Any(word => Encoding.Latin1.GetString(word).Equals("novalues", StringComparison.OrdinalIgnoreCase));
        RespValue left = expected.Elements[1], right = actual.Elements[1];
        return !isWhole ? left.Type == right.Type : isBare ? SameSet(left, right) : SamePairs(left, right);
    }

    private static bool SameSetDraw(IReadOnlyList<byte[]> command, RespValue expected, RespValue actual)
    {
        bool isWhole = command.Count > 2 && Encoding.ASCII.GetString(command[2]) == "1000";
        return SameKind(expected, actual) && expected.Elements.Count == actual.Elements.Count && (!isWhole || SameSet(expected, actual));
    }

    private static bool SameSetScan(IReadOnlyList<byte[]> command, RespValue expected, RespValue actual)
    {
        if (expected.Elements.Count != 2 || actual.Elements.Count != 2 || expected.Elements[0].Type != actual.Elements[0].Type)
            return false;
        bool isWhole = command[2] is [(byte)'0'] && expected.Elements[0].Value == "0" && actual.Elements[0].Value == "0";
        return isWhole ? SameSet(expected.Elements[1], actual.Elements[1]) : expected.Elements[1].Type == actual.Elements[1].Type;
    }

    // What BY finds may be equal, and a set has no order of its own.
    private static bool SameSort(IReadOnlyList<byte[]> command, RespValue expected, RespValue actual) =>
        command.Any(word => Encoding.Latin1.GetString(word).Equals("by", StringComparison.OrdinalIgnoreCase)) && SameSet(expected, actual);

    private static bool SameFieldNames(RespValue expected, RespValue actual)
    {
        if (expected.Type != actual.Type)
            return false;
        return IsEmpty(expected) || IsEmpty(actual) || Names(expected.Value).SequenceEqual(Names(actual.Value));

        static bool IsEmpty(RespValue list) => list.Value is "" or "txt:";

        static IEnumerable<string> Names(string text) => text.Split('\n')[0].Split(' ').Select(field => field.Split('=')[0]);
    }
}
