using System.Runtime.CompilerServices;
using Carnelian.Storage.Packed;
using Carnelian.Text;

namespace Carnelian.Storage.Lists;

/// <summary>
/// An element that goes into a list: its bytes, and the integer that they stand for if they do. Looked at once, used for size and content.
/// </summary>
public readonly unsafe ref struct ListElement
{
    private readonly long _integer;
    private readonly bool _isInteger;
    private readonly StringBlock _block;

    /// <summary>An element of bytes that do not lie in the list that it goes into.</summary>
    public ListElement(ReadOnlySpan<byte> bytes)
    {
        Bytes = bytes;
        _isInteger = bytes.Length <= PackedValue.MostDigits && AsciiNumber.TryParseInt64(bytes, out _integer);
        LengthInConversion = bytes.Length;
    }

    /// <summary>An element of bytes that lie in a block: a node of its own refers to the block. The caller's reference stays the caller's.</summary>
    public ListElement(StringBlock block) : this(new ReadOnlySpan<byte>(block.Data, checked((int)block.Length))) => _block = block;

    /// <summary>An element of another list.</summary>
    /// <param name="value">The element, which does not lie in the list that it goes into.</param>
    /// <param name="digits">Takes the digits of an integer: <see cref="PackedValue.MostDigits"/> bytes that live as long as this.</param>
    public ListElement(PackedValue value, Span<byte> digits)
    {
        Bytes = value.Bytes(digits);
        _isInteger = value.IsInteger || (Bytes.Length <= PackedValue.MostDigits && AsciiNumber.TryParseInt64(Bytes, out _integer));
        if (value.IsInteger)
            _integer = value.Integer;
        LengthInConversion = value.IsInteger ? 0 : value.Length;
    }

    /// <summary>The element as a string.</summary>
    public ReadOnlySpan<byte> Bytes { get; }

    /// <summary>
    /// How much it counts when a list outgrows its pack, in bytes. As in Valkey an integer that was moved from another list counts nothing.
    /// </summary>
    public int LengthInConversion { get; }

    /// <summary>The bytes that it takes in a pack.</summary>
    public int PackedSize
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => _isInteger ? ListPack.SizeFor(_integer) : ListPack.StringSize(Bytes.Length);
    }

    /// <summary>Writes it as an element of a pack.</summary>
    /// <param name="target">Where: <see cref="PackedSize"/> bytes.</param>
    public void Write(byte* target)
    {
        if (_isInteger)
            ListPack.Write(target, _integer);
        else
            ListPack.WriteString(target, Bytes);
    }

    /// <summary>The element in a block of its own, with a reference for the caller.</summary>
    internal StringBlock ToBlock()
    {
        if (_block.Address != null)
        {
            _block.AddReference();
            return _block;
        }
        StringBlock block = StringBlock.Create(Bytes.Length, Bytes.Length);
        Bytes.CopyTo(new Span<byte>(block.Data, Bytes.Length));
        return block;
    }
}
