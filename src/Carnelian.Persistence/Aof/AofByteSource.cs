namespace Carnelian.Persistence.Aof;

/// <summary>A file that is read byte by byte and line by line, and knows where it stands.</summary>
internal sealed class AofByteSource(Stream stream)
{
    private readonly byte[] _buffer = new byte[64 * 1024];
    private int _start;
    private int _end;

    /// <summary>Where the next byte lies in the file.</summary>
    public long Position { get; private set; } = stream.Position;

    /// <summary>The next byte, which is not taken; -1 at the end.</summary>
    public int Peek() => _start < _end || Fill() ? _buffer[_start] : -1;

    /// <summary>Takes bytes up to and with the next line feed.</summary>
    /// <param name="target">Takes them; when it is full, the rest of the line stays.</param>
    /// <returns>The bytes taken.</returns>
    public Span<byte> ReadLine(Span<byte> target)
    {
        int length = 0;
        while (length < target.Length && Peek() is >= 0 and var next)
        {
            target[length++] = (byte)next;
            Advance(1);
            if (next == '\n')
                break;
        }
        return target[..length];
    }

    /// <summary>Takes bytes and keeps some of them.</summary>
    /// <param name="count">How many to take.</param>
    /// <param name="head">Gets the first ones.</param>
    /// <param name="tail">Gets the last ones.</param>
    /// <returns>How many there were.</returns>
    public long Skip(long count, Span<byte> head, Span<byte> tail)
    {
        long taken = 0;
        while (taken < count && (_start < _end || Fill()))
        {
            int part = (int)Math.Min(count - taken, _end - _start);
            Span<byte> bytes = _buffer.AsSpan(_start, part);
            Keep(bytes, taken, head, 0);
            Keep(bytes, taken, tail, count - tail.Length);
            taken += part;
            Advance(part);
        }
        return taken;
    }

    /// <summary>Copies those of some bytes that belong into a window.</summary>
    private static void Keep(ReadOnlySpan<byte> bytes, long offset, Span<byte> window, long windowOffset)
    {
        long from = Math.Max(offset, windowOffset), to = Math.Min(offset + bytes.Length, windowOffset + window.Length);
        if (from < to)
            bytes[(int)(from - offset)..(int)(to - offset)].CopyTo(window[(int)(from - windowOffset)..]);
    }

    private void Advance(int count)
    {
        _start += count;
        Position += count;
    }

    private bool Fill()
    {
        _start = 0;
        _end = stream.Read(_buffer);
        return _end > 0;
    }
}
