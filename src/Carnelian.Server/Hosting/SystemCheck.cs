using Carnelian.Server.Configuration;
using Carnelian.Server.Logging;

namespace Carnelian.Server.Hosting;

/// <summary>Looks at settings of the system that make a server slow or let it fail.</summary>
internal static class SystemCheck
{
    private const string BacklogPath = "/proc/sys/net/core/somaxconn";

    /// <summary><c>--check-system</c>: prints each check with its outcome.</summary>
    /// <returns>The exit code: 0 if nothing is wrong.</returns>
    public static int Run()
    {
        bool isWell = true;
        Report("slow-clocksource", ClockSource());
        Report("xen-clocksource", XenClockSource());
        Report("THP", TransparentHugePages());
        return isWell ? 0 : 1;

        void Report(string name, string? warning)
        {
            Console.Out.WriteLine(warning switch { null => $"[{name}]...skipped", "" => $"[{name}]...OK", _ => $"[{name}]...WARNING:" });
            if (string.IsNullOrEmpty(warning))
                return;
            Console.Out.WriteLine(warning);
            isWell = false;
        }
    }

    /// <summary>Warns at the start if the system's limit cuts <c>tcp-backlog</c> off.</summary>
    public static void CheckBacklog(ServerConfiguration configuration, Log log)
    {
        if (Read(BacklogPath) is { } text && int.TryParse(text, out int most) && most > 0 && most < configuration.TcpBacklog)
        {
            log.Write(LogLevel.Warning,
                $"WARNING: The TCP backlog setting of {configuration.TcpBacklog} cannot be enforced because {BacklogPath} is set to the lower value of {most}.");
        }
    }

    // The server never forks, so it needs no memory overcommit: Valkey's warning about it would be wrong here.

    private static string? TransparentHugePages()
    {
        string? state = Read("/sys/kernel/mm/transparent_hugepage/enabled");
        if (state == null)
            return null;
        return state.Contains("[always]", StringComparison.Ordinal)
            ? "Transparent huge pages are always on. Memory that is given back may stay in use. To change this: echo madvise > /sys/kernel/mm/transparent_hugepage/enabled"
            : "";
    }

    private static string? XenClockSource()
    {
        string? source = CurrentClockSource();
        if (source == null)
            return null;
        return source == "xen"
            ? "The clock source xen makes every look at the clock a system call. To change this: echo tsc > /sys/devices/system/clocksource/clocksource0/current_clocksource"
            : "";
    }

    private static string? ClockSource()
    {
        string? source = CurrentClockSource();
        if (source == null)
            return null;
        return source is "tsc" or "kvm-clock" or "arch_sys_counter" or "hyperv_clocksource_tsc_page"
            ? ""
            : $"The clock source {source} may make every look at the clock a system call. See which others there are: cat /sys/devices/system/clocksource/clocksource0/available_clocksource";
    }

    private static string? CurrentClockSource() => Read("/sys/devices/system/clocksource/clocksource0/current_clocksource");

    private static string? Read(string path)
    {
        try
        {
            return OperatingSystem.IsLinux() && File.Exists(path) ? File.ReadAllText(path).Trim() : null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }
}
