using System.Runtime.InteropServices;

namespace Carnelian.Server.Diagnostics;

/// <summary>Time that a processor has spent, in microseconds.</summary>
/// <param name="System">In the kernel.</param>
/// <param name="User">Outside of it.</param>
internal readonly partial record struct ProcessorTime(long System, long User)
{
    private const int ThisThread = 1;

    /// <summary>The time of the calling thread; zero where the system does not tell.</summary>
    public static unsafe ProcessorTime OfThisThread()
    {
        if (!OperatingSystem.IsLinux())
            return default;
        // Two times of two 64-bit numbers come first; the rest of the structure is of no interest.
        long* usage = stackalloc long[32];
        return GetResourceUsage(ThisThread, usage) == 0
            ? new ProcessorTime(usage[2] * 1_000_000 + usage[3], usage[0] * 1_000_000 + usage[1])
            : default;
    }

    /// <summary>The time of all threads of the process.</summary>
    public static ProcessorTime OfProcess()
    {
        Environment.ProcessCpuUsage usage = Environment.CpuUsage;
        return new ProcessorTime((long)usage.PrivilegedTime.TotalMicroseconds, (long)usage.UserTime.TotalMicroseconds);
    }

    [LibraryImport("libc", EntryPoint = "getrusage")]
    private static unsafe partial int GetResourceUsage(int who, long* usage);
}
