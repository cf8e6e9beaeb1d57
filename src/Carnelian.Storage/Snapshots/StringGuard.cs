using Carnelian.Memory;

namespace Carnelian.Storage.Snapshots;

/// <summary>
/// A long string: the walk copies it page by page, and whoever writes into its bytes first keeps the pages that the walk has not come to. Whoever
/// replaces it only gives its reference back.
/// </summary>
/// <remarks>
/// <para>Invariant: as long as the guard is not ended, a page that the walk has not copied is as it was at the cut, in the block or among the kept ones.</para>
/// <para>Besides the guard only one may refer to the block while it is written into; with more references, the writer takes a copy as ever. COPY brings a block
/// under keys of other shards, so a lock of the guard's own protects it.</para>
/// </remarks>
internal sealed unsafe class StringGuard : ValueGuard
{
    /// <summary>A string from this length on is saved in steps, in bytes.</summary>
    public const long LeastLength = StringBlock.LeastLong;

    private const int PageBytes = 4096;

    private const int PagesPerStep = 64;

    private readonly Lock _lock = new();
    private readonly long _length;
    private StringBlock _block;
    private byte*[]? _kept;
    private StringBlock _copy;
    private int _next;
    private long _counted;
    private bool _isWhole;
    private bool _isFreed;

    public StringGuard(Snapshot snapshot, Entry entry, int shard, ISnapshotValue value)
        : base(snapshot, entry, shard, value)
    {
        _block = entry.Block;
        _block.AddReference();
        _length = _block.Length;
    }

    private int Pages => (int)((_length + PageBytes - 1) / PageBytes);

    /// <summary>Makes the string as long as a writer wants it, who is going to change some of its bytes. Under the lock of the writer's key.</summary>
    /// <param name="block">The writer's reference: it may become another block.</param>
    /// <param name="length">The new length.</param>
    /// <param name="from">The first byte that changes.</param>
    /// <param name="count">How many bytes change from there on.</param>
    /// <returns>False if the writer has to see for itself: others refer to the bytes as well, or the guard is just ended.</returns>
    public bool TryResize(ref StringBlock block, long length, long from, long count)
    {
        lock (_lock)
        {
            if (_isFreed || block.Address != _block.Address || block.References != 2 || length < _length)
                return false;
            if (!IsAborted && count > 0)
                Keep((int)(from / PageBytes), (int)Math.Min((from + count - 1) / PageBytes, Pages - 1));
            bool mayMove = length > block.Capacity;
            if (mayMove)
                ValueGuards.Detach(this);
            block = _block = block.Resize(length);
            if (mayMove)
                ValueGuards.Attach(this, block.Address);
            return true;
        }
    }

    /// <summary>Notes that the last key has given the string away: it occupies memory for the snapshot's sake only.</summary>
    public void NoteLeft()
    {
        lock (_lock)
        {
            if (!_isFreed)
                Count(_block.AllocatedBytes);
        }
    }

    /// <inheritdoc/>
    public override bool Step()
    {
        lock (_lock)
        {
            // Nobody writes into what nobody else has; unless somebody has done so before, it needs no copy.
            if (_next == 0 && _kept == null && _block.IsUnshared)
            {
                _isWhole = true;
                return true;
            }
            if (_copy.Address == null)
                _copy = StringBlock.Create(_length, _length);
            for (int end = Math.Min(_next + PagesPerStep, Pages); _next < end; _next++)
            {
                long at = (long)_next * PageBytes, bytes = Math.Min(PageBytes, _length - at);
                byte* kept = _kept == null ? null : _kept[_next];
                Buffer.MemoryCopy(kept != null ? kept : _block.Data + at, _copy.Data + at, bytes, bytes);
                Drop(_next);
            }
            return _isWhole = _next == Pages;
        }
    }

    /// <inheritdoc/>
    public override void Deliver()
    {
        if (_isWhole)
            Value.AddString(_copy.Address != null ? _copy : _block);
    }

    /// <inheritdoc/>
    protected override void Free()
    {
        lock (_lock)
        {
            _isFreed = true;
            for (int page = 0; page < Pages; page++)
                Drop(page);
            _block.Release();
            if (_copy.Address != null)
                _copy.Release();
            Count(-_counted);
        }
    }

    private void Keep(int first, int last)
    {
        for (int page = Math.Max(first, _next); page <= last; page++)
        {
            _kept ??= new byte*[Pages];
            if (_kept[page] != null)
                continue;
            _kept[page] = NativeHeap.Allocate(PageBytes);
            long at = (long)page * PageBytes, bytes = Math.Min(PageBytes, _length - at);
            Buffer.MemoryCopy(_block.Data + at, _kept[page], bytes, bytes);
            Count(PageBytes);
        }
    }

    private void Drop(int page)
    {
        if (_kept == null || _kept[page] == null)
            return;
        NativeHeap.Free(_kept[page]);
        _kept[page] = null;
        Count(-PageBytes);
    }

    private void Count(long bytes)
    {
        _counted += bytes;
        Value.CountEarly(bytes);
    }
}
