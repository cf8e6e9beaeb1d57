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
}
