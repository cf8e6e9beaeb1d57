using Carnelian.Server.Configuration;

namespace Carnelian.Tests.Configuration;

/// <summary>A configuration loaded from a text, and what else the text declared.</summary>
internal sealed class LoadedConfiguration
{
    public ServerConfiguration Values { get; } = new();

    public ConfigurationLoader Loader { get; }

    public List<string> Users { get; } = [];

    public List<string> Renamed { get; } = [];

    /// <summary>The error of loading, or null.</summary>
    public string? Error { get; private set; }

    private LoadedConfiguration() => Loader = new ConfigurationLoader(Values)
    {
        RenameCommand = (from, to) =>
        {
            Renamed.Add($"{from}>{to}");
            return from == "FOO" ? "No such command in rename-command" : null;
        },
        DeclareUser = (name, rules) =>
        {
            Users.Add($"{name}:{string.Join(' ', rules)}");
            return null;
        },
    };

    public static LoadedConfiguration FromText(string text) => From([], text);

    public static LoadedConfiguration From(string[] arguments, string? standardInput = null)
    {
        var loaded = new LoadedConfiguration();
        loaded.Error = loaded.Loader.Load(CommandLineOptions.Parse(arguments), standardInput)?.Text;
        return loaded;
    }

    /// <summary>The value of one directive.</summary>
    public string this[string name] => Values.Get([name]).Single().Value;
}
