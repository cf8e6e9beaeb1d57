using System.Runtime.InteropServices;

namespace Carnelian.Storage;

/// <summary>The header of a segment of a <see cref="HashTable{TRecord}"/>: one cache line, the buckets behind it.</summary>
[StructLayout(LayoutKind.Sequential, Size = 64)]
internal unsafe struct HashSegment
{
    /// <summary>Records in the segment.</summary>
    public int Count;

    /// <summary>Buckets of the overflow.</summary>
    public int OverflowBuckets;

    /// <summary>The overflow, or null.</summary>
    public byte* Overflow;

    /// <summary>Records in stash and overflow.</summary>
    public int InStash;

    /// <summary>Leading hash bits that all records of the segment share.</summary>
    public byte Depth;

    /// <summary>Main buckets.</summary>
    public byte Buckets;

    /// <summary>Stash buckets, behind the main ones.</summary>
    public byte StashBuckets;

    /// <summary>All buckets: main, stash, overflow.</summary>
    public readonly int AllBuckets => Buckets + StashBuckets + OverflowBuckets;
}
