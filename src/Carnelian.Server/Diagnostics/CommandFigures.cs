using Carnelian.Server.Execution;

namespace Carnelian.Server.Diagnostics;

/// <summary>What several loops have counted of one command. See <see cref="CommandStatistics"/>.</summary>
internal sealed unsafe class CommandFigures
{
    /// <summary>Executions.</summary>
    public long Calls { get; private set; }

    /// <summary>Their time, in nanoseconds.</summary>
    public long Nanoseconds { get; private set; }

    /// <summary>Refusals before execution.</summary>
    public long Rejected { get; private set; }

    /// <summary>Executions that replied an error.</summary>
    public long Failed { get; private set; }

    /// <summary>Executions by their time; null if none was tracked.</summary>
    public long[]? Histogram { get; private set; }

    /// <summary>The executions in the histogram.</summary>
    public long Tracked { get; private set; }

    /// <summary>Adds what a loop has counted.</summary>
    public void Add(in CommandStatistics counted)
    {
        Calls += counted.Calls;
        Nanoseconds += counted.Nanoseconds;
        Rejected += counted.Rejected;
        Failed += counted.Failed;
        if (counted.Histogram != null)
            Add(new ReadOnlySpan<long>(counted.Histogram, CommandStatistics.Buckets));
    }

    /// <summary>Adds other figures.</summary>
    public void Add(CommandFigures other)
    {
        Calls += other.Calls;
        Nanoseconds += other.Nanoseconds;
        Rejected += other.Rejected;
        Failed += other.Failed;
        if (other.Histogram != null)
            Add(other.Histogram);
    }

    /// <summary>The time in nanoseconds that a share of the tracked executions did not exceed.</summary>
    /// <param name="percentile">The share, 0 to 100.</param>
    public long TimeOf(double percentile)
    {
        long wanted = Math.Max(1, (long)(Tracked * percentile / 100 + 0.5));
        int last = 0;
        for (int i = 0; i < Histogram!.Length && wanted > 0; i++)
        {
            wanted -= Histogram[i];
            if (Histogram[i] != 0)
                last = i;
        }
        return CommandStatistics.UpperBound(last);
    }

    private void Add(ReadOnlySpan<long> histogram)
    {
        for (int i = 0; i < histogram.Length; i++)
        {
            if (histogram[i] == 0)
                continue;
            Histogram ??= new long[CommandStatistics.Buckets];
            Histogram[i] += histogram[i];
            Tracked += histogram[i];
        }
    }
}
