using Carnelian.Server.Configuration;
using Carnelian.Server.Logging;

namespace Carnelian.Server.Hosting;

/// <summary>On which cores a thread works that is none of the loops.</summary>
internal static class BackgroundThread
{
    /// <summary>Binds the calling thread to the cores of a directive.</summary>
    public static void Bind(string directive, string cores, Log log)
    {
        if (!CoreList.Bind(cores))
            log.Write(LogLevel.Warning, $"Cannot run on the cores '{cores}' of {directive}.");
    }
}
