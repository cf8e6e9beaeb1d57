namespace Carnelian.Server.Diagnostics;

/// <summary>The samples of one kind of latency event, the last 160 seconds that had any, and its totals since the last reset.</summary>
/// <remarks>Under the lock of its <see cref="LatencyMonitor"/>; a copy handed out is nobody's but the receiver's.</remarks>
internal sealed class LatencyEvent(string name)
{
    private const int MostSamples = 160;

    private readonly Queue<LatencySample> _samples = new();
    private LatencySample _last;

    /// <summary>The name of the event.</summary>
    public string Name { get; } = name;

    /// <summary>The samples, the oldest first; at least one.</summary>
    public LatencySample[] Samples => [.. _samples, _last];

    /// <summary>The latest sample.</summary>
    public LatencySample Last => _last;

    /// <summary>The worst latency since the reset, in milliseconds.</summary>
    public long Max { get; private set; }

    /// <summary>The sum of all latencies since the reset, those that are no samples of their own too, in milliseconds.</summary>
    public long Sum { get; private set; }

    /// <summary>How many latencies were added since the reset.</summary>
    public long Count { get; private set; }

    /// <summary>Adds a latency.</summary>
    public void Add(long time, long milliseconds)
    {
        Max = Math.Max(Max, milliseconds);
        Sum += milliseconds;
        if (Count++ != 0 && _last.Time == time)
        {
            _last = new LatencySample(time, Math.Max(_last.Milliseconds, milliseconds));
            return;
        }
        if (Count > 1)
            _samples.Enqueue(_last);
        if (_samples.Count == MostSamples)
            _samples.Dequeue();
        _last = new LatencySample(time, milliseconds);
    }

    /// <summary>A copy that changes no more.</summary>
    public LatencyEvent Copy()
    {
        var copy = new LatencyEvent(Name) { _last = _last, Max = Max, Sum = Sum, Count = Count };
        foreach (LatencySample sample in _samples)
            copy._samples.Enqueue(sample);
        return copy;
    }
}
