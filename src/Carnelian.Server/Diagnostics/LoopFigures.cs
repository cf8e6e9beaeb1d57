using Carnelian.Server.Execution;

namespace Carnelian.Server.Diagnostics;

/// <summary>What a loop has counted since its start or CONFIG RESETSTAT, or the sum over several loops.</summary>
internal struct LoopFigures
{
    public long BytesIn;
    public long BytesOut;
    public long BytesToReplicas;
    public long Reads;
    public long Writes;
    public long Rounds;
    public long BusyNanoseconds;
    public long CronNanoseconds;
    public long LongestRound;
    public long MostCommandsInRound;
    public long Commands;
    public long PrefetchBatches;
    public long PrefetchedKeys;
    public long Dirty;

    /// <summary>These figures less the reads and writes of one loop.</summary>
    public readonly LoopFigures Without(EventLoop loop)
    {
        LoopFigures rest = this;
        rest.Reads = Math.Max(Reads - loop.ReadsProcessed, 0);
        rest.Writes = Math.Max(Writes - loop.WritesProcessed, 0);
        return rest;
    }

    /// <summary>Adds what a loop has counted by now.</summary>
    public void Add(EventLoop loop)
    {
        BytesIn += loop.BytesIn;
        BytesOut += loop.BytesOut;
        BytesToReplicas += loop.BytesToReplicas;
        Reads += loop.ReadsProcessed;
        Writes += loop.WritesProcessed;
        Rounds += loop.Counters.Rounds;
        BusyNanoseconds += loop.Counters.BusyNanoseconds;
        CronNanoseconds += loop.Counters.CronNanoseconds;
        LongestRound = Math.Max(LongestRound, loop.Counters.LongestRound);
        MostCommandsInRound = Math.Max(MostCommandsInRound, loop.Counters.MostCommandsInRound);
        Commands += loop.Dispatcher.CommandCount;
        PrefetchBatches += loop.Dispatcher.PrefetchBatches;
        PrefetchedKeys += loop.Dispatcher.PrefetchedKeys;
        Dirty += loop.Dirty;
    }
}
