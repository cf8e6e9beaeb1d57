using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;

namespace Carnelian.Commands.Bitmaps;

/// <summary>A string that BITOP reads. It holds the digits of an integer itself, so it must not move while it is in use.</summary>
internal unsafe struct BitSource
{
    /// <summary>The first byte.</summary>
    public byte* Data;

    /// <summary>The length in bytes.</summary>
    public int Length;

    private Digits _digits;

    /// <summary>Room for the digits of an integer.</summary>
    [UnscopedRef]
    public Span<byte> DigitRoom => _digits;

    [InlineArray(20)]
    private struct Digits
    {
        private byte _first;
    }
}
