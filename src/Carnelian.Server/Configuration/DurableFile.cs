// Replaces a file so that a crash at any moment leaves the old one or the new one.

using System.Runtime.InteropServices;

namespace Carnelian.Server.Configuration;

internal static partial class DurableFile
{
    /// <summary>Writes a temporary file beside the old one, syncs it, renames it and syncs the directory.</summary>
    /// <exception cref="IOException">The file could not be written; the old one is as it was.</exception>
    /// <exception cref="UnauthorizedAccessException">The directory may not be written.</exception>
    public static void Replace(string path, ReadOnlySpan<byte> contents)
    {
        string temporary = $"{path}-{Environment.ProcessId}-{Environment.TickCount64}.tmp";
        Replace(path, temporary, contents);
    }

    /// <summary>As <see cref="Replace(string, ReadOnlySpan{byte})"/>, with a name for the temporary file, which may be left over from another time.</summary>
    public static void Replace(string path, string temporary, ReadOnlySpan<byte> contents)
    {
        var options = new FileStreamOptions { Mode = FileMode.Create, Access = FileAccess.Write };
        // The file may hold passwords: who could not read the old one cannot read the new one.
        if (!OperatingSystem.IsWindows() && File.Exists(path)) options.UnixCreateMode = File.GetUnixFileMode(path);
        try
        {
            using (var file = new FileStream(temporary, options))
            {
                file.Write(contents);
                file.Flush(flushToDisk: true);
            }
            File.Move(temporary, path, overwrite: true);
        }
        catch
        {
            File.Delete(temporary);
            throw;
        }
        SyncDirectory(Path.GetDirectoryName(path)!);
    }

    /// <summary>Sees to it that the names in a directory are on the disk.</summary>
    /// <exception cref="IOException">The system could not.</exception>
    internal static void SyncDirectory(string path)
    {
        if (OperatingSystem.IsWindows()) return;
        const int ReadOnly = 0;
        int descriptor = Open(path, ReadOnly);
        if (descriptor < 0) return;
        int synced = Sync(descriptor);
        string error = synced == 0 ? "" : Marshal.GetLastPInvokeErrorMessage();
        Close(descriptor);
        if (synced != 0) throw new IOException(error);
    }

    [LibraryImport("libc", EntryPoint = "open", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Open(string path, int flags);

    [LibraryImport("libc", EntryPoint = "fsync", SetLastError = true)]
    private static partial int Sync(int descriptor);

    [LibraryImport("libc", EntryPoint = "close")]
    private static partial int Close(int descriptor);
}
