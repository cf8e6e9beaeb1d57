using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using Carnelian.Memory;
using Carnelian.Storage.Packed;
using Carnelian.Text;

namespace Carnelian.Persistence.Rdb;

/// <summary>
/// A growing buffer in native memory with what RDB files are made of: lengths, strings (as integers or compressed where that is shorter), numbers.
/// </summary>
/// <remarks>
/// One thread at a time. With an output the buffer is emptied into it whenever it holds enough, so that it stays small whatever is written; without one
/// it grows until it is cleared.
/// </remarks>
public sealed unsafe class RdbBuffer : IDisposable
{
    /// <summary>An output gets about so many bytes at a time.</summary>
    private const int FlushBytes = 256 * 1024;

    /// <summary>A string is worth the attempt to compress it from this length on.</summary>
    private const int LeastCompressed = 21;

    /// <summary>The longest integer that may be written as one, in digits with its sign.</summary>
    private const int MostIntegerDigits = 11;

    private readonly IRdbOutput? _output;
    private readonly LzfCompressor _compressor = new();
    private byte* _data;
    private long _capacity;
    private long _length;

    /// <summary>Makes an empty buffer.</summary>
    /// <param name="output">Where the bytes go; null to keep them.</param>
    public RdbBuffer(IRdbOutput? output = null) => _output = output;

    /// <summary>Whether strings are compressed: <c>rdbcompression</c>.</summary>
    public bool Compresses { get; set; } = true;

    /// <summary>How many bytes are in the buffer.</summary>
    public long Length => _length;

    /// <summary>How many bytes it could hold without growing.</summary>
    public long Capacity => _capacity;

    /// <summary>The first byte, until the next write.</summary>
    public byte* Data => _data;

    /// <summary>The bytes in the buffer, of which there are less than 2^31; until the next write.</summary>
    public ReadOnlySpan<byte> Bytes => new(_data, checked((int)_length));

    /// <summary>Empties the buffer and keeps its memory.</summary>
    public void Clear() => _length = 0;

    /// <summary>Takes back what was written since the buffer had a length. Only without an output.</summary>
    public void Truncate(long length) => _length = length;

    /// <summary>Hands the bytes over: the caller frees the block. The buffer is empty then.</summary>
    public byte* Detach()
    {
        byte* data = _data;
        _data = null;
        _capacity = _length = 0;
        return data;
    }

    /// <summary>Empties the buffer into its output.</summary>
    public void Flush()
    {
        if (_length == 0)
            return;
        long length = _length;
        _length = 0;
        for (long at = 0; at < length;)
        {
            var part = (int)Math.Min(length - at, 1 << 30);
            _output!.Write(new ReadOnlySpan<byte>(_data + at, part));
            at += part;
        }
    }

    // --- bytes and numbers ----------------------------------------------------------------------------------------

    /// <summary>Writes a byte.</summary>
    public void WriteByte(byte value)
    {
        *Room(1) = value;
        _length++;
    }

    /// <summary>Writes bytes as they are.</summary>
    public void WriteRaw(ReadOnlySpan<byte> bytes)
    {
        if (_output != null && bytes.Length >= FlushBytes)
        {
            Flush();
            _output.Write(bytes);
            return;
        }
        bytes.CopyTo(new Span<byte>(Room(bytes.Length), bytes.Length));
        _length += bytes.Length;
    }

    /// <summary>Writes eight bytes, the least significant first: times, scores.</summary>
    public void WriteInt64(long value)
    {
        Unsafe.WriteUnaligned(Room(sizeof(long)), value);
        _length += sizeof(long);
    }

    /// <summary>Writes a floating-point number in eight bytes.</summary>
    public void WriteDouble(double value) => WriteInt64(BitConverter.DoubleToInt64Bits(value));

