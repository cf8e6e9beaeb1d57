using System.Runtime.CompilerServices;

namespace Carnelian.Storage;

/// <summary>
/// A key as an argument names it: bytes in native memory that live as long as the command, and their hash, computed once.
/// </summary>
public readonly unsafe struct Key
{
    /// <summary>The hash, see <see cref="KeyHash"/>.</summary>
    public readonly ulong Hash;

    /// <summary>The first byte.</summary>
    public readonly byte* Data;

    /// <summary>The length in bytes.</summary>
    public readonly int Length;

    /// <summary>A key whose hash is known.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public Key(byte* data, int length, ulong hash)
    {
        Data = data;
        Length = length;
        Hash = hash;
    }

    /// <summary>A key whose hash is computed here.</summary>
    public Key(byte* data, int length) : this(data, length, KeyHash.Compute(data, length))
    {
    }

    /// <summary>The bytes of the key.</summary>
    public ReadOnlySpan<byte> Bytes => new(Data, Length);
}
