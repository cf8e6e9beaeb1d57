using System.Globalization;
using Carnelian.Server.Configuration;
using Carnelian.Server.Logging;

namespace Carnelian.Server.Hosting;

/// <summary>The process's score for the kernel's out-of-memory killer.</summary>
internal sealed class OomScore(ServerConfiguration configuration, Log log)
{
    private const string Path = "/proc/self/oom_score_adj";

    private int _original;
    private bool _isChanged;

    /// <summary>Sets the score as the configuration says; back to what it was when it is not to be changed.</summary>
    /// <returns>False if the system refuses; the log says why.</returns>
    public bool Apply()
    {
        if (!OperatingSystem.IsLinux())
            return configuration.OomScoreAdj == OomScoreAdjust.No;
        if (configuration.OomScoreAdj == OomScoreAdjust.No && !_isChanged)
            return true;
        try
        {
            if (!_isChanged)
                _original = int.Parse(File.ReadAllText(Path).AsSpan().Trim(), CultureInfo.InvariantCulture);
            int value = configuration.OomScoreAdjValues[configuration.ReplicaOf == null ? 0 : 1];
            int score = configuration.OomScoreAdj switch
            {
                OomScoreAdjust.No => _original,
                OomScoreAdjust.Absolute => value,
                _ => _original + value,
            };
            File.WriteAllText(Path, Math.Clamp(score, -1000, 1000).ToString(CultureInfo.InvariantCulture));
            _isChanged = configuration.OomScoreAdj != OomScoreAdjust.No;
            return true;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            log.Write(LogLevel.Warning, $"Unable to write oom_score_adj: {ConfigurationFile.Describe(e)}");
            return false;
        }
    }
}
