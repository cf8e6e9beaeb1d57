using System.Diagnostics;
using System.Runtime.CompilerServices;
using Carnelian.Memory;
using Carnelian.Text;

namespace Carnelian.Protocol;

/// <summary>
/// Writes replies in RESP2 or RESP3 to the end of a client's <see cref="OutputQueue"/>.
/// </summary>
/// <remarks>
/// One per event loop, used by its thread, attached to one queue at a time. It keeps the end and the limit of the queue's last chunk
/// in two fields, so a small reply is a compare, a few stores and an add. The queue learns of the bytes at <see cref="Flush"/>.
/// <para>
/// Invariant while attached and not discarding: [_committed, _cursor) is written but not yet counted in the queue; both are in the
/// tail chunk, or null when the queue has no chunk at its tail.
/// </para>
/// </remarks>
public sealed unsafe class ReplyWriter : IDisposable
{
    /// <summary>Longest header: a type byte, 20 digits and sign, and the line end; also the gap of a deferred length.</summary>
    private const int HeaderRoom = 24;

    private const ushort LineEnd = 0x0A0D;

    private byte* _cursor;
    private byte* _limit;
    private byte* _committed;
    private OutputQueue? _queue;
    private byte* _scratch;
    private bool _discarding;
    private readonly byte[] _lastErrorCode = new byte[64];
    private int _lastErrorCodeLength;

    /// <summary>The protocol version of the attached client: 2 or 3.</summary>
    public int Resp { get; set; } = 2;

    /// <summary>Number of error replies written since the writer was made, also while discarding.</summary>
    public long ErrorReplies { get; private set; }

    /// <summary>The code of the last error reply, its first word, cut to 64 bytes.</summary>
    public ReadOnlySpan<byte> LastErrorCode => new(_lastErrorCode, 0, _lastErrorCodeLength);

    /// <summary>Bytes waiting in the attached queue, with what is not flushed yet.</summary>
    public long PendingBytes => _queue!.PendingBytes + (_discarding ? 0 : _cursor - _committed);

    /// <summary>
    /// While true, replies are dropped: CLIENT REPLY OFF and SKIP. Changes between commands, or at least not between the beginning and
    /// the end of a deferred length.
    /// </summary>
    public bool Discarding
    {
        get => _discarding;
        set
        {
            if (value == _discarding) return;
            if (value)
            {
                Flush();
                _discarding = true;
                UseScratch();
            }
            else
            {
                _discarding = false;
                UseTail();
            }
        }
    }

    /// <summary>Begins to write to a queue.</summary>
    /// <param name="queue">The client's queue.</param>
    /// <param name="resp">The client's protocol version, 2 or 3.</param>
    public void Attach(OutputQueue queue, int resp)
    {
        Debug.Assert(_queue == null && !queue.IsAttached);
        _queue = queue;
        Resp = resp;
        _discarding = false;
        queue.ExpandTail();
        queue.IsAttached = true;
        UseTail();
    }

    /// <summary>Hands everything written to the queue and lets go of it.</summary>
    public void Detach()
    {
        Flush();
        _discarding = false;
        _queue!.IsAttached = false;
        if (_queue.IsEmpty) _queue.Clear();
        _queue = null;
        _cursor = _limit = _committed = null;
    }

    /// <summary>Makes everything written part of the queue's contents and counters.</summary>
    public void Flush()
    {
        if (_discarding || _cursor == _committed) return;
        OutputQueue queue = _queue!;
        queue.Tail->End = _cursor;
        queue.AddPending(_cursor - _committed);
        _committed = _cursor;
    }

    /// <summary>Where the next reply begins. Valid until the writer is detached or rolled back to an earlier mark.</summary>
    public ReplyMark Mark() => _discarding ? default : new(_queue!.Tail, _cursor);

    /// <summary>Takes back everything written since <paramref name="mark"/>.</summary>
    public void RollbackTo(ReplyMark mark)
    {
        if (_discarding) return;
        Flush();
        OutputQueue queue = _queue!;
        queue.TruncateAfter(mark.Node);
        UseTail();
        if (mark.Node == null || mark.Node->Kind == OutputNodeKind.Shared) return;
        _cursor = mark.Cursor;
        Flush();
    }

    /// <summary>"+text": a status such as OK, without line ends in it.</summary>
    public void SimpleString(ReadOnlySpan<byte> text) => Line((byte)'+', text);

    /// <summary>"+OK".</summary>
    public void Ok()
    {
        byte* p = Room(8);
        Unsafe.WriteUnaligned(p, (uint)('+' | ('O' << 8) | ('K' << 16) | ('\r' << 24)));
        p[4] = (byte)'\n';
        _cursor = p + 5;
    }

