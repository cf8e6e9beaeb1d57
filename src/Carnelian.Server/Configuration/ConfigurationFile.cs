// The text of a configuration file: lines, comments, quotes; and the files that a path or a pattern names. What the directives
// mean is not known here.

using System.Runtime.InteropServices;

namespace Carnelian.Server.Configuration;

/// <summary>Reads configuration files.</summary>
public static class ConfigurationFile
{
    private const string WhiteSpace = " \t\r\n";

    /// <summary>The lines of a text that are neither blank nor comments. Takes any input: a line that cannot be split says so.</summary>
    public static List<ConfigurationLine> Parse(ReadOnlySpan<byte> text) => Parse(ConfigurationText.FromBytes(text));

    /// <inheritdoc cref="Parse(ReadOnlySpan{byte})"/>
    public static List<ConfigurationLine> Parse(string text)
    {
        List<ConfigurationLine> lines = [];
        int number = 0;
        foreach (Range range in text.AsSpan().Split('\n'))
        {
            number++;
            string line = Clean(text[range]);
            if (line.Length == 0 || line[0] == '#') continue;
            string[]? arguments = ConfigurationText.SplitArguments(line);
            if (arguments is []) continue;
            lines.Add(new ConfigurationLine(number, line, arguments));
        }
        return lines;
    }

    /// <summary>A line without the white space around it and without what follows a zero byte.</summary>
    internal static string Clean(string line)
    {
        int zero = line.IndexOf('\0');
        return (zero < 0 ? line : line[..zero]).Trim(WhiteSpace.ToCharArray());
    }

    /// <summary>Reads a file, or all files that a pattern with *, ? or [ names, in the order of their names.</summary>
    /// <param name="error">What is wrong with a file, as the system words it, or null.</param>
    internal static string Read(string name, out string? error)
    {
        error = null;
        try
        {
            string path = ConfigurationText.ToUnicode(name);
            if (!name.AsSpan().ContainsAny('*', '?', '[')) return ReadOne(path);
            return string.Concat(Expand(path).Select(ReadOne));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException)
        {
            error = Describe(e);
            return "";
        }
    }

    /// <summary>The system's wording of an error with a file.</summary>
    internal static string Describe(Exception exception)
    {
        const int NoSuchFile = 2, PermissionDenied = 13;
        return exception switch
        {
            FileNotFoundException or DirectoryNotFoundException or ArgumentException => Marshal.GetPInvokeErrorMessage(NoSuchFile),
            UnauthorizedAccessException => Marshal.GetPInvokeErrorMessage(PermissionDenied),
            // The runtime keeps the system's error number of what it has no exception for in HResult.
            { HResult: > 0 } => Marshal.GetPInvokeErrorMessage(exception.HResult),
            _ => exception.Message,
        };
    }

    private static string ReadOne(string path) => ConfigurationText.FromBytes(File.ReadAllBytes(path));

    /// <summary>The files that a pattern names, sorted. A name that begins with a dot is found only by a pattern that does.</summary>
    private static IEnumerable<string> Expand(string pattern)
    {
        List<string> paths = [pattern.StartsWith('/') ? "/" : ""];
        foreach (string part in pattern.Split('/', StringSplitOptions.RemoveEmptyEntries))
        {
            bool isPattern = part.AsSpan().ContainsAny('*', '?', '[');
            List<string> next = [];
            foreach (string path in paths)
            {
                if (!isPattern)
                {
                    string child = Path.Combine(path, part);
                    if (Path.Exists(child)) next.Add(child);
                    continue;
                }
                string directory = path.Length == 0 ? "." : path;
                if (!Directory.Exists(directory)) continue;
                string glob = ConfigurationText.FromUnicode(part.Replace("[!", "[^", StringComparison.Ordinal));
                foreach (string entry in Directory.EnumerateFileSystemEntries(directory))
                {
                    string name = Path.GetFileName(entry);
                    if (name.StartsWith('.') != part.StartsWith('.')) continue;
                    if (ConfigurationText.Matches(glob, ConfigurationText.FromUnicode(name), ignoreCase: false)) next.Add(Path.Combine(path, name));
                }
            }
            paths = next;
        }
        paths.Sort(StringComparer.Ordinal);
        return paths;
    }
}
