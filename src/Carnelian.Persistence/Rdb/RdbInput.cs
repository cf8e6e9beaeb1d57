using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using Carnelian.Memory;
using Carnelian.Storage;
using Carnelian.Storage.Loading;
using Carnelian.Text;

namespace Carnelian.Persistence.Rdb;

/// <summary>
/// Reads the primitives of RDB: lengths, strings, numbers. Over memory that somebody else owns, or over a source, of which it keeps a window.
/// </summary>
/// <remarks>
/// <para>One thread. Every read says whether it succeeded; after the first that did not, <see cref="Failure"/> tells why, and none succeeds any more.</para>
/// <para>No length that is read is believed: memory is taken only for bytes that can be there.</para>
/// </remarks>
public unsafe struct RdbInput : IDisposable
{
    private const int FirstWindow = 256 * 1024;

    /// <summary>A string up to this length is made to lie in the window as a whole.</summary>
    private const int MostInWindow = 1024 * 1024;

    /// <summary>No string is longer, in bytes.</summary>
    private const long MostLength = int.MaxValue - 4096;

    private readonly RdbSource? _source;
    private byte* _begin;
    private byte* _at;
    private byte* _end;
    private byte* _summed;
    private byte* _window;
    private long _windowSize;
    private byte* _scratch;
    private long _scratchSize;
    private byte* _kept;
    private long _keptSize;
    private byte* _compressed;
    private long _compressedSize;
    private long _offset;
    private ulong _sum;

    /// <summary>Reads from memory, which stays there meanwhile.</summary>
    public RdbInput(byte* data, long length)
    {
        _begin = _at = _summed = data;
        _end = data + length;
    }

    /// <summary>Reads from a source.</summary>
    public RdbInput(RdbSource source) => _source = source;

    /// <summary>Why nothing more can be read.</summary>
    public RdbFailure Failure { get; private set; }

    /// <summary>The same in words, as the log tells it; or empty.</summary>
    public string Detail { get; private set; } = "";

    /// <summary>The place that is read next, counted from where reading began.</summary>
    public readonly long Offset => _offset + (_at - _begin);

    /// <summary>How many bytes there still are, or much more if nobody knows.</summary>
    public readonly long Remaining => _end - _at + (_source == null ? 0 : Math.Min(_source.Remaining, long.MaxValue / 2));

    /// <summary>Whether reading has come to the end.</summary>
    public bool IsAtEnd => _at == _end && (_source == null || !TryFill(1));

    /// <summary>Whether what lies here is gone when something else is read.</summary>
    public readonly bool IsTransient(byte* data) => _source != null || data == _scratch;

    /// <summary>The first unread byte of the window.</summary>
    internal readonly byte* At => _at;

    /// <summary>Has so many bytes be in the window, or as many as there are.</summary>
    internal void Extend(int bytes)
    {
        if (bytes > _end - _at && _source != null)
            _ = TryFill(bytes);
    }

    /// <summary>The unread bytes of the window.</summary>
    public readonly ReadOnlySpan<byte> Window => new(_at, (int)Math.Min(_end - _at, int.MaxValue));

