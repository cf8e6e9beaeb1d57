using System.Runtime.CompilerServices;
using Carnelian.Text;

namespace Carnelian.Storage.Packed;

/// <summary>An element of a <see cref="ListPack"/>: a string, or an integer that stands for its decimal form. Valid until the next change of the pack.</summary>
public readonly unsafe struct PackedValue
{
    /// <summary>Room for the digits of any integer, in bytes.</summary>
    public const int MostDigits = 20;

    /// <summary>The first byte of the string; null for an integer.</summary>
    public readonly byte* Data;

    /// <summary>The length of the string in bytes.</summary>
    public readonly int Length;

    /// <summary>The integer.</summary>
    public readonly long Integer;

    /// <summary>A string.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public PackedValue(byte* data, int length)
    {
        Data = data;
        Length = length;
        Integer = 0;
    }

    /// <summary>An integer.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public PackedValue(long integer)
    {
        Data = null;
        Length = 0;
        Integer = integer;
    }

    /// <summary>Whether it is an integer.</summary>
    public bool IsInteger
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => Data == null;
    }

    /// <summary>The length of the value as a string, in bytes.</summary>
    public int StringLength => !IsInteger ? Length : Integer < 0 ? 1 + NumberFormat.CountDigits(0 - (ulong)Integer) : NumberFormat.CountDigits((ulong)Integer);

    /// <summary>The value as a string.</summary>
    /// <param name="digits">Takes the digits of an integer: <see cref="MostDigits"/> bytes that live as long as the result.</param>
    public ReadOnlySpan<byte> Bytes(Span<byte> digits)
    {
        if (!IsInteger)
            return new ReadOnlySpan<byte>(Data, Length);
        fixed (byte* target = digits)
            return digits[..NumberFormat.WriteInt64(target, Integer)];
    }

    /// <summary>Whether the value is this string.</summary>
    public bool Equals(ReadOnlySpan<byte> value)
    {
        if (!IsInteger)
            return value.SequenceEqual(new ReadOnlySpan<byte>(Data, Length));
        return value.Length <= MostDigits && AsciiNumber.TryParseInt64(value, out long integer) && integer == Integer;
    }
}
