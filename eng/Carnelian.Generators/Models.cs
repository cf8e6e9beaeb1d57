// What the parser hands to the emitter: plain data that compares by value, with nothing of the compiler in it, so that
// the pipeline stops early when an edit changes no command.

using System;

using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.Text;

namespace Carnelian.Generators;

internal sealed record CommandModel(
    string Name,
    int Arity,
    string Group,
    string Since,
    string Summary,
    string? Complexity,
    ulong Flags,
    ulong Acl,
    int Locks,
    EquatableArray<string> Tips,
    EquatableArray<KeySpecModel> Keys,
    EquatableArray<ArgumentModel> Arguments,
    EquatableArray<HistoryModel> History,
    string? DeprecatedSince,
    string? ReplacedBy,
    bool SystemCommand,
    string? Module,
    string? Handler,
    string? Refine,
    int FirstElement,
    int ElementStep,
    LocationModel Location);

internal sealed record KeySpecModel(
    EquatableArray<string> Flags,
    KeySearchModel Search,
    int Start,
    string Keyword,
    KeyRangeModel Range,
    int Last,
    int Step,
    int Limit,
    int CountAt,
    int FirstAt,
    string? Notes);

internal enum KeySearchModel
{
    Unknown,
    Index,
    Keyword,
}

internal enum KeyRangeModel
{
    Unknown,
    Range,
    Count,
}

internal sealed record ArgumentModel(
    string Name,
    string Type,
    string? DisplayText,
    int KeySpec,
    string? Token,
    string? Summary,
    string? Since,
    string? DeprecatedSince,
    bool Optional,
    bool Multiple,
    bool MultipleToken,
    EquatableArray<ArgumentModel> Children);

internal sealed record HistoryModel(string Version, string Text);

internal sealed record LocationModel(string Path, TextSpan Span, LinePositionSpan Lines)
{
    public static LocationModel Of(SyntaxReference? reference, System.Threading.CancellationToken cancel)
    {
        if (reference == null)
            return new LocationModel("", default, default);
        FileLinePositionSpan lines = reference.SyntaxTree.GetLineSpan(reference.Span, cancel);
        return new LocationModel(reference.SyntaxTree.FilePath, reference.Span, lines.Span);
    }

    public Location ToLocation() => Location.Create(Path, Span, Lines);
}

internal sealed record ProblemModel(string Id, string Message, LocationModel Location);

/// <summary>The commands of one attributed method or class, and what is wrong with its attributes.</summary>
internal sealed record DeclarationModel(EquatableArray<CommandModel> Commands, EquatableArray<ProblemModel> Problems);
