using System.Runtime.InteropServices;

namespace Carnelian.Memory;

/// <summary>
/// Process-wide counters that many threads add to with interlocked operations, each on a cache line pair of its own so
/// that they do not slow each other.
/// </summary>
[StructLayout(LayoutKind.Explicit, Size = 512)]
internal unsafe struct HeapTotals
{
    public static readonly HeapTotals* Shared = (HeapTotals*)MetadataArena.AllocateOrThrow((nuint)sizeof(HeapTotals), 128);

    /// <summary>Bytes of all blocks that have left the central lists, the page heap and the system: in use or in a thread's cache.</summary>
    [FieldOffset(0)]
    public long TakenBytes;

    /// <summary>Bytes of large blocks with their headers.</summary>
    [FieldOffset(128)]
    public long LargeMappedBytes;

    /// <summary>Number of large blocks.</summary>
    [FieldOffset(136)]
    public long LargeBlocks;

    /// <summary>Number of blocks of whole pages.</summary>
    [FieldOffset(256)]
    public long RunBlocks;

    /// <summary>Bytes of blocks of whole pages.</summary>
    [FieldOffset(264)]
    public long RunBytes;

    public static void AddTaken(long bytes) => Interlocked.Add(ref Shared->TakenBytes, bytes);
}
