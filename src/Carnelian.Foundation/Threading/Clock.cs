using System.Diagnostics;
using System.Runtime.CompilerServices;

namespace Carnelian.Threading;

/// <summary>
/// The clock of all execution units: milliseconds of Unix time that never run backwards, whichever thread asks. It is
/// derived from the monotonic timestamp that a loop has at hand anyway, and set against the system's clock now and then.
/// </summary>
/// <remarks>Any thread. A unit samples it once, with its locks held, and keeps that time to its end.</remarks>
public static class Clock
{
    private const long LargestDrift = 100_000;

    private static readonly double TicksToNanoseconds = 1e9 / Stopwatch.Frequency;

    private static long s_offset = UnixNanoseconds() - Nanoseconds;
    private static long s_latest = UnixNanoseconds() / 1_000_000;

    /// <summary>The monotonic timestamp, in nanoseconds.</summary>
    public static long Nanoseconds
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => Stopwatch.Frequency == 1_000_000_000 ? Stopwatch.GetTimestamp() : (long)(Stopwatch.GetTimestamp() * TicksToNanoseconds);
    }

    /// <summary>The time of the latest sample anyone took, in milliseconds of Unix time.</summary>
    public static long Latest => Volatile.Read(ref s_latest);

    /// <summary>Takes the time for a unit, in milliseconds of Unix time.</summary>
    /// <param name="nanoseconds">A recent value of <see cref="Nanoseconds"/>.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static long Sample(long nanoseconds)
    {
        long now = (long)((ulong)(s_offset + nanoseconds) / 1_000_000);
        long latest = Volatile.Read(ref s_latest);
        if (now <= latest)
            return latest;
        return Publish(now);
    }

    /// <summary>Takes the time for a unit now.</summary>
    public static long Sample() => Sample(Nanoseconds);

    /// <summary>Adjusts to the system's clock, which may have been set. Called some times a second.</summary>
    public static void Calibrate()
    {
        long drift = UnixNanoseconds() - (s_offset + Nanoseconds);
        if (drift is > LargestDrift or < -LargestDrift)
            Volatile.Write(ref s_offset, s_offset + drift);
    }

    /// <summary>Microseconds of Unix time, as TIME answers.</summary>
    public static long UnixMicroseconds() => (DateTime.UtcNow.Ticks - DateTime.UnixEpoch.Ticks) / 10;

    private static long UnixNanoseconds() => (DateTime.UtcNow.Ticks - DateTime.UnixEpoch.Ticks) * 100;

    private static long Publish(long now)
    {
        long latest = Volatile.Read(ref s_latest);
        while (now > latest)
        {
            long seen = Interlocked.CompareExchange(ref s_latest, now, latest);
            if (seen == latest)
                return now;
            latest = seen;
        }
        return latest;
    }
}
