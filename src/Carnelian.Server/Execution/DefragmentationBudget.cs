using Carnelian.Memory;
using Carnelian.Server.Configuration;
using Carnelian.Server.Logging;
using Carnelian.Threading;

namespace Carnelian.Server.Execution;

/// <summary>
/// Decides how much of its time each loop spends on defragmentation: nothing below <c>active-defrag-ignore-bytes</c> and
/// <c>active-defrag-threshold-lower</c>, from there to <c>active-defrag-threshold-upper</c> more and more.
/// </summary>
/// <remarks>The first loop decides, ten times a second or so; all loops read, and note when they were at work.</remarks>
internal sealed class DefragmentationBudget(ServerInstance server)
{
    /// <summary>A loop works at least once in this time if there is something to do, even with one percent.</summary>
    private const long QuietNanoseconds = 1_000_000_000;

    private int _percent;
    private long _workedAt;
    private long _runningSince;
    private long _countedUntil;

    /// <summary>The part of its time that a loop may spend, in percent; 0 if there is nothing to do. Any thread.</summary>
    public int Percent => server.Configuration.ActiveDefrag ? Volatile.Read(ref _percent) : 0;

    /// <summary>What INFO says: <see cref="Percent"/>, or 0 when all loops have found that nothing can be moved. Any thread.</summary>
    public int RunningPercent => Clock.Nanoseconds - Volatile.Read(ref _workedAt) < QuietNanoseconds ? Percent : 0;

    /// <summary>For how long defragmentation has been running, in milliseconds; 0 if it is not. Any thread.</summary>
    public long RunningMilliseconds
    {
        get
        {
            long since = Volatile.Read(ref _runningSince);
            return since == 0 ? 0 : (Clock.Nanoseconds - since) / 1_000_000;
        }
    }

    /// <summary>Bytes of fragmentation in percent of the bytes in use. Any thread.</summary>
    public static double FragmentationPercent(long fragmented, long used) => fragmented * 100.0 / Math.Max(used, 1);

    /// <summary>The part of its time, in percent, that a loop spends at some degree of fragmentation.</summary>
    public static int PercentFor(ServerConfiguration configuration, long fragmented, long used)
    {
        double percent = FragmentationPercent(fragmented, used);
        int lower = configuration.ActiveDefragThresholdLower, upper = configuration.ActiveDefragThresholdUpper;
        if (fragmented < configuration.ActiveDefragIgnoreBytes || percent < lower)
            return 0;
        int least = configuration.ActiveDefragCycleMin, most = configuration.ActiveDefragCycleMax;
        double part = upper > lower ? Math.Clamp((percent - lower) / (upper - lower), 0, 1) : 1;
        return Math.Clamp((int)(least + ((most - least) * part)), 1, 99);
    }

    /// <summary>A loop has done some work. Any loop.</summary>
    public void NoteWork(long now) => Volatile.Write(ref _workedAt, now);

    /// <summary>Looks at the heap. The first loop.</summary>
    public void Decide()
    {
        int percent = 0;
        if (server.Configuration.ActiveDefrag)
            percent = PercentFor(server.Configuration, NativeHeap.FragmentedBytes, NativeHeap.UsedBytesUpperBound);
        Volatile.Write(ref _percent, percent);
        CountTime(Clock.Nanoseconds);
    }

    private void CountTime(long now)
    {
        bool isRunning = RunningPercent != 0;
        if (_runningSince != 0)
        {
            Interlocked.Add(ref server.Statistics.DefragmentationNanoseconds, now - _countedUntil);
            if (!isRunning)
                Log("Active defragmentation has ended");
        }
        else if (isRunning)
        {
            Log("Active defragmentation begins");
        }
        _countedUntil = now;
        if (isRunning != (_runningSince != 0))
            Volatile.Write(ref _runningSince, isRunning ? now : 0);
    }

    private void Log(string what)
    {
        if (!server.Log.Shows(LogLevel.Verbose))
            return;
        long fragmented = NativeHeap.FragmentedBytes;
        double percent = FragmentationPercent(fragmented, NativeHeap.UsedBytesUpperBound);
        server.Log.Write(LogLevel.Verbose, string.Create(System.Globalization.CultureInfo.InvariantCulture,
            $"{what}: {percent:F0}% ({fragmented} bytes) of fragmentation, {Percent}% of each loop's time."));
    }
}
