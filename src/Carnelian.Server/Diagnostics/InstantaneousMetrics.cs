using Carnelian.Memory;
using Carnelian.Threading;

namespace Carnelian.Server.Diagnostics;

/// <summary>
/// Rates over the last 1.6 seconds, from samples of the loops' counters ten times a second, and what else has to be looked at now and
/// then: the peak of the memory and the processor time of the main thread.
/// </summary>
/// <remarks><see cref="Run"/> is called by the first loop; the rest by any thread, which may read figures that are a moment old.</remarks>
internal sealed class InstantaneousMetrics(LoopTotals totals)
{
    private const int Samples = 16;
    private const long PeriodNanoseconds = 100_000_000;

    private readonly Rate _commands = new();
    private readonly Rate _bytesIn = new();
    private readonly Rate _bytesOut = new();
    private readonly Rate _bytesToReplicas = new();
    private readonly Rate _rounds = new();
    private readonly Rate _roundTime = new();
    private long _sampledAt;
    private LoopFigures _before;
    private long _peak;
    private TimeSpan _paused;

    /// <summary>Commands a second.</summary>
    public double CommandsPerSecond => _commands.Average;

    /// <summary>Bytes received a second.</summary>
    public double BytesInPerSecond => _bytesIn.Average;

    /// <summary>Bytes sent a second.</summary>
    public double BytesOutPerSecond => _bytesOut.Average;

    /// <summary>Bytes sent to replicas a second.</summary>
    public double BytesToReplicasPerSecond => _bytesToReplicas.Average;

    /// <summary>Rounds of all loops a second.</summary>
    public double RoundsPerSecond => _rounds.Average;

    /// <summary>The average time of a round, in microseconds.</summary>
    public double RoundMicroseconds => _roundTime.Average;

    /// <summary>The processor time of the main thread.</summary>
    public ProcessorTime MainThread { get; private set; }

    /// <summary>The most memory that was in use at a sample or now, in bytes.</summary>
    public long PeakMemory
    {
        get
        {
            NoteMemory();
            return Volatile.Read(ref _peak);
        }
    }

    /// <summary>
    /// The longest time that garbage collections have taken within a tenth of a second: that of the longest pause, or of a few short
    /// ones together.
    /// </summary>
    public TimeSpan LongestPause { get; private set; }

    private void NotePauses()
    {
        TimeSpan paused = GC.GetTotalPauseDuration();
        if (paused - _paused > LongestPause)
            LongestPause = paused - _paused;
        _paused = paused;
    }

    /// <summary>Takes a sample if it is time to. The first loop.</summary>
    public void Run()
    {
        long now = Clock.Nanoseconds;
        long elapsed = now - _sampledAt;
        if (elapsed < PeriodNanoseconds)
            return;
        LoopFigures figures = totals.Read();
        if (_sampledAt != 0)
        {
            double perSecond = 1e9 / elapsed;
            _commands.Add((figures.Commands - _before.Commands) * perSecond);
            _bytesIn.Add((figures.BytesIn - _before.BytesIn) * perSecond);
            _bytesOut.Add((figures.BytesOut - _before.BytesOut) * perSecond);
            _bytesToReplicas.Add((figures.BytesToReplicas - _before.BytesToReplicas) * perSecond);
            _rounds.Add((figures.Rounds - _before.Rounds) * perSecond);
            long rounds = Math.Max(figures.Rounds - _before.Rounds, 1);
            _roundTime.Add((figures.BusyNanoseconds - _before.BusyNanoseconds) / 1000.0 / rounds);
        }
        _sampledAt = now;
        _before = figures;
        MainThread = ProcessorTime.OfThisThread();
        NotePauses();
        NoteMemory();
    }

    /// <summary>Forgets all rates and the peak of the memory. Under all shard locks.</summary>
    public void Reset()
    {
        foreach (Rate rate in new[] { _commands, _bytesIn, _bytesOut, _bytesToReplicas, _rounds, _roundTime })
            rate.Clear();
        _before = default;
        Volatile.Write(ref _peak, NativeHeap.UsedBytes);
    }

    private void NoteMemory()
    {
        long used = NativeHeap.UsedBytes;
        long peak = Volatile.Read(ref _peak);
        while (used > peak)
            peak = Interlocked.CompareExchange(ref _peak, used, peak);
    }

    /// <summary>The last samples of a rate.</summary>
    private sealed class Rate
    {
        private readonly double[] _samples = new double[Samples];
        private int _next;

        public double Average => _samples.Average();

        public void Add(double value)
        {
            _samples[_next] = Math.Max(value, 0);
            _next = (_next + 1) % Samples;
        }

        public void Clear() => Array.Clear(_samples);
    }
}
