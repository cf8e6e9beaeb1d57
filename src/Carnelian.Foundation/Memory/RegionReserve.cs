using System.Diagnostics;
using System.Runtime.CompilerServices;

namespace Carnelian.Memory;

/// <summary>
/// Regions that are filled with huge pages before anybody needs them. The system writes zeros over 2 MiB when a huge page is first
/// touched, which takes from a tenth of a millisecond to several: a command of some microseconds should not be the one that waits for it.
/// </summary>
/// <remarks>
/// <para>A place of the reserve is Empty, or holds a free region that is in none of the page heap's lists: Wanted until somebody has begun to fill it,
/// Busy meanwhile, then Ready; Busy again while it is given back since nobody has needed it, and Bare after that.</para>
/// <para>Event loops fill regions between their rounds. They take no lock for it, they only move places on; regions are put in and taken out with the
/// page heap's lock held.</para>
/// </remarks>
internal static unsafe class RegionReserve
{
    private const int Places = 4;

    // With two regions taken within this time, all places are to be full, so that one that is still being filled delays nobody.
    private static readonly long s_soon = Stopwatch.Frequency;

    // For so long a region waits that is likely to be needed, but slowly.
    private static readonly long s_patience = 10 * Stopwatch.Frequency;

    private static readonly Place[] s_places = new Place[Places];
    private static long s_lastTaken;
    private static bool s_isScarce;
    private static bool s_isFast;
    private static bool s_isWanted;
    private static bool s_isOn;

    /// <summary>Regions in the reserve, all of them free.</summary>
    public static int Count => Places - CountOf(PlaceState.Empty);

    /// <summary>Those of them that are resident.</summary>
    public static int Resident => CountOf(PlaceState.Ready) + CountOf(PlaceState.Busy);

    /// <summary>A region that is filled, or null. For tests.</summary>
    internal static byte* ReadyRegion
    {
        get
        {
            foreach (ref Place place in s_places.AsSpan())
            {
                if (place.State == PlaceState.Ready)
                    return Region.Of(place.Run->Start);
            }
            return null;
        }
    }

    /// <summary>Whether no region can be put in.</summary>
    public static bool IsFull => CountOf(PlaceState.Empty) == 0;

    /// <summary>Turns the reserve on, for a process that calls <see cref="Attend"/> now and then.</summary>
    public static void Start()
    {
        if (OsMemory.HasMappings)
            Volatile.Write(ref s_isOn, true);
    }

    /// <summary>Whether another region should be put into the reserve now. With the page heap's lock held.</summary>
    /// <param name="tookRegion">Whether a region that was free as a whole and never used has just been taken.</param>
    /// <param name="isScarce">Whether there are only short runs of free pages left, so that another region will be needed however slowly the heap grows.</param>
    public static bool Wants(bool tookRegion, bool isScarce)
    {
        Volatile.Write(ref s_isScarce, isScarce);
        if (!Volatile.Read(ref s_isOn))
            return false;
        if (tookRegion)
        {
            long now = Stopwatch.GetTimestamp();
            Volatile.Write(ref s_isFast, now - s_lastTaken < s_soon);
            Volatile.Write(ref s_lastTaken, now);
        }
        int wanted = Volatile.Read(ref s_isFast) ? Places : isScarce ? 1 : 0;
        return Places - CountOf(PlaceState.Empty) - CountOf(PlaceState.Bare) < wanted;
    }

    /// <summary>Takes a region out, preferably one that is filled. With the page heap's lock held.</summary>
    public static bool TryTake(out PageRun* run) => TryTake(PlaceState.Ready, out run) || TryTake(PlaceState.Bare, out run);

    /// <summary>Takes a region out that is not being filled in this moment, whatever else is with it. With the page heap's lock held.</summary>
    public static bool TryEmpty(out PageRun* run)
    {
        Volatile.Write(ref s_isFast, false);
        return TryTake(out run) || TryTake(PlaceState.Wanted, out run);
    }

    /// <summary>Wants a region that is there, but bare. With the page heap's lock held.</summary>
    public static bool TryRevive()
    {
        foreach (ref Place place in s_places.AsSpan())
        {
            if (place.TryMove(PlaceState.Bare, PlaceState.Wanted))
                return true;
        }
        return false;
    }

    /// <summary>Puts a free region in, which is to be filled. With the page heap's lock held.</summary>
    public static void Put(PageRun* run)
    {
        foreach (ref Place place in s_places.AsSpan())
        {
            if (place.State != PlaceState.Empty)
                continue;
            place.Run = run;
            place.State = PlaceState.Wanted;
            return;
        }
        Debug.Fail("the reserve is full");
    }

    /// <summary>Says that a region is wanted.</summary>
    public static void Notify() => Volatile.Write(ref s_isWanted, true);

    /// <summary>Fills a region if one is wanted. Without any lock.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Attend()
    {
        if (Volatile.Read(ref s_isWanted))
            Fill();
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void Fill()
    {
        // Before the look: whoever wants one from now on says so again.
        Volatile.Write(ref s_isWanted, false);
        foreach (ref Place place in s_places.AsSpan())
        {
            if (!place.TryMove(PlaceState.Wanted, PlaceState.Busy))
                continue;
            // One is enough for a round, and there may be more.
            Volatile.Write(ref s_isWanted, true);
            OsMemory.Populate(place.Run->Start, place.Run->Bytes);
            place.State = PlaceState.Ready;
            return;
        }
    }

    /// <summary>Gives memory back that nobody has needed for a while, 2 MiB at most. To be called some times a second, by one thread.</summary>
    public static void ReturnUnneeded()
    {
        long unused = Stopwatch.GetTimestamp() - Volatile.Read(ref s_lastTaken);
        if (unused < s_soon)
            return;
        Volatile.Write(ref s_isFast, false);
        int kept = Volatile.Read(ref s_isScarce) && unused < s_patience ? 1 : 0;
        if (CountOf(PlaceState.Ready) <= kept)
            return;
        foreach (ref Place place in s_places.AsSpan())
        {
            if (!place.TryMove(PlaceState.Ready, PlaceState.Busy))
                continue;
            OsMemory.GiveBack(Region.Of(place.Run->Start), Region.Size);
            place.State = PlaceState.Bare;
            return;
        }
    }

    private static bool TryTake(PlaceState state, out PageRun* run)
    {
        foreach (ref Place place in s_places.AsSpan())
        {
            run = place.Run;
            if (place.TryMove(state, PlaceState.Empty))
                return true;
        }
        run = null;
        return false;
    }

    private static int CountOf(PlaceState state)
    {
        int count = 0;
        foreach (ref Place place in s_places.AsSpan())
        {
            if (place.State == state)
                count++;
        }
        return count;
    }

    private enum PlaceState
    {
        Empty,
        Wanted,
        Busy,
        Ready,
        Bare,
    }

    private struct Place
    {
        public PageRun* Run;
        private int _state;

        public PlaceState State
        {
            readonly get => (PlaceState)Volatile.Read(in _state);
            set => Volatile.Write(ref _state, (int)value);
        }

        public bool TryMove(PlaceState from, PlaceState to) => Interlocked.CompareExchange(ref _state, (int)to, (int)from) == (int)from;
    }
}
