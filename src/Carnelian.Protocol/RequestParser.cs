using System.Diagnostics;
using System.Runtime.CompilerServices;
using Carnelian.Memory;
using Carnelian.Text;

namespace Carnelian.Protocol;

/// <summary>
/// Reads commands, RESP arrays of bulk strings as well as inline commands, from native memory without copying: the arguments point
/// into the buffer.
/// </summary>
/// <remarks>
/// One parser belongs to one event loop and is used by its thread only. A batch collects the whole commands of one read, or of the
/// reads of several connections, until <see cref="Clear"/>. Bytes that are not yet a whole command stay with the caller, who keeps
/// them together with the connection's <see cref="RequestState"/> and calls again with more bytes behind them.
/// <para>
/// The usual command, all of whose counts and lengths have one or two digits, is read by comparing whole words, not by walking over
/// bytes: "*3\r\n" is one 32-bit load, one masked compare and one range check. Everything else takes the slow path, which also finds
/// the errors; the two agree because a count has only one spelling (no sign, no leading zero).
/// </para>
/// </remarks>
public sealed unsafe class RequestParser : IDisposable
{
    /// <summary>The most commands that a batch holds.</summary>
    public const int BatchSize = 32;

    /// <summary>The longest line without an end, in bytes: a count, or an inline command.</summary>
    public const int MaxLineBytes = 64 * 1024;

    /// <summary>The most arguments in a command of a client that has yet to authenticate.</summary>
    public const int UnauthenticatedMaxArguments = 10;

    /// <summary>The longest argument of a client that has yet to authenticate, in bytes.</summary>
    public const int UnauthenticatedMaxBulkLength = 16384;

    /// <summary>An argument from this length on is worth a buffer of its own; see <see cref="MissingBytes"/>.</summary>
    public const int BigArgumentBytes = 32 * 1024;

    private const int DefaultArguments = 1024;

    // "*d\r\n" and "$d\r\n" as little-endian words with the digit masked out.
    private const uint OneDigitMask = 0xFFFF00FF;
    private const uint OneDigitCount = 0x0A0D002A;
    private const uint OneDigitLength = 0x0A0D0024;
    private const ushort LineEnd = 0x0A0D;

    private Argument* _arguments;
    private int _argumentCapacity;
    private int _argumentCount;
    private readonly ParsedCommand* _commands;
    private int _commandCount;
    private byte* _position;
    private long _missingBytes;
    private long _missingLength;
    private int _missingIndex;
    private long _maxBulkLength = 512L * 1024 * 1024;
    private bool _unauthenticated;
    private ProtocolError _error;

    /// <summary>Creates a parser with an empty batch.</summary>
    public RequestParser()
    {
        _argumentCapacity = DefaultArguments;
        _arguments = (Argument*)NativeHeap.Allocate(DefaultArguments * (nuint)sizeof(Argument));
        _commands = (ParsedCommand*)NativeHeap.Allocate(BatchSize * (nuint)sizeof(ParsedCommand));
    }

    /// <summary>The batch's arguments. The array moves when a later <see cref="Parse"/> makes it grow.</summary>
    public Argument* Arguments => _arguments;

    /// <summary>Number of arguments in the batch.</summary>
    public int ArgumentCount => _argumentCount;

    /// <summary>The batch's commands, in the order they were read.</summary>
    public ParsedCommand* Commands => _commands;

    /// <summary>Number of commands in the batch, at most <see cref="BatchSize"/>.</summary>
    public int CommandCount => _commandCount;

    /// <summary>The first byte that the last <see cref="Parse"/> did not consume.</summary>
    public byte* Position => _position;

    /// <summary>
    /// After <see cref="ParseStatus.Incomplete"/>: how many bytes are missing until the end of the argument being received, its line
    /// end included, or 0 when its length is not known yet. From <see cref="BigArgumentBytes"/> on it pays to size the connection's
    /// buffer for exactly these and to read straight into it.
    /// </summary>
    public long MissingBytes => _missingBytes;

    /// <summary>With <see cref="MissingBytes"/>: the length of that argument.</summary>
    public long MissingLength => _missingLength;

    /// <summary>With <see cref="MissingBytes"/>: its place among the command's arguments.</summary>
    public int MissingIndex => _missingIndex;

