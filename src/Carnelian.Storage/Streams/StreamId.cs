using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Carnelian.Text;

namespace Carnelian.Storage.Streams;

/// <summary>The id of an entry of a stream: milliseconds of Unix time, and a sequence number among those of the same millisecond.</summary>
/// <param name="Milliseconds">The time.</param>
/// <param name="Sequence">The number.</param>
[StructLayout(LayoutKind.Sequential)]
public readonly record struct StreamId(ulong Milliseconds, ulong Sequence) : IOrderedKey<StreamId>
{
    /// <summary>The longest id as text, in bytes.</summary>
    public const int MostTextBytes = 2 * NumberFormat.MaxInt64Length + 1;

    // Longer texts are no ids, whatever is in them.
    private const int MostArgumentBytes = 127;

    /// <summary>0-0, which no entry has.</summary>
    public static StreamId Zero => default;

    /// <summary>The greatest id.</summary>
    public static StreamId Max => new(ulong.MaxValue, ulong.MaxValue);

    /// <summary>Whether this is 0-0.</summary>
    public bool IsZero => (Milliseconds | Sequence) == 0;

    /// <summary>Comparison.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool operator <(StreamId left, StreamId right) =>
        left.Milliseconds < right.Milliseconds || (left.Milliseconds == right.Milliseconds && left.Sequence < right.Sequence);

    /// <summary>Comparison.</summary>
    public static bool operator >(StreamId left, StreamId right) => right < left;

    /// <summary>Comparison.</summary>
    public static bool operator <=(StreamId left, StreamId right) => !(right < left);

    /// <summary>Comparison.</summary>
    public static bool operator >=(StreamId left, StreamId right) => !(left < right);

    /// <summary>Comparison, for sorting: less than 0, 0, or more.</summary>
    public static int Compare(StreamId left, StreamId right) => left < right ? -1 : right < left ? 1 : 0;

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool IsLess(in StreamId left, in StreamId right) => left < right;

    /// <summary>The id behind this one; false if there is none.</summary>
    public bool TryNext(out StreamId next)
    {
        // The result may lie where this id does.
        bool exists = this != Max;
        next = Sequence != ulong.MaxValue ? new(Milliseconds, Sequence + 1) : new(Milliseconds + 1, 0);
        return exists;
    }

    /// <summary>The id before this one; false if there is none.</summary>
    public bool TryPrevious(out StreamId previous)
    {
        bool exists = !IsZero;
        previous = Sequence != 0 ? new(Milliseconds, Sequence - 1) : new(Milliseconds - 1, ulong.MaxValue);
        return exists;
    }

    /// <summary>Writes the id as text.</summary>
    /// <param name="target">Room for <see cref="MostTextBytes"/>.</param>
    /// <returns>The length.</returns>
    public unsafe int Format(byte* target)
    {
        int length = NumberFormat.WriteUInt64(target, Milliseconds);
        target[length++] = (byte)'-';
        return length + NumberFormat.WriteUInt64(target + length, Sequence);
    }

    /// <summary>Reads "milliseconds-sequence" or only "milliseconds".</summary>
    /// <param name="text">The text.</param>
    /// <param name="missing">The sequence number where none is given.</param>
    /// <param name="id">The id.</param>
    public static bool TryParse(ReadOnlySpan<byte> text, ulong missing, out StreamId id) => TryParse(text, missing, false, out id, out _);

    /// <summary>As the other, and takes "milliseconds-*" too.</summary>
    public static bool TryParsePartial(ReadOnlySpan<byte> text, out StreamId id, out bool hasSequence) => TryParse(text, 0, true, out id, out hasSequence);

    private static bool TryParse(ReadOnlySpan<byte> text, ulong missing, bool mayBePartial, out StreamId id, out bool hasSequence)
    {
        id = default;
        hasSequence = true;
        if (text.Length > MostArgumentBytes)
            return false;
        int zero = text.IndexOf((byte)0);
        if (zero >= 0)
            text = text[..zero];
        int dash = text.IndexOf((byte)'-');
        if (!TryParseNumber(dash < 0 ? text : text[..dash], out ulong milliseconds))
            return false;
        ulong sequence = missing;
        if (dash >= 0)
        {
            ReadOnlySpan<byte> rest = text[(dash + 1)..];
            if (mayBePartial && rest.Length == 1 && rest[0] == '*')
            {
                hasSequence = false;
                sequence = 0;
            }
            else if (!TryParseNumber(rest, out sequence))
            {
                return false;
            }
        }
        id = new StreamId(milliseconds, sequence);
        return true;
    }

    /// <summary>A number as the C library's strtoull reads it: with blanks in front, a sign and zeros; but not a plainly negative one.</summary>
    private static bool TryParseNumber(ReadOnlySpan<byte> text, out ulong value)
    {
        if (AsciiNumber.TryParseUInt64(text, out value))
            return true;
        if (AsciiNumber.TryParseInt64(text, out _))
            return false;
        text = text.TrimStart(" \t\n\v\f\r"u8);
        bool isNegative = !text.IsEmpty && text[0] == '-';
        if (!text.IsEmpty && text[0] is (byte)'-' or (byte)'+')
            text = text[1..];
        if (text.IsEmpty)
            return false;
        value = 0;
        foreach (byte digit in text)
        {
            uint number = digit - (uint)'0';
            if (number > 9 || value > (ulong.MaxValue - number) / 10)
                return false;
            value = value * 10 + number;
        }
        if (isNegative)
            value = 0 - value;
        return true;
    }

    /// <inheritdoc/>
    public override string ToString() => string.Create(System.Globalization.CultureInfo.InvariantCulture, $"{Milliseconds}-{Sequence}");
}
