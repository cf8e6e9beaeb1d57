namespace Carnelian.Storage.Snapshots;

/// <summary>
/// A big value that consists of blocks, which come to the sink in their order. Under the lock a block is only copied, or given away by the value; it is
/// encoded and written without.
/// </summary>
internal abstract class BlockGuard(Snapshot snapshot, Entry entry, int shard, ISnapshotValue value) : ValueGuard(snapshot, entry, shard, value)
{
    /// <summary>How many blocks are copied under one hold of the lock.</summary>
    protected const int BlocksPerStep = 8;

    private const long BytesPerDelivery = 64 * 1024;

    private SavedBlocks _taken;

    /// <inheritdoc/>
    public sealed override bool Step()
    {
        // Once all is delivered that is out of the value, it goes on.
        if (!_taken.IsEmpty)
            return false;
        return Collect(ref _taken) && _taken.IsEmpty;
    }

    /// <inheritdoc/>
    public sealed override void Deliver()
    {
        long bytes = 0;
        while (bytes < BytesPerDelivery && _taken.Take() is { } block)
        {
            bytes += block.AllocatedBytes;
            Pass(block);
            Free(block);
        }
    }

    /// <summary>Takes the next blocks in order.</summary>
    /// <returns>Whether there will be no more.</returns>
    protected abstract bool Collect(ref SavedBlocks into);

    /// <summary>Passes a block on to the sink. Without locks.</summary>
    protected abstract void Pass(SavedBlock block);

    /// <summary>Counts a block that is kept since it was about to change.</summary>
    protected SavedBlock Count(SavedBlock block)
    {
        Value.CountEarly(block.AllocatedBytes);
        return block;
    }

    /// <summary>Frees a block.</summary>
    protected void Free(SavedBlock block)
    {
        if (block.IsEarly)
            Value.CountEarly(-block.AllocatedBytes);
        block.Free();
    }

    /// <summary>Frees some blocks.</summary>
    protected void Free(SavedBlocks blocks)
    {
        while (blocks.Take() is { } block)
            Free(block);
    }

    /// <inheritdoc/>
    protected override void Free() => Free(_taken);
}
