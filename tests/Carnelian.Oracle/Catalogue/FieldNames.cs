using System.Text.RegularExpressions;
using Carnelian.Oracle.Differential;
using Carnelian.Testing;

namespace Carnelian.Oracle.Catalogue;

/// <summary>
/// Compares the names of all fields of INFO by section, and the names and default values of all directives.
/// What the tested server has beyond the oracle is noted only.
/// </summary>
internal sealed partial class FieldNames(ServerPair servers, Findings findings)
{
    public void Run()
    {
        using var pair = new ConnectionPair(servers, resp: 2);
        // The same few commands on both, so that the sections that depend on use have something to tell.
        foreach (string command in new[] { "SET k v", "SET t v EX 1000", "GET k", "NOSUCH" })
        {
            pair.Oracle.Call(command);
            pair.Tested.Call(command);
        }

        foreach (string sections in new[] { "everything", "all", "default", "", "server clients", "keyspace", "commandstats", "errorstats", "latencystats", "nosuch" })
            CompareInfo(pair, $"INFO {sections}".TrimEnd());
        CompareDirectives(pair);
    }

    [GeneratedRegex("^(cmdstat_|errorstat_|latency_percentiles_usec_|module$|engine)")]
    private static partial Regex DependsOnUse();

    private void CompareInfo(ConnectionPair pair, string command)
    {
        Dictionary<string, string> expected = Fields(pair.Oracle.Call(command)), actual = Fields(pair.Tested.Call(command));
        foreach ((string field, string form) in expected)
        {
            string? other = actual.GetValueOrDefault(field);
            findings.Check(other == form, $"{command}: {field}", () => other is null ? "it is missing" : $"expected the form {form}\n    actual the form {other}");
        }

        Findings.Note($"fields of {command} are only in the tested server", actual.Keys.Except(expected.Keys));
        string leftSections = Sections(expected), rightSections = Sections(actual);
        findings.Check(leftSections == rightSections, $"{command}: order of the sections", () => $"expected {leftSections}\n    actual   {rightSections}");
    }

    private static string Sections(Dictionary<string, string> fields) => string.Join(" / ", fields.Keys.Select(name => name.Split(": ")[0]).Distinct());

    // "Section: field" and the form of the value: of "a=1,b=2" the names count, of anything else nothing.
    private static Dictionary<string, string> Fields(RespValue info)
    {
        var fields = new Dictionary<string, string>(StringComparer.Ordinal);
        string section = "";
        foreach (string line in info.Value.Split("\r\n", StringSplitOptions.RemoveEmptyEntries))
        {
            if (line.StartsWith("# ", StringComparison.Ordinal))
            {
                section = line[2..];
                continue;
            }

            string[] parts = line.Split(':', 2);
            if (parts.Length < 2)
                fields[$"{section}: (bad line) {line}"] = "";
            else if (!DependsOnUse().IsMatch(parts[0]) || parts[0] is "cmdstat_set" or "errorstat_ERR" or "latency_percentiles_usec_set")
                fields[$"{section}: {parts[0]}"] = Form(parts[1]);
        }

        return fields;
    }

    private static string Form(string value) =>
        value.Contains('=') ? string.Join(',', value.Split(',').Select(part => part.Split('=')[0])) : "";

    private void CompareDirectives(ConnectionPair pair)
    {
        Dictionary<string, RespValue> expected = ReplyRules.Map(pair.Oracle.Call("CONFIG GET *")), actual = ReplyRules.Map(pair.Tested.Call("CONFIG GET *"));
        foreach ((string name, RespValue value) in expected)
        {
            RespValue? other = actual.GetValueOrDefault(name);
            bool agrees = other is not null && (OwnDirectives.IsMasked(name) || other.Value == value.Value);
            findings.Check(agrees, $"CONFIG GET {name}", () => other is null ? "it is missing" : $"expected {value}\n    actual   {other}");
        }

        Findings.Note("directives are only in the tested server", actual.Keys.Except(expected.Keys));
    }
}
