using Carnelian.Threading;

namespace Carnelian.Server.Diagnostics;

/// <summary>
/// What made clients wait for at least <c>latency-monitor-threshold</c> milliseconds, by kind of event (LATENCY).
/// </summary>
/// <remarks>Any thread, with shard locks held or not; its own lock is short. Asks nothing of the clock while it is off.</remarks>
internal sealed class LatencyMonitor
{
    private readonly Lock _lock = new();
    private readonly Dictionary<string, LatencyEvent> _events = new(StringComparer.Ordinal);
    private long _threshold;

    /// <summary>The least latency that counts, in milliseconds; 0 while the monitor is off.</summary>
    public long Threshold
    {
        get => Volatile.Read(ref _threshold);
        set => Volatile.Write(ref _threshold, value);
    }

    /// <summary>Adds a latency if it counts.</summary>
    /// <param name="name">The event.</param>
    /// <param name="nanoseconds">How long it took.</param>
    public void Add(string name, long nanoseconds)
    {
        long threshold = Threshold;
        long milliseconds = nanoseconds / 1_000_000;
        if (threshold == 0 || milliseconds < threshold)
            return;
        long now = Clock.Sample() / 1000;
        lock (_lock)
        {
            if (!_events.TryGetValue(name, out LatencyEvent? known))
                _events.Add(name, known = new LatencyEvent(name));
            known.Add(now, milliseconds);
        }
    }

    /// <summary>An event as it is now; null if there was none of that name.</summary>
    public LatencyEvent? Find(string name)
    {
        lock (_lock)
            return _events.GetValueOrDefault(name)?.Copy();
    }

    /// <summary>All events as they are now, in the order of their first time.</summary>
    public LatencyEvent[] All()
    {
        lock (_lock)
            return [.. _events.Values.Select(static known => known.Copy())];
    }

    /// <summary>Forgets an event.</summary>
    /// <returns>Whether there was one of that name.</returns>
    public bool Reset(string name)
    {
        lock (_lock)
            return _events.Remove(name);
    }

    /// <summary>Forgets all events.</summary>
    /// <returns>How many there were.</returns>
    public int ResetAll()
    {
        lock (_lock)
        {
            int count = _events.Count;
            _events.Clear();
            return count;
        }
    }
}
