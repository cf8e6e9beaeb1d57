using Carnelian.Storage.Defragmentation;

namespace Carnelian.Storage.Streams;

/// <summary>Streams, as the keyspace knows them.</summary>
internal sealed unsafe class StreamType : CollectionType
{
    /// <inheritdoc/>
    public override long Count(ValueEncoding encoding, byte* value) => new StreamValue(value).Length;

    /// <inheritdoc/>
    public override long Bytes(ValueEncoding encoding, byte* value, long samples) => new StreamValue(value).CountBytes(samples);

    /// <inheritdoc/>
    public override byte* Copy(ValueEncoding encoding, byte* value) => new StreamValue(value).Copy().Address;

    /// <inheritdoc/>
    public override void Free(ValueEncoding encoding, byte* value) => new StreamValue(value).Free();

    /// <inheritdoc/>
    public override long FreeEffort(ValueEncoding encoding, byte* value) => new StreamValue(value).FreeEffort;

    /// <inheritdoc/>
    public override bool Relocate(ValueEncoding encoding, ref byte* value, ref RelocationCursor cursor, Relocator relocator)
    {
        if (cursor.High == 0 && cursor.Low == 0)
            value = relocator.Move(value);
        var next = new StreamId(cursor.High, cursor.Low);
        bool isDone = new StreamValue(value).Relocate(ref next, relocator);
        cursor.High = next.Milliseconds;
        cursor.Low = next.Sequence;
        return isDone;
    }
}
