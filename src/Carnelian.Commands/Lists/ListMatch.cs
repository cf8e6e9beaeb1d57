using System.Runtime.CompilerServices;
using Carnelian.Storage.Packed;
using Carnelian.Text;

namespace Carnelian.Commands.Lists;

/// <summary>A string that elements are compared with; read as an integer once.</summary>
internal readonly ref struct ListMatch
{
    private readonly ReadOnlySpan<byte> _bytes;
    private readonly long _integer;
    private readonly bool _isInteger;

    public ListMatch(ReadOnlySpan<byte> bytes)
    {
        _bytes = bytes;
        _isInteger = bytes.Length <= PackedValue.MostDigits && AsciiNumber.TryParseInt64(bytes, out _integer);
    }

    /// <summary>Whether an element is that string.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public unsafe bool Is(in PackedValue value) =>
        value.IsInteger ? _isInteger && value.Integer == _integer : value.Length == _bytes.Length && new ReadOnlySpan<byte>(value.Data, value.Length).SequenceEqual(_bytes);
}
