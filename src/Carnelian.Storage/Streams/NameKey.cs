using System.Runtime.InteropServices;

namespace Carnelian.Storage.Streams;

/// <summary>A name as a key: ordered by its bytes. The bytes belong to what the key leads to, and live as long as the key.</summary>
[StructLayout(LayoutKind.Sequential)]
public readonly unsafe struct NameKey : IOrderedKey<NameKey>
{
    private readonly byte* _data;
    private readonly long _length;

    /// <summary>Refers to the bytes of a name.</summary>
    public NameKey(byte* data, int length)
    {
        _data = data;
        _length = length;
    }

    /// <summary>The name.</summary>
    public ReadOnlySpan<byte> Bytes => new(_data, (int)_length);

    /// <inheritdoc/>
    public static bool IsLess(in NameKey left, in NameKey right) => left.Bytes.SequenceCompareTo(right.Bytes) < 0;
}
