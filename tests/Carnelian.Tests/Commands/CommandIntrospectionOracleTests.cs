// COMMAND INFO, DOCS and GETKEYSANDFLAGS of every command that both sides know, in both protocols, against the real server.
// Summaries are Carnelian's own and left out, so are the lists of subcommands: each subcommand is compared by itself.

using System.Text;

using Carnelian.Commands.Table;
using Carnelian.Testing;

namespace Carnelian.Tests.Commands;

public sealed class CommandIntrospectionOracleTests
{
    private const int GetKeysCallsPerCommand = 200;
    private const int Seed = 20261121;

    private static readonly string[] s_words =
        ["a", "b", "key", "0", "1", "2", "3", "-1", "STREAMS", "streams", "GET", "get", "EX", "LIMIT", "WEIGHTS", "STORE", "KEYS", "COUNT", ""];

    [RealServerFact]
    public void Info_equals_that_of_the_real_server() => Compare("INFO", static reply => Describe(reply.Elements[0], fields: 9));

    [RealServerFact]
    public void Docs_equal_those_of_the_real_server() => Compare("DOCS", static reply => DescribeDocumentation(reply.Elements[1]));

    [RealServerFact]
    public void Keys_found_in_arguments_equal_those_of_the_real_server()
    {
        using var server = ServerProcess.Start(RealServerFactAttribute.Program);
        using var connection = new RespConnection(server.Port);
        var differences = new List<string>();
        int compared = 0;
        foreach (CommandTable table in Tables())
        {
            using var client = new InProcessClient(WithIntrospection(table));
            var random = new Random(Seed);
            foreach (CommandDefinition command in table.Definitions)
            {
                if (command.Subcommands.Length > 0 || connection.CallWith("COMMAND", "INFO", command.Name).Elements[0].IsNull)
                    continue;
                for (int i = 0; i < GetKeysCallsPerCommand; i++)
                {
                    string[] call = ["COMMAND", "GETKEYSANDFLAGS", .. command.Name.Split('|'), .. RandomWords(random, Math.Abs(command.Arity) + 3)];
                    string expected = connection.CallWith(call).ToString();
                    string actual = RespValue.Parse(client.Call(call)).ToString();
                    compared++;
                    if (actual != expected)
                        differences.Add($"{string.Join(' ', call[2..])}\n  real {expected}\n  ours {actual}");
                }
            }
        }

        Assert.True(compared > 0);
        Assert.True(differences.Count == 0, $"seed {Seed}: {differences.Count} of {compared} differ\n{string.Join('\n', differences.Take(20))}");
    }

    /// <summary>The server's commands, and the samples that have every shape of key specification.</summary>
    private static CommandTable[] Tables() =>
    [
        CommandTable.Create(Carnelian.Commands.GeneratedCommands.Create(), Carnelian.Server.GeneratedCommands.Create()),
        CommandTable.Create(GeneratedCommands.Create()),
    ];

    /// <summary>The same definitions made afresh, with COMMAND among them.</summary>
    private static CommandTable WithIntrospection(CommandTable table)
    {
        if (table.Find("COMMAND"u8) != null)
            return table;
        CommandDefinition[] server = Carnelian.Server.GeneratedCommands.Create();
        CommandDefinition[] samples = Array.FindAll(
            GeneratedCommands.Create(), sample => !Array.Exists(server, command => command.Name == sample.Name));
        return CommandTable.Create(samples, server);
    }

    private static void Compare(string subcommand, Func<RespValue, string> describe)
    {
        using var server = ServerProcess.Start(RealServerFactAttribute.Program);
        using var connection = new RespConnection(server.Port);
        var differences = new List<string>();
        int compared = 0;
        foreach (int resp in new[] { 2, 3 })
        {
            connection.CallWith("HELLO", $"{resp}");
            foreach (CommandTable table in Tables())
            {
                using var client = new InProcessClient(WithIntrospection(table)) { Resp = resp };
                foreach (CommandDefinition command in table.Definitions)
                {
                    if (connection.CallWith("COMMAND", "INFO", command.Name).Elements[0].IsNull)
                        continue;
                    string expected = describe(connection.CallWith("COMMAND", subcommand, command.Name));
                    string actual = describe(RespValue.Parse(client.Call("COMMAND", subcommand, command.Name)));
                    compared++;
                    if (actual != expected)
                        differences.Add($"{command.Name} in RESP{resp}\n  real {expected}\n  ours {actual}");
                }
            }
        }

        Assert.True(compared > 0);
        Assert.True(differences.Count == 0, $"{differences.Count} of {compared} differ\n{string.Join('\n', differences.Take(20))}");
    }

    private static string Describe(RespValue entry, int fields) =>
        $"{entry.Type}{entry.Elements.Count} {string.Join(' ', entry.Elements.Take(fields))}";

    /// <summary>The map of a command without summaries and subcommands, to any depth.</summary>
    private static string DescribeDocumentation(RespValue value)
    {
        if (value.Items == null)
            return value.ToString();
        var text = new StringBuilder().Append(value.Type).Append('[');
        for (int i = 0; i < value.Items.Count; i++)
        {
            if (value.Items[i].Value is "summary" or "subcommands" && i + 1 < value.Items.Count)
                i++;
            else
                text.Append(DescribeDocumentation(value.Items[i])).Append(' ');
        }

        return text.Append(']').ToString();
    }

    private static string[] RandomWords(Random random, int atMost)
    {
        var words = new string[random.Next(atMost + 1)];
        for (int i = 0; i < words.Length; i++)
            words[i] = s_words[random.Next(s_words.Length)];
        return words;
    }
}
