using Carnelian.Storage.Defragmentation;

namespace Carnelian.Storage.Sets;

/// <summary>Sets, as the keyspace knows them.</summary>
internal sealed unsafe class SetType : CollectionType
{
    /// <inheritdoc/>
    public override long Count(ValueEncoding encoding, byte* value) => new SetValue(encoding, value).Count;

    /// <inheritdoc/>
    public override long Bytes(ValueEncoding encoding, byte* value, long samples) => new SetValue(encoding, value).AllocatedBytes;

    /// <inheritdoc/>
    public override byte* Copy(ValueEncoding encoding, byte* value) => new SetValue(encoding, value).Copy().Address;

    /// <inheritdoc/>
    public override void Free(ValueEncoding encoding, byte* value) => new SetValue(encoding, value).Free();

    /// <inheritdoc/>
    public override long FreeEffort(ValueEncoding encoding, byte* value) => encoding == ValueEncoding.HashTable ? ((SetTable*)value)->Count : 1;

    /// <inheritdoc/>
    public override ulong ElementDirectory(ValueEncoding encoding, byte* value) =>
        encoding == ValueEncoding.HashTable ? SetTable.TableOf((SetTable*)value).Directory : 0;

    /// <inheritdoc/>
    public override bool Relocate(ValueEncoding encoding, ref byte* value, ref RelocationCursor cursor, Relocator relocator)
    {
        if (encoding != ValueEncoding.HashTable)
        {
            value = relocator.Move(value);
            return true;
        }
        if (cursor.High == 0)
            value = relocator.Move(value);
        var position = (long)cursor.High;
        SetTable.Relocate((SetTable*)value, ref position, relocator);
        cursor.High = (ulong)position;
        return position < 0;
    }
}
