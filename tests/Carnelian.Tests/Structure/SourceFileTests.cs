using System.Text.RegularExpressions;

namespace Carnelian.Tests.Structure;

/// <summary>What holds for every source file.</summary>
public sealed partial class SourceFileTests
{
    private const int MostLines = 800;

    // What the compiler looks for and an old framework lacks has to stand where the framework would have it.
    private const string CompilersNamespace = "System.Runtime.CompilerServices";

    // The foundation's folders are namespaces of the whole project.
    private static readonly Dictionary<string, string> s_rootNamespaces = new() { ["Carnelian.Foundation"] = "Carnelian" };

    [Fact]
    public void The_tree_is_found() => Assert.True(SourceTree.Files.Count(file => file.StartsWith("src/", StringComparison.Ordinal)) > 100);

    [Fact]
    public void No_file_is_long()
    {
        IEnumerable<string> tooLong =
            from file in SourceTree.Files
            let lines = SourceTree.Read(file).Count(c => c == '\n')
            where lines > MostLines
            select $"{file}: {lines} lines";

        Assert.Equal("", string.Join('\n', tooLong));
    }

    [Fact]
    public void Namespaces_are_folders()
    {
        IEnumerable<string> misplaced =
            from file in SourceTree.Files
            let source = SourceTree.Read(file)
            let declared = string.Join(", ", Namespace().Matches(source).Select(match => match.Groups["name"].Value))
            // A file of assembly attributes declares nothing that could stand in a namespace.
            where declared.Length > 0 || TypeDeclaration().IsMatch(source)
            let expected = ExpectedNamespace(file)
            where declared != expected && declared != CompilersNamespace
            select $"{file}: {declared} instead of {expected}";

        Assert.Equal("", string.Join('\n', misplaced));
    }

    private static string ExpectedNamespace(string file)
    {
        string[] folders = file.Split('/')[1..^1];
        return string.Join('.', [s_rootNamespaces.GetValueOrDefault(folders[0], folders[0]), .. folders[1..]]);
    }

    [GeneratedRegex(@"^namespace (?<name>[\w.]+)", RegexOptions.Multiline)]
    private static partial Regex Namespace();

    [GeneratedRegex(@"^\w[\w ]*\b(class|struct|interface|enum|record|delegate) \w", RegexOptions.Multiline)]
    private static partial Regex TypeDeclaration();
}
