namespace Carnelian.Memory;

/// <summary>
/// Blocks over 1 MiB: a mapping of their own that begins at a region boundary with a header page, so that the class byte is found
/// as for every other block. Freeing unmaps; growing moves pages instead of copying them. Needs no lock.
/// </summary>
internal static unsafe class LargeBlock
{
    private const nuint UsableOffset = 6400;

    /// <param name="usable">A multiple of <see cref="Region.PageSize"/>.</param>
    /// <exception cref="OutOfMemoryException">The system refuses memory.</exception>
    public static byte* Allocate(nuint usable)
    {
        if (usable > SizeClasses.MaxSize)
            HeapFailure.ThrowOutOfMemory(usable);
        byte* start = OsMemory.Map(usable + Region.PageSize);
        if (start == null)
            HeapFailure.ThrowOutOfMemory(usable);
        Interlocked.Increment(ref HeapTotals.Shared->LargeBlocks);
        Interlocked.Add(ref HeapTotals.Shared->LargeMappedBytes, (long)(usable + Region.PageSize));
        return Initialize(start, usable);
    }

    public static void Free(byte* block)
    {
        nuint length = UsableSize(block) + Region.PageSize;
        Interlocked.Decrement(ref HeapTotals.Shared->LargeBlocks);
        Interlocked.Add(ref HeapTotals.Shared->LargeMappedBytes, -(long)length);
        OsMemory.Unmap(Region.Of(block), length);
    }

    public static nuint UsableSize(byte* block) => *(nuint*)(Region.Of(block) + UsableOffset);

    /// <summary>Changes the size without copying.</summary>
    /// <returns>The block, perhaps at another address; null when it has to be copied (and is untouched).</returns>
    public static byte* TryResize(byte* block, nuint usable)
    {
        if (!OsMemory.HasMappings || usable > SizeClasses.MaxSize)
            return null;
        byte* start = Region.Of(block);
        nuint old = UsableSize(block);
        if (usable < old)
        {
            OsMemory.Truncate(start, old + Region.PageSize, usable + Region.PageSize);
        }
        else
        {
            start = OsMemory.Move(start, old + Region.PageSize, usable + Region.PageSize);
            if (start == null)
                return null;
        }
        Interlocked.Add(ref HeapTotals.Shared->LargeMappedBytes, (long)usable - (long)old);
        return Initialize(start, usable);
    }

    private static byte* Initialize(byte* start, nuint usable)
    {
        byte* block = start + Region.PageSize;
        *Region.ClassSlot(block) = SizeClasses.LargeClass;
        *(nuint*)(start + UsableOffset) = usable;
        return block;
    }
}
