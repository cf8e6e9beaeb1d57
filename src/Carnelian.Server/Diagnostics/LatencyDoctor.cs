using System.Globalization;
using System.Text;

namespace Carnelian.Server.Diagnostics;

/// <summary>Says in words what the latency monitor has seen, and what can be done about it.</summary>
internal static class LatencyDoctor
{
    /// <summary>Writes the report.</summary>
    public static string Report(ServerInstance server)
    {
        LatencyEvent[] events = server.Latency.All();
        if (events.Length == 0)
        {
            return server.Latency.Threshold == 0
                ? "The latency monitor is off, so there is nothing to report. CONFIG SET latency-monitor-threshold <milliseconds> switches it on.\n"
                : $"Nothing has taken {server.Latency.Threshold} ms or longer since the latency monitor was switched on or reset.\n";
        }
        var text = new StringBuilder("These events have made clients wait:\n\n");
        for (int i = 0; i < events.Length; i++)
            text.Append(CultureInfo.InvariantCulture, $"{i + 1}. {Describe(events[i])}\n");
        text.Append("\nWhat may help:\n\n");
        foreach (string advice in Advice(server, events))
            text.Append("- ").Append(advice).Append('\n');
        return text.ToString();
    }

    private static string Describe(LatencyEvent latency)
    {
        LatencySample[] samples = latency.Samples;
        double average = samples.Average(static sample => sample.Milliseconds);
        double deviation = samples.Average(sample => Math.Abs(sample.Milliseconds - average));
        double period = (double)(samples[^1].Time - samples[0].Time) / Math.Max(samples.Length - 1, 1);
        string every = samples.Length < 2 ? "all within one second" : string.Create(CultureInfo.InvariantCulture, $"about every {period:F1} s");
        return string.Create(
            CultureInfo.InvariantCulture,
            $"{latency.Name}: {latency.Count} times, {every}; {average:F0} ms on average, mean deviation {deviation:F0} ms, worst {latency.Max} ms.");
    }

    private static IEnumerable<string> Advice(ServerInstance server, LatencyEvent[] events)
    {
        var names = events.Select(static known => known.Name).ToHashSet(StringComparer.Ordinal);
        if (names.Contains("command"))
        {
            yield return server.Configuration.SlowlogThreshold < 0
                ? "The slow log is off: CONFIG SET slowlog-log-slower-than 1000 shows which commands take a millisecond or longer."
                : "SLOWLOG GET names the commands that took long. Those that look at many elements or keys are better split into several.";
        }
        if (names.Contains("fast-command"))
        {
            yield return "Commands that are fast by nature were slow: look whether the machine lacks memory (swapping) or processor time, "
                + "and in INFO memory for long pauses of the garbage collector.";
        }
        if (names.Contains("expire-cycle"))
            yield return "Many keys expire at the same time. Deadlines that differ by a random number of seconds spread the work.";
        if (names.Contains("eviction-cycle"))
            yield return "Evicting takes long: maxmemory is reached and writes go on. A higher maxmemory or a lower maxmemory-eviction-tenacity helps.";
        if (!server.Configuration.LazyfreeLazyUserDel)
            yield return "DEL frees big values at once. UNLINK, or lazyfree-lazy-user-del yes, leaves that to a thread in the background.";
        yield return "Compare with the latency of the machine itself: valkey-cli --intrinsic-latency 100.";
    }
}
