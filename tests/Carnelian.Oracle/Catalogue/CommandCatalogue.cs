using System.Text;
using Carnelian.Oracle.Differential;
using Carnelian.Oracle.Grammar;
using Carnelian.Testing;

namespace Carnelian.Oracle.Catalogue;

/// <summary>
/// Compares what both servers say about the commands that both have: COMMAND INFO, COMMAND DOCS without the summaries,
/// COMMAND GETKEYS, COMMAND LIST and the syntax lines of HELP.
/// </summary>
internal sealed class CommandCatalogue(ServerPair servers, Findings findings, int seed)
{
    private const int KeySamples = 4000;

    // The places of a command's sets in COMMAND INFO: flags, categories, tips. Their order means nothing.
    private static readonly int[] UnorderedFields = [2, 6, 7];
    private static readonly string[] FieldNames = ["name", "arity", "flags", "first key", "last key", "step", "categories", "tips", "key specifications", "subcommands"];

    public void Run(int resp)
    {
        using var pair = new ConnectionPair(servers, resp);
        Findings.Note("commands are only in the oracle", servers.OnlyOracle);
        Findings.Note("commands are only in the tested server", servers.OnlyTested);
        string[] commands = [.. servers.Common.Where(name => !name.Contains('|')).Order(StringComparer.Ordinal)];
        CompareOwnArity(pair);
        foreach (string command in commands)
        {
            CompareInfo(pair, command);
            CompareDocs(pair, command);
        }

        foreach (string command in servers.Common.Where(name => name.EndsWith("|HELP", StringComparison.Ordinal)).Order(StringComparer.Ordinal))
            CompareHelp(pair, command[..^5]);
        CompareLists(pair);
        CompareKeys(pair, commands);
    }

    private static (RespValue Expected, RespValue Actual) Ask(ConnectionPair pair, params byte[][] command) => (pair.Oracle.Call(command), pair.Tested.Call(command));

    private static (RespValue Expected, RespValue Actual) Ask(ConnectionPair pair, string command) => Ask(pair, CommandText.Split(command));

    // COMMAND INFO of a name that nobody has, and the form of COMMAND COUNT.
    private void CompareOwnArity(ConnectionPair pair)
    {
        foreach (string command in new[] { "COMMAND INFO nosuch", "COMMAND INFO nosuch|nosuch", "COMMAND DOCS nosuch", "COMMAND COUNT x" })
        {
            (RespValue expected, RespValue actual) = Ask(pair, command);
            findings.Check(expected.SameAs(actual), command, () => $"expected {expected}\n    actual   {actual}");
        }
    }

    private void CompareInfo(ConnectionPair pair, string command)
    {
        (RespValue expected, RespValue actual) = Ask(pair, $"COMMAND INFO {command}");
        if (expected.Elements.Count != 1 || actual.Elements.Count != 1)
        {
            findings.Check(false, $"COMMAND INFO {command}", () => $"expected {expected}\n    actual   {actual}");
            return;
        }

        CompareInfo(command, expected.Elements[0], actual.Elements[0]);
    }

    private void CompareInfo(string command, RespValue expected, RespValue actual)
    {
        for (int i = 0; i < FieldNames.Length - 1; i++)
        {
            string left = Field(expected, i), right = Field(actual, i);
            findings.Check(left == right, $"COMMAND INFO {command}: {FieldNames[i]}", () => $"expected {left}\n    actual   {right}");
        }

        foreach (RespValue sub in actual.Elements.Count > 9 ? actual.Elements[9].Elements : [])
        {
            string name = sub.Elements[0].Value;
            if (expected.Elements[9].Elements.FirstOrDefault(other => other.Elements[0].Value == name) is { } known)
                CompareInfo(name, known, sub);
        }
    }

    private static string Field(RespValue command, int field)
    {
        if (command.Elements.Count <= field)
            return "(missing)";
        RespValue value = command.Elements[field];
        return UnorderedFields.Contains(field) ? $"{value.Type}{Ordered(value)}" : Canonical(value);
    }

    private static string Ordered(RespValue set) => string.Join(' ', set.Elements.Select(Canonical).Order(StringComparer.Ordinal));

    // Sets have no order; everything else has.
    private static string Canonical(RespValue value) => value switch
    {
        { Type: '~' } => $"~[{Ordered(value)}]",
        { Items: not null } => $"{value.Type}[{string.Join(", ", value.Elements.Select(Canonical))}]",
        _ => value.ToString(),
    };

    private void CompareDocs(ConnectionPair pair, string command)
    {
        (RespValue expected, RespValue actual) = Ask(pair, $"COMMAND DOCS {command}");
        if (expected.Elements.Count != 2 || actual.Elements.Count != 2)
            findings.Check(false, $"COMMAND DOCS {command}", () => $"expected {expected}\n    actual   {actual}");
        else
            CompareDocs(command, expected.Elements[1], actual.Elements[1]);
    }

