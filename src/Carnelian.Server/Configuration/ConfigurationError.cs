namespace Carnelian.Server.Configuration;

/// <summary>Why the server cannot start with its configuration.</summary>
/// <param name="Text">The text for standard error, with line ends; or, when <paramref name="IsLogLine"/>, the log line of level warning.</param>
/// <param name="IsLogLine">Whether the error belongs into the log instead.</param>
public sealed record ConfigurationError(string Text, bool IsLogLine)
{
    /// <summary>The Valkey version whose configuration file we read, which the error names as Valkey does.</summary>
    public const string Version = "9.1.2";

    /// <summary>An error in a line.</summary>
    internal static ConfigurationError InLine(ConfigurationLine line, string error) =>
        new($"\n*** FATAL CONFIG FILE ERROR (Version {Version}) ***\nReading the configuration file, at line {line.Number}\n>>> '{line.Text}'\n{error}\n", IsLogLine: false);

    /// <summary>An error of the configuration as a whole.</summary>
    internal static ConfigurationError OfAll(string error) =>
        new($"\n*** FATAL CONFIG FILE ERROR (Version {Version}) ***\n{error}\n", IsLogLine: false);

    /// <summary>A file that cannot be read.</summary>
    internal static ConfigurationError NotReadable(string name, string error) =>
        new($"Fatal error, can't open config file '{name}': {error}", IsLogLine: true);
}
