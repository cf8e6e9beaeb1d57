using System.Reflection;
using System.Text.RegularExpressions;

namespace Carnelian.Tests.Structure;

/// <summary>The direction of the layers: who may know whom.</summary>
public sealed partial class LayerTests
{
    private const BindingFlags Everything =
        BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.Static | BindingFlags.Instance | BindingFlags.DeclaredOnly;

    // Each project with the projects that it may refer to. What is not here may not exist below src.
    private static readonly Dictionary<string, string[]> s_projects = new()
    {
        ["Carnelian.Foundation"] = [],
        ["Carnelian.Protocol"] = ["Carnelian.Foundation"],
        ["Carnelian.Storage"] = ["Carnelian.Foundation"],
        ["Carnelian.Commands"] = ["Carnelian.Foundation", "Carnelian.Protocol", "Carnelian.Storage", "Carnelian.Journal"],
        ["Carnelian.Journal"] = ["Carnelian.Foundation"],
        ["Carnelian.Persistence"] = ["Carnelian.Foundation", "Carnelian.Protocol", "Carnelian.Storage", "Carnelian.Journal"],
        ["Carnelian.Server"] = ["Carnelian.Foundation", "Carnelian.Protocol", "Carnelian.Storage", "Carnelian.Commands", "Carnelian.Journal", "Carnelian.Persistence"],
    };

    // The first parts of the namespaces that a project holds; for all others it is its own name.
    private static readonly Dictionary<string, string[]> s_areas = new() { ["Carnelian.Foundation"] = ["Memory", "Text", "Threading"] };

    public static TheoryData<string> Projects => [.. s_projects.Keys];

    [Fact]
    public void Every_project_has_its_place() =>
        Assert.Equal(s_projects.Keys.Order(), Directory.GetDirectories(Path.Combine(SourceTree.Root, "src")).Select(folder => Path.GetFileName(folder)!).Order());

    [Theory]
    [MemberData(nameof(Projects))]
    public void Assemblies_refer_downwards_only(string project)
    {
        IEnumerable<string> references = Load(project).GetReferencedAssemblies().Select(reference => reference.Name!).Where(IsOurs);

        Assert.Equal("", string.Join('\n', references.Except(s_projects[project])));
    }

    [Theory]
    [MemberData(nameof(Projects))]
    public void Sources_name_namespaces_of_lower_layers_only(string project)
    {
        string[] allowed = [.. s_projects[project].Append(project).SelectMany(AreasOf)];

        IEnumerable<string> forbidden =
            from file in SourceTree.Files
            where file.StartsWith($"src/{project}/", StringComparison.Ordinal)
            from Match match in NamespaceUse().Matches(SourceTree.ReadCode(file))
            where !allowed.Contains(match.Groups["area"].Value)
            select $"{file}: {match.Value}";

        Assert.Equal("", string.Join('\n', forbidden));
    }

    [Theory]
    [InlineData("Carnelian.Foundation")]
    [InlineData("Carnelian.Protocol")]
    [InlineData("Carnelian.Storage")]
    [InlineData("Carnelian.Commands")]
    [InlineData("Carnelian.Journal")]
    [InlineData("Carnelian.Persistence")]
    public void Only_the_server_knows_sockets(string project) =>
        Assert.DoesNotContain(Load(project).GetReferencedAssemblies(), reference => reference.Name!.StartsWith("System.Net", StringComparison.Ordinal));

    [Fact]
    public void Storage_knows_no_clients_and_no_RESP()
    {
        IEnumerable<string> names =
            from type in Load("Carnelian.Storage").GetTypes()
            from name in NamesIn(type)
            where ClientOrResp().IsMatch(name)
            select $"{type}: {name}";

        Assert.Equal("", string.Join('\n', names));
    }

    [Fact]
    public void Transports_know_nothing_of_the_server()
    {
        IEnumerable<string> forbidden =
            from file in SourceTree.Files
            where file.StartsWith("src/Carnelian.Server/Transport/", StringComparison.Ordinal)
            from Match match in FullNamespaceUse().Matches(SourceTree.ReadCode(file))
            where match.Value != "Carnelian.Protocol" && !match.Value.StartsWith("Carnelian.Server.Transport", StringComparison.Ordinal)
            select $"{file}: {match.Value}";

        Assert.Equal("", string.Join('\n', forbidden));
    }

    private static Assembly Load(string project) => Assembly.Load(project == "Carnelian.Server" ? "carnelian-server" : project);

    private static bool IsOurs(string assembly) => assembly.StartsWith("Carnelian", StringComparison.OrdinalIgnoreCase);

    private static string[] AreasOf(string project) => s_areas.GetValueOrDefault(project, [project.Split('.')[1]]);

    private static IEnumerable<string> NamesIn(Type type)
    {
        yield return type.Name;
        foreach (MemberInfo member in type.GetMembers(Everything))
        {
            yield return member.Name;
            foreach (ParameterInfo parameter in member is MethodBase method ? method.GetParameters() : [])
                yield return parameter.Name ?? "";
        }
    }

    [GeneratedRegex(@"\bCarnelian\.(?<area>[A-Z]\w*)")]
    private static partial Regex NamespaceUse();

    [GeneratedRegex(@"\bCarnelian(\.[A-Z]\w*)+")]
    private static partial Regex FullNamespaceUse();

    [GeneratedRegex(@"[Cc]lient|RESP|[Rr]esp(?![a-z])")]
    private static partial Regex ClientOrResp();
}