    private void CompareDocs(string command, RespValue expected, RespValue actual)
    {
        Dictionary<string, RespValue> left = ReplyRules.Map(expected), right = ReplyRules.Map(actual);
        string leftNames = string.Join(' ', left.Keys), rightNames = string.Join(' ', right.Keys);
        findings.Check(expected.Type == actual.Type && leftNames == rightNames, $"COMMAND DOCS {command}: fields", () => $"expected {leftNames}\n    actual   {rightNames}");
        foreach (string field in left.Keys.Intersect(right.Keys))
        {
            if (field == "summary")
            {
                findings.Check(right[field].Value.Length > 0, $"COMMAND DOCS {command}: summary", () => "it is empty");
            }
            else if (field == "subcommands")
            {
                Dictionary<string, RespValue> known = ReplyRules.Map(left[field]);
                foreach ((string name, RespValue docs) in ReplyRules.Map(right[field]))
                {
                    if (known.TryGetValue(name, out RespValue? other))
                        CompareDocs(name, other, docs);
                }
            }
            else
            {
                string leftText = WithoutSummaries(left[field]), rightText = WithoutSummaries(right[field]);
                findings.Check(leftText == rightText, $"COMMAND DOCS {command}: {field}", () => $"expected {leftText}\n    actual   {rightText}");
            }
        }
    }

    // Arguments have summaries too.
    private static string WithoutSummaries(RespValue value)
    {
        if (value.Items is null)
            return value.ToString();
        var parts = new List<string>();
        for (int i = 0; i < value.Items.Count; i++)
        {
            if (value.Items[i].Value == "summary" && i % 2 == 0)
                i++;
            else
                parts.Add(WithoutSummaries(value.Items[i]));
        }

        return $"{(value.Type == '~' ? "~" : value.Type)}[{string.Join(", ", value.Type == '~' ? parts.Order(StringComparer.Ordinal) : parts)}]";
    }

    private void CompareHelp(ConnectionPair pair, string container)
    {
        (RespValue expected, RespValue actual) = Ask(pair, $"{container} HELP");
        string[] left = [.. ReplyRules.HelpSyntax(expected).Where(line => !servers.OnlyOracle.Contains($"{container}|{line.Split(' ')[0]}"))];
        string[] right = [.. ReplyRules.HelpSyntax(actual)];
        findings.Check(expected.Type == actual.Type && left.SequenceEqual(right), $"{container} HELP", () =>
            $"only expected: {string.Join(" / ", left.Except(right))}\n    only actual: {string.Join(" / ", right.Except(left))}");
    }

    private void CompareLists(ConnectionPair pair)
    {
        string[] filters =
        [
            "PATTERN *", "PATTERN get*", "PATTERN nosuch", "MODULE nosuch", .. new[]
            {
                "keyspace", "read", "write", "set", "sortedset", "list", "hash", "string", "bitmap", "hyperloglog", "geo", "stream", "pubsub", "admin",
                "fast", "slow", "blocking", "dangerous", "connection", "transaction", "scripting", "nosuch",
            }.Select(category => $"ACLCAT {category}"),
        ];
        foreach (string filter in filters)
        {
            (RespValue expected, RespValue actual) = Ask(pair, $"COMMAND LIST FILTERBY {filter}");
            string left = Names(expected), right = Names(actual);
            findings.Check(expected.Type == actual.Type && left == right, $"COMMAND LIST FILTERBY {filter}", () => $"expected {left}\n    actual   {right}");
        }
    }

    private string Names(RespValue list) =>
        string.Join(' ', list.Elements.Select(name => name.Value.ToUpperInvariant()).Where(servers.Common.Contains).Order(StringComparer.Ordinal));

    private void CompareKeys(ConnectionPair pair, string[] commands)
    {
        foreach (string command in commands)
        {
            for (int count = 0; count < 6; count++)
                CompareKeys(pair, [Encoding.ASCII.GetBytes(command), .. Enumerable.Range(1, count).Select(i => Encoding.ASCII.GetBytes($"{i}"))]);
        }

        // Real and mutated commands of the families that describe data.
        var random = new Random(seed);
        var vocabulary = new Vocabulary();
        foreach (string name in new[] { "strings", "keys", "types", "transactions" })
        {
            Family family = Family.Load(name).Where(servers.Common.Contains);
            for (int i = 0; i < KeySamples / 4 && !family.IsEmpty; i++)
            {
                byte[][] command = family.Generate(random, vocabulary);
                CompareKeys(pair, random.Next(4) == 0 ? Mutation.Apply(command, random) : command);
            }
        }
    }

    private void CompareKeys(ConnectionPair pair, byte[][] command)
    {
        foreach (string form in new[] { "GETKEYS", "GETKEYSANDFLAGS" })
        {
            (RespValue expected, RespValue actual) = Ask(pair, [Encoding.ASCII.GetBytes("COMMAND"), Encoding.ASCII.GetBytes(form), .. command]);
            findings.Check(Canonical(expected) == Canonical(actual), $"COMMAND {form} {CommandText.Describe(command)}", () => $"expected {expected}\n    actual   {actual}");
        }
    }
}
