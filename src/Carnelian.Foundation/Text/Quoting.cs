namespace Carnelian.Text;

/// <summary>What <see cref="Quoting.ReadArgument"/> found.</summary>
public enum QuotedRead
{
    /// <summary>An argument.</summary>
    Argument,

    /// <summary>Nothing but white space up to the end of the line.</summary>
    End,

    /// <summary>A quote that is opened and not closed.</summary>
    Unbalanced,
}

/// <summary>
/// The shell-like quoting of inline commands and configuration files, and the quoted form in which binary strings are logged.
/// </summary>
/// <remarks>
/// Words are separated by white space. Within double quotes \n \r \t \b \a and \xHH mean what they mean in C, and a backslash
/// before any other byte stands for that byte; within single quotes only \' is special. Quoted and plain parts that touch make one word.
/// </remarks>
public static unsafe class Quoting
{
    /// <summary>
    /// Reads the next argument of a line and unescapes it in place: an argument is never longer than its source.
    /// </summary>
    /// <param name="cursor">Where to begin; afterwards behind the argument.</param>
    /// <param name="end">The end of the line.</param>
    /// <param name="data">The argument's first byte.</param>
    /// <param name="length">The argument's length in bytes.</param>
    public static QuotedRead ReadArgument(ref byte* cursor, byte* end, out byte* data, out int length)
    {
        byte* p = cursor;
        while (p < end && IsSpace(*p)) p++;
        data = p;
        length = 0;
        cursor = p;
        if (p == end) return QuotedRead.End;

        byte* target = p;
        while (p < end && !IsSeparator(*p))
        {
            byte c = *p++;
            if (c == '"')
            {
                if (!ReadDoubleQuoted(ref p, end, ref target)) return QuotedRead.Unbalanced;
            }
            else if (c == '\'')
            {
                if (!ReadSingleQuoted(ref p, end, ref target)) return QuotedRead.Unbalanced;
            }
            else
            {
                *target++ = c;
            }
        }
        cursor = p;
        length = (int)(target - data);
        return QuotedRead.Argument;
    }

    /// <summary>The arguments of a line, or null when its quotes are unbalanced. The line ends at a zero byte, if it has one.</summary>
    public static List<byte[]>? SplitArguments(ReadOnlySpan<byte> line)
    {
        int zero = line.IndexOf((byte)0);
        byte[] copy = (zero < 0 ? line : line[..zero]).ToArray();
        List<byte[]> arguments = [];
        fixed (byte* start = copy)
        {
            byte* cursor = start;
            byte* end = start + copy.Length;
            while (true)
            {
                switch (ReadArgument(ref cursor, end, out byte* data, out int length))
                {
                    case QuotedRead.End: return arguments;
                    case QuotedRead.Unbalanced: return null;
                    default: arguments.Add(new ReadOnlySpan<byte>(data, length).ToArray()); break;
                }
            }
        }
    }

    /// <summary>Room that the quoted form of so many bytes takes at most.</summary>
    public static int MaxRepresentationLength(int length) => checked((length * 4) + 2);

    /// <summary>
    /// Writes the form in which MONITOR and logs show binary strings, and which <see cref="ReadArgument"/> reads back: in double quotes,
    /// with a backslash before quotes and backslashes, and \n \r \t \b \a or \xHH for what is not printable ASCII.
    /// </summary>
    /// <returns>The length.</returns>
    public static int WriteRepresentation(Span<byte> target, ReadOnlySpan<byte> value)
    {
        int length = 0;
        target[length++] = (byte)'"';
        foreach (byte c in value)
        {
            byte escape = c switch
            {
                (byte)'\\' or (byte)'"' => c,
                (byte)'\n' => (byte)'n',
                (byte)'\r' => (byte)'r',
                (byte)'\t' => (byte)'t',
                (byte)'\b' => (byte)'b',
                (byte)'\a' => (byte)'a',
                _ => 0,
            };
            if (escape != 0)
            {
                target[length++] = (byte)'\\';
                target[length++] = escape;
            }
            else if (c is >= 0x20 and < 0x7F)
            {
                target[length++] = c;
            }
            else
            {
                target[length++] = (byte)'\\';
                target[length++] = (byte)'x';
                target[length++] = HexDigit(c >> 4);
                target[length++] = HexDigit(c & 15);
            }
        }
        target[length++] = (byte)'"';
        return length;
    }

    /// <summary>The quoted form of a string, as <see cref="WriteRepresentation"/> writes it.</summary>
    public static byte[] Represent(ReadOnlySpan<byte> value)
    {
        byte[] target = new byte[MaxRepresentationLength(value.Length)];
        return target[..WriteRepresentation(target, value)];
    }

    private static bool ReadDoubleQuoted(ref byte* p, byte* end, ref byte* target)
    {
        while (p < end)
        {
            byte c = *p++;
            if (c == '"') return true;
            if (c == '\\' && p < end)
            {
                c = *p++;
                if (c == 'x' && end - p >= 2 && char.IsAsciiHexDigit((char)p[0]) && char.IsAsciiHexDigit((char)p[1]))
                {
                    c = (byte)((HexValue(p[0]) << 4) | HexValue(p[1]));
                    p += 2;
                }
                else
                {
                    c = c switch
                    {
                        (byte)'n' => (byte)'\n',
                        (byte)'r' => (byte)'\r',
                        (byte)'t' => (byte)'\t',
                        (byte)'b' => (byte)'\b',
                        (byte)'a' => (byte)'\a',
                        _ => c,
                    };
                }
            }
            *target++ = c;
        }
        return false;
    }

    private static bool ReadSingleQuoted(ref byte* p, byte* end, ref byte* target)
    {
        while (p < end)
        {
            byte c = *p++;
            if (c == '\'') return true;
            if (c == '\\' && p < end && *p == '\'') c = *p++;
            *target++ = c;
        }
        return false;
    }

    internal static int HexValue(byte c) => c <= '9' ? c - '0' : (c | 0x20) - 'a' + 10;

    private static byte HexDigit(int value) => (byte)(value < 10 ? '0' + value : 'a' + value - 10);

    private static bool IsSpace(byte c) => c is (byte)' ' or (>= (byte)'\t' and <= (byte)'\r');

    /// <summary>Vertical tab and form feed lead to a word but do not end one.</summary>
    private static bool IsSeparator(byte c) => c is (byte)' ' or (byte)'\t' or (byte)'\n' or (byte)'\r';
}
