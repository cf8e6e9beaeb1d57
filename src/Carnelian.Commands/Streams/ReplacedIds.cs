using System.Buffers;
using Carnelian.Memory;
using Carnelian.Protocol;
using Carnelian.Storage.Streams;

namespace Carnelian.Commands.Streams;

/// <summary>
/// Arguments of a command that is to run again, with the ids in them that "$" and "+" stood for: who waits for the end of a stream waits
/// for the end that it has now.
/// </summary>
internal unsafe struct ReplacedIds
{
    private Argument[]? _arguments;
    private int _count;
    private byte* _texts;

    /// <summary>The arguments, until this is disposed of; empty if nothing is replaced.</summary>
    public readonly ReadOnlySpan<Argument> Arguments => _arguments.AsSpan(0, _count);

    /// <summary>Copies the arguments and replaces the ids.</summary>
    /// <param name="arguments">The arguments.</param>
    /// <param name="firstId">The one with the first id.</param>
    /// <param name="sources">What the ids are.</param>
    public static ReplacedIds Make(scoped ReadOnlySpan<Argument> arguments, int firstId, scoped ReadOnlySpan<StreamSource> sources)
    {
        ReplacedIds replaced = default;
        replaced._arguments = ArrayPool<Argument>.Shared.Rent(arguments.Length);
        replaced._count = arguments.Length;
        replaced._texts = NativeHeap.Allocate((nuint)(sources.Length * StreamId.MostTextBytes));
        arguments.CopyTo(replaced._arguments);
        for (int i = 0; i < sources.Length; i++)
        {
            if (!sources[i].IsResolved)
                continue;
            byte* text = replaced._texts + i * StreamId.MostTextBytes;
            replaced._arguments[firstId + i] = new Argument { Data = text, Length = sources[i].Behind.Format(text) };
        }
        return replaced;
    }

    /// <summary>Frees the copies.</summary>
    public readonly void Dispose()
    {
        NativeHeap.Free(_texts);
        if (_arguments != null)
            ArrayPool<Argument>.Shared.Return(_arguments);
    }
}
