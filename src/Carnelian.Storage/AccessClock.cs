using System.Runtime.CompilerServices;

namespace Carnelian.Storage;

/// <summary>
/// What the 24 access bits of an entry mean: seconds of a wrapping clock (LRU, LRM), or 16 bits of minutes and an 8-bit
/// logarithmic counter (LFU).
/// </summary>
/// <remarks>One instance a keyspace. The fields are set by configuration and read by every thread.</remarks>
public sealed class AccessClock
{
    /// <summary>Where the counter of a new key starts, so that it is not evicted at once.</summary>
    public const int InitialFrequency = 5;

    private const int Mask = 0xFFFFFF;

    [ThreadStatic]
    private static FastRandom t_random;

    /// <summary>Whether the bits count frequency.</summary>
    public bool CountsFrequency { get; private set; }

    /// <summary>Whether reads leave the bits alone: they tell the last change.</summary>
    public bool CountsOnlyWrites { get; private set; }

    /// <summary><c>lfu-log-factor</c>: how slowly the counter saturates.</summary>
    public int LogFactor { get; set; } = 10;

    /// <summary><c>lfu-decay-time</c>: minutes until the counter falls by one; 0 for never.</summary>
    public int DecayMinutes { get; set; } = 1;

    /// <summary>Follows a change of <c>maxmemory-policy</c>.</summary>
    public void Follow(EvictionPolicy policy)
    {
        CountsFrequency = policy is EvictionPolicy.AllKeysLfu or EvictionPolicy.VolatileLfu;
        CountsOnlyWrites = policy is EvictionPolicy.AllKeysLrm or EvictionPolicy.VolatileLrm;
    }

    /// <summary>The bits of a key that is made now.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public int Fresh(long now) => CountsFrequency ? Minutes(now) << 8 | InitialFrequency : Seconds(now);

    /// <summary>The bits of a key that gets another value now: its frequency stays and counts this access.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public int Renewed(Entry old, long now) => CountsFrequency ? NextFrequency(old, now) : Seconds(now);

    /// <summary>Notes an access to an entry.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Touch(Entry entry, long now)
    {
        if (CountsFrequency)
            entry.AccessBits = NextFrequency(entry, now);
        else if (!CountsOnlyWrites && entry.AccessBits != Seconds(now))
            entry.AccessBits = Seconds(now);
    }

    /// <summary>Notes a change of an entry.</summary>
    public void TouchWrite(Entry entry, long now)
    {
        if (!CountsFrequency)
            entry.AccessBits = Seconds(now);
    }

    /// <summary>Seconds since the last access.</summary>
    public static long IdleSeconds(Entry entry, long now) => (Seconds(now) - entry.AccessBits) & Mask;

    /// <summary>The access bits of a key that was last used so many seconds ago.</summary>
    public static int BitsForIdle(long seconds, long now) => (int)((Seconds(now) - seconds) & Mask);

    /// <summary>The access bits of a key with a given frequency.</summary>
    public static int BitsForFrequency(int frequency, long now) => Minutes(now) << 8 | frequency;

    /// <summary>The counter, less what has decayed since the last access: 0 to 255.</summary>
    public int Frequency(Entry entry, long now)
    {
        int bits = entry.AccessBits;
        int counter = bits & 0xff;
        if (DecayMinutes == 0)
            return counter;
        int elapsed = (Minutes(now) - (bits >> 8)) & 0xffff;
        return Math.Max(0, counter - elapsed / DecayMinutes);
    }

    /// <summary>The wrapping clock of seconds that LRU bits are taken from.</summary>
    public static int SecondsOf(long now) => Seconds(now);

    private static int Seconds(long now) => (int)((now / 1000) & Mask);

    private static int Minutes(long now) => (int)((now / 60_000) & 0xffff);

    private int NextFrequency(Entry entry, long now)
    {
        int counter = Frequency(entry, now);
        if (counter < 255)
        {
            int above = Math.Max(0, counter - InitialFrequency);
            double chance = 1.0 / ((double)above * LogFactor + 1);
            if ((t_random.Next() >> 11) * (1.0 / (1UL << 53)) < chance)
                counter++;
        }
        return Minutes(now) << 8 | counter;
    }
}
