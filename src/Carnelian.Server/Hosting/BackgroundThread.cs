using Carnelian.Server.Configuration;
using Carnelian.Server.Logging;

namespace Carnelian.Server.Hosting;

/// <summary>On which cores a thread works that is none of the loops, and who goes before it.</summary>
internal static class BackgroundThread
{
    /// <summary>
    /// A snapshot uses up all the time that it gets. With a third of a loop's share it does not make clients wait for a core, and is
    /// soon back when it is stopped under a shard's lock.
    /// </summary>
    private const int Niceness = 5;

    /// <summary>Binds the calling thread to the cores of a directive.</summary>
    public static void Bind(string directive, string cores, Log log)
    {
        if (!CoreList.Bind(cores))
            log.Write(LogLevel.Warning, $"Cannot run on the cores '{cores}' of {directive}.");
    }

    /// <summary>Lets the loops go before the calling thread where there are not cores for all.</summary>
    public static void StepBack()
    {
        // To Linux a thread has a priority of its own; elsewhere this would slow down the whole server.
        if (OperatingSystem.IsLinux())
            _ = PosixCalls.AddNiceness(Niceness);
    }
}
