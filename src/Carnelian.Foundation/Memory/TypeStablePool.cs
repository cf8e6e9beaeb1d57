using System.Numerics;
using System.Runtime.InteropServices;

namespace Carnelian.Memory;

/// <summary>
/// Blocks whose memory stays mapped and holds nothing but such blocks for ever, for structures that other threads
/// read without a lock (hash directories): a reader with a stale pointer reads old or newer contents of the same kind, never a
/// fault. Sizes are powers of two. Any thread may call it; one short lock guards the free lists.
/// </summary>
/// <remarks>
/// A freed block waits for the next request of exactly its size; its contents are not touched, so the lists of free blocks are kept apart
/// from them. Blocks are aligned to their size, at most to 2 MiB. Nothing is ever given back to the system.
/// </remarks>
public static unsafe class TypeStablePool
{
    /// <summary>Smallest block in bytes.</summary>
    public const nuint MinSize = 64;

    /// <summary>Largest block in bytes.</summary>
    public const nuint MaxSize = 64 * 1024 * 1024;

    private const int MinPower = 6;
    private const int Powers = 26 - MinPower + 1;

    private static ShortLock s_lock;
    private static readonly FreeBlocks* s_free = (FreeBlocks*)MetadataArena.AllocateOrThrow((nuint)(Powers * sizeof(FreeBlocks)), 64);
    private static byte* s_next;
    private static byte* s_end;
    private static long s_usedBytes;
    private static long s_mappedBytes;
    private static long s_carvedBytes;

    /// <summary>Bytes of live blocks.</summary>
    public static long UsedBytes => Volatile.Read(ref s_usedBytes);

    /// <summary>Bytes taken from the system.</summary>
    public static long MappedBytes => Volatile.Read(ref s_mappedBytes);

    /// <summary>Bytes that have ever been handed out and so may be resident.</summary>
    internal static long CarvedBytes => Volatile.Read(ref s_carvedBytes);

    /// <summary>Allocates a block; it holds zeros or what its last user left there.</summary>
    /// <param name="size">A power of two from <see cref="MinSize"/> to <see cref="MaxSize"/>.</param>
    /// <exception cref="ArgumentOutOfRangeException">The size is not one of those.</exception>
    /// <exception cref="OutOfMemoryException">The system refuses memory.</exception>
    public static byte* Allocate(nuint size)
    {
        int power = PowerOf(size);
        byte* block;
        s_lock.Enter();
        try
        {
            block = s_free[power].Pop();
            if (block == null)
                block = Carve(size);
            if (block != null)
                s_usedBytes += (long)size;
        }
        finally
        {
            s_lock.Exit();
        }
        if (block == null)
            HeapFailure.ThrowOutOfMemory(size);
        if (DebugHeap.Enabled)
            DebugHeap.Instance.PoolAllocated(block, size);
        return block;
    }

    /// <summary>Frees a block; it can still be read and keeps its contents until it is handed out again. Null is ignored.</summary>
    /// <param name="block">A block of this pool.</param>
    /// <param name="size">The size that it was allocated with.</param>
    public static void Free(byte* block, nuint size)
    {
        if (block == null)
            return;
        int power = PowerOf(size);
        if (DebugHeap.Enabled)
            DebugHeap.Instance.PoolFreed(block, size);
        s_lock.Enter();
        try
        {
            s_free[power].Push(block);
            s_usedBytes -= (long)size;
        }
        finally
        {
            s_lock.Exit();
        }
    }

    private static int PowerOf(nuint size)
    {
        if (!BitOperations.IsPow2(size) || size is < MinSize or > MaxSize)
            throw new ArgumentOutOfRangeException(nameof(size));
        return BitOperations.Log2(size) - MinPower;
    }

    private static byte* Carve(nuint size)
    {
        if (size >= Region.Size)
        {
            byte* block = MapCounted(size);
            if (block != null)
                s_carvedBytes += (long)size;
            return block;
        }
        while (s_next != s_end && ((nuint)s_next & (size - 1)) != 0)
            SetAsideGap();
        if (s_next == s_end)
        {
            byte* chunk = MapCounted(Region.Size);
            if (chunk == null)
                return null;
            s_next = chunk;
            s_end = chunk + Region.Size;
        }
        byte* carved = s_next;
        s_next += size;
        s_carvedBytes += (long)size;
        return carved;
    }

    // A gap before an aligned block becomes the largest block that is aligned there; chunks are aligned to their size, so it always fits.
    private static void SetAsideGap()
    {
        nuint gap = (nuint)s_next & (nuint)(-(nint)s_next);
        s_free[BitOperations.Log2(gap) - MinPower].Push(s_next);
        s_next += gap;
    }

    private static byte* MapCounted(nuint size)
    {
        byte* memory = OsMemory.Map(size);
        if (memory != null)
            s_mappedBytes += (long)size;
        return memory;
    }

    /// <summary>A stack of free blocks of one size, in memory of its own.</summary>
    private struct FreeBlocks
    {
        private byte** _blocks;
        private int _count;
        private int _capacity;

        public void Push(byte* block)
        {
            if (_count == _capacity)
            {
                int capacity = Math.Max(16, _capacity * 2);
                _blocks = (byte**)NativeMemory.Realloc(_blocks, (nuint)capacity * (nuint)sizeof(byte*));
                _capacity = capacity;
            }
            _blocks[_count++] = block;
        }

        public byte* Pop() => _count == 0 ? null : _blocks[--_count];
    }
}