    /// <summary>An error.</summary>
    /// <param name="text">The text with its code in front, "ERR ..."; line ends in it are written as spaces, at its end dropped.</param>
    public void Error(ReadOnlySpan<byte> text) => Error(text, default, default);

    /// <summary>An error whose text has three parts, for texts that quote something.</summary>
    public void Error(ReadOnlySpan<byte> text, ReadOnlySpan<byte> middle, ReadOnlySpan<byte> end)
    {
        ErrorReplies++;
        int codeLength = text.IndexOf((byte)' ');
        ReadOnlySpan<byte> code = codeLength < 0 ? text : text[..codeLength];
        _lastErrorCodeLength = Math.Min(code.Length, _lastErrorCode.Length);
        code[.._lastErrorCodeLength].CopyTo(_lastErrorCode);

        *Room(1) = (byte)'-';
        _cursor++;
        if (end.IsEmpty)
        {
            if (middle.IsEmpty) text = text.TrimEnd("\r\n"u8);
            else middle = middle.TrimEnd("\r\n"u8);
        }
        else
        {
            end = end.TrimEnd("\r\n"u8);
        }
        OneLine(text);
        OneLine(middle);
        OneLine(end);
        EndLine();
    }

    /// <summary>":value".</summary>
    public void Integer(long value)
    {
        byte* p = Room(HeaderRoom);
        if ((ulong)value < 10)
        {
            Unsafe.WriteUnaligned(p, (uint)(':' | (('0' + (uint)value) << 8) | 0x0A0D0000));
            _cursor = p + 4;
            return;
        }
        *p = (byte)':';
        p += 1 + NumberFormat.WriteInt64(p + 1, value);
        Unsafe.WriteUnaligned(p, LineEnd);
        _cursor = p + 2;
    }

    /// <summary>A string of any bytes.</summary>
    public void Bulk(ReadOnlySpan<byte> value)
    {
        if (_limit - _cursor < value.Length + (long)HeaderRoom)
        {
            LongString((byte)'$', value.Length, default, value);
            return;
        }
        byte* p = Header(_cursor, (byte)'$', (uint)value.Length);
        value.CopyTo(new Span<byte>(p, value.Length));
        p += value.Length;
        Unsafe.WriteUnaligned(p, LineEnd);
        _cursor = p + 2;
    }

    /// <summary>A string of any bytes, given as pointer and length.</summary>
    public void Bulk(byte* data, int length) => Bulk(new ReadOnlySpan<byte>(data, length));

    /// <summary>
    /// A string that lies in a shared block and is sent from there. Pays from some ten thousand bytes on.
    /// </summary>
    /// <param name="data">The first byte; must not change until released.</param>
    /// <param name="length">The length in bytes.</param>
    /// <param name="block">What <paramref name="release"/> gets; the caller has taken a reference on it already.</param>
    /// <param name="release">Called once, on the loop's thread, when the bytes are sent or dropped.</param>
    public void BulkShared(byte* data, nuint length, byte* block, delegate*<byte*, void> release)
    {
        _cursor = Header(Room(HeaderRoom), (byte)'$', length);
        RawShared(data, length, block, release);
        EndLine();
    }

    /// <summary>A number as a string.</summary>
    public void BulkInteger(long value)
    {
        byte* digits = stackalloc byte[NumberFormat.MaxInt64Length];
        int length = NumberFormat.WriteInt64(digits, value);
        Bulk(new ReadOnlySpan<byte>(digits, length));
    }

    /// <summary>No value: RESP2's null string, RESP3's null.</summary>
    public void Null()
    {
        byte* p = Room(8);
        if (Resp >= 3)
        {
            Unsafe.WriteUnaligned(p, (uint)('_' | ('\r' << 8) | ('\n' << 16)));
            _cursor = p + 3;
            return;
        }
        Unsafe.WriteUnaligned(p, (uint)('$' | ('-' << 8) | ('1' << 16) | ('\r' << 24)));
        p[4] = (byte)'\n';
        _cursor = p + 5;
    }

    /// <summary>No array: RESP2's null array, RESP3's null.</summary>
    public void NullArray()
    {
        if (Resp >= 3) Null();
        else Raw("*-1\r\n"u8);
    }

    /// <summary>The header of an array; <paramref name="count"/> elements follow.</summary>
    public void Array(int count) => Aggregate((byte)'*', count);

    /// <summary>The header of a map; <paramref name="pairs"/> keys, each with its value, follow. In RESP2 a flat array.</summary>
    public void Map(int pairs)
    {
        if (Resp >= 3) Aggregate((byte)'%', pairs);
        else Aggregate((byte)'*', 2L * pairs);
    }

