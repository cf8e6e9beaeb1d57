// The generator run on small sources: each rule reports its mistake at the attribute, and an edit that changes no
// declaration runs nothing again.

using Carnelian.Commands.Table;
using Carnelian.Generators;

using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;

namespace Carnelian.Tests.Commands;

public sealed class CommandGeneratorTests
{
    private const string Facts = "Arity = 2, Group = CommandGroup.String, Since = \"1.0.0\", Summary = \"Sample.\"";
    private const string Handler = "public static void M(scoped ref CommandContext ctx) { }";

    [Theory]
    [InlineData("CRN0001", "[Command(\"get\", " + Facts + ")] " + Handler)]
    [InlineData("CRN0001", "[Command(\"A|B|C\", " + Facts + ")] " + Handler)]
    [InlineData("CRN0001", "[Command(\"GET\", Arity = 0, Group = CommandGroup.String, Since = \"1.0.0\", Summary = \"Sample.\")] " + Handler)]
    [InlineData("CRN0001", "[Command(\"GET\", Arity = 2, Group = CommandGroup.String, Since = \"1\", Summary = \"Sample.\")] " + Handler)]
    [InlineData("CRN0001", "[Command(\"GET\", Arity = 2, Group = CommandGroup.String, Since = \"1.0.0\", Summary = \"\")] " + Handler)]
    [InlineData("CRN0002", "[Command(\"GET\", " + Facts + ", Keys = \"RO acess @1\")] " + Handler)]
    [InlineData("CRN0002", "[Command(\"GET\", " + Facts + ", Keys = \"RO access 1\")] " + Handler)]
    [InlineData("CRN0002", "[Command(\"GET\", " + Facts + ", Keys = \"RO access @0\")] " + Handler)]
    [InlineData("CRN0002", "[Command(\"GET\", " + Facts + ", Keys = \"RO access @1..-1/0\")] " + Handler)]
    [InlineData("CRN0003", "[Command(\"GET\", " + Facts + ", Arguments = \"[key\")] " + Handler)]
    [InlineData("CRN0003", "[Command(\"GET\", " + Facts + ", Arguments = \"key:nosuch\")] " + Handler)]
    [InlineData("CRN0003", "[Command(\"GET\", " + Facts + ", Arguments = \"key value\")] " + Handler)]
    [InlineData("CRN0003", "[Command(\"GET\", " + Facts + ", Arguments = \"X (A | B)\")] " + Handler)]
    [InlineData("CRN0003", "[Command(\"GET\", " + Facts + ", Arguments = \"key:key\")] " + Handler)]
    [InlineData("CRN0004", "[Command(\"GET\", " + Facts + ")] public static void M(ref CommandContext ctx) { }")]
    [InlineData("CRN0004", "[Command(\"GET\", " + Facts + ")] public void M(scoped ref CommandContext ctx) { }")]
    [InlineData("CRN0004", "[Command(\"GET\", " + Facts + ", Refine = \"Nothing\")] " + Handler)]
    [InlineData("CRN0005", "[Command(\"GET\", " + Facts + ")] [Command(\"GET\", " + Facts + ")] " + Handler)]
    [InlineData("CRN0006", "[Command(\"GET\", " + Facts + ", History = \"Added something.\")] " + Handler)]
    public void A_mistake_in_a_declaration_is_reported(string rule, string member)
    {
        GeneratorDriverRunResult result = Driver().RunGenerators(Compilation(Source(member))).GetRunResult();
        Assert.Equal(rule, Assert.Single(result.Diagnostics).Id);
        Assert.Equal("Sample.cs", result.Diagnostics[0].Location.GetLineSpan().Path);
    }

    [Fact]
    public void A_right_declaration_compiles_without_a_diagnostic()
    {
        string source = Source("[Command(\"GET\", " + Facts + ", Keys = \"RO access @1\", Arguments = \"key:key\")] " + Handler);
        Driver().RunGeneratorsAndUpdateCompilation(Compilation(source), out Compilation output, out var diagnostics);
        Assert.Empty(diagnostics);
        Assert.Empty(output.GetDiagnostics().Where(static diagnostic => diagnostic.Severity == DiagnosticSeverity.Error));
    }

    [Fact]
    public void An_edit_that_changes_no_declaration_generates_nothing_again()
    {
        string source = Source("[Command(\"GET\", " + Facts + ")] " + Handler);
        CSharpCompilation before = Compilation(source);
        GeneratorDriver driver = Driver().RunGenerators(before);
        CSharpCompilation after = before.AddSyntaxTrees(CSharpSyntaxTree.ParseText("class Unrelated;", ParseOptions));
        GeneratorRunResult second = driver.RunGenerators(after).GetRunResult().Results[0];
        var reasons = second.TrackedOutputSteps.SelectMany(static step => step.Value).SelectMany(static run => run.Outputs);
        Assert.All(reasons, static output => Assert.Equal(IncrementalStepRunReason.Cached, output.Reason));
    }

    private static CSharpParseOptions ParseOptions { get; } = new(LanguageVersion.Preview);

    private static string Source(string member) =>
        $"using Carnelian.Commands;\nusing Carnelian.Commands.Table;\n\npublic static class Sample\n{{\n    {member}\n}}\n";

    private static GeneratorDriver Driver() => CSharpGeneratorDriver.Create(
        [new CommandGenerator().AsSourceGenerator()],
        parseOptions: ParseOptions,
        driverOptions: new GeneratorDriverOptions(default, trackIncrementalGeneratorSteps: true));

    private static CSharpCompilation Compilation(string source)
    {
        string[] runtime = ((string)AppContext.GetData("TRUSTED_PLATFORM_ASSEMBLIES")!).Split(Path.PathSeparator);
        return CSharpCompilation.Create(
            "Sample",
            [CSharpSyntaxTree.ParseText(source, ParseOptions, path: "Sample.cs")],
            runtime.Append(typeof(CommandTable).Assembly.Location).Distinct().Select(static path => MetadataReference.CreateFromFile(path)),
            new CSharpCompilationOptions(OutputKind.DynamicallyLinkedLibrary, allowUnsafe: true));
    }
}
