using System.Numerics;
using System.Runtime.CompilerServices;

namespace Carnelian.Memory;

/// <summary>
/// Address arithmetic of a region: 2 MiB, aligned to its size, made of 256 pages of 8 KiB of which the first is the header.
/// A block's class is found from its address alone.
/// </summary>
/// <remarks>
/// Header: bytes 0-4095 hold one class byte per page; bytes 4096-6143 a pointer to each page's run; bytes 6144-6175 one
/// bit per free page that may be resident. The 256 class bytes begin at (region number mod 16) x 256, so that the class
/// bytes of different regions do not compete for the same cache lines; with that the index is simply twelve bits of the
/// address.
/// Invariants: a class byte is 0 unless the page belongs to a run of small objects, is the first page of a single-block run, or
/// the first page of a large block. The run pointers of the first and the last page of every run are right; those between
/// only for small objects. An all-zero header is right for a region that is one free run, so the header's own memory can be
/// given back too.
/// </remarks>
internal static unsafe class Region
{
    public const nuint Size = 2 * 1024 * 1024;
    public const int PageShift = 13;
    public const nuint PageSize = 1 << PageShift;
    public const int Pages = 256;

    /// <summary>Pages that blocks can lie in: all but the header.</summary>
    public const int UsablePages = Pages - 1;

    private const nuint RunTableOffset = 4096;
    private const nuint DirtyBitsOffset = 6144;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static byte* Of(byte* address) => (byte*)((nuint)address & ~(Size - 1));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static int PageOf(byte* address) => (int)((nuint)address >> PageShift) & (Pages - 1);

    /// <summary>The class byte of the page that an address lies in.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static byte* ClassSlot(byte* address) => Of(address) + (((nuint)address >> PageShift) & 0xFFF);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static PageRun** RunSlot(byte* address) => (PageRun**)(Of(address) + RunTableOffset) + PageOf(address);

    /// <summary>Marks pages as possibly resident.</summary>
    public static void SetDirty(byte* start, int pages)
    {
        ulong* bits = (ulong*)(Of(start) + DirtyBitsOffset);
        int first = PageOf(start);
        for (int word = 0; word < 4; word++)
            bits[word] |= WordMask(word, first, first + pages);
    }

    /// <summary>Marks pages as in use or given back.</summary>
    public static void ClearDirty(byte* start, int pages)
    {
        ulong* bits = (ulong*)(Of(start) + DirtyBitsOffset);
        int first = PageOf(start);
        for (int word = 0; word < 4; word++)
            bits[word] &= ~WordMask(word, first, first + pages);
    }

    public static int CountDirty(byte* start, int pages)
    {
        ulong* bits = (ulong*)(Of(start) + DirtyBitsOffset);
        int first = PageOf(start);
        int count = 0;
        for (int word = 0; word < 4; word++)
            count += BitOperations.PopCount(bits[word] & WordMask(word, first, first + pages));
        return count;
    }

    private static ulong WordMask(int word, int first, int end)
    {
        int from = Math.Clamp(first - word * 64, 0, 64);
        int to = Math.Clamp(end - word * 64, 0, 64);
        if (from >= to)
            return 0;
        return (ulong.MaxValue >> (64 - (to - from))) << from;
    }
}
