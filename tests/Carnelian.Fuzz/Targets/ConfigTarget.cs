using System.Text;
using Carnelian.Server.Configuration;

namespace Carnelian.Fuzz.Targets;

/// <summary>
/// Configuration files and command lines. The input is the text of a file; a zero byte ends it, and what follows are the arguments of the
/// process, separated by zero bytes. What is accepted must be stable: its values, written as a configuration, load again as themselves.
/// Directives that name files or folders are left out, since loading would open them.
/// </summary>
internal sealed class ConfigTarget : FuzzTarget
{
    private const byte Separator = 0;

    private static readonly string[] s_touchFiles = ["include", "dir", "logfile"];
    private static readonly string[] s_replication = ["replicaof", "slaveof"];

    public override string Name => "config";

    public override IReadOnlyList<byte[]> Dictionary { get; } =
    [
        "\n"u8.ToArray(), "\0"u8.ToArray(), "\0--"u8.ToArray(), "\0-"u8.ToArray(), "\""u8.ToArray(), "'"u8.ToArray(), "\\x"u8.ToArray(), "#"u8.ToArray(), " "u8.ToArray(),
        "yes"u8.ToArray(), "no"u8.ToArray(), "\"\""u8.ToArray(), "10mb"u8.ToArray(), "50%"u8.ToArray(), "-1"u8.ToArray(), "normal 0 0 0"u8.ToArray(), "900 1"u8.ToArray(),
        "rename-command "u8.ToArray(), "user "u8.ToArray(), "loadmodule "u8.ToArray(), "module.name "u8.ToArray(),
        .. new ServerConfiguration().Get(["*"]).Select(static directive => Encoding.ASCII.GetBytes(directive.Key + " ")),
    ];

    public override void Run(ReadOnlySpan<byte> input)
    {
        int end = input.IndexOf(Separator);
        ReadOnlySpan<byte> text = end < 0 ? input : input[..end];
        string[] arguments = end < 0 ? [] : [.. Encoding.UTF8.GetString(input[(end + 1)..]).Split('\0')];

        // An empty first argument stands for no file: the fuzzer may not open any.
        CommandLineOptions options = CommandLineOptions.Parse(["", .. arguments]);
        if (options.ConfigurationFile != null) throw new FuzzFailure("a later argument became the file");
        string file = Harmless(text);
        string lines = Harmless(ConfigurationText.ToBytes(options.Text));
        CheckLines(file);
        CheckLines(lines);

        var first = new ServerConfiguration();
        string? error = Load(first, file + "\n" + lines);
        if (error is { Length: 0 }) throw new FuzzFailure("an error without a text");
        if (error != null) return;

        string written = Write(first);
        var second = new ServerConfiguration();
        if (Load(second, written) is { } refused) throw new FuzzFailure($"a configuration is refused in its own words: {refused}");
        string again = Write(second);
        if (written != again)
        {
            string[] before = written.Split('\n'), after = again.Split('\n');
            throw new FuzzFailure($"values change when they are loaded again: {string.Join("; ", before.Except(after))} became {string.Join("; ", after.Except(before))}");
        }
    }

    private static bool IsPlainList(string value) =>
        value.All(static c => char.IsAsciiLetterOrDigit(c) || c is '.' or ':' or '*' or '-' or ' ') && value.Split(' ').All(static word => word.Length > 0);

    private static string Harmless(ReadOnlySpan<byte> text)
    {
        IEnumerable<string> lines = ConfigurationText.FromBytes(text).Split('\n').Where(static line =>
            ConfigurationFile.Parse(line) is not [{ Arguments: [{ } name, ..] }] || !s_touchFiles.Contains(name.ToLowerInvariant()));
        return string.Join('\n', lines);
    }

    private static void CheckLines(string text)
    {
        foreach (ConfigurationLine line in ConfigurationFile.Parse(text))
        {
            if (line.Arguments is { Length: 0 }) throw new FuzzFailure("a line of nothing");
        }
    }

    private static string? Load(ServerConfiguration configuration, string text)
    {
        var loader = new ConfigurationLoader(configuration)
        {
            RenameCommand = static (_, _) => null,
            DeclareUser = static (_, _) => null,
        };
        return loader.Load(CommandLineOptions.Parse([]), text)?.Text;
    }

    private static string Write(ServerConfiguration configuration)
    {
        var text = new StringBuilder();
        foreach ((string name, string value) in configuration.Get(["*"]))
        {
            // A server that is no replica has no way to say so, nor has a list to show an odd host before its port.
            if (s_touchFiles.Contains(name) || (s_replication.Contains(name) && !IsPlainList(value))) continue;
            // Odd words among the addresses cannot be told apart in the list of them.
            string shown = (name is "bind" or "rdma-bind") && !IsPlainList(value) ? "odd" : value;
            text.Append(name).Append(' ').Append(ConfigurationText.FromBytes(Text.Quoting.Represent(ConfigurationText.ToBytes(shown)))).Append('\n');
        }
        return text.ToString();
    }
}
