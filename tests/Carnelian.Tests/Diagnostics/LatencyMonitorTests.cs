using Carnelian.Server.Diagnostics;

namespace Carnelian.Tests.Diagnostics;

public sealed class LatencyMonitorTests
{
    private const long Millisecond = 1_000_000;

    [Fact]
    public void Nothing_is_noted_while_the_threshold_is_zero()
    {
        var monitor = new LatencyMonitor();

        monitor.Add("command", 500 * Millisecond);

        Assert.Empty(monitor.All());
    }

    [Fact]
    public void A_latency_counts_from_the_threshold_on()
    {
        var monitor = new LatencyMonitor { Threshold = 100 };

        monitor.Add("command", 100 * Millisecond - 1);
        monitor.Add("command", 100 * Millisecond);

        Assert.Equal((100, 1), (monitor.Find("command")!.Sum, monitor.Find("command")!.Count));
    }

    [Fact]
    public void Reset_counts_the_events_that_it_forgets()
    {
        var monitor = new LatencyMonitor { Threshold = 1 };
        monitor.Add("command", Millisecond);
        monitor.Add("fast-command", Millisecond);
        monitor.Add("expire-cycle", Millisecond);

        Assert.True(monitor.Reset("command"));
        Assert.False(monitor.Reset("command"));
        Assert.Equal(2, monitor.ResetAll());
        Assert.Empty(monitor.All());
    }

    [Fact]
    public void Latencies_of_one_second_are_one_sample_the_worst()
    {
        var latency = new LatencyEvent("command");

        latency.Add(time: 7, 20);
        latency.Add(time: 7, 50);
        latency.Add(time: 7, 30);
        latency.Add(time: 8, 10);

        Assert.Equal([new LatencySample(7, 50), new LatencySample(8, 10)], latency.Samples);
        Assert.Equal((50, 110, 4), (latency.Max, latency.Sum, latency.Count));
    }

    [Fact]
    public void The_last_160_seconds_with_a_latency_are_kept()
    {
        var latency = new LatencyEvent("command");
        for (int second = 0; second < 200; second++)
            latency.Add(second, second);

        LatencySample[] samples = latency.Samples;

        Assert.Equal((160, 40L, 199L), (samples.Length, samples[0].Time, samples[^1].Time));
        Assert.Equal(200, latency.Count);
    }

    [Fact]
    public void The_graph_has_twelve_levels_and_the_age_of_each_sample()
    {
        var latency = new LatencyEvent("command");
        long now = Carnelian.Threading.Clock.Sample() / 1000;
        foreach ((long age, long value) in new[] { (7200L, 13L), (120L, 300L), (90L, 50L), (65L, 400L) })
            latency.Add(now - age, value);

        string[] lines = LatencyGraph.Draw(latency).Split('\n');

        Assert.Equal("command - high 400 ms, low 13 ms (all time high 400 ms)", lines[0]);
        Assert.Equal(["   #", " # |", " | |", "_|o|", "    ", "2211", "hmmm"], lines[2..9]);
    }
}
