using Carnelian.Memory;
using Carnelian.Server.Clients;
using Carnelian.Server.Configuration;
using Carnelian.Storage;
using Carnelian.Threading;

namespace Carnelian.Server.Execution;

/// <summary>
/// <c>maxmemory</c> and how far away it is. The one place that knows which memory counts: all of the native heap but what is on
/// its way to being freed.
/// </summary>
/// <remarks>Any thread, without locks. The settings change under all locks.</remarks>
internal sealed class MemoryLimit(ServerInstance server)
{
    /// <summary>1 while some loop evicts between its commands. By interlocked operations.</summary>
    public int IsEvicting;

    [ThreadStatic]
    private static long s_messages;

    [ThreadStatic]
    private static long s_formerMessages;

    private long _limit;
    private long _messages;
    private long _exceededSince;
    private long _exceededTotal;

    /// <summary>The policy in force.</summary>
    public EvictionPolicy Policy { get; private set; }

    /// <summary>Whether the memory is so far from the limit that nothing more need be asked: two reads.</summary>
    public bool IsSurelyWithinLimit => NativeHeap.UsedBytesUpperBound <= Volatile.Read(ref _limit);

    /// <summary>Bytes that must go; 0 or less if there is room, or no limit.</summary>
    public long Excess
    {
        get
        {
            long limit = Volatile.Read(ref _limit);
            return limit == 0 ? 0 : NativeHeap.UsedBytes - NotCounted - Consequences - server.Keyspace.Reclaimer.PendingBytes - server.ClientMemory.LeavingBytes - limit;
        }
    }

    /// <summary>Bytes that evicting keys must not answer for: what replicas that lag keep of the stream, and what waits for the AOF.</summary>
    public long NotCounted => server.Replication.LaggingBytes + (server.Aof.Writer?.WaitingBytes ?? 0);

    /// <summary>
    /// What evicting keys itself makes: what a snapshot keeps of keys that go before it comes to them, and messages about keys that went. It may be as much
    /// as the keys gave back, so that all of them would go.
    /// </summary>
    private long Consequences => (server.Snapshots.Current?.EarlyBytes ?? 0) + Volatile.Read(ref _messages);

    /// <summary>The memory in use, without the spare buffers for replies.</summary>
    public long Occupied
    {
        get
        {
            long bytes = NativeHeap.UsedBytes;
            foreach (EventLoop loop in server.Loops.All)
                bytes -= loop.Chunks.MemoryBytes;
            return bytes;
        }
    }

    /// <summary>Whether keys may be evicted: a pause keeps data as it is.</summary>
    public bool MayEvict => (server.Condition & (ServerCondition.Paused | ServerCondition.Loading)) == 0;

    /// <summary>Notes messages about an evicted key. They do not count until the loop's next round has ended: whoever is told has them then. On a loop.</summary>
    /// <param name="bytes">The memory that they take.</param>
    public void NoteMessages(long bytes)
    {
        if (bytes <= 0)
            return;
        s_messages += bytes;
        Interlocked.Add(ref _messages, bytes);
    }

    /// <summary>Puts a message from the loop's mailbox into a client's output: if it is about an evicted key, its buffer there does not count either. On the loop.</summary>
    public void Append(EventLoop loop, Client client, StringBlock message)
    {
        if (Volatile.Read(ref _messages) == 0)
        {
            loop.AppendMessage(client, message);
            return;
        }
        long before = Occupied;
        loop.AppendMessage(client, message);
        NoteMessages(Occupied - before);
    }

    /// <summary>The loop has sent what its round brought.</summary>
    public void EndRound()
    {
        if ((s_messages | s_formerMessages) == 0)
            return;
        Interlocked.Add(ref _messages, -s_formerMessages);
        s_formerMessages = s_messages;
        s_messages = 0;
    }

    /// <summary>There will be no round of the loop after this one.</summary>
    public void EndLoop()
    {
        EndRound();
        EndRound();
    }

    /// <summary>How long the limit has been exceeded by now, in milliseconds; 0 while it is not.</summary>
    public long ExceededMilliseconds
    {
        get
        {
            long since = Volatile.Read(ref _exceededSince);
            return since == 0 ? 0 : (Clock.Nanoseconds - since) / 1_000_000;
        }
    }

    /// <summary>How long it was exceeded in all, in milliseconds.</summary>
    public long TotalExceededMilliseconds => Volatile.Read(ref _exceededTotal) / 1_000_000 + ExceededMilliseconds;

    /// <summary>Sets the total of <see cref="TotalExceededMilliseconds"/> back.</summary>
    public void ResetStatistics()
    {
        Volatile.Write(ref _exceededSince, 0);
        Volatile.Write(ref _exceededTotal, 0);
    }

    /// <summary>Takes limit and policy from the configuration; if there is too much already, eviction begins.</summary>
    public void Configure()
    {
        ServerConfiguration configuration = server.Configuration;
        Policy = PolicyOf(configuration.MaxMemoryPolicy);
        server.Keyspace.Access.Follow(Policy);
        // A size beyond the signed range is more than any machine has.
        Volatile.Write(ref _limit, configuration.MaxMemory < 0 ? long.MaxValue : configuration.MaxMemory);
        server.SetCondition(ServerCondition.MemoryLimited, configuration.MaxMemory != 0);
        if (Excess <= 0)
            NoteWithinLimit();
        else if (server.Loops.All.Length != 0)
            server.Loops.Main.Dispatcher.Admission.Eviction.Start();
    }

    /// <summary>The keyspace's name of a policy. Not by reflection: it runs at every start.</summary>
    private static EvictionPolicy PolicyOf(MaxMemoryPolicy policy) => policy switch
    {
        MaxMemoryPolicy.VolatileLru => EvictionPolicy.VolatileLru,
        MaxMemoryPolicy.VolatileLfu => EvictionPolicy.VolatileLfu,
        MaxMemoryPolicy.VolatileRandom => EvictionPolicy.VolatileRandom,
        MaxMemoryPolicy.VolatileTtl => EvictionPolicy.VolatileTtl,
        MaxMemoryPolicy.VolatileLrm => EvictionPolicy.VolatileLrm,
        MaxMemoryPolicy.AllKeysLru => EvictionPolicy.AllKeysLru,
        MaxMemoryPolicy.AllKeysLfu => EvictionPolicy.AllKeysLfu,
        MaxMemoryPolicy.AllKeysRandom => EvictionPolicy.AllKeysRandom,
        MaxMemoryPolicy.AllKeysLrm => EvictionPolicy.AllKeysLrm,
        _ => EvictionPolicy.NoEviction,
    };

    /// <summary>Notes that the limit is exceeded although keys were evicted.</summary>
    public void NoteExcess(long nanoseconds) => Interlocked.CompareExchange(ref _exceededSince, nanoseconds, 0);

    /// <summary>Notes that the memory is within the limit.</summary>
    public void NoteWithinLimit()
    {
        if (Volatile.Read(ref _exceededSince) == 0)
            return;
        long since = Interlocked.Exchange(ref _exceededSince, 0);
        if (since != 0)
            Interlocked.Add(ref _exceededTotal, Clock.Nanoseconds - since);
    }
}