    /// <summary>After <see cref="ParseStatus.Error"/>: what is wrong.</summary>
    public ProtocolError Error => _error;

    /// <summary><c>proto-max-bulk-len</c>: the longest argument, in bytes. Above 2^31 - 1 it has no further effect.</summary>
    public long MaxBulkLength
    {
        get => _maxBulkLength;
        set => _maxBulkLength = Math.Min(value, int.MaxValue);
    }

    /// <summary>Native memory that the batch arrays occupy, in bytes.</summary>
    public long MemoryBytes =>
        (long)(NativeHeap.UsableSize((byte*)_arguments) + NativeHeap.UsableSize((byte*)_commands));

    /// <summary>Empties the batch; a batch that has grown far beyond the usual size gives its memory back.</summary>
    public void Clear()
    {
        _commandCount = 0;
        _argumentCount = 0;
        if (_argumentCapacity > 16 * DefaultArguments) Shrink();
    }

    /// <summary>
    /// Adds the whole commands in [<paramref name="start"/>, <paramref name="end"/>) to the batch. The bytes of an inline command are
    /// unescaped in place; nothing else in the buffer changes.
    /// </summary>
    /// <param name="start">The first byte of a command; when the last call for this connection was incomplete, of the same command.</param>
    /// <param name="end">Behind the last byte received.</param>
    /// <param name="state">The connection's state.</param>
    /// <param name="authenticated">
    /// False puts the limits for strangers in force, and makes the call stop after one command, since that one may be AUTH.
    /// </param>
    public ParseStatus Parse(byte* start, byte* end, ref RequestState state, bool authenticated = true)
    {
        _unauthenticated = !authenticated;
        _missingBytes = 0;
        int limit = authenticated ? BatchSize : Math.Min(BatchSize, _commandCount + 1);
        byte* p = start;
        if (state.IsPending)
        {
            if (_commandCount == limit)
            {
                _position = start;
                return ParseStatus.BatchFull;
            }
            LineResult result = Resume(ref p, end, ref state);
            if (result != LineResult.Whole) return Stop(result, start);
        }
        while (true)
        {
            byte* command = p;
            if (p == end)
            {
                _position = p;
                return ParseStatus.Complete;
            }
            if (_commandCount == limit)
            {
                _position = p;
                return ParseStatus.BatchFull;
            }
            if (*p != '*')
            {
                LineResult result = ReadInline(ref p, end);
                if (result != LineResult.Whole) return Stop(result, command);
                continue;
            }

            int count;
            uint digit;
            if (end - p >= 4
                && (Unsafe.ReadUnaligned<uint>(p) & OneDigitMask) == OneDigitCount
                && (digit = p[1] - (uint)'1') < 9)
            {
                count = (int)digit + 1;
                p += 4;
            }
            else
            {
                LineResult result = ReadCount(ref p, end, out count);
                if (result != LineResult.Whole) return Stop(result, command);
                if (count <= 0) continue;
            }

            // An argument takes six bytes at least, so this many slots suffice without looking again, and a huge count reserves nothing.
            Reserve((int)Math.Min(count, ((end - p) / 6) + 1));
            Argument* argument = _arguments + _argumentCount;
            int left = count;
            do
            {
                int length;
                byte* data;
                if (end - p < 6) goto Careful;
                if ((Unsafe.ReadUnaligned<uint>(p) & OneDigitMask) == OneDigitLength && (digit = p[1] - (uint)'0') < 10)
                {
                    length = (int)digit;
                    data = p + 4;
                }
                else if (p[0] == '$'
                    && (digit = p[1] - (uint)'1') < 9
                    && p[2] - (uint)'0' is < 10 and uint units
                    && Unsafe.ReadUnaligned<ushort>(p + 3) == LineEnd)
                {
                    length = (int)((digit * 10) + 10 + units);
                    data = p + 5;
                }
                else
                {
                    goto Careful;
                }
                if (end - data < length + 2 || Unsafe.ReadUnaligned<ushort>(data + length) != LineEnd) goto Careful;
                p = data + length + 2;
                goto Store;
            Careful:
                LineResult result = ReadArgument(ref p, end, out data, out length);
                if (result != LineResult.Whole)
                {
                    _missingIndex = count - left;
                    if (result == LineResult.Partial) Keep(ref state, command, p, count, count - left);
                    return Stop(result, command);
                }
            Store:
                argument->Data = data;
                argument->Length = length;
                argument->Flags = 0;
                argument->Hash = 0;
                argument++;
            }
            while (--left != 0);
            AddCommand(count, p - command);
        }
    }