    /// <summary>The checksum of all that was read so far.</summary>
    public ulong Sum
    {
        get
        {
            AddToSum();
            return _sum;
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        NativeHeap.Free(_window);
        NativeHeap.Free(_scratch);
        NativeHeap.Free(_kept);
        NativeHeap.Free(_compressed);
        _window = _scratch = _kept = _compressed = null;
    }

    /// <summary>Notes why reading ends here.</summary>
    /// <returns>False.</returns>
    [MethodImpl(MethodImplOptions.NoInlining)]
    public bool Fail(RdbFailure failure, string detail)
    {
        if (Failure == RdbFailure.None)
        {
            Failure = failure;
            Detail = detail;
        }
        return false;
    }

    /// <summary>Goes on after a failure that concerns only what was just read as a whole.</summary>
    /// <returns>False if it is another one.</returns>
    public bool TryForgive(RdbFailure failure)
    {
        if (Failure != failure)
            return false;
        Failure = RdbFailure.None;
        Detail = "";
        return true;
    }

    /// <summary>As <see cref="Fail"/>, for bytes that contradict themselves.</summary>
    public bool Corrupt(string detail) => Fail(RdbFailure.Corrupt, detail);

    /// <summary>How many elements may be made room for, of so many that are said to come and take so many bytes each, at least. No more than can be there.</summary>
    internal readonly long MostExpected(long count, int bytesEach)
    {
        const long unknown = 1L << 56;
        return Remaining >= unknown ? 0 : Math.Min(count, Remaining / bytesEach);
    }

    // --- numbers --------------------------------------------------------------------------------------------------

    /// <summary>Reads a byte.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public bool TryReadByte(out byte value)
    {
        if (_at == _end && !Require(1))
        {
            value = 0;
            return false;
        }
        value = *_at++;
        return true;
    }

    /// <summary>Reads 32 bits.</summary>
    public bool TryReadInt32(out int value)
    {
        value = 0;
        if (!Require(sizeof(int)))
            return false;
        value = BinaryPrimitives.ReadInt32LittleEndian(new ReadOnlySpan<byte>(_at, sizeof(int)));
        _at += sizeof(int);
        return true;
    }

    /// <summary>Reads 64 bits.</summary>
    public bool TryReadInt64(out long value)
    {
        value = 0;
        if (!Require(sizeof(long)))
            return false;
        value = BinaryPrimitives.ReadInt64LittleEndian(new ReadOnlySpan<byte>(_at, sizeof(long)));
        _at += sizeof(long);
        return true;
    }

    /// <summary>Reads a floating point number of 64 bits.</summary>
    public bool TryReadDouble(out double value)
    {
        bool isRead = TryReadInt64(out long bits);
        value = BitConverter.Int64BitsToDouble(bits);
        return isRead;
    }

    /// <summary>Reads a floating point number as old files have it: its text behind a byte of length, of which three values mean something else.</summary>
    public bool TryReadTextDouble(out double value)
    {
        value = 0;
        if (!TryReadByte(out byte length))
            return false;
        switch (length)
        {
            case 255:
                value = double.NegativeInfinity;
                return true;
            case 254:
                value = double.PositiveInfinity;
                return true;
            case 253:
                value = double.NaN;
                return true;
        }
        if (!Require(length))
            return false;
        var text = new ReadOnlySpan<byte>(_at, length);
        _at += length;
        return AsciiNumber.TryParseAnyDouble(text, out value) || Corrupt("Invalid double");
    }

    /// <summary>Reads a length.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public bool TryReadLength(out ulong length)
    {
        if (_at != _end && *_at < 0x40)
        {
            length = *_at++;
            return true;
        }
        return TryReadLength(out length, out bool isEncoding) && (!isEncoding || Corrupt("Unknown length encoding 3 in rdbLoadLen()"));
    }

    /// <summary>Reads a length, or which encoding of a string follows.</summary>
    public bool TryReadLength(out ulong length, out bool isEncoding)
    {
        length = 0;
        isEncoding = false;
        if (!TryReadByte(out byte first))
            return false;
        switch (first >> 6)
        {
            case 0:
                length = first;
                return true;
            case 1:
                if (!TryReadByte(out byte second))
                    return false;
                length = (ulong)(first & 0x3F) << 8 | second;
                return true;
            case 3:
                length = (ulong)first & 0x3F;
                isEncoding = true;
                return true;
        }
        if (first == 0x80)
        {
            if (!Require(sizeof(uint)))
                return false;
            length = BinaryPrimitives.ReadUInt32BigEndian(new ReadOnlySpan<byte>(_at, sizeof(uint)));
            _at += sizeof(uint);
            return true;
        }
        if (first == 0x81)
        {
            if (!Require(sizeof(ulong)))
                return false;
            length = BinaryPrimitives.ReadUInt64BigEndian(new ReadOnlySpan<byte>(_at, sizeof(ulong)));
            _at += sizeof(ulong);
            return true;
        }
        return Corrupt($"Unknown length encoding {first} in rdbLoadLen()");
    }

    /// <summary>Reads a number of elements of which each takes at least a byte.</summary>
    public bool TryReadCount(out long count)
    {
        count = 0;
        if (!TryReadLength(out ulong length))
            return false;
        if (length > (ulong)Remaining)
            return Fail(RdbFailure.ShortRead, "");
        count = (long)length;
        return true;
    }

    /// <summary>Reads the number of elements of a value that has at least one.</summary>
    public bool TryReadElementCount(out long count) => TryReadCount(out count) && (count != 0 || Fail(RdbFailure.Empty, ""));

    // --- strings --------------------------------------------------------------------------------------------------

    /// <summary>Reads a string to look at: it stays until the next string is read.</summary>
    public bool TryReadString(out ReadOnlySpan<byte> text)
    {
        bool isRead = TryReadString(out byte* data, out int length);
        text = new ReadOnlySpan<byte>(data, length);
        return isRead;
    }

    /// <summary>Reads a string to look at: it stays until the next string is read.</summary>
    public bool TryReadString(out byte* data, out int length)
    {
        data = null;
        length = 0;
        if (!TryReadLength(out ulong size, out bool isEncoding))
            return false;
        if (!isEncoding)
            return TryView(size, ref _scratch, ref _scratchSize, out data, out length);
        if (size == 3)
        {
            if (!TryReadCompressed(out byte* compressed, out int compressedLength, out long whole))
                return false;
            ReserveScratch(whole);
            if (!LzfDecoder.TryDecompress(compressed, compressedLength, _scratch, (int)whole))
                return Corrupt("Invalid LZF compressed string");
            data = _scratch;
            length = (int)whole;
            return true;
        }
        if (!TryReadInteger(size, out long integer))
            return false;
        ReserveScratch(NumberFormat.MaxInt64Length);
        data = _scratch;
        length = NumberFormat.WriteInt64(data, integer);
        return true;
    }

    /// <summary>Reads a string as a value. If it is short it lies here and stays until the next string is read.</summary>
    public bool TryReadValue(out LoadedValue value)
    {
        value = default;
        if (!TryReadLength(out ulong size, out bool isEncoding))
            return false;
        if (!isEncoding)
        {
            if (size > Entry.InlineLimit)
            {
                if (!TryReadBlock(size, out StringBlock block))
                    return false;
                value = LoadedValue.OfBlock(block);
                return true;
            }
            if (!TryView(size, ref _scratch, ref _scratchSize, out byte* data, out int length))
                return false;
            value = OfText(data, length);
            return true;
        }
        if (size == 3)
        {
            if (!TryReadCompressed(out byte* compressed, out int compressedLength, out long whole))
                return false;
            if (whole <= Entry.InlineLimit)
            {
                ReserveScratch(whole);
                value = OfText(_scratch, (int)whole);
                return LzfDecoder.TryDecompress(compressed, compressedLength, _scratch, (int)whole) || Corrupt("Invalid LZF compressed string");
            }
            StringBlock block = StringBlock.Create(whole, 0);
            value = LoadedValue.OfBlock(block);
            if (LzfDecoder.TryDecompress(compressed, compressedLength, block.Data, (int)whole))
                return true;
            block.Release();
            return Corrupt("Invalid LZF compressed string");
        }
        if (!TryReadInteger(size, out long integer))
            return false;
        value = LoadedValue.OfInteger(integer);
        return true;
    }

    /// <summary>Has a string that was read stay while something else is read, until another string is kept.</summary>
    public void Keep(ref byte* data, int length)
    {
        if (_source == null && data != _scratch)
            return;
        if (length > _keptSize)
        {
            NativeHeap.Free(_kept);
            _keptSize = Math.Max(length, 256);
            _kept = NativeHeap.Allocate((nuint)_keptSize);
        }
        Buffer.MemoryCopy(data, _kept, length, length);
        data = _kept;
    }

    /// <summary>Skips some bytes.</summary>
    public bool TrySkip(long bytes)
    {
        while (bytes > _end - _at)
        {
            bytes -= _end - _at;
            _at = _end;
            if (!Require(1))
                return false;
        }
        _at += bytes;
        return true;
    }

    /// <summary>Skips a string.</summary>
    public bool TrySkipString()
    {
        if (!TryReadLength(out ulong size, out bool isEncoding))
            return false;
        if (!isEncoding)
            return size <= (ulong)Remaining ? TrySkip((long)size) : Fail(RdbFailure.ShortRead, "");
        if (size != 3)
            return TryReadInteger(size, out _);
        return TryReadLength(out ulong compressed) && TryReadLength(out _) && (compressed <= (ulong)Remaining ? TrySkip((long)compressed) : Fail(RdbFailure.ShortRead, ""));
    }

    /// <summary>Reads some bytes to look at: they stay until the next read.</summary>
    public bool TryReadBytes(int length, out ReadOnlySpan<byte> bytes)
    {
        bytes = default;
        if (!Require(length))
            return false;
        bytes = new ReadOnlySpan<byte>(_at, length);
        _at += length;
        return true;
    }

    // --- inside ---------------------------------------------------------------------------------------------------

    private static LoadedValue OfText(byte* data, int length) =>
        length <= NumberFormat.MaxInt64Length && AsciiNumber.TryParseInt64(new ReadOnlySpan<byte>(data, length), out long integer)
            ? LoadedValue.OfInteger(integer) : LoadedValue.OfText(data, length);

    private bool TryReadInteger(ulong encoding, out long value)
    {
        value = 0;
        int size = encoding switch { 0 => 1, 1 => 2, 2 => 4, _ => 0 };
        if (size == 0)
            return Corrupt($"Unknown RDB string encoding type {encoding}");
        if (!Require(size))
            return false;
        var bytes = new ReadOnlySpan<byte>(_at, size);
        value = size switch
        {
            1 => (sbyte)bytes[0],
            2 => BinaryPrimitives.ReadInt16LittleEndian(bytes),
            _ => BinaryPrimitives.ReadInt32LittleEndian(bytes),
        };
        _at += size;
        return true;
    }

    private bool TryReadCompressed(out byte* data, out int length, out long whole)
    {
        data = null;
        length = 0;
        whole = 0;
        if (!TryReadLength(out ulong compressed) || !TryReadLength(out ulong size))
            return false;
        if (size > MostLength || size > compressed * LzfDecoder.MostRatio)
            return Corrupt("Invalid LZF compressed string");
        whole = (long)size;
        return TryView(compressed, ref _compressed, ref _compressedSize, out data, out length);
    }

    /// <summary>Gives bytes that lie together: in the window, or if there are too many for it, in memory of their own.</summary>
    private bool TryView(ulong size, ref byte* memory, ref long memorySize, out byte* data, out int length)
    {
        data = null;
        length = 0;
        if (size > (ulong)(_end - _at))
        {
            if (size > MostLength)
                return Fail(RdbFailure.TooLong, "");
            if (size > (ulong)Remaining)
                return Fail(RdbFailure.ShortRead, "");
            if (size > MostInWindow)
            {
                if ((long)size > memorySize)
                {
                    NativeHeap.Free(memory);
                    memory = NativeHeap.Allocate((nuint)size);
                    memorySize = (long)size;
                }
                if (!TryReadInto(memory, (long)size))
                    return false;
                data = memory;
                length = (int)size;
                return true;
            }
            if (!Require((int)size))
                return false;
        }
        data = _at;
        length = (int)size;
        _at += size;
        return true;
    }

    private bool TryReadBlock(ulong size, out StringBlock block)
    {
        block = default;
        if (size > MostLength)
            return Fail(RdbFailure.TooLong, "");
        if (size > (ulong)Remaining)
            return Fail(RdbFailure.ShortRead, "");
        block = StringBlock.Create((long)size, 0);
        if (TryReadInto(block.Data, (long)size))
            return true;
        block.Release();
        return false;
    }

    private bool TryReadInto(byte* target, long length)
    {
        while (length > 0)
        {
            if (_at == _end && !Require(1))
                return false;
            long part = Math.Min(length, _end - _at);
            Buffer.MemoryCopy(_at, target, part, part);
            _at += part;
            target += part;
            length -= part;
        }
        return true;
    }

    private void ReserveScratch(long size)
    {
        if (size <= _scratchSize)
            return;
        NativeHeap.Free(_scratch);
        _scratchSize = Math.Max(size, 256);
        _scratch = NativeHeap.Allocate((nuint)_scratchSize);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private bool Require(int bytes) => bytes <= _end - _at || RequireMore(bytes);

    [MethodImpl(MethodImplOptions.NoInlining)]
    private bool RequireMore(int bytes) => (Failure == RdbFailure.None && _source != null && TryFill(bytes)) || Fail(RdbFailure.ShortRead, "");

    /// <summary>Reads on until so many bytes are in the window.</summary>
    private bool TryFill(int bytes)
    {
        AddToSum();
        long unread = _end - _at;
        if (bytes > _windowSize)
        {
            long size = Math.Max(FirstWindow, Math.Max(bytes, 2 * _windowSize));
            byte* window = NativeHeap.Allocate((nuint)size);
            Buffer.MemoryCopy(_at, window, unread, unread);
            NativeHeap.Free(_window);
            _window = window;
            _windowSize = size;
        }
        else
        {
            Buffer.MemoryCopy(_at, _window, unread, unread);
        }
        _offset += _at - _begin;
        _begin = _at = _summed = _window;
        _end = _window + unread;
        while (_end - _at < bytes)
        {
            int read = _source!.Read(new Span<byte>(_end, (int)(_window + _windowSize - _end)));
            if (read == 0)
                return false;
            _end += read;
        }
        return true;
    }

    private void AddToSum()
    {
        while (_at != _summed)
        {
            int part = (int)Math.Min(_at - _summed, 1 << 30);
            _sum = Crc64.Append(_sum, new ReadOnlySpan<byte>(_summed, part));
            _summed += part;
        }
    }
}
