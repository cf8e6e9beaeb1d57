namespace Carnelian.Memory;

/// <summary>
/// The heap's counters at one moment, all in bytes. Taken without stopping other threads, so while they allocate the
/// numbers may be some batches apart.
/// </summary>
/// <param name="UsedBytes">See <see cref="NativeHeap.UsedBytes"/>.</param>
/// <param name="ThreadCacheBytes">Free blocks kept by threads for themselves.</param>
/// <param name="SpanBytes">Pages that belong to blocks of up to 1 MiB, their unused room included.</param>
/// <param name="FreePageBytes">Free pages, resident or not.</param>
/// <param name="ResidentFreePageBytes">Free pages that may be resident: what a purge gives back.</param>
/// <param name="LargeBytes">Mappings of blocks over 1 MiB.</param>
/// <param name="PoolBytes">Live blocks of the <see cref="TypeStablePool"/>.</param>
/// <param name="PoolMappedBytes">Memory that the pool has taken from the system for ever.</param>
/// <param name="MetadataBytes">Region headers, run descriptors, thread caches and tables.</param>
/// <param name="MappedBytes">Address space taken from the system.</param>
/// <param name="ResidentBytes">Estimate of the physical memory behind all of it, from above: pages of a span count from its first use.</param>
/// <param name="ThreadCaches">Number of thread caches, idle ones included (a count, not bytes).</param>
public sealed record HeapStatistics(
    long UsedBytes,
    long ThreadCacheBytes,
    long SpanBytes,
    long FreePageBytes,
    long ResidentFreePageBytes,
    long LargeBytes,
    long PoolBytes,
    long PoolMappedBytes,
    long MetadataBytes,
    long MappedBytes,
    long ResidentBytes,
    int ThreadCaches);

/// <summary>Counters of one class of blocks.</summary>
/// <param name="Size">Bytes of a block; 0 for the two classes whose blocks differ in size.</param>
/// <param name="Kind">Which part of the heap serves the class.</param>
/// <param name="Blocks">Blocks in use.</param>
/// <param name="Bytes">Bytes of the blocks in use.</param>
/// <param name="CachedBlocks">Free blocks in the caches of threads.</param>
/// <param name="Spans">Spans, runs or mappings.</param>
/// <param name="SpanBytes">Bytes of those.</param>
public readonly record struct SizeClassStatistics(
    int Size, SizeClassKind Kind, long Blocks, long Bytes, long CachedBlocks, long Spans, long SpanBytes);

/// <summary>The three ways in which the heap serves a block.</summary>
public enum SizeClassKind
{
    /// <summary>A slot in a span of equal blocks, up to 32 KiB.</summary>
    Small,

    /// <summary>A run of whole pages, up to 1 MiB.</summary>
    Pages,

    /// <summary>A mapping of its own.</summary>
    Large,
}
