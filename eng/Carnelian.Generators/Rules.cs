// The diagnostics of the generator. Each has a page in eng/Carnelian.Generators/rules.

using Microsoft.CodeAnalysis;

namespace Carnelian.Generators;

internal static class Rules
{
    public static readonly DiagnosticDescriptor InvalidCommand = Rule("CRN0001", "The command attribute is not valid");
    public static readonly DiagnosticDescriptor InvalidKeys = Rule("CRN0002", "The key specification is not valid");
    public static readonly DiagnosticDescriptor InvalidArguments = Rule("CRN0003", "The notation of the arguments is not valid");
    public static readonly DiagnosticDescriptor InvalidHandler = Rule("CRN0004", "The method has the wrong signature");
    public static readonly DiagnosticDescriptor DuplicateCommand = Rule("CRN0005", "Two commands have the same name");
    public static readonly DiagnosticDescriptor InvalidHistory = Rule("CRN0006", "A line of the history is not valid");

    private static readonly DiagnosticDescriptor[] s_all =
        [InvalidCommand, InvalidKeys, InvalidArguments, InvalidHandler, DuplicateCommand, InvalidHistory];

    public static DiagnosticDescriptor ById(string id) => System.Array.Find(s_all, rule => rule.Id == id);

#pragma warning disable RS2008, RS1033 // The rules are listed in AnalyzerReleases.Unshipped.md; a factory hides that from the check.
    private static DiagnosticDescriptor Rule(string id, string title) => new(
        id,
        title,
        "{0}",
        "Commands",
        DiagnosticSeverity.Error,
        isEnabledByDefault: true,
        helpLinkUri: $"eng/Carnelian.Generators/rules/{id}.md");
#pragma warning restore RS2008, RS1033
}
