using Carnelian.Persistence.Rdb;
using Carnelian.Server.Configuration;
using Carnelian.Server.Hosting;
using Microsoft.Win32.SafeHandles;

namespace Carnelian.Server.Persistence;

/// <summary>
/// A file that is written beside the one that it will replace: a crash at any moment leaves the old one or the new one. The working directory is
/// <c>dir</c>.
/// </summary>
/// <remarks>One thread at a time. After the first error nothing more is written; the error waits to be asked for.</remarks>
internal sealed class RdbFile : IRdbOutput, IDisposable
{
    /// <summary>After so many bytes the system is told to begin to write them to the disk, so that the end need not wait for all of them.</summary>
    private const long SyncBytes = 4 << 20;

    private readonly bool _syncsInPieces;
    private readonly SafeFileHandle? _handle;
    private long _length;
    private long _synced;
    private bool _isDone;

    /// <summary>Makes the file; if that fails, <see cref="Error"/> says why.</summary>
    /// <param name="name">The temporary name.</param>
    /// <param name="syncsInPieces"><c>rdb-save-incremental-fsync</c>.</param>
    public RdbFile(string name, bool syncsInPieces)
    {
        Name = name;
        _syncsInPieces = syncsInPieces && OperatingSystem.IsLinux();
        try
        {
            _handle = File.OpenHandle(name, FileMode.Create, FileAccess.Write, FileShare.Read);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            Fail("open", e);
        }
    }

    /// <summary>The temporary name.</summary>
    public string Name { get; }

    /// <summary>The step that failed; null as long as none has.</summary>
    public string? FailedStep { get; private set; }

    /// <summary>The system's words on what failed.</summary>
    public string Error { get; private set; } = "";

    /// <summary>The bytes written.</summary>
    public long Length => _length;

    /// <inheritdoc/>
    public void Write(ReadOnlySpan<byte> bytes)
    {
        if (FailedStep != null)
            return;
        try
        {
            RandomAccess.Write(_handle!, bytes, _length);
            _length += bytes.Length;
            if (_syncsInPieces && _length - _synced >= SyncBytes)
            {
                PosixCalls.BeginSync(_handle!, _synced, _length - _synced);
                _synced = _length;
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            Fail("rdbSaveRio", e);
        }
    }

    /// <summary>Sees to it that all is on the disk, and puts the file in the place of another.</summary>
    /// <returns>False if that failed, now or before; the other file is as it was.</returns>
    public bool TryCommit(string name)
    {
        string step = "fsync";
        if (FailedStep != null)
            return false;
        try
        {
            RandomAccess.FlushToDisk(_handle!);
            step = "fclose";
            _handle!.Dispose();
            step = "rename";
            File.Move(Name, name, overwrite: true);
            _isDone = true;
            step = "fsync of the directory";
            DurableFile.SyncDirectory(Path.GetDirectoryName(Path.GetFullPath(name))!);
            return true;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            Fail(step, e);
            return false;
        }
    }

    /// <summary>Closes the file, and removes it unless it has taken its place.</summary>
    public void Dispose()
    {
        _handle?.Dispose();
        if (_isDone || _handle == null)
            return;
        try
        {
            File.Delete(Name);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // It stays; nobody takes it for a whole one.
        }
    }

    private void Fail(string step, Exception e)
    {
        FailedStep = step;
        Error = ConfigurationFile.Describe(e);
    }
}
