using Carnelian.Persistence.Rdb;

namespace Carnelian.Server.AppendOnly;

/// <summary>Appends to the file of a base, and has it go to the disk a few megabytes at a time, since one large sync would hold up those of the increment.</summary>
/// <param name="file">The file.</param>
/// <param name="syncsOften">Whether it does that: <c>aof-rewrite-incremental-fsync</c>.</param>
internal sealed class BaseOutput(AppendFile file, bool syncsOften) : IRdbOutput
{
    private const long SyncEvery = 4 << 20;

    private long _synced;

    /// <summary>The first error, or null. Nothing is written after it.</summary>
    public string? Error { get; private set; }

    /// <inheritdoc/>
    public void Write(ReadOnlySpan<byte> bytes)
    {
        if (Error != null)
            return;
        Error = file.Append(bytes, out _);
        if (Error != null || !syncsOften || file.Length - _synced < SyncEvery)
            return;
        Error = file.Sync();
        _synced = file.Length;
    }
}
