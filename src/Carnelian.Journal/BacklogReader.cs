namespace Carnelian.Journal;

/// <summary>A place in a <see cref="ReplicationBacklog"/> from which somebody reads on. It keeps what lies behind it from being dropped.</summary>
/// <remarks>One thread at a time.</remarks>
public sealed unsafe class BacklogReader : IDisposable
{
    private readonly ReplicationBacklog _backlog;
    private BacklogBlock* _block;
    private long _offset;

    internal BacklogReader(ReplicationBacklog backlog, BacklogBlock* block, long offset)
    {
        _backlog = backlog;
        _block = block;
        _offset = offset;
    }

    /// <summary>The offset of the next byte. Any thread.</summary>
    public long Offset => Volatile.Read(ref _offset);

    /// <summary>The bytes that are there and not read yet. Any thread.</summary>
    public long Behind => Math.Max(_backlog.EndOffset + 1 - Offset, 0);

    /// <summary>Reads on.</summary>
    /// <param name="data">The first byte; it does not change until <paramref name="block"/> is released.</param>
    /// <param name="length">The number of bytes.</param>
    /// <param name="block">The block, to be given to <see cref="ReplicationBacklog.Release"/>.</param>
    /// <returns>False if there is nothing more.</returns>
    public bool TryRead(out byte* data, out int length, out byte* block)
    {
        long offset = _offset;
        bool hasRead = _backlog.Read(ref _block, ref offset, out data, out length);
        block = (byte*)_block;
        Volatile.Write(ref _offset, offset);
        return hasRead;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        if (_block == null)
            return;
        ReplicationBacklog.Release((byte*)_block);
        _block = null;
    }
}