    /// <summary>The header of a set; in RESP2 an array.</summary>
    public void Set(int count) => Aggregate(Resp >= 3 ? (byte)'~' : (byte)'*', count);

    /// <summary>The header of a push message; in RESP2 an array.</summary>
    public void Push(int count) => Aggregate(Resp >= 3 ? (byte)'>' : (byte)'*', count);

    /// <summary>The header of attributes of the reply that follows them. RESP2 has none: only for clients that speak RESP3.</summary>
    public void Attribute(int pairs)
    {
        Debug.Assert(Resp >= 3);
        Aggregate((byte)'|', pairs);
    }

    /// <summary>A floating-point number; in RESP2 its text as a string.</summary>
    public void Double(double value)
    {
        byte* digits = stackalloc byte[NumberFormat.MaxDoubleLength];
        ReadOnlySpan<byte> text = new(digits, NumberFormat.WriteDouble(digits, value));
        if (Resp >= 3) Line((byte)',', text);
        else Bulk(text);
    }

    /// <summary>A floating-point number given as its text; in RESP2 a string.</summary>
    public void DoubleText(ReadOnlySpan<byte> text)
    {
        if (Resp >= 3) Line((byte)',', text);
        else Bulk(text);
    }

    /// <summary>An integer of any size, given as its digits; in RESP2 a string.</summary>
    public void BigNumber(ReadOnlySpan<byte> digits)
    {
        if (Resp >= 3) Line((byte)'(', digits);
        else Bulk(digits);
    }

    /// <summary>Text for people, with its format ("txt", "mkd") of three bytes; in RESP2 a string.</summary>
    public void Verbatim(ReadOnlySpan<byte> text, ReadOnlySpan<byte> format)
    {
        if (Resp < 3)
        {
            Bulk(text);
            return;
        }
        Debug.Assert(format.Length == 3);
        LongString((byte)'=', text.Length + 4L, format, text);
    }

    /// <summary>A truth value; in RESP2 1 or 0.</summary>
    public void Boolean(bool value)
    {
        byte* p = Room(8);
        uint kind = Resp >= 3 ? '#' | (uint)(value ? 't' : 'f') << 8 : ':' | (uint)(value ? '1' : '0') << 8;
        Unsafe.WriteUnaligned(p, kind | 0x0A0D0000);
        _cursor = p + 4;
    }

    /// <summary>Bytes that are RESP already.</summary>
    public void Raw(ReadOnlySpan<byte> resp)
    {
        if (_limit - _cursor < resp.Length)
        {
            RawSlow(resp, trailing: 0);
            return;
        }
        resp.CopyTo(new Span<byte>(_cursor, resp.Length));
        _cursor += resp.Length;
    }

    /// <summary>Bytes that are RESP already and are sent from a shared block; parameters as in <see cref="BulkShared"/>.</summary>
    public void RawShared(byte* data, nuint length, byte* block, delegate*<byte*, void> release)
    {
        if (_discarding)
        {
            release(block);
            return;
        }
        Flush();
        _queue!.AddShared(data, length, block, release);
        UseTail();
    }

    /// <summary>
    /// Leaves room for the header of an aggregate; the elements follow, then <see cref="EndArray"/>, <see cref="EndMap"/>,
    /// <see cref="EndSet"/> or <see cref="EndPush"/>.
    /// </summary>
    public DeferredLength BeginDeferred()
    {
        byte* gap = Room(HeaderRoom);
        _cursor = gap + HeaderRoom;
        return _discarding ? default : new DeferredLength(_queue!.Tail, gap);
    }

    /// <summary>Completes an array of <paramref name="count"/> elements.</summary>
    public void EndArray(DeferredLength deferred, int count) => EndAggregate(deferred, (byte)'*', count);

    /// <summary>Completes a map of <paramref name="pairs"/> keys and values.</summary>
    public void EndMap(DeferredLength deferred, int pairs)
    {
        if (Resp >= 3) EndAggregate(deferred, (byte)'%', pairs);
        else EndAggregate(deferred, (byte)'*', 2L * pairs);
    }

    /// <summary>Completes a set of <paramref name="count"/> elements.</summary>
    public void EndSet(DeferredLength deferred, int count) => EndAggregate(deferred, Resp >= 3 ? (byte)'~' : (byte)'*', count);

    /// <summary>Completes a push message of <paramref name="count"/> elements.</summary>
    public void EndPush(DeferredLength deferred, int count) => EndAggregate(deferred, Resp >= 3 ? (byte)'>' : (byte)'*', count);

