using Carnelian.Memory;
using Carnelian.Text;

namespace Carnelian.Commands.Sorting;

/// <summary>The digits of integers that a SORT meets, which have no text anywhere else. In native memory, in blocks that stay where they are.</summary>
internal unsafe struct SortText : IDisposable
{
    private const int BlockSize = 4096;

    private byte* _block; // Begins with the address of the block before.
    private int _used;

    /// <summary>The digits of an integer.</summary>
    public byte* Digits(long value, out int length)
    {
        if (_block == null || _used + NumberFormat.MaxInt64Length > BlockSize)
        {
            byte* block = NativeHeap.Allocate(BlockSize);
            *(byte**)block = _block;
            _block = block;
            _used = sizeof(byte*);
        }
        byte* digits = _block + _used;
        length = NumberFormat.WriteInt64(digits, value);
        _used += length;
        return digits;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        while (_block != null)
        {
            byte* before = *(byte**)_block;
            NativeHeap.Free(_block);
            _block = before;
        }
    }
}
