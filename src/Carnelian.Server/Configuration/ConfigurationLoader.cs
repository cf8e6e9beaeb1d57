// Loads the configuration at start: the file with what it includes, standard input, the command line, in this order, so that
// the last value wins. Runs on the main thread before anything else exists.

namespace Carnelian.Server.Configuration;

/// <summary>Fills a <see cref="ServerConfiguration"/>.</summary>
/// <param name="configuration">The configuration, which holds the defaults.</param>
public sealed class ConfigurationLoader(ServerConfiguration configuration)
{
    private const int MaxIncludeDepth = 64;
    private const string BadDirective = "Bad directive or wrong number of arguments";

    private readonly HashSet<string> _users = [];

    /// <summary>Renames a command; an empty new name removes it. Gives the error or null.</summary>
    public required Func<string, string, string?> RenameCommand { get; init; }

    /// <summary>Takes an ACL user: name and rules. Gives the error or null.</summary>
    public required Func<string, string[], string?> DeclareUser { get; init; }

    /// <summary>Modules to load: path and arguments.</summary>
    public List<string[]> Modules { get; } = [];

    /// <summary>Directives of modules, which have a dot in their name: name and arguments.</summary>
    public List<string[]> ModuleDirectives { get; } = [];

    /// <summary>Loads everything; gives the first error or null.</summary>
    /// <param name="options">The command line.</param>
    /// <param name="standardInput">The text of standard input, when the command line asks for it.</param>
    public ConfigurationError? Load(CommandLineOptions options, string? standardInput)
    {
        configuration.File = options.ConfigurationFile;
        string text = "";
        if (options.ConfigurationFile is { } file)
        {
            string name = ConfigurationText.FromUnicode(file);
            text = ConfigurationFile.Read(name, out string? error);
            if (error is not null) return ConfigurationError.NotReadable(name, error);
        }
        text += standardInput;
        if (options.Text.Length > 0) text += "\n" + options.Text;
        return LoadText(text, depth: 0) ?? CheckAll();
    }

    private ConfigurationError? LoadText(string text, int depth)
    {
        foreach (ConfigurationLine line in ConfigurationFile.Parse(text))
        {
            if (line.Arguments is not { } arguments) return ConfigurationError.InLine(line, "Unbalanced quotes in configuration line");
            string name = arguments[0] = arguments[0].ToLowerInvariant();
            if (name == "include" && arguments.Length == 2)
            {
                if (Include(arguments[1], depth) is { } includeError) return includeError;
                continue;
            }
            string? error = DirectiveTable.ByName.TryGetValue(name, out Directive? directive)
                ? SetDirective(directive, arguments.AsSpan(1))
                : LoadOther(name, arguments);
            if (error is not null) return ConfigurationError.InLine(line, error);
        }
        return null;
    }

    private ConfigurationError? Include(string name, int depth)
    {
        if (depth == MaxIncludeDepth) return ConfigurationError.NotReadable(name, "Too many levels of include");
        string text = ConfigurationFile.Read(name, out string? error);
        return error is null ? LoadText(text, depth + 1) : ConfigurationError.NotReadable(name, error);
    }

    private string? SetDirective(Directive directive, ReadOnlySpan<string> arguments)
    {
        if (!directive.Has(DirectiveFlags.MultiArgument))
            return arguments.Length == 1 ? directive.Set(configuration, arguments, loading: true) : "wrong number of arguments";
        // One argument may hold all of them, as in CONFIG SET; here they are split by the rules of a line.
        if (arguments is [{ Length: > 0 } all]) arguments = ConfigurationText.SplitArguments(all) ?? [];
        return directive.Set(configuration, arguments, loading: true);
    }

    /// <summary>The lines that are no directives of CONFIG.</summary>
    private string? LoadOther(string name, string[] arguments)
    {
        switch (name)
        {
            case "rename-command" when arguments.Length == 3:
                return RenameCommand(arguments[1], arguments[2]);
            case "user" when arguments.Length >= 2:
                string? error = _users.Add(arguments[1])
                    ? DeclareUser(arguments[1], arguments[2..])
                    : "Duplicate user found. A user can only be defined once in config files";
                return error is null ? null : $"Error in user declaration '{arguments[1]}': {error}";
            case "loadmodule" when arguments.Length >= 2:
                Modules.Add(arguments[1..]);
                return null;
            case "sentinel" when arguments.Length >= 2:
                return "sentinel directive while not in sentinel mode";
        }
        if (DirectiveTable.IsIgnored(name) && arguments.Length == 2) return null;
        if (!name.Contains('.') || arguments.Length < 2) return BadDirective;
        ModuleDirectives.Add(arguments);
        return null;
    }

    private ConfigurationError? CheckAll()
    {
        if (configuration.ClusterEnabled && configuration.ReplicaOf is not null)
            return ConfigurationError.OfAll("replicaof directive not allowed in cluster mode");
        if (configuration.LogFile.Length == 0) return null;
        try
        {
            using var log = new FileStream(ConfigurationText.ToUnicode(configuration.LogFile), FileMode.Append, FileAccess.Write, FileShare.ReadWrite);
            return null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException)
        {
            return ConfigurationError.OfAll($"Can't open the log file: {ConfigurationFile.Describe(e)}");
        }
    }
}
