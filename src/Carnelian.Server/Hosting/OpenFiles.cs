using Carnelian.Server.Configuration;
using Carnelian.Server.Logging;

namespace Carnelian.Server.Hosting;

/// <summary>The limit of open files, which has to hold all clients and what the server itself needs.</summary>
internal static unsafe class OpenFiles
{
    /// <summary>Files that the server keeps for itself.</summary>
    public const int Reserved = 32;

    private static int Resource => OperatingSystem.IsLinux() ? 7 : 8;

    /// <summary>Raises the limit to what <c>maxclients</c> needs, or lowers <c>maxclients</c> to what the limit allows.</summary>
    /// <returns>False if not even one client fits.</returns>
    public static bool Adjust(ServerConfiguration configuration, Log log)
    {
        if (OperatingSystem.IsWindows())
            return true;
        PosixCalls.Limit limit;
        if (PosixCalls.GetLimit(Resource, &limit) != 0)
        {
            log.Write(LogLevel.Warning, $"Unable to obtain the current NOFILE limit ({PosixCalls.LastError}), assuming 1024 and setting the max clients configuration accordingly.");
            configuration.MaxClients = 1024 - Reserved;
            return true;
        }
        ulong needed = (ulong)configuration.MaxClients + Reserved;
        ulong before = limit.Soft;
        if (before >= needed)
            return true;
        var wanted = new PosixCalls.Limit { Soft = needed, Hard = Math.Max(limit.Hard, needed) };
        if (PosixCalls.SetLimit(Resource, &wanted) == 0)
        {
            log.Write(LogLevel.Notice, $"Increased maximum number of open files to {needed} (it was originally set to {before}).");
            return true;
        }
        string error = PosixCalls.LastError;
        wanted = new PosixCalls.Limit { Soft = limit.Hard, Hard = limit.Hard };
        ulong best = PosixCalls.SetLimit(Resource, &wanted) == 0 ? limit.Hard : before;
        if (best >= needed)
            return true;
        long asked = configuration.MaxClients;
        if (best <= Reserved)
        {
            log.Write(LogLevel.Warning, $"Your current 'ulimit -n' of {before} is not enough for the server to start. Please increase your open file limit to at least {needed}. Exiting.");
            return false;
        }
        configuration.MaxClients = (long)best - Reserved;
        log.Write(LogLevel.Warning, $"You requested maxclients of {asked} requiring at least {needed} max file descriptors.");
        log.Write(LogLevel.Warning, $"Server can't set maximum open files to {needed} because of OS error: {error}.");
        log.Write(LogLevel.Warning, $"Current maximum open files is {best}. maxclients has been reduced to {configuration.MaxClients} to compensate for low ulimit. If you need higher maxclients increase 'ulimit -n'.");
        return true;
    }
}
