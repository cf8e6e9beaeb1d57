using System.Text.RegularExpressions;

namespace Carnelian.Tests.Structure;

/// <summary>The C# files of the repository, found from where the tests were built.</summary>
internal static partial class SourceTree
{
    private static readonly string[] s_parts = ["src", "eng", "tests", "bench"];
    private static readonly string[] s_made = ["bin", "obj", "node_modules"];

    /// <summary>The folder of the solution.</summary>
    public static string Root { get; } = FindRoot();

    /// <summary>All files, by their path below the root with forward slashes.</summary>
    public static IReadOnlyList<string> Files { get; } =
    [
        .. s_parts.Select(part => Path.Combine(Root, part)).Where(Directory.Exists)
            .SelectMany(part => Directory.EnumerateFiles(part, "*.cs", SearchOption.AllDirectories))
            .Select(file => Path.GetRelativePath(Root, file).Replace('\\', '/'))
            .Where(file => !file.Split('/').Intersect(s_made).Any())
            .Order(StringComparer.Ordinal),
    ];

    /// <summary>The text of one file.</summary>
    public static string Read(string file) => File.ReadAllText(Path.Combine(Root, file));

    /// <summary>The text of one file without comments and without what stands in quotes.</summary>
    public static string ReadCode(string file) => CommentOrText().Replace(Read(file), "");

    [GeneratedRegex(@"""(\\.|[^""\\\n])*""|//.*")]
    private static partial Regex CommentOrText();

    private static string FindRoot()
    {
        for (DirectoryInfo? folder = new(AppContext.BaseDirectory); folder != null; folder = folder.Parent)
        {
            if (File.Exists(Path.Combine(folder.FullName, "Carnelian.slnx")))
                return folder.FullName;
        }
        throw new InvalidOperationException($"no folder above {AppContext.BaseDirectory} has the solution");
    }
}
