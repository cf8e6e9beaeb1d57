using Carnelian.Server.Clients;

namespace Carnelian.Server.Execution;

/// <summary>The event loops that run. Loops are added and removed at run time; the first one stays.</summary>
/// <remarks>
/// The arrays are replaced and never changed: any thread may read them. The lock is held while loops come and go and while clients are
/// assigned to them, so a loop never gets a client after the word that it has to end. It comes after those of shards and before those
/// of mailboxes.
/// </remarks>
internal sealed class LoopSet(ServerInstance server) : IDisposable
{
    private const int MostLoops = 256;

    private readonly Lock _lock = new();
    private readonly long[] _pastActive = new long[MostLoops];
    private volatile EventLoop[] _loops = [];
    private volatile EventLoop[] _ending = [];

    /// <summary>The loops in order.</summary>
    public EventLoop[] All => _loops;

    /// <summary>The first loop, which listens and keeps the server's books.</summary>
    public EventLoop Main => _loops[0];

    /// <summary>Loops that have been told to end and have not handed everything on yet.</summary>
    public int EndingCount => _ending.Length;

    /// <summary>Whether a loop other than the first is serving a client just now.</summary>
    public bool HasOthersAtWork
    {
        get
        {
            EventLoop[] loops = _loops;
            for (int i = 1; i < loops.Length; i++)
            {
                // The one that asks is not meant.
                if (loops[i].Served != null && !loops[i].IsCurrent)
                    return true;
            }
            return false;
        }
    }

    /// <summary>How long the loops with a number have worked, those that have ended too, in nanoseconds.</summary>
    public long ActiveNanosecondsOf(int index)
    {
        lock (_lock)
        {
            long sum = _pastActive[index];
            foreach (EventLoop loop in (EventLoop[])[.. _loops, .. _ending])
            {
                if (loop.Index == index)
                    sum += loop.Counters.ActiveNanoseconds;
            }
            return sum;
        }
    }

    /// <summary>Brings the number of loops to a target. New ones get their share of the clients; those that end hand theirs on.</summary>
    public void Resize(int count)
    {
        lock (_lock)
        {
            EventLoop[] before = _loops;
            if (count > before.Length)
            {
                var added = new EventLoop[count - before.Length];
                for (int i = 0; i < added.Length; i++)
                    added[i] = new EventLoop(server, before.Length + i);
                _loops = [.. before, .. added];
                foreach (EventLoop loop in added)
                    loop.Start();
            }
            else
            {
                // In this order: whoever looks at the loops and then at those that end misses none.
                _ending = [.. _ending, .. before[count..]];
                _loops = before[..count];
            }
            foreach (EventLoop loop in before)
                loop.Post(loop.HandOverSoon);
        }
    }

    /// <summary>Gives a new client to the loop with the fewest. On the main loop's thread.</summary>
    /// <param name="create">Makes the client of a loop.</param>
    public void Assign(Func<EventLoop, Client> create)
    {
        EventLoop target;
        Client client;
        lock (_lock)
        {
            target = LeastLoaded();
            client = create(target);
            target.ExpectClient();
            if (target != Main)
            {
                target.Mailbox.Post(client);
                return;
            }
        }
        target.Adopt(client);
    }

    /// <summary>
    /// Hands the clients that are too many on this loop to others: all of them if it has to end. On its thread, between commands, when
    /// it has read its letters.
    /// </summary>
    /// <returns>Whether the loop has nothing left and ends.</returns>
    public bool HandOver(EventLoop loop)
    {
        lock (_lock)
        {
            bool ends = !_loops.Contains(loop);
            var moves = new List<(Client Client, EventLoop To)>();
            foreach (Client client in loop.Clients.ToArray())
            {
                EventLoop target = LeastLoaded();
                if (!ends && target.Load + 1 >= loop.Load)
                    break;
                loop.Release(client);
                target.ExpectClient();
                moves.Add((client, target));
            }
            if (moves.Count != 0 || ends)
                loop.Mailbox.HandOver(moves, ends ? Main.Mailbox : null);
            return ends;
        }
    }

    /// <summary>A loop that has handed everything on has done its last round. On its thread.</summary>
    public void OnEnded(EventLoop loop)
    {
        lock (_lock)
        {
            _pastActive[loop.Index] += loop.Counters.ActiveNanoseconds;
            _ending = Array.FindAll(_ending, other => other != loop);
        }
    }

    /// <summary>
    /// Waits until no other loop executes a command that it has admitted before the call. On a loop's thread, without locks, by the
    /// command that has just changed what admission looks at.
    /// </summary>
    /// <remarks>
    /// Taking and releasing all locks would not do: a command may have been admitted and not have asked for its locks yet. Every loop
    /// opens its mailbox between commands; one that itself waits here is between commands too, so loops never wait in a circle.
    /// </remarks>
    public void Quiesce(EventLoop self)
    {
        EventLoop[] loops = _loops;
        foreach (EventLoop other in (EventLoop[])[.. loops, .. _ending])
        {
            if (other == self)
                continue;
            bool isBetweenCommands = false;
            other.Post(() => Volatile.Write(ref isBetweenCommands, true));
            self.IsQuiescent = true;
            SpinWait wait = default;
            while (!Volatile.Read(ref isBetweenCommands) && !other.IsQuiescent && other.IsRunning)
                wait.SpinOnce();
            self.IsQuiescent = false;
        }
    }

    /// <summary>Ends all loops and frees what they own. Not by a loop.</summary>
    public void Dispose()
    {
        // A loop that hands its clients on needs the others for it.
        foreach (EventLoop loop in _ending)
            loop.Join();
        EventLoop[] all;
        while (Array.Exists(all = [.. _loops, .. _ending], static loop => loop.IsRunning))
        {
            foreach (EventLoop loop in all)
                loop.Post(loop.Stop);
            foreach (EventLoop loop in all)
                loop.Join();
        }
        // Only now is nobody left who could send a client of another loop anything.
        foreach (EventLoop loop in all)
            loop.Dispose();
    }

    private EventLoop LeastLoaded()
    {
        EventLoop[] loops = _loops;
        EventLoop least = loops[0];
        foreach (EventLoop loop in loops)
        {
            if (loop.Load < least.Load)
                least = loop;
        }
        return least;
    }
}
