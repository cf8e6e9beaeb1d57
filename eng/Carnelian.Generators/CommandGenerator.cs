// The incremental generator: attributes to models (CommandParser), models to code (CommandEmitter), once per assembly.
// The models compare by value, so an edit that leaves the declarations alone costs nothing.

using System;
using System.Collections.Generic;
using System.Collections.Immutable;

using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace Carnelian.Generators;

/// <summary>Makes an assembly's <c>GeneratedCommands</c> from its command attributes.</summary>
[Generator(LanguageNames.CSharp)]
public sealed class CommandGenerator : IIncrementalGenerator
{
    private const string AttributeName = "Carnelian.Commands.Table.CommandAttribute";

    /// <inheritdoc/>
    public void Initialize(IncrementalGeneratorInitializationContext context)
    {
        IncrementalValuesProvider<DeclarationModel> declarations = context.SyntaxProvider.ForAttributeWithMetadataName(
            AttributeName,
            static (node, _) => node is MethodDeclarationSyntax or ClassDeclarationSyntax,
            static (target, cancel) => CommandParser.Parse(target, cancel));
        IncrementalValueProvider<string> rootNamespace = context.AnalyzerConfigOptionsProvider.Select(static (options, _) =>
            options.GlobalOptions.TryGetValue("build_property.RootNamespace", out string? name) && name.Length > 0 ? name : "Carnelian");
        context.RegisterSourceOutput(
            declarations.Collect().Combine(rootNamespace),
            static (output, source) => Generate(output, source.Left, source.Right));
    }

    private static void Generate(SourceProductionContext output, ImmutableArray<DeclarationModel> declarations, string rootNamespace)
    {
        var commands = new SortedDictionary<string, CommandModel>(StringComparer.Ordinal);
        foreach (DeclarationModel declaration in declarations)
        {
            foreach (ProblemModel problem in declaration.Problems)
                output.ReportDiagnostic(Diagnostic.Create(Rules.ById(problem.Id), problem.Location.ToLocation(), problem.Message));
            foreach (CommandModel command in declaration.Commands)
            {
                if (commands.ContainsKey(command.Name))
                    output.ReportDiagnostic(Diagnostic.Create(Rules.DuplicateCommand, command.Location.ToLocation(), $"{command.Name} is declared twice"));
                else
                    commands.Add(command.Name, command);
            }
        }

        output.AddSource("GeneratedCommands.g.cs", CommandEmitter.Emit(rootNamespace, [.. commands.Values]));
    }
}
