namespace Carnelian.Storage.Streams;

/// <summary>The fields and values of an entry to be added, as whoever adds it has them.</summary>
public interface IFieldSource
{
    /// <summary>The number of fields.</summary>
    int Count { get; }

    /// <summary>A field (even indexes) or its value (odd ones).</summary>
    ReadOnlySpan<byte> this[int index] { get; }
}
