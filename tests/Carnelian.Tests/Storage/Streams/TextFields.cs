using System.Text;
using Carnelian.Storage.Streams;

namespace Carnelian.Tests.Storage.Streams;

/// <summary>Fields and values as text.</summary>
internal readonly struct TextFields(string[] texts) : IFieldSource
{
    private readonly byte[][] _texts = [.. texts.Select(Encoding.ASCII.GetBytes)];

    public int Count => _texts.Length / 2;

    public ReadOnlySpan<byte> this[int index] => _texts[index];
}
