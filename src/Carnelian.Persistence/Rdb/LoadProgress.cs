namespace Carnelian.Persistence.Rdb;

/// <summary>How far loading has come. Written by those who load, read by any thread.</summary>
public sealed class LoadProgress
{
    private long _loadedBytes;
    private long _keys;
    private long _expired;
    private long _empty;
    private long _expiredHashes;
    private long _skipped;

    /// <summary>The size of all that is to be loaded, in bytes; 0 if nobody knows.</summary>
    public long TotalBytes { get; set; }

    /// <summary>The memory that the server used which wrote the file, in bytes.</summary>
    public long UsedMemory { get; set; }

    /// <summary>How many bytes were read.</summary>
    public long LoadedBytes
    {
        get => Volatile.Read(ref _loadedBytes);
        set => Volatile.Write(ref _loadedBytes, value);
    }

    /// <summary>Keys that were added.</summary>
    public long Keys => Volatile.Read(ref _keys);

    /// <summary>Keys that had expired.</summary>
    public long Expired => Volatile.Read(ref _expired);

    /// <summary>Keys whose values have no elements.</summary>
    public long Empty => Volatile.Read(ref _empty);

    /// <summary>Hashes all of whose fields had expired.</summary>
    public long ExpiredHashes => Volatile.Read(ref _expiredHashes);

    /// <summary>Keys that were left out since they belong to modules that nobody knows.</summary>
    public long Skipped => Volatile.Read(ref _skipped);

    internal void AddKeys(long keys) => Interlocked.Add(ref _keys, keys);

    internal void AddExpired(long keys) => Interlocked.Add(ref _expired, keys);

    internal void AddEmpty() => Interlocked.Increment(ref _empty);

    internal void AddExpiredHash() => Interlocked.Increment(ref _expiredHashes);

    internal void AddSkipped() => Interlocked.Increment(ref _skipped);
}
