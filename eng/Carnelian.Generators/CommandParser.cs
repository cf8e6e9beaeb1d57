// Reads the command attributes of one method or class into models. What is wrong with them becomes a problem, which the
// generator reports; a command with a problem is left out.

using System;
using System.Collections.Generic;
using System.Globalization;
using System.Linq;
using System.Text.RegularExpressions;
using System.Threading;

using Microsoft.CodeAnalysis;

namespace Carnelian.Generators;

internal static class CommandParser
{
    private const string ContextType = "global::Carnelian.Commands.CommandContext";
    private const string ArgumentSpanType = "global::System.ReadOnlySpan<global::Carnelian.Protocol.Argument>";
    private const string KeyListType = "global::Carnelian.Commands.Table.KeyList";

    private static readonly Regex s_name = new(@"^[A-Z][A-Z0-9_.\-]*(\|[A-Z][A-Z0-9_\-]*)?$", RegexOptions.CultureInvariant);
    private static readonly Regex s_version = new(@"^\d+\.\d+(\.\d+)?$", RegexOptions.CultureInvariant);

    public static DeclarationModel Parse(GeneratorAttributeSyntaxContext context, CancellationToken cancel)
    {
        var commands = new List<CommandModel>();
        var problems = new List<ProblemModel>();
        foreach (AttributeData attribute in context.Attributes)
        {
            LocationModel location = LocationModel.Of(attribute.ApplicationSyntaxReference, cancel);
            CommandModel? command = ParseAttribute(attribute, context.TargetSymbol, location, problems);
            if (command != null)
                commands.Add(command);
        }

        return new DeclarationModel(
            new EquatableArray<CommandModel>([.. commands]), new EquatableArray<ProblemModel>([.. problems]));
    }

    private static CommandModel? ParseAttribute(
        AttributeData attribute, ISymbol target, LocationModel location, List<ProblemModel> problems)
    {
        int problemsBefore = problems.Count;
        var values = attribute.NamedArguments.ToDictionary(pair => pair.Key, pair => pair.Value);
        string? Text(string property) => values.TryGetValue(property, out TypedConstant value) ? value.Value as string : null;
        void Problem(DiagnosticDescriptor rule, string message) => problems.Add(new ProblemModel(rule.Id, message, location));
        T? Read<T>(DiagnosticDescriptor rule, string property, Func<string?, T> parse)
        {
            try
            {
                return parse(Text(property));
            }
            catch (NotationException mistake)
            {
                Problem(rule, $"{property}: {mistake.Message}");
                return default;
            }
        }

        string name = attribute.ConstructorArguments.Length == 1 ? attribute.ConstructorArguments[0].Value as string ?? "" : "";
        int arity = values.TryGetValue("Arity", out TypedConstant arityValue) ? (int)arityValue.Value! : 0;
        bool isSubcommand = name.Contains('|');
        if (!s_name.IsMatch(name))
            Problem(Rules.InvalidCommand, $"'{name}' is no name of a command: upper case, CONTAINER|SUBCOMMAND for a subcommand");
        if (Math.Abs(arity) < (isSubcommand ? 2 : 1))
            Problem(Rules.InvalidCommand, $"{name}: the arity counts the name, and that of the container");
        foreach (string property in new[] { "Since", "DeprecatedSince" })
        {
            if (Text(property) is { } version && !s_version.IsMatch(version))
                Problem(Rules.InvalidCommand, $"{name}: '{version}' is no version like 1.0.0");
        }

        if (string.IsNullOrWhiteSpace(Text("Summary")))
            Problem(Rules.InvalidCommand, $"{name}: the summary is empty");

        string? handler = null;
        string? refine = null;
        if (target is IMethodSymbol method)
        {
            handler = Reference(method);
            if (!IsHandler(method))
                Problem(Rules.InvalidHandler, $"{name}: a handler is static void {method.Name}(scoped ref CommandContext ctx)");
            if (Text("Refine") is { } refineName)
            {
                IMethodSymbol? refineMethod = method.ContainingType.GetMembers(refineName).OfType<IMethodSymbol>().FirstOrDefault(IsRefine);
                if (refineMethod == null)
                    Problem(Rules.InvalidHandler, $"{name}: there is no static bool {refineName}(ReadOnlySpan<Argument> arguments, ref KeyList keys)");
                else
                    refine = Reference(refineMethod);
            }
        }

        EquatableArray<KeySpecModel> keys = Read(Rules.InvalidKeys, "Keys", KeyNotation.Parse);
        EquatableArray<ArgumentModel> arguments = Read(Rules.InvalidArguments, "Arguments", ArgumentNotation.Parse);
        EquatableArray<HistoryModel> history = Read(Rules.InvalidHistory, "History", ParseHistory);
        if (arguments.Any(argument => RefersBeyond(argument, keys.Count)))
            Problem(Rules.InvalidArguments, $"{name}: an argument refers to a key specification that is not there");
        if (problems.Count > problemsBefore)
            return null;

        return new CommandModel(
            name.ToLowerInvariant(),
            arity,
            EnumName(values["Group"]),
            Text("Since")!,
            Text("Summary")!,
            Text("Complexity"),
            Number(values, "Flags"),
            Number(values, "Acl"),
            (int)Number(values, "Locks"),
            new EquatableArray<string>((Text("Tips") ?? "").Split([' ', '\n'], StringSplitOptions.RemoveEmptyEntries)),
            keys,
            arguments,
            history,
            Text("DeprecatedSince"),
            Text("ReplacedBy"),
            values.TryGetValue("SystemCommand", out TypedConstant system) && (bool)system.Value!,
            Text("Module"),
            handler,
            refine,
            (int)Number(values, "FirstElement"),
            (int)Number(values, "ElementStep"),
            location);
    }

