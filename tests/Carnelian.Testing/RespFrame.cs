namespace Carnelian.Testing;

/// <summary>
/// Finds where a reply ends without interpreting it. The test programs compare raw bytes and must not
/// depend on the server's own protocol code, so this reader is separate from Carnelian.Protocol.
/// </summary>
public static class RespFrame
{
    /// <summary>The offset behind the reply that begins at <paramref name="start"/>, or -1 while it is incomplete.</summary>
    /// <exception cref="InvalidDataException">The bytes are no reply of RESP2 or RESP3.</exception>
    public static int End(ReadOnlySpan<byte> bytes, int start)
    {
        if (start >= bytes.Length)
            return -1;
        int line = bytes[start..].IndexOf("\r\n"u8);
        if (line < 0)
            return -1;
        int next = start + line + 2;
        switch (bytes[start])
        {
            case (byte)'+' or (byte)'-' or (byte)':' or (byte)',' or (byte)'#' or (byte)'_' or (byte)'(':
                return next;
            case (byte)'$' or (byte)'=' or (byte)'!':
                long length = Length(bytes, start, line);
                if (length < 0)
                    return next;
                return next + length + 2 <= bytes.Length ? checked((int)(next + length + 2)) : -1;
            case (byte)'*' or (byte)'~' or (byte)'>':
                return Skip(bytes, next, Length(bytes, start, line));
            case (byte)'%':
                return Skip(bytes, next, 2 * Length(bytes, start, line));
            case (byte)'|':
                return Skip(bytes, next, (2 * Length(bytes, start, line)) + 1);
            default:
                throw new InvalidDataException($"not the beginning of a reply: {CommandText.Quote(bytes.Slice(start, Math.Min(40, bytes.Length - start)))}");
        }
    }

    private static int Skip(ReadOnlySpan<byte> bytes, int position, long count)
    {
        for (long i = 0; i < count && position >= 0; i++)
            position = End(bytes, position);
        return position;
    }

    private static long Length(ReadOnlySpan<byte> bytes, int start, int line) =>
        long.TryParse(bytes.Slice(start + 1, line - 1), out long length)
            ? length
            : throw new InvalidDataException($"not a length: {CommandText.Quote(bytes.Slice(start, line))}");
}
