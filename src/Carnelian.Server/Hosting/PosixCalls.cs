using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Carnelian.Server.Hosting;

/// <summary>The C library's calls that concern the process: its files, its session, its limits. Not on Windows.</summary>
internal static unsafe partial class PosixCalls
{
    public const int ReadOnly = 0;
    public const int ReadWrite = 2;
    public const int SegmentationFault = 11;
    public const int Abort = 6;
    public const int Alarm = 14;
    public const int StandardInput = 0;
    public const int StandardOutput = 1;
    public const int StandardError = 2;

    private const string C = "libc";
    private const uint SyncRangeWrite = 2;

    /// <summary>Flags that open a file to write at its end, making it if it is missing, and keep it from child processes.</summary>
    public static int AppendOrCreate => OperatingSystem.IsLinux() ? 0x1 | 0x40 | 0x400 | 0x80000 : 0x1 | 0x8 | 0x200 | 0x1000000;

    /// <summary>A moment as a calendar shows it; room for what systems add at the end.</summary>
    [StructLayout(LayoutKind.Sequential)]
    public struct CalendarTime
    {
        public int Second, Minute, Hour, Day, Month, Year, WeekDay, YearDay, IsDaylight;
        public long OffsetSeconds;
        public nint Zone;
        private readonly long _spare;
    }

    /// <summary>A soft and a hard limit.</summary>
    [StructLayout(LayoutKind.Sequential)]
    public struct Limit
    {
        public ulong Soft, Hard;
    }

    [LibraryImport(C, EntryPoint = "localtime_r")]
    public static partial CalendarTime* LocalTime(long* seconds, CalendarTime* result);

    [LibraryImport(C, EntryPoint = "open", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    public static partial int Open(string path, int flags, uint mode);

    [LibraryImport(C, EntryPoint = "write", SetLastError = true)]
    public static partial nint Write(int descriptor, byte* data, nuint length);

    [LibraryImport(C, EntryPoint = "read", SetLastError = true)]
    public static partial nint Read(int descriptor, byte* data, nuint length);

    [LibraryImport(C, EntryPoint = "fdatasync", SetLastError = true)]
    public static partial int SyncData(int descriptor);

    [LibraryImport(C, EntryPoint = "close", SetLastError = true)]
    public static partial int Close(int descriptor);

    /// <summary>Has the system begin to write a part of a file to the disk. Linux only; if it fails, the part is written later.</summary>
    public static void BeginSync(SafeFileHandle file, long offset, long length) => SyncRange(file, offset, length, SyncRangeWrite);

    [LibraryImport(C, EntryPoint = "sync_file_range")]
    private static partial int SyncRange(SafeFileHandle file, long offset, long length, uint flags);

    [LibraryImport(C, EntryPoint = "dup", SetLastError = true)]
    public static partial int Duplicate(int descriptor);

    [LibraryImport(C, EntryPoint = "dup2", SetLastError = true)]
    public static partial int Duplicate(int descriptor, int target);

    [LibraryImport(C, EntryPoint = "setsid", SetLastError = true)]
    public static partial int NewSession();

    [LibraryImport(C, EntryPoint = "unlink", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    public static partial int Unlink(string path);

    [LibraryImport(C, EntryPoint = "isatty")]
    public static partial int IsTerminal(int descriptor);

    [LibraryImport(C, EntryPoint = "signal", SetLastError = true)]
    public static partial nint SetSignalAction(int signal, nint action);

    [LibraryImport(C, EntryPoint = "raise", SetLastError = true)]
    public static partial int Raise(int signal);

    [LibraryImport(C, EntryPoint = "kill", SetLastError = true)]
    public static partial int Kill(int process, int signal);

    [LibraryImport(C, EntryPoint = "_exit")]
    public static partial void Exit(int code);

    [LibraryImport(C, EntryPoint = "getrlimit", SetLastError = true)]
    public static partial int GetLimit(int resource, Limit* limit);

    [LibraryImport(C, EntryPoint = "setrlimit", SetLastError = true)]
    public static partial int SetLimit(int resource, Limit* limit);

    [LibraryImport(C, EntryPoint = "prctl", SetLastError = true)]
    public static partial int Control(int operation, nuint a, nuint b, nuint c, nuint d);

    [LibraryImport(C, EntryPoint = "sched_setaffinity", SetLastError = true)]
    public static partial int SetAffinity(int thread, nuint size, ulong* cores);

    [LibraryImport(C, EntryPoint = "openlog")]
    public static partial void OpenSystemLog(byte* name, int options, int facility);

    /// <summary>The format must hold no conversion: a call without further arguments is the same on every system.</summary>
    [LibraryImport(C, EntryPoint = "syslog")]
    public static partial void WriteSystemLog(int priority, byte* format);

    /// <summary>The system's wording of the error of the last call.</summary>
    public static string LastError => Marshal.GetLastPInvokeErrorMessage();
}
