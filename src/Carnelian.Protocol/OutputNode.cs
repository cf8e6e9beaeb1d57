using System.Runtime.InteropServices;

namespace Carnelian.Protocol;

/// <summary>
/// One part of an <see cref="OutputQueue"/>, in native memory: a chunk with bytes of its own behind this header, or a reference to
/// bytes in a shared block.
/// </summary>
/// <remarks>
/// Invariant: Data ≤ End ≤ Limit; [Data, End) is still to be sent, [End, Limit) may be appended to. A reference has End = Limit.
/// </remarks>
[StructLayout(LayoutKind.Sequential, Size = HeaderBytes)]
internal unsafe struct OutputNode
{
    /// <summary>Size of the header, a cache line; a chunk's bytes follow it.</summary>
    public const int HeaderBytes = 64;

    public OutputNode* Next;
    public OutputNode* Previous;
    public byte* Data;
    public byte* End;
    public byte* Limit;
    public byte* Block;
    public delegate*<byte*, void> Release;
    public uint MemoryBytes;
    public OutputNodeKind Kind;
}

/// <summary>Where the memory of an <see cref="OutputNode"/> goes when it has been sent.</summary>
internal enum OutputNodeKind
{
    /// <summary>A chunk of the usual size: back to the pool of the loop.</summary>
    PooledChunk,

    /// <summary>A chunk of another size: back to the heap.</summary>
    Chunk,

    /// <summary>A reference: the shared block is released.</summary>
    Shared,
}
