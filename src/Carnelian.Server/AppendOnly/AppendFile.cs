using Carnelian.Server.Hosting;
using Microsoft.Win32.SafeHandles;

namespace Carnelian.Server.AppendOnly;

/// <summary>A file that grows at its end and is made durable on demand. Used by one thread at a time, which may have to wait for the disk.</summary>
internal sealed class AppendFile : IDisposable
{
    private readonly SafeFileHandle _handle;

    private AppendFile(SafeFileHandle handle)
    {
        _handle = handle;
        Length = RandomAccess.GetLength(handle);
    }

    /// <summary>The length in bytes.</summary>
    public long Length { get; private set; }

    /// <summary>Opens a file to append to it, or makes it.</summary>
    /// <param name="path">The path.</param>
    /// <param name="isNew">Whether what is there already goes.</param>
    /// <exception cref="IOException">The system refuses.</exception>
    /// <exception cref="UnauthorizedAccessException">The system refuses.</exception>
    public static AppendFile Open(string path, bool isNew)
    {
        SafeFileHandle handle = File.OpenHandle(path, isNew ? FileMode.Create : FileMode.OpenOrCreate, FileAccess.Write, FileShare.ReadWrite | FileShare.Delete);
        try
        {
            return new AppendFile(handle);
        }
        catch
        {
            handle.Dispose();
            throw;
        }
    }

    /// <summary>Appends bytes.</summary>
    /// <param name="bytes">The bytes.</param>
    /// <param name="written">How many of them were written, all of them if there was no error.</param>
    /// <returns>The system's error, or null.</returns>
    public string? Append(ReadOnlySpan<byte> bytes, out int written)
    {
        try
        {
            RandomAccess.Write(_handle, bytes, Length);
            written = bytes.Length;
            Length += written;
            return null;
        }
        catch (Exception e) when (SystemError.Is(e))
        {
            long length = LengthOnDisk();
            written = (int)Math.Clamp(length - Length, 0, bytes.Length);
            Length += written;
            return SystemError.TextOf(e);
        }
    }

    /// <summary>Cuts the end off.</summary>
    /// <returns>The system's error, or null.</returns>
    public string? Cut(long length)
    {
        try
        {
            RandomAccess.SetLength(_handle, length);
            Length = length;
            return null;
        }
        catch (Exception e) when (SystemError.Is(e))
        {
            return SystemError.TextOf(e);
        }
    }

    /// <summary>Waits until the contents are on the disk.</summary>
    /// <returns>The system's error, or null.</returns>
    public string? Sync()
    {
        try
        {
            if (OperatingSystem.IsLinux())
                return PosixCalls.SyncData((int)_handle.DangerousGetHandle()) == 0 ? null : PosixCalls.LastError;
            RandomAccess.FlushToDisk(_handle);
            return null;
        }
        catch (Exception e) when (SystemError.Is(e))
        {
            return SystemError.TextOf(e);
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _handle.Dispose();

    private long LengthOnDisk()
    {
        try
        {
            return RandomAccess.GetLength(_handle);
        }
        catch (Exception e) when (SystemError.Is(e))
        {
            return Length;
        }
    }
}
