using Carnelian.Persistence.Rdb;
using Carnelian.Server.Configuration;
using Microsoft.Win32.SafeHandles;

namespace Carnelian.Server.Persistence;

/// <summary>A file that takes the place of another when it is complete and safe on disk; until then it has a name of its own.</summary>
/// <remarks>One thread. After the first error nothing more is written.</remarks>
internal sealed class SnapshotFile : IRdbOutput, IDisposable
{
    private const long SyncEvery = 4 << 20;

    private readonly string _temporary;
    private readonly bool _syncsOften;
    private SafeFileHandle? _handle;
    private long _length;
    private long _synced;

    /// <summary>Makes the file, empty.</summary>
    /// <param name="temporary">Its name until it is complete.</param>
    /// <param name="syncsOften">Whether it goes to the disk a few megabytes at a time: <c>rdb-save-incremental-fsync</c>.</param>
    /// <exception cref="IOException">It cannot be made.</exception>
    /// <exception cref="UnauthorizedAccessException">The directory may not be written.</exception>
    public SnapshotFile(string temporary, bool syncsOften)
    {
        _temporary = temporary;
        _syncsOften = syncsOften;
        _handle = File.OpenHandle(temporary, FileMode.Create, FileAccess.Write, FileShare.Read);
    }

    /// <summary>The first error, or null.</summary>
    public Exception? Error { get; private set; }

    /// <inheritdoc/>
    public void Write(ReadOnlySpan<byte> bytes)
    {
        if (Error != null || _handle == null)
            return;
        try
        {
            RandomAccess.Write(_handle, bytes, _length);
            _length += bytes.Length;
            if (!_syncsOften || _length - _synced < SyncEvery)
                return;
            RandomAccess.FlushToDisk(_handle);
            _synced = _length;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            Error = e;
        }
    }

    /// <summary>Puts the file into its place.</summary>
    /// <exception cref="IOException">It could not be; the old one is as it was.</exception>
    /// <exception cref="UnauthorizedAccessException">As above.</exception>
    public void Complete(string name)
    {
        RandomAccess.FlushToDisk(_handle!);
        _handle!.Dispose();
        _handle = null;
        File.Move(_temporary, name, overwrite: true);
        if (!OperatingSystem.IsWindows())
            DurableFile.SyncDirectory(".");
    }

    /// <summary>Removes what is not complete.</summary>
    public void Dispose()
    {
        if (_handle == null)
            return;
        _handle.Dispose();
        _handle = null;
        File.Delete(_temporary);
    }
}
