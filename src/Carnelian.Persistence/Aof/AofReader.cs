using Carnelian.Memory;
using Carnelian.Protocol;
using Carnelian.Text;

namespace Carnelian.Persistence.Aof;

/// <summary>
/// Reads the commands of an append only file, without copying their arguments: they lie in the reader's buffer until the next one is read.
/// </summary>
/// <remarks>
/// Strict: a command has the one form in which servers write it. The buffer grows to the longest command, but never for bytes that the file
/// does not have.
/// </remarks>
public sealed unsafe class AofReader : IDisposable
{
    /// <summary>The longest annotation, its line end included, in bytes.</summary>
    public const int LongestAnnotation = 1024;

    private const int LeastBuffer = 256 * 1024;
    private const int LongestNumber = 20;
    private const int LeastBytesPerArgument = 5;

    private readonly Stream _stream;
    private readonly long _length;
    private byte* _buffer;
    private nuint _capacity;
    private nuint _position;
    private nuint _end;
    private long _read;
    private Argument* _arguments;
    private int _argumentCapacity = 64;

    /// <summary>Reads from where a stream stands.</summary>
    /// <param name="stream">The file.</param>
    /// <param name="length">Its whole length in bytes.</param>
    public AofReader(Stream stream, long length)
    {
        _stream = stream;
        _length = length;
        _read = stream.Position;
        Offset = _read;
        _capacity = LeastBuffer;
        _buffer = NativeHeap.Allocate(_capacity);
        _arguments = (Argument*)NativeHeap.Allocate((nuint)(_argumentCapacity * sizeof(Argument)));
    }

    private enum Outcome
    {
        Whole,
        NeedsMore,
        Truncated,
        Malformed,
    }

    /// <summary>The arguments of the command, the name first.</summary>
    public Argument* Arguments => _arguments;

    /// <summary>Their number.</summary>
    public int ArgumentCount { get; private set; }

    /// <summary>Where the last item begins in the file; at the end of it, behind the last whole one.</summary>
    public long Offset { get; private set; }

    /// <summary>Behind the last item.</summary>
    public long NextOffset { get; private set; }

    /// <summary>The annotation, without its line end.</summary>
    public ReadOnlySpan<byte> Annotation => new(_arguments[0].Data, _arguments[0].Length);

    private long Remaining => _length - _read;

    /// <summary>Reads the next command or annotation.</summary>
    /// <exception cref="IOException">The file cannot be read.</exception>
    public AofItem Read()
    {
        while (true)
        {
            Offset = _read - (long)(_end - _position);
            if (_position < _end)
            {
                bool isAnnotation = _buffer[_position] == '#';
                nuint wanted = 0;
                Outcome outcome = isAnnotation ? ParseAnnotation() : ParseCommand(out wanted);
                switch (outcome)
                {
                    case Outcome.Whole:
                        return isAnnotation ? AofItem.Annotation : AofItem.Command;
                    case Outcome.Truncated:
                        return AofItem.Truncated;
                    case Outcome.Malformed:
                        return AofItem.Malformed;
                }
                if (!Fill(wanted))
                    return AofItem.Truncated;
            }
            else if (!Fill(0))
            {
                return AofItem.End;
            }
        }
    }

    /// <summary>Reads more behind what is there.</summary>
    /// <param name="wanted">How many bytes from the position on the next item takes at least, as far as known.</param>
    /// <returns>False at the end of the file.</returns>
    private bool Fill(nuint wanted)
    {
        nuint kept = _end - _position;
        if (_position != 0)
        {
            Buffer.MemoryCopy(_buffer + _position, _buffer, _capacity, kept);
            _position = 0;
            _end = kept;
        }
        if (Math.Max(wanted, kept + 1) > _capacity)
        {
            _capacity = NativeHeap.GoodSize(Math.Max(wanted, _capacity * 2));
            _buffer = NativeHeap.Reallocate(_buffer, _capacity);
        }
        int room = (int)Math.Min((nuint)int.MaxValue, _capacity - _end);
        int count = Remaining <= 0 ? 0 : _stream.Read(new Span<byte>(_buffer + _end, (int)Math.Min(room, Remaining)));
        _end += (nuint)count;
        _read += count;
        return count != 0;
    }

    private Outcome ParseAnnotation()
    {
        byte* start = _buffer + _position;
        var rest = new ReadOnlySpan<byte>(start, (int)Math.Min(_end - _position, LongestAnnotation));
        int end = rest.IndexOf((byte)'\n');
        if (end < 0)
            return rest.Length == LongestAnnotation ? Outcome.Malformed : Outcome.NeedsMore;
        int length = end > 0 && rest[end - 1] == '\r' ? end - 1 : end;
        _arguments[0] = new Argument { Data = start, Length = length };
        ArgumentCount = 0;
        Take((nuint)end + 1);
        return Outcome.Whole;
    }

    private Outcome ParseCommand(out nuint wanted)
    {
        byte* start = _buffer + _position;
        byte* end = _buffer + _end;
        byte* p = start;
        wanted = 0;
        Outcome outcome = ParseNumber(ref p, end, '*', out long count);
        if (outcome != Outcome.Whole)
            return outcome;
        if (count is < 1 or > int.MaxValue)
            return Outcome.Malformed;
        if (count * LeastBytesPerArgument > end - p + Remaining)
            return Outcome.Truncated;
        ReserveArguments(count);
        for (int i = 0; i < count; i++)
        {
            outcome = ParseNumber(ref p, end, '$', out long length);
            if (outcome != Outcome.Whole)
                return outcome;
            if (length is < 0 or > int.MaxValue - 2)
                return Outcome.Malformed;
            long missing = length + 2 - (end - p);
            if (missing > 0)
            {
                wanted = (nuint)(p - start + length + 2);
                return missing > Remaining ? Outcome.Truncated : Outcome.NeedsMore;
            }
            if (p[length] != '\r' || p[length + 1] != '\n')
                return Outcome.Malformed;
            _arguments[i] = new Argument { Data = p, Length = (int)length };
            p += length + 2;
        }
        ArgumentCount = (int)count;
        Take((nuint)(p - start));
        return Outcome.Whole;
    }

    private static Outcome ParseNumber(ref byte* p, byte* end, char prefix, out long value)
    {
        value = 0;
        if (p == end)
            return Outcome.NeedsMore;
        if (*p != prefix)
            return Outcome.Malformed;
        int room = (int)Math.Min(end - p, LongestNumber + 3);
        var line = new ReadOnlySpan<byte>(p, room);
        int lineEnd = line.IndexOf((byte)'\n');
        if (lineEnd < 0)
            return room == LongestNumber + 3 ? Outcome.Malformed : Outcome.NeedsMore;
        if (lineEnd < 3 || line[lineEnd - 1] != '\r' || !AsciiNumber.TryParseInt64(line[1..(lineEnd - 1)], out value))
            return Outcome.Malformed;
        p += lineEnd + 1;
        return Outcome.Whole;
    }

    private void ReserveArguments(long count)
    {
        if (count <= _argumentCapacity)
            return;
        _argumentCapacity = (int)count;
        _arguments = (Argument*)NativeHeap.Reallocate((byte*)_arguments, (nuint)count * (nuint)sizeof(Argument));
    }

    private void Take(nuint bytes)
    {
        _position += bytes;
        NextOffset = Offset + (long)bytes;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        NativeHeap.Free(_buffer);
        NativeHeap.Free((byte*)_arguments);
        _buffer = null;
        _arguments = null;
    }
}