    /// <summary>Writes a length, or any number that is small mostly, in one, two, five or nine bytes.</summary>
    public void WriteLength(ulong value)
    {
        byte* at = Room(9);
        if (value < 1 << 6)
        {
            *at = (byte)value;
            _length++;
        }
        else if (value < 1 << 14)
        {
            at[0] = (byte)(RdbString.Length14 << 6 | (int)(value >> 8));
            at[1] = (byte)value;
            _length += 2;
        }
        else if (value <= uint.MaxValue)
        {
            at[0] = RdbString.Length32;
            BinaryPrimitives.WriteUInt32BigEndian(new Span<byte>(at + 1, sizeof(uint)), (uint)value);
            _length += 5;
        }
        else
        {
            at[0] = RdbString.Length64;
            BinaryPrimitives.WriteUInt64BigEndian(new Span<byte>(at + 1, sizeof(ulong)), value);
            _length += 9;
        }
    }

    // --- strings --------------------------------------------------------------------------------------------------

    /// <summary>Writes a string in the shortest form.</summary>
    public void WriteString(ReadOnlySpan<byte> value)
    {
        if (value.Length <= MostIntegerDigits)
        {
            if (AsciiNumber.TryParseInt64(value, out long integer) && TryWriteInteger(integer))
                return;
        }
        else if (Compresses && value.Length >= LeastCompressed && TryWriteCompressed(value))
        {
            return;
        }
        WritePlain(value);
    }

    /// <summary>Writes an integer as a string.</summary>
    public void WriteString(long value)
    {
        if (TryWriteInteger(value))
            return;
        byte* digits = stackalloc byte[NumberFormat.MaxInt64Length];
        WritePlain(new ReadOnlySpan<byte>(digits, NumberFormat.WriteInt64(digits, value)));
    }

    /// <summary>Writes an element of a pack as a string.</summary>
    public void WriteString(in PackedValue value)
    {
        if (value.IsInteger)
            WriteString(value.Integer);
        else
            WriteString(new ReadOnlySpan<byte>(value.Data, value.Length));
    }

    /// <summary>Writes a string with its length in front, and nothing else.</summary>
    public void WritePlain(ReadOnlySpan<byte> value)
    {
        WriteLength((ulong)value.Length);
        WriteRaw(value);
    }

    private bool TryWriteInteger(long value)
    {
        if (value != (int)value)
            return false;
        byte* at = Room(5);
        if (value == (sbyte)value)
        {
            at[0] = RdbString.Int8;
            at[1] = (byte)value;
            _length += 2;
        }
        else if (value == (short)value)
        {
            at[0] = RdbString.Int16;
            Unsafe.WriteUnaligned(at + 1, (short)value);
            _length += 3;
        }
        else
        {
            at[0] = RdbString.Int32;
            Unsafe.WriteUnaligned(at + 1, (int)value);
            _length += 5;
        }
        return true;
    }

    private bool TryWriteCompressed(ReadOnlySpan<byte> value)
    {
        // Two lengths come before the bytes. They are at most nine bytes each, and the bytes move down to where they end.
        const int mostHead = 1 + 9 + 9;
        const int leastSaved = 4;
        byte* at = Room(mostHead + (long)value.Length);
        int compressed = _compressor.Compress(value, new Span<byte>(at + mostHead, value.Length - leastSaved));
        if (compressed == 0)
            return false;
        *at = RdbString.Compressed;
        _length++;
        WriteLength((ulong)compressed);
        WriteLength((ulong)value.Length);
        Buffer.MemoryCopy(at + mostHead, _data + _length, compressed, compressed);
        _length += compressed;
        return true;
    }

    // --- room -----------------------------------------------------------------------------------------------------

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private byte* Room(long bytes)
    {
        if (_capacity - _length < bytes)
            MakeRoom(bytes);
        return _data + _length;
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private void MakeRoom(long bytes)
    {
        if (_output != null)
            Flush();
        long needed = _length + bytes;
        if (needed <= _capacity)
            return;
        long capacity = _output != null ? Math.Max(needed, FlushBytes) : Math.Max(needed + needed / 2, 256);
        _data = NativeHeap.Reallocate(_data, (nuint)capacity);
        _capacity = (long)NativeHeap.UsableSize(_data);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        NativeHeap.Free(_data);
        _data = null;
        _capacity = _length = 0;
        _compressor.Dispose();
    }
}