    /// <summary>Frees the writer's own memory. It must not be attached.</summary>
    public void Dispose()
    {
        Debug.Assert(_queue == null);
        NativeHeap.Free(_scratch);
        _scratch = null;
    }

    /// <summary>The cursor, with at least <paramref name="bytes"/> bytes behind it; at most a chunk's worth.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private byte* Room(int bytes)
    {
        if (_limit - _cursor < bytes) NextChunk(bytes);
        return _cursor;
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private void NextChunk(long bytes)
    {
        if (_discarding)
        {
            UseScratch();
            return;
        }
        Flush();
        _queue!.AddChunk(bytes);
        UseTail();
    }

    private void UseTail()
    {
        OutputNode* tail = _queue!.Tail;
        if (tail == null || tail->Kind == OutputNodeKind.Shared)
        {
            _cursor = _limit = _committed = null;
            return;
        }
        _cursor = _committed = tail->End;
        _limit = tail->Limit;
    }

    private void UseScratch()
    {
        if (_scratch == null) _scratch = NativeHeap.Allocate((nuint)OutputChunkPool.ChunkBytes);
        _cursor = _committed = _scratch;
        _limit = _scratch + OutputChunkPool.ChunkBytes;
    }

    /// <summary>Writes a type byte, a number and the line end; returns the place behind them.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static byte* Header(byte* p, byte kind, ulong number)
    {
        if (number < 10)
        {
            Unsafe.WriteUnaligned(p, kind | (uint)('0' + number) << 8 | 0x0A0D0000);
            return p + 4;
        }
        return LongHeader(p, kind, number);
    }

    private static byte* LongHeader(byte* p, byte kind, ulong number)
    {
        *p = kind;
        p += 1 + NumberFormat.WriteUInt64(p + 1, number);
        Unsafe.WriteUnaligned(p, LineEnd);
        return p + 2;
    }

    private void Aggregate(byte kind, long count)
    {
        Debug.Assert(count >= 0);
        _cursor = Header(Room(HeaderRoom), kind, (ulong)count);
    }

    private void EndAggregate(DeferredLength deferred, byte kind, long count)
    {
        if (_discarding) return;
        byte* header = stackalloc byte[HeaderRoom];
        long length = Header(header, kind, (ulong)count) - header;

        // The elements move down to the header: within one chunk, so a bounded distance and amount.
        OutputNode* node = deferred.Node;
        byte* gap = deferred.Gap;
        byte* elements = gap + HeaderRoom;
        bool last = node == _queue!.Tail;
        byte* end = last ? _cursor : node->End;
        Buffer.MemoryCopy(header, gap, HeaderRoom, length);
        Buffer.MemoryCopy(elements, gap + length, end - elements, end - elements);
        long saved = HeaderRoom - length;
        if (last)
        {
            _cursor -= saved;
        }
        else
        {
            node->End -= saved;
            _queue.AddPending(-saved);
        }
    }

    private void Line(byte kind, ReadOnlySpan<byte> text)
    {
        *Room(1) = kind;
        _cursor++;
        Raw(text);
        EndLine();
    }

    private void EndLine()
    {
        Unsafe.WriteUnaligned(Room(2), LineEnd);
        _cursor += 2;
    }

    private void OneLine(ReadOnlySpan<byte> text)
    {
        while (true)
        {
            int bad = text.IndexOfAny((byte)'\r', (byte)'\n');
            Raw(bad < 0 ? text : text[..bad]);
            if (bad < 0) return;
            *Room(1) = (byte)' ';
            _cursor++;
            text = text[(bad + 1)..];
        }
    }

    /// <summary>A string that does not fit into the tail chunk, or one with a format in front.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private void LongString(byte kind, long length, ReadOnlySpan<byte> format, ReadOnlySpan<byte> value)
    {
        _cursor = Header(Room(HeaderRoom), kind, (ulong)length);
        if (!format.IsEmpty)
        {
            Raw(format);
            Raw(":"u8);
        }
        RawSlow(value, trailing: 2);
        EndLine();
    }

    /// <summary>Fills the tail chunk and puts the rest into one new chunk, with room for the line end that follows.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private void RawSlow(ReadOnlySpan<byte> bytes, int trailing)
    {
        if (_discarding) return;
        int fits = (int)Math.Min(bytes.Length, _limit - _cursor);
        bytes[..fits].CopyTo(new Span<byte>(_cursor, fits));
        _cursor += fits;
        bytes = bytes[fits..];
        if (bytes.IsEmpty) return;
        NextChunk((long)bytes.Length + trailing);
        bytes.CopyTo(new Span<byte>(_cursor, bytes.Length));
        _cursor += bytes.Length;
    }
}
