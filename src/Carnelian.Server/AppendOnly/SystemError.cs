using System.Runtime.InteropServices;

namespace Carnelian.Server.AppendOnly;

/// <summary>What the system says of a failed call on a file, in its own words: they are in log lines and replies that programs read.</summary>
internal static class SystemError
{
    private const int LargestErrorNumber = 4095;

    /// <summary>Whether an exception stands for a failed call on a file.</summary>
    public static bool Is(Exception e) => e is IOException or UnauthorizedAccessException;

    /// <summary>The system's text for an exception of a file.</summary>
    public static string TextOf(Exception e) => e switch
    {
        FileNotFoundException or DirectoryNotFoundException => "No such file or directory",
        UnauthorizedAccessException => "Permission denied",
        PathTooLongException => "File name too long",
        _ when e.HResult is > 0 and <= LargestErrorNumber => Marshal.GetPInvokeErrorMessage(e.HResult),
        _ => e.Message,
    };
}
