using Carnelian.Memory;
using Carnelian.Protocol;

namespace Carnelian.Commands.Keys;

/// <summary>
/// Copies of keys that outlive the locks under which they were found. In native memory: length (4 bytes) and bytes of each key,
/// one behind the other.
/// </summary>
internal unsafe struct KeyBuffer : IDisposable
{
    private byte* _data;
    private long _used;
    private long _capacity;
    private int _count;

    /// <summary>Appends a copy of a key.</summary>
    public void Add(ReadOnlySpan<byte> key)
    {
        long needed = _used + sizeof(int) + key.Length;
        if (needed > _capacity)
        {
            _capacity = (long)NativeHeap.GoodSize((nuint)Math.Max(needed, Math.Max(512, _capacity * 2)));
            _data = NativeHeap.Reallocate(_data, (nuint)_capacity);
        }
        *(int*)(_data + _used) = key.Length;
        key.CopyTo(new Span<byte>(_data + _used + sizeof(int), key.Length));
        _used = needed;
        _count++;
    }

    /// <summary>Writes the keys as an array.</summary>
    public readonly void WriteTo(ReplyWriter reply)
    {
        reply.Array(_count);
        for (byte* at = _data; at < _data + _used; at += sizeof(int) + *(int*)at)
            reply.Bulk(new ReadOnlySpan<byte>(at + sizeof(int), *(int*)at));
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        NativeHeap.Free(_data);
        this = default;
    }
}
