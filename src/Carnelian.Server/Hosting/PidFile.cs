using System.Globalization;
using Carnelian.Server.Configuration;
using Carnelian.Server.Logging;

namespace Carnelian.Server.Hosting;

/// <summary>The file that holds the process id while the server runs.</summary>
internal static class PidFile
{
    private const string Default = "/var/run/valkey.pid";

    /// <summary>Writes the file if one is configured or the server is in the background.</summary>
    public static void Create(ServerConfiguration configuration, Log log)
    {
        if (configuration.PidFile.Length == 0)
        {
            if (!Daemon.IsChild)
                return;
            configuration.PidFile = Default;
        }
        try
        {
            File.WriteAllText(ConfigurationText.ToUnicode(configuration.PidFile), string.Create(CultureInfo.InvariantCulture, $"{Environment.ProcessId}\n"));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            log.Write(LogLevel.Notice, $"Failed to write PID file: {ConfigurationFile.Describe(e)}");
        }
    }

    /// <summary>Removes the file again.</summary>
    public static void Remove(ServerConfiguration configuration, Log? log)
    {
        if (configuration.PidFile.Length == 0)
            return;
        log?.Write(LogLevel.Notice, "Removing the pid file.");
        try
        {
            File.Delete(ConfigurationText.ToUnicode(configuration.PidFile));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // It was not ours to write, or the directory is gone: nothing is left to remove.
        }
    }
}
