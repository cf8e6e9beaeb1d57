using System.Globalization;
using Carnelian.Server.Configuration;
using Carnelian.Server.Logging;

namespace Carnelian.Server.Hosting;

/// <summary>Lists of processor cores as <c>server-cpulist</c> has them: <c>0-3:2,7</c> is 0, 2 and 7.</summary>
internal static unsafe class CoreList
{
    private const int MostCores = 1024;

    /// <summary>Binds the calling thread to the cores of a directive; an empty list changes nothing.</summary>
    public static void Bind(string directive, string list, Log log)
    {
        if (!TryBind(list))
            log.Write(LogLevel.Warning, $"Cannot run on the cores '{list}' of {directive}.");
    }

    private static bool TryBind(string list)
    {
        if (list.Length == 0 || !OperatingSystem.IsLinux())
            return true;
        ulong* cores = stackalloc ulong[MostCores / 64];
        if (!TryParse(list, new Span<ulong>(cores, MostCores / 64)))
            return false;
        return PosixCalls.SetAffinity(0, MostCores / 8, cores) == 0;
    }

    /// <summary>Reads a list into a bit set.</summary>
    public static bool TryParse(string list, Span<ulong> cores)
    {
        cores.Clear();
        foreach (string part in list.Split(',', StringSplitOptions.TrimEntries))
        {
            string[] range = part.Split(':');
            string[] ends = range[0].Split('-');
            int step = 1;
            if (range.Length > 2 || ends.Length > 2 || !TryCore(ends[0], out int first) || !TryCore(ends[^1], out int last)
                || range.Length == 2 && (!TryCore(range[1], out step) || step == 0) || last < first)
            {
                return false;
            }
            for (int core = first; core <= last; core += step)
                cores[core >> 6] |= 1UL << core;
        }
        return true;
    }

    private static bool TryCore(string text, out int core) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out core) && core < MostCores;
}
