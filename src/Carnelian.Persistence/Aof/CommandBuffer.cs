using Carnelian.Memory;
using Carnelian.Text;

namespace Carnelian.Persistence.Aof;

/// <summary>Commands in RESP, in native memory that grows. Used by one thread at a time.</summary>
public sealed unsafe class CommandBuffer : IDisposable
{
    private const int LeastCapacity = 16 * 1024;
    private const int MostKept = 1 << 20;
    private const int HeaderRoom = NumberFormat.MaxInt64Length + 3;

    private byte* _data;
    private nuint _capacity;
    private nuint _length;

    /// <summary>The bytes written, at most two gigabytes of them at a time.</summary>
    /// <param name="position">Where to begin.</param>
    public ReadOnlySpan<byte> From(nuint position) => new(_data + position, (int)Math.Min(_length - position, 1 << 30));

    /// <summary>The number of bytes written.</summary>
    public nuint Length => _length;

    /// <summary>Forgets what was written; much memory is given back.</summary>
    public void Clear()
    {
        _length = 0;
        if (_capacity <= MostKept)
            return;
        NativeHeap.Free(_data);
        _data = null;
        _capacity = 0;
    }

    /// <summary>Begins a command. Its arguments follow, as many as said.</summary>
    /// <param name="arguments">The number of arguments, the command's name counted.</param>
    public void Begin(long arguments) => WriteHeader('*', arguments);

    /// <summary>Adds an argument.</summary>
    public void Add(ReadOnlySpan<byte> argument)
    {
        WriteHeader('$', argument.Length);
        Reserve((nuint)argument.Length + 2);
        argument.CopyTo(new Span<byte>(_data + _length, argument.Length));
        _length += (nuint)argument.Length;
        WriteLineEnd();
    }

    /// <summary>Adds a number as an argument.</summary>
    public void Add(long argument)
    {
        byte* digits = stackalloc byte[NumberFormat.MaxInt64Length];
        Add(new ReadOnlySpan<byte>(digits, NumberFormat.WriteInt64(digits, argument)));
    }

    /// <summary>Adds bytes that are no argument.</summary>
    public void AddRaw(ReadOnlySpan<byte> bytes)
    {
        Reserve((nuint)bytes.Length);
        bytes.CopyTo(new Span<byte>(_data + _length, bytes.Length));
        _length += (nuint)bytes.Length;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        NativeHeap.Free(_data);
        _data = null;
        _capacity = _length = 0;
    }

    private void WriteHeader(char kind, long number)
    {
        Reserve(HeaderRoom);
        _data[_length++] = (byte)kind;
        _length += (nuint)NumberFormat.WriteInt64(_data + _length, number);
        WriteLineEnd();
    }

    private void WriteLineEnd()
    {
        _data[_length++] = (byte)'\r';
        _data[_length++] = (byte)'\n';
    }

    private void Reserve(nuint bytes)
    {
        if (_length + bytes <= _capacity)
            return;
        _capacity = NativeHeap.GoodSize(Math.Max(Math.Max(_length + bytes, _capacity * 2), LeastCapacity));
        _data = NativeHeap.Reallocate(_data, _capacity);
    }
}
