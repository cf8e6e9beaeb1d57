using Microsoft.Win32.SafeHandles;

namespace Carnelian.Persistence.Rdb;

/// <summary>A file, or what follows in it from a place on.</summary>
public sealed class RdbFileSource(SafeFileHandle file, long position = 0) : RdbSource
{
    private readonly long _length = RandomAccess.GetLength(file);

    /// <summary>The place in the file that is read next.</summary>
    public long Position { get; private set; } = position;

    /// <inheritdoc/>
    public override long Remaining => Math.Max(_length - Position, 0);

    /// <inheritdoc/>
    public override int Read(Span<byte> target)
    {
        int read = RandomAccess.Read(file, target, Position);
        Position += read;
        return read;
    }
}
