namespace Carnelian.Commands;

/// <summary>Up to which size collections stay in their compact encodings: the directives of that name. Written under all locks.</summary>
public sealed class CollectionLimits
{
    /// <summary><c>hash-max-listpack-entries</c>: fields.</summary>
    public long HashPackEntries;

    /// <summary><c>hash-max-listpack-value</c>: bytes of a field or value.</summary>
    public long HashPackValue;

    /// <summary><c>list-max-listpack-size</c>: elements of a pack, or -1 to -5 for 4 to 64 KB.</summary>
    public int ListPackSize;

    /// <summary><c>list-compress-depth</c>: nodes at each end that stay uncompressed; 0 = all.</summary>
    public int ListCompressDepth;

    /// <summary><c>set-max-intset-entries</c>: members.</summary>
    public long SetIntSetEntries;

    /// <summary><c>set-max-listpack-entries</c>: members.</summary>
    public long SetPackEntries;

    /// <summary><c>set-max-listpack-value</c>: bytes of a member.</summary>
    public long SetPackValue;

    /// <summary><c>zset-max-listpack-entries</c>: members.</summary>
    public long SortedSetPackEntries;

    /// <summary><c>zset-max-listpack-value</c>: bytes of a member.</summary>
    public long SortedSetPackValue;

    /// <summary><c>stream-node-max-bytes</c>: bytes of a block; 0 = no limit.</summary>
    public long StreamNodeBytes;

    /// <summary><c>stream-node-max-entries</c>: entries of a block; 0 = no limit.</summary>
    public long StreamNodeEntries;

    /// <summary><c>stream-idmp-duration</c>: for how long a stream remembers the messages of its producers, in seconds.</summary>
    public long IdempotencySeconds = 100;

    /// <summary><c>stream-idmp-maxsize</c>: how many messages of a producer a stream remembers.</summary>
    public long IdempotencyIds = 100;

    /// <summary><c>hll-sparse-max-bytes</c>: bytes of a sparse HyperLogLog.</summary>
    public long SparseHyperLogLogBytes;
}
