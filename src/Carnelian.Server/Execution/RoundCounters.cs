namespace Carnelian.Server.Execution;

/// <summary>What a loop counts of its rounds. Written by the loop's thread, read by any.</summary>
internal sealed class RoundCounters
{
    /// <summary>Rounds of the loop.</summary>
    public long Rounds { get; private set; }

    /// <summary>The time spent in rounds and not waiting, in nanoseconds.</summary>
    public long BusyNanoseconds { get; private set; }

    /// <summary>The part of <see cref="BusyNanoseconds"/> that went into what is done in the course of time.</summary>
    public long CronNanoseconds { get; private set; }

    /// <summary>As <see cref="BusyNanoseconds"/>, but since the start.</summary>
    public long ActiveNanoseconds { get; private set; }

    /// <summary>The longest round, in nanoseconds.</summary>
    public long LongestRound { get; private set; }

    /// <summary>The most commands in a round.</summary>
    public long MostCommandsInRound { get; private set; }

    /// <summary>Counts a round.</summary>
    /// <param name="nanoseconds">How long it took.</param>
    /// <param name="commands">How many commands were executed in it.</param>
    public void Count(long nanoseconds, long commands)
    {
        Rounds++;
        BusyNanoseconds += nanoseconds;
        ActiveNanoseconds += nanoseconds;
        LongestRound = Math.Max(LongestRound, nanoseconds);
        MostCommandsInRound = Math.Max(MostCommandsInRound, commands);
    }

    /// <summary>Counts what is done in the course of time.</summary>
    public void CountCron(long nanoseconds) => CronNanoseconds += nanoseconds;

    /// <summary>Sets all back but the time since the start. By any thread that holds all locks.</summary>
    public void Reset() => Rounds = BusyNanoseconds = CronNanoseconds = LongestRound = MostCommandsInRound = 0;
}
