using Carnelian.Server.Clients;

namespace Carnelian.Server.Execution;

/// <summary>The event loops that run. Loops are added and removed at run time; the first one stays.</summary>
/// <remarks>The array is replaced and never changed: any thread may read it. Changes come from one thread at a time.</remarks>
internal sealed class LoopSet(ServerInstance server)
{
    private const int MostLoops = 256;

    private readonly Lock _lock = new();
    private readonly long[] _pastActive = new long[MostLoops];
    private volatile EventLoop[] _loops = [];

    /// <summary>The loops in order.</summary>
    public EventLoop[] All => _loops;

    /// <summary>The first loop, which listens and keeps the server's books.</summary>
    public EventLoop Main => _loops[0];

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
        EventLoop[] loops = _loops;
        return Volatile.Read(ref _pastActive[index]) + (index < loops.Length ? loops[index].ActiveNanoseconds : 0);
    }

    /// <summary>The loop with the fewest clients.</summary>
    public EventLoop LeastLoaded
    {
        get
        {
            EventLoop[] loops = _loops;
            EventLoop least = loops[0];
            foreach (EventLoop loop in loops)
            {
                if (loop.ClientCount + loop.ClientsUnderWay < least.ClientCount + least.ClientsUnderWay)
                    least = loop;
            }
            return least;
        }
    }

    /// <summary>Brings the number of loops to a target. New ones take new clients; those that end hand theirs on.</summary>
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
            else if (count < before.Length)
            {
                _loops = before[..count];
                foreach (EventLoop loop in before.AsSpan(count))
                    loop.Post(() => Retire(loop));
            }
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
        foreach (EventLoop other in _loops)
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

    /// <summary>Hands a client to another loop. On the thread of its present loop, between commands.</summary>
    public static void Move(Client client, EventLoop to)
    {
        client.Loop.Release(client);
        client.Loop = to;
        to.Post(() => to.Adopt(client));
    }

    /// <summary>Ends a loop. On its thread; letters that come later are passed on by a last round.</summary>
    private void Retire(EventLoop loop)
    {
        foreach (Client client in loop.Clients.ToArray())
            Move(client, LeastLoaded);
        Interlocked.Add(ref _pastActive[loop.Index], loop.ActiveNanoseconds);
        server.OnLoopRetired(loop);
        loop.Stop();
    }
}
