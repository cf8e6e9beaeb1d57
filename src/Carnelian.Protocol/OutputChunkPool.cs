using Carnelian.Memory;

namespace Carnelian.Protocol;

/// <summary>
/// The spare output chunks of one event loop. A client holds chunks only while it has output waiting, so a loop needs about one per
/// client that is being served at the moment. Used by the loop's thread only; a chunk may be returned to another pool than it came from.
/// </summary>
public sealed unsafe class OutputChunkPool : IDisposable
{
    private readonly int _maxSpares;
    private OutputNode* _spares;
    private int _spareCount;

    /// <param name="maxSpares">How many unused chunks to keep.</param>
    public OutputChunkPool(int maxSpares = 64) => _maxSpares = maxSpares;

    /// <summary>Size of a chunk with its header, in bytes: what the heap gives for 16 KiB.</summary>
    public static int ChunkBytes { get; } = (int)NativeHeap.GoodSize(16 * 1024);

    /// <summary>Native memory of the unused chunks, in bytes.</summary>
    public long MemoryBytes => (long)_spareCount * ChunkBytes;

    /// <inheritdoc/>
    public void Dispose() => Trim();

    /// <summary>Frees the unused chunks.</summary>
    public void Trim()
    {
        while (_spares != null)
        {
            OutputNode* node = _spares;
            _spares = node->Next;
            NativeHeap.Free((byte*)node);
        }
        _spareCount = 0;
    }

    internal OutputNode* Rent()
    {
        OutputNode* node = _spares;
        if (node != null)
        {
            _spares = node->Next;
            _spareCount--;
        }
        else
        {
            node = (OutputNode*)NativeHeap.Allocate((nuint)ChunkBytes);
        }
        OutputQueue.InitializeChunk(node, OutputNodeKind.PooledChunk, (uint)ChunkBytes);
        return node;
    }

    internal void Return(OutputNode* node)
    {
        if (_spareCount >= _maxSpares)
        {
            NativeHeap.Free((byte*)node);
            return;
        }
        node->Next = _spares;
        _spares = node;
        _spareCount++;
    }
}
