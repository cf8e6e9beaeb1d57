using Carnelian.Memory;
using Carnelian.Storage.Defragmentation;
using Carnelian.Storage.Packed;

namespace Carnelian.Storage.Hashes;

/// <summary>What the keyspace has to know of hashes.</summary>
public sealed unsafe class HashType : CollectionType
{
    /// <inheritdoc/>
    public override long Count(ValueEncoding encoding, byte* value) =>
        encoding == ValueEncoding.ListPack ? new ListPack(value).Count / 2 : ((FieldTable*)value)->Count;

    /// <inheritdoc/>
    public override long Bytes(ValueEncoding encoding, byte* value, long samples)
    {
        if (encoding == ValueEncoding.ListPack)
            return new ListPack(value).AllocatedBytes;
        var table = (FieldTable*)value;
        long bytes = 0, seen = 0;
        RecordList records = default;
        for (long position = 0; position >= 0 && (samples == 0 || seen < samples);)
        {
            records.Clear();
            table->Fields.Collect(ref position, ref records);
            for (int i = 0; i < records.Count && (samples == 0 || seen < samples); i++)
            {
                bytes += new HashField(records[i]).TotalBytes;
                seen++;
            }
        }
        records.Dispose();
        if (seen != 0)
            bytes = (long)((double)bytes / seen * table->Count);
        return table->Bytes + bytes;
    }

    /// <inheritdoc/>
    public override byte* Copy(ValueEncoding encoding, byte* value) =>
        encoding == ValueEncoding.ListPack ? new ListPack(value).Copy().Address : (byte*)((FieldTable*)value)->Copy();

    /// <inheritdoc/>
    public override void Free(ValueEncoding encoding, byte* value)
    {
        if (encoding == ValueEncoding.ListPack)
            new ListPack(value).Free();
        else
            FieldTable.Free((FieldTable*)value);
    }

    /// <inheritdoc/>
    public override long FreeEffort(ValueEncoding encoding, byte* value) => encoding == ValueEncoding.ListPack ? 1 : ((FieldTable*)value)->Count;

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
        var position = (long)cursor.High;
        FieldTable.Relocate((FieldTable*)value, ref position, relocator);
        cursor.High = (ulong)position;
        return position < 0;
    }

    /// <inheritdoc/>
    public override ulong ElementDirectory(ValueEncoding encoding, byte* value)
    {
        if (encoding != ValueEncoding.ListPack)
            return ((FieldTable*)value)->Fields.Directory;
        Hash.LoadPack(value);
        return 0;
    }
}
