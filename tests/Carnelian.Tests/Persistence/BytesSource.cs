using Carnelian.Persistence.Rdb;

namespace Carnelian.Tests.Persistence;

/// <summary>A file in memory, read in pieces.</summary>
internal sealed class BytesSource(byte[] bytes, int piece = int.MaxValue) : RdbSource
{
    private int _at;

    public override long Remaining => bytes.Length - _at;

    public override int Read(Span<byte> target)
    {
        int size = Math.Min(Math.Min(target.Length, piece), bytes.Length - _at);
        bytes.AsSpan(_at, size).CopyTo(target);
        _at += size;
        return size;
    }
}
