namespace Carnelian.Persistence.Rdb;

/// <summary>Where the bytes of an RDB file come from.</summary>
public abstract class RdbSource
{
    /// <summary>How many bytes there still are, or <see cref="long.MaxValue"/> if nobody knows.</summary>
    public abstract long Remaining { get; }

    /// <summary>Reads some bytes.</summary>
    /// <returns>How many; 0 only at the end.</returns>
    /// <exception cref="IOException">They cannot be read.</exception>
    public abstract int Read(Span<byte> target);
}
