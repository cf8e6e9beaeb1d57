// What a handler sees of the request that it serves.

using Carnelian.Protocol;

namespace Carnelian.Commands;

/// <summary>A request in execution.</summary>
public ref struct CommandContext
{
    /// <summary>All arguments, the command's name first.</summary>
    public ReadOnlySpan<Argument> Arguments;

    /// <summary>Number of arguments, the command's name counted.</summary>
    public readonly int ArgCount => Arguments.Length;

    /// <summary>An argument's bytes.</summary>
    public readonly ReadOnlySpan<byte> Arg(int i) => Arguments[i].Span;
}