    private static EquatableArray<HistoryModel> ParseHistory(string? text)
    {
        var lines = new List<HistoryModel>();
        foreach (string line in (text ?? "").Split(['\n'], StringSplitOptions.RemoveEmptyEntries))
        {
            string trimmed = line.Trim();
            int blank = trimmed.IndexOf(' ');
            if (trimmed.Length == 0)
                continue;
            if (blank < 0 || !s_version.IsMatch(trimmed.Substring(0, blank)))
                throw new NotationException($"'{trimmed}' is not a version, a blank and a text");
            lines.Add(new HistoryModel(trimmed.Substring(0, blank), trimmed.Substring(blank + 1)));
        }

        return new EquatableArray<HistoryModel>([.. lines]);
    }

    private static bool RefersBeyond(ArgumentModel argument, int keySpecs) =>
        argument.KeySpec >= keySpecs || argument.Children.Any(child => RefersBeyond(child, keySpecs));

    private static bool IsHandler(IMethodSymbol method) =>
        method.IsStatic && method.ReturnsVoid && !method.IsGenericMethod && method.Parameters.Length == 1
        && method.Parameters[0].RefKind == RefKind.Ref && method.Parameters[0].ScopedKind == ScopedKind.ScopedRef
        && FullName(method.Parameters[0].Type) == ContextType;

    private static bool IsRefine(IMethodSymbol method) =>
        method.IsStatic && method.ReturnType.SpecialType == SpecialType.System_Boolean && method.Parameters.Length == 2
        && FullName(method.Parameters[0].Type) == ArgumentSpanType
        && method.Parameters[1].RefKind == RefKind.Ref && FullName(method.Parameters[1].Type) == KeyListType;

    private static string Reference(IMethodSymbol method) => $"{FullName(method.ContainingType)}.{method.Name}";

    private static string FullName(ITypeSymbol type) => type.ToDisplayString(SymbolDisplayFormat.FullyQualifiedFormat);

    private static ulong Number(Dictionary<string, TypedConstant> values, string property) =>
        values.TryGetValue(property, out TypedConstant value) ? Convert.ToUInt64(value.Value, CultureInfo.InvariantCulture) : 0;

    private static string EnumName(TypedConstant value) =>
        value.Type!.GetMembers().OfType<IFieldSymbol>().First(field => Equals(field.ConstantValue, value.Value)).Name;
}
