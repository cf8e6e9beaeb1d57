using Carnelian.Memory;
using Carnelian.Storage.Packed;
using Carnelian.Storage.Streams;

namespace Carnelian.Storage.Snapshots;

/// <summary>A node of a list or a block of a stream as it was at the cut, on its way to the sink: a copy, or the very block, which the value has given away.</summary>
internal sealed unsafe class SavedBlock(byte* block, int offset, bool isPlain)
{
    /// <summary>A long element from this length on makes its list one that is saved in steps: by reference and not as a copy, in bytes.</summary>
    public const long LeastShared = 16 * 1024;

    private readonly byte* _block = block;

    /// <summary>What comes behind it in a <see cref="SavedBlocks"/>.</summary>
    public SavedBlock? Next { get; set; }

    /// <summary>The id of a stream's block.</summary>
    public StreamId Id { get; init; }

    /// <summary>Whether it is one long element; else it is a pack.</summary>
    public bool IsPlain => isPlain;

    /// <summary>Whether it counts as saved early.</summary>
    public bool IsEarly { get; init; }

    /// <summary>The memory it occupies, in bytes.</summary>
    public long AllocatedBytes => (long)NativeHeap.UsableSize(_block);

    /// <summary>The pack's bytes, or those of the element.</summary>
    public ReadOnlySpan<byte> Content
    {
        get
        {
            if (!isPlain)
                return new ListPack(_block + offset).AsSpan();
            var text = new StringBlock(_block);
            return new ReadOnlySpan<byte>(text.Data, checked((int)text.Length));
        }
    }

    /// <summary>Frees it. Any thread.</summary>
    public void Free()
    {
        if (isPlain)
            StringBlock.Release(_block);
        else
            NativeHeap.Free(_block);
    }
}
