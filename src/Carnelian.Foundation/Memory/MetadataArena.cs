namespace Carnelian.Memory;

/// <summary>
/// Zeroed memory for the allocator's own records (run descriptors, thread caches, lists). It is handed out once and never returned; who
/// needs to recycle keeps a free list. Its own short lock nests inside every other lock of the allocator.
/// </summary>
internal static unsafe class MetadataArena
{
    private const nuint ChunkSize = Region.Size;

    private static ShortLock s_lock;
    private static byte* s_next;
    private static byte* s_end;
    private static long s_mappedBytes;
    private static long s_usedBytes;

    public static long MappedBytes => Volatile.Read(ref s_mappedBytes);

    public static long UsedBytes => Volatile.Read(ref s_usedBytes);

    /// <summary>Hands out zeroed memory for ever.</summary>
    /// <param name="size">At most 64 KiB.</param>
    /// <param name="alignment">A power of two up to a page.</param>
    /// <returns>Null when the system refuses memory.</returns>
    public static byte* Allocate(nuint size, nuint alignment)
    {
        s_lock.Enter();
        byte* start = (byte*)(((nuint)s_next + alignment - 1) & ~(alignment - 1));
        if (s_next == null || start + size > s_end)
        {
            byte* chunk = OsMemory.Map(ChunkSize);
            if (chunk == null)
            {
                s_lock.Exit();
                return null;
            }
            start = chunk;
            s_end = chunk + ChunkSize;
            s_mappedBytes += (long)ChunkSize;
        }
        s_next = start + size;
        s_usedBytes += (long)size;
        s_lock.Exit();
        return start;
    }

    /// <summary>As <see cref="Allocate"/>, for records that the allocator cannot start without.</summary>
    /// <exception cref="OutOfMemoryException">The system refuses memory.</exception>
    public static byte* AllocateOrThrow(nuint size, nuint alignment)
    {
        byte* start = Allocate(size, alignment);
        if (start == null)
            HeapFailure.ThrowOutOfMemory(size);
        return start;
    }
}
