using System.Runtime.InteropServices;

namespace Carnelian.Memory;

/// <summary>
/// Memory straight from the operating system: on Linux mmap and its relatives, elsewhere aligned blocks of the C library's
/// heap (which can neither be returned in part nor be moved without a copy). Every method may be called by any thread.
/// </summary>
internal static unsafe partial class OsMemory
{
    private const int ProtectionNone = 0;
    private const int ProtectionReadWrite = 1 | 2;
    private const int PrivateAnonymousNoReserve = 0x02 | 0x20 | 0x4000;
    private const int AdviseDontNeed = 4;
    private const int AdviseHugePages = 14;
    private const int AdviseNoHugePages = 15;
    private const int RemapMayMove = 1;
    private const int RemapFixed = 2;

    /// <summary>Whether mappings can be cut, moved and given back in part.</summary>
    public static readonly bool HasMappings = OperatingSystem.IsLinux();

    private static readonly nuint s_pageMask = (nuint)Environment.SystemPageSize - 1;

    /// <summary>Maps zeroed memory whose start is aligned to a region.</summary>
    /// <param name="length">Bytes, a multiple of <see cref="Region.PageSize"/>.</param>
    /// <returns>Null when the system refuses.</returns>
    public static byte* Map(nuint length)
    {
        if (HasMappings)
            return MapAligned(length, ProtectionReadWrite);
        try
        {
            byte* block = (byte*)NativeMemory.AlignedAlloc(length, Region.Size);
            NativeMemory.Clear(block, length);
            return block;
        }
        catch (OutOfMemoryException)
        {
            return null;
        }
    }

    /// <summary>Gives back a whole mapping made by <see cref="Map"/> or <see cref="Move"/>.</summary>
    public static void Unmap(byte* start, nuint length)
    {
        if (HasMappings)
            _ = munmap(start, RoundUp(length));
        else
            NativeMemory.AlignedFree(start);
    }

    /// <summary>Cuts the end off a mapping; does nothing where mappings cannot be cut.</summary>
    public static void Truncate(byte* start, nuint oldLength, nuint newLength)
    {
        nuint oldEnd = RoundUp(oldLength);
        nuint newEnd = RoundUp(newLength);
        if (HasMappings && newEnd < oldEnd)
            _ = munmap(start + newEnd, oldEnd - newEnd);
    }

    /// <summary>
    /// Lets the system have the pages' memory; they stay mapped and read as zero afterwards. Does nothing where the system has no such call.
    /// </summary>
    public static void GiveBack(byte* start, nuint length)
    {
        if (!HasMappings)
            return;
        nuint from = ((nuint)start + s_pageMask) & ~s_pageMask;
        nuint to = ((nuint)start + length) & ~s_pageMask;
        if (from < to)
            _ = madvise((byte*)from, to - from, AdviseDontNeed);
    }

    /// <summary>Asks for huge pages behind a mapping, where the system has them.</summary>
    public static void PreferHugePages(byte* start, nuint length)
    {
        if (HasMappings)
            _ = madvise(start, length, AdviseHugePages);
    }

    /// <summary>
    /// Brings memory behind pages that nobody uses, so that the first write to a page does not wait for it. Takes as long as writing zeros over it, or much longer.
    /// </summary>
    /// <remarks>It writes instead of asking for it with one call: that call would hold the lock of the whole address space for reading, and a caller of low
    /// priority may be stopped meanwhile. A huge page comes with its first byte.</remarks>
    public static void Populate(byte* start, nuint length)
    {
        for (nuint offset = 0; offset < length; offset += s_pageMask + 1)
            Volatile.Write(ref start[offset], 0);
    }

    /// <summary>Asks the system not to join pages to huge ones any more: it would bring back pages that were given back.</summary>
    public static void RefuseHugePages(byte* start, nuint length)
    {
        if (HasMappings)
            _ = madvise(start, length, AdviseNoHugePages);
    }

    /// <summary>Changes a mapping's length, in place if the addresses behind it are free and else by moving its pages, never by copying.</summary>
    /// <returns>The mapping's start, aligned to a region; null when that cannot be done (the old mapping is untouched).</returns>
    public static byte* Move(byte* start, nuint oldLength, nuint newLength)
    {
        if (!HasMappings)
            return null;
        oldLength = RoundUp(oldLength);
        newLength = RoundUp(newLength);
        byte* moved = mremap(start, oldLength, newLength, 0, null);
        if (IsMapped(moved))
            return moved;
        byte* target = MapAligned(newLength, ProtectionNone);
        if (target == null)
            return null;
        moved = mremap(start, oldLength, newLength, RemapMayMove | RemapFixed, target);
        if (IsMapped(moved))
            return moved;
        _ = munmap(target, newLength);
        return null;
    }

    private static byte* MapAligned(nuint length, int protection)
    {
        length = RoundUp(length);
        byte* start = mmap(null, length + Region.Size, protection, PrivateAnonymousNoReserve, -1, 0);
        if (!IsMapped(start))
            return null;
        byte* aligned = (byte*)(((nuint)start + Region.Size - 1) & ~(Region.Size - 1));
        nuint before = (nuint)(aligned - start);
        if (before != 0)
            _ = munmap(start, before);
        if (before != Region.Size)
            _ = munmap(aligned + length, Region.Size - before);
        return aligned;
    }

    private static nuint RoundUp(nuint length) => (length + s_pageMask) & ~s_pageMask;

    private static bool IsMapped(byte* result) => (nint)result != -1;

    [LibraryImport("libc")]
    private static partial byte* mmap(byte* address, nuint length, int protection, int flags, int file, nint offset);

    [LibraryImport("libc")]
    private static partial int munmap(byte* address, nuint length);

    [LibraryImport("libc")]
    private static partial int madvise(byte* address, nuint length, int advice);

    // Variadic in C, but the kernel's five arguments are integers and go in the same registers on every Linux ABI that .NET runs on.
    [LibraryImport("libc")]
    private static partial byte* mremap(byte* address, nuint oldLength, nuint newLength, int flags, byte* newAddress);
}
