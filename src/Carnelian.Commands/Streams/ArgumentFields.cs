using Carnelian.Protocol;
using Carnelian.Storage.Streams;

namespace Carnelian.Commands.Streams;

/// <summary>The fields of XADD, where they stand among the arguments.</summary>
internal readonly ref struct ArgumentFields(ReadOnlySpan<Argument> arguments) : IFieldSource
{
    private readonly ReadOnlySpan<Argument> _arguments = arguments;

    /// <inheritdoc/>
    public int Count => _arguments.Length / 2;

    /// <inheritdoc/>
    public ReadOnlySpan<byte> this[int index] => _arguments[index].Span;
}
