using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Carnelian.Threading;

/// <summary>
/// The locks of all shards: one word each, padded to a cache line pair of its own. Exclusive, not recursive. A holder
/// may mark itself long (a sleeping DEBUG command, a script), so that event loops park a command instead of a thread.
/// </summary>
/// <remarks>
/// Any thread may take them, in ascending order of shard: no lower shard is requested while a higher one is held.
/// </remarks>
public sealed unsafe class ShardLocks : IDisposable
{
    private const int Stride = 128;
    private const int SpinsBeforeYield = 200;

    private readonly byte* _words;
    private volatile bool _longHolder;

    /// <summary>Creates the locks, all free.</summary>
    /// <param name="count">The number of shards.</param>
    public ShardLocks(int count)
    {
        Count = count;
        _words = (byte*)NativeMemory.AlignedAlloc((nuint)(count * Stride), Stride);
        NativeMemory.Clear(_words, (nuint)(count * Stride));
    }

    /// <summary>The number of shards.</summary>
    public int Count { get; }

    /// <summary>Whether the locks are held by somebody who will keep them for long.</summary>
    public bool HasLongHolder => _longHolder;

    /// <summary>Takes the lock of one shard, spinning and then yielding until it is free.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Acquire(int shard)
    {
        if (Interlocked.CompareExchange(ref Word(shard), 1, 0) != 0)
            AcquireContended(shard);
    }

    /// <summary>Takes the lock of one shard if it is free now.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public bool TryAcquire(int shard) => Interlocked.CompareExchange(ref Word(shard), 1, 0) == 0;

    /// <summary>Releases a lock that this thread holds.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Release(int shard) => Volatile.Write(ref Word(shard), 0);

    /// <summary>
    /// A number that the holders of a shard's lock keep beside it, 0 at first: looking at it under the lock costs next to nothing. Carnelian
    /// counts there the places of those who wait for keys of the shard, in all databases.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public ref int Note(int shard) => ref Unsafe.AsRef<int>(_words + (long)shard * Stride + sizeof(int));

    /// <summary>Takes the lock of one shard when those who wait for it have had it: for work in the background that takes and releases it again and again.</summary>
    public void AcquireLast(int shard)
    {
        const int mostYields = 1000;
        SpinWait yielding = default;
        for (int i = 0; i < mostYields && Volatile.Read(ref Waiting(shard)) != 0; i++)
            yielding.SpinOnce(sleep1Threshold: -1);
        Acquire(shard);
    }

    /// <summary>Takes all locks in order: the exclusive plan.</summary>
    public void AcquireAll()
    {
        for (int shard = 0; shard < Count; shard++)
            Acquire(shard);
    }

    /// <summary>Releases all locks, which this thread holds.</summary>
    public void ReleaseAll()
    {
        for (int shard = Count - 1; shard >= 0; shard--)
            Release(shard);
    }

    /// <summary>Says that the thread that holds all locks will keep them for long, or no longer.</summary>
    public void MarkLong(bool isLong) => _longHolder = isLong;

    /// <summary>Waits until no unit that began before the call still holds a lock.</summary>
    public void Quiesce()
    {
        for (int shard = 0; shard < Count; shard++)
        {
            Acquire(shard);
            Release(shard);
        }
    }

    /// <inheritdoc/>
    public void Dispose() => NativeMemory.AlignedFree(_words);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private ref int Word(int shard) => ref Unsafe.AsRef<int>(_words + (long)shard * Stride);

    /// <summary>How many threads wait for a lock.</summary>
    private ref int Waiting(int shard) => ref Unsafe.AsRef<int>(_words + (long)shard * Stride + 2 * sizeof(int));

    [MethodImpl(MethodImplOptions.NoInlining)]
    private void AcquireContended(int shard)
    {
        SpinWait yielding = default;
        Interlocked.Increment(ref Waiting(shard));
        while (true)
        {
            for (int spin = 0; spin < SpinsBeforeYield; spin++)
            {
                if (Volatile.Read(ref Word(shard)) == 0 && TryAcquire(shard))
                {
                    Interlocked.Decrement(ref Waiting(shard));
                    return;
                }
                Thread.SpinWait(4);
            }
            yielding.SpinOnce(sleep1Threshold: 30);
        }
    }
}
