using Carnelian.Storage.Defragmentation;
using Carnelian.Storage.Packed;

namespace Carnelian.Storage.Lists;

/// <summary>What the keyspace has to know of lists.</summary>
internal sealed unsafe class ListType : CollectionType
{
    /// <inheritdoc/>
    public override long Count(ValueEncoding encoding, byte* value) =>
        encoding == ValueEncoding.ListPack ? new ListPack(value).Count : new QuickList(value).Count;

    /// <inheritdoc/>
    public override long Bytes(ValueEncoding encoding, byte* value, long samples) =>
        encoding == ValueEncoding.ListPack ? new ListPack(value).AllocatedBytes : new QuickList(value).AllocatedBytes(samples);

    /// <inheritdoc/>
    public override byte* Copy(ValueEncoding encoding, byte* value) =>
        encoding == ValueEncoding.ListPack ? new ListPack(value).Copy().Address : new QuickList(value).Copy().Address;

    /// <inheritdoc/>
    public override void Free(ValueEncoding encoding, byte* value)
    {
        if (encoding == ValueEncoding.ListPack)
            new ListPack(value).Free();
        else
            new QuickList(value).Free();
    }

    /// <inheritdoc/>
    public override long FreeEffort(ValueEncoding encoding, byte* value) => encoding == ValueEncoding.ListPack ? 1 : new QuickList(value).Nodes;

    /// <inheritdoc/>
    public override bool Relocate(ValueEncoding encoding, ref byte* value, ref RelocationCursor cursor, Relocator relocator)
    {
        if (encoding == ValueEncoding.ListPack)
        {
            value = relocator.Move(value);
            return true;
        }
        bool isFirst = cursor.High == 0;
        if (isFirst)
            value = relocator.Move(value);
        cursor.High = 1;
        return new QuickList(value).Relocate(isFirst, relocator);
    }
}
