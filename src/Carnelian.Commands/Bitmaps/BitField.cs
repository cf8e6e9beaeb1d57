using System.Buffers.Binary;

namespace Carnelian.Commands.Bitmaps;

/// <summary>The kind of an integer within a string: <c>u1</c> to <c>u63</c>, <c>i1</c> to <c>i64</c>. Its highest bit comes first.</summary>
internal readonly struct BitField
{
    private BitField(int bits, bool isSigned)
    {
        Bits = bits;
        IsSigned = isSigned;
    }

    /// <summary>The width.</summary>
    public int Bits { get; }

    /// <summary>Whether the highest bit is the sign.</summary>
    public bool IsSigned { get; }

    private Int128 Most => (Int128.One << (IsSigned ? Bits - 1 : Bits)) - 1;

    private Int128 Least => IsSigned ? -(Int128.One << (Bits - 1)) : 0;

    /// <summary>Reads the name of a kind.</summary>
    public static bool TryParse(ReadOnlySpan<byte> text, out BitField field)
    {
        field = default;
        if (text.Length == 0 || text[0] is not ((byte)'u' or (byte)'i'))
            return false;
        bool isSigned = text[0] == 'i';
        if (!Text.AsciiNumber.TryParseInt64(text[1..], out long bits) || bits < 1 || bits > (isSigned ? 64 : 63))
            return false;
        field = new BitField((int)bits, isSigned);
        return true;
    }

    /// <summary>Reads the integer at an offset; behind the end there are zeros.</summary>
    public long Get(ReadOnlySpan<byte> bytes, long offset)
    {
        Span<byte> window = stackalloc byte[16];
        UInt128 value = Window(bytes, offset, window) << (int)(offset & 7);
        ulong high = (ulong)(value >> 64);
        return IsSigned ? (long)high >> (64 - Bits) : (long)(high >> (64 - Bits));
    }

    /// <summary>Writes the lowest bits of a value at an offset within the string.</summary>
    public void Set(Span<byte> bytes, long offset, long value)
    {
        Span<byte> window = stackalloc byte[16];
        UInt128 old = Window(bytes, offset, window);
        int shift = 128 - Bits - (int)(offset & 7);
        UInt128 mask = ((UInt128.One << Bits) - 1) << shift;
        BinaryPrimitives.WriteUInt128BigEndian(window, (old & ~mask) | (((UInt128)(ulong)value << shift) & mask));
        Span<byte> place = bytes[(int)(offset >> 3)..];
        window[..Math.Min(place.Length, 9)].CopyTo(place);
    }

    /// <summary>Whether a value that SET gives is beyond what the integer holds; an unsigned one takes its bits as unsigned.</summary>
    /// <remarks>A signed value so low that its distance to the largest one does not fit into 64 bits counts as above, as in Valkey.</remarks>
    public bool Overflows(long value, out bool isAbove)
    {
        if (!IsSigned)
            return Overflows((Int128)(ulong)value, out isAbove);
        bool overflows = Overflows((Int128)value, out isAbove);
        if (overflows && !isAbove)
            isAbove = Most - value > long.MaxValue;
        return overflows;
    }

    /// <summary>Whether a sum is beyond what the integer holds.</summary>
    public bool Overflows(Int128 value, out bool isAbove)
    {
        isAbove = value > Most;
        return isAbove || value < Least;
    }

    /// <summary>The largest value, or the smallest.</summary>
    public long Limit(bool isAbove) => (long)(isAbove ? Most : Least);

    /// <summary>A value cut to the width.</summary>
    public long Wrap(long value)
    {
        int unused = 64 - Bits;
        return IsSigned ? value << unused >> unused : (long)((ulong)value << unused >> unused);
    }

    private static UInt128 Window(ReadOnlySpan<byte> bytes, long offset, Span<byte> window)
    {
        window.Clear();
        long start = offset >> 3;
        if (start < bytes.Length)
        {
            ReadOnlySpan<byte> place = bytes[(int)start..];
            place[..Math.Min(place.Length, 9)].CopyTo(window);
        }
        return BinaryPrimitives.ReadUInt128BigEndian(window);
    }
}
