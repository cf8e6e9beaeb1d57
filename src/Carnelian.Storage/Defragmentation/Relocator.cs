using Carnelian.Memory;

namespace Carnelian.Storage.Defragmentation;

/// <summary>
/// Moves single blocks out of spans that are nearly empty, and counts. The heap decides which blocks move; who calls this knows all pointers to the block
/// and writes them.
/// </summary>
/// <remarks>One for each event loop, used on its thread, under the lock of the shard that the block belongs to.</remarks>
public sealed unsafe class Relocator
{
    /// <summary>About how many blocks are looked at in a step, that is under one hold of a lock.</summary>
    public const int StepBlocks = 64;

    private readonly bool _movesAll;

    /// <summary>Makes one.</summary>
    /// <param name="movesAll">Whether blocks move from full spans, too: for tests, which then need no fragmented heap.</param>
    public Relocator(bool movesAll = false) => _movesAll = movesAll;

    /// <summary>Blocks that were moved.</summary>
    public long Hits { get; private set; }

    /// <summary>Blocks that were looked at and stayed.</summary>
    public long Misses { get; private set; }

    /// <summary>Blocks that were looked at.</summary>
    public long Looked => Hits + Misses;

    /// <summary>Moves a block to which only the caller points.</summary>
    /// <returns>Where it is now; may be the same.</returns>
    public byte* Move(byte* block)
    {
        byte* copy = TryCopy(block);
        if (copy == null)
            return block;
        Free(block);
        return copy;
    }

    /// <summary>Moves the block of a string, unless somebody else refers to it.</summary>
    public StringBlock Move(StringBlock block)
    {
        if (block.IsUnshared)
            return new StringBlock(Move(block.Address));
        Misses++;
        return block;
    }

    /// <summary>Copies a block that is to move. The old one can be read until <see cref="Free"/>.</summary>
    /// <returns>Null if it stays.</returns>
    public byte* TryCopy(byte* block)
    {
        byte* copy = _movesAll ? CopyAnyway(block) : NativeHeap.TryRelocate(block);
        if (copy == null)
            Misses++;
        else
            Hits++;
        return copy;
    }

    /// <summary>Frees a block that <see cref="TryCopy"/> has copied.</summary>
    public void Free(byte* block)
    {
        if (_movesAll)
            NativeHeap.Free(block);
        else
            NativeHeap.FreeRelocated(block);
    }

    private static byte* CopyAnyway(byte* block)
    {
        nuint size = NativeHeap.UsableSize(block);
        byte* copy = NativeHeap.Allocate(size);
        Buffer.MemoryCopy(block, copy, size, size);
        return copy;
    }
}
