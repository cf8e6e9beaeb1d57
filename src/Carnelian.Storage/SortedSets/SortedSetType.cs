using Carnelian.Storage.Defragmentation;
using Carnelian.Storage.Packed;

namespace Carnelian.Storage.SortedSets;

/// <summary>What the keyspace knows of sorted sets.</summary>
internal sealed unsafe class SortedSetType : CollectionType
{
    /// <inheritdoc/>
    public override long Count(ValueEncoding encoding, byte* value) => new SortedSet(encoding, value).Count;

    /// <inheritdoc/>
    public override long Bytes(ValueEncoding encoding, byte* value, long samples) =>
        encoding == ValueEncoding.ListPack ? new ListPack(value).AllocatedBytes : TreeSortedSet.Bytes((TreeSortedSet*)value, samples);

    /// <inheritdoc/>
    public override byte* Copy(ValueEncoding encoding, byte* value) =>
        encoding == ValueEncoding.ListPack ? new ListPack(value).Copy().Address : (byte*)TreeSortedSet.Copy((TreeSortedSet*)value);

    /// <inheritdoc/>
    public override void Free(ValueEncoding encoding, byte* value) => new SortedSet(encoding, value).Free();

    /// <inheritdoc/>
    public override ulong ElementDirectory(ValueEncoding encoding, byte* value) => encoding == ValueEncoding.ListPack ? 0 : ((TreeSortedSet*)value)->Members.Directory;

    /// <inheritdoc/>
    public override long FreeEffort(ValueEncoding encoding, byte* value) => encoding == ValueEncoding.ListPack ? 1 : new SortedSet(encoding, value).Count;

    /// <inheritdoc/>
    public override bool Relocate(ValueEncoding encoding, ref byte* value, ref RelocationCursor cursor, Relocator relocator)
    {
        if (encoding == ValueEncoding.ListPack)
        {
            value = relocator.Move(value);
            return true;
        }
        if (cursor.High == 0)
            value = relocator.Move(value);
        var set = (TreeSortedSet*)value;
        var rank = (long)cursor.High;
        for (long end = relocator.Looked + Relocator.StepBlocks; rank < set->Tree.Count && relocator.Looked < end;)
            rank = set->Tree.RelocateLeaf(rank, ref set->Members, relocator);
        cursor.High = (ulong)rank;
        return rank >= set->Tree.Count;
    }
}