    /// <summary>Gives the native arrays back.</summary>
    public void Dispose()
    {
        NativeHeap.Free((byte*)_arguments);
        NativeHeap.Free((byte*)_commands);
        _arguments = null;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void AddCommand(int argumentCount, long requestBytes)
    {
        ParsedCommand* parsed = _commands + _commandCount++;
        parsed->FirstArgument = _argumentCount;
        parsed->ArgumentCount = argumentCount;
        parsed->RequestBytes = requestBytes;
        _argumentCount += argumentCount;
    }

    private ParseStatus Stop(LineResult result, byte* position)
    {
        _position = position;
        return result == LineResult.Partial ? ParseStatus.Incomplete : ParseStatus.Error;
    }

    private LineResult Fail(ProtocolErrorCode code, byte offendingByte = 0)
    {
        _error = new ProtocolError(code, offendingByte);
        return LineResult.Malformed;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void Reserve(int more)
    {
        if (_argumentCapacity - _argumentCount < more) Grow(more);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private void Grow(int more)
    {
        long wanted = Math.Max(_argumentCapacity * 2L, (long)_argumentCount + more);
        _argumentCapacity = (int)Math.Min(wanted, int.MaxValue);
        _arguments = (Argument*)NativeHeap.Reallocate((byte*)_arguments, (nuint)_argumentCapacity * (nuint)sizeof(Argument));
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private void Shrink()
    {
        NativeHeap.Free((byte*)_arguments);
        _argumentCapacity = DefaultArguments;
        _arguments = (Argument*)NativeHeap.Allocate(DefaultArguments * (nuint)sizeof(Argument));
    }

    /// <summary>Reads "*count\r\n". A count of 0 or less is fine and means that there is no command.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private LineResult ReadCount(ref byte* p, byte* end, out int count)
    {
        count = 0;
        byte* lineEnd = FindCarriageReturn(p, end);
        if (lineEnd == null)
        {
            return end - p > MaxLineBytes ? Fail(ProtocolErrorCode.TooBigMultibulkCountString) : LineResult.Partial;
        }
        if (end - lineEnd < 2) return LineResult.Partial;
        if (lineEnd[1] != '\n') return Fail(ProtocolErrorCode.InvalidLineEnd);
        if (!AsciiNumber.TryParseInt64(new ReadOnlySpan<byte>(p + 1, (int)(lineEnd - p - 1)), out long value) || value > int.MaxValue)
        {
            return Fail(ProtocolErrorCode.InvalidMultibulkLength);
        }
        if (value > UnauthenticatedMaxArguments && _unauthenticated) return Fail(ProtocolErrorCode.UnauthenticatedMultibulkLength);
        count = value < 0 ? 0 : (int)value;
        p = lineEnd + 2;
        return LineResult.Whole;
    }

    /// <summary>Reads "$length\r\n", that many bytes and "\r\n". A length that is too big is an error before its bytes have arrived.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private LineResult ReadArgument(ref byte* p, byte* end, out byte* data, out int length)
    {
        data = null;
        length = 0;
        byte* lineEnd = FindCarriageReturn(p, end);
        if (lineEnd == null)
        {
            return end - p > MaxLineBytes ? Fail(ProtocolErrorCode.TooBigBulkCountString) : LineResult.Partial;
        }
        if (end - lineEnd < 2) return LineResult.Partial;
        if (*p != '$') return Fail(ProtocolErrorCode.ExpectedDollar, *p);
        if (lineEnd[1] != '\n') return Fail(ProtocolErrorCode.InvalidLineEnd);
        if (!AsciiNumber.TryParseInt64(new ReadOnlySpan<byte>(p + 1, (int)(lineEnd - p - 1)), out long value)
            || value < 0 || value > _maxBulkLength)
        {
            return Fail(ProtocolErrorCode.InvalidBulkLength);
        }
        if (value > UnauthenticatedMaxBulkLength && _unauthenticated) return Fail(ProtocolErrorCode.UnauthenticatedBulkLength);
        long missing = value + 2 - (end - (lineEnd + 2));
        if (missing > 0)
        {
            _missingBytes = missing;
            _missingLength = value;
            return LineResult.Partial;
        }
        data = lineEnd + 2;
        length = (int)value;
        if (Unsafe.ReadUnaligned<ushort>(data + length) != LineEnd) return Fail(ProtocolErrorCode.InvalidLineEnd);
        p = data + length + 2;
        return LineResult.Whole;
    }

    private static byte* FindCarriageReturn(byte* p, byte* end)
    {
        int index = new ReadOnlySpan<byte>(p, (int)Math.Min(end - p, int.MaxValue)).IndexOf((byte)'\r');
        return index < 0 ? null : p + index;
    }

    /// <summary>
    /// Reads a line of words. A line ends with a line feed, before which one carriage return is dropped; as in Valkey a zero byte
    /// hides the rest of the input, so that such a line never ends until it is too long.
    /// </summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private LineResult ReadInline(ref byte* p, byte* end)
    {
        byte* command = p;
        int length = new ReadOnlySpan<byte>(p, (int)Math.Min(end - p, int.MaxValue)).IndexOfAny((byte)'\n', (byte)0);
        if (length < 0 || p[length] == 0)
        {
            return end - p > MaxLineBytes ? Fail(ProtocolErrorCode.TooBigInlineRequest) : LineResult.Partial;
        }
        // However it was cut into pieces on the way: whether such a line is refused does not depend on whether its end has come along.
        if (length > MaxLineBytes)
            return Fail(ProtocolErrorCode.TooBigInlineRequest);
        byte* next = p + length + 1;
        if (length > 0 && p[length - 1] == '\r') length--;
        byte* lineEnd = p + length;
        int count = 0;
        while (true)
        {
            QuotedRead read = Quoting.ReadArgument(ref p, lineEnd, out byte* data, out int argumentLength);
            if (read == QuotedRead.Unbalanced) return Fail(ProtocolErrorCode.UnbalancedQuotes);
            if (read == QuotedRead.End) break;
            Reserve(count + 1);
            _arguments[_argumentCount + count++] = new Argument { Data = data, Length = argumentLength };
        }
        p = next;
        if (count > 0) AddCommand(count, next - command);
        return LineResult.Whole;
    }

    /// <summary>Remembers the whole arguments of a command that goes on behind the buffer, if there are enough to make it worth while.</summary>
    private void Keep(ref RequestState state, byte* command, byte* position, int expected, int count)
    {
        if (count < RequestState.Threshold) return;
        state.Begin(expected);
        state.Offset = position - command;
        Argument* arguments = _arguments + _argumentCount;
        for (int i = 0; i < count; i++) state.Add(arguments[i].Length);
    }

    /// <summary>Goes on with a command whose first arguments are remembered, and adds it to the batch when it is whole.</summary>
    private LineResult Resume(ref byte* p, byte* end, ref RequestState state)
    {
        byte* command = p;
        byte* next = p + state.Offset;
        while (state.Count < state.Expected)
        {
            LineResult result = ReadArgument(ref next, end, out _, out int length);
            if (result != LineResult.Whole)
            {
                state.Offset = next - command;
                _missingIndex = state.Count;
                return result;
            }
            state.Add(length);
        }

        int count = state.Expected;
        Reserve(count);
        Argument* arguments = _arguments + _argumentCount;
        byte* at = command + 3 + NumberFormat.CountDigits((ulong)count);
        for (int i = 0; i < count; i++)
        {
            int length = state.Lengths[i];
            at += 3 + NumberFormat.CountDigits((ulong)length);
            arguments[i] = new Argument { Data = at, Length = length };
            at += length + 2;
        }
        Debug.Assert(at == next);
        state.Free();
        AddCommand(count, next - command);
        p = next;
        return LineResult.Whole;
    }

    private enum LineResult
    {
        Whole,
        Partial,
        Malformed,
    }
}
