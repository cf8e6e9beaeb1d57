using Carnelian.Commands.Table;
using Carnelian.Server.Clients;
using Carnelian.Server.Configuration;
using Carnelian.Storage;
using Carnelian.Threading;

namespace Carnelian.Server.Execution;

/// <summary>
/// Keeps the memory within <c>maxmemory</c>: before a command runs, keys go until there is room, for a limited time; what is left
/// is done between commands. See <c>docs/design/eviction.md</c>.
/// </summary>
/// <remarks>
/// One a loop, on its thread, without locks held: the evictor takes that of one shard at a time. Several loops may evict at once; each
/// looks at the memory of the whole process before every key.
/// </remarks>
internal sealed class Eviction(ServerInstance server, EventLoop loop) : IDisposable
{
    private const int KeysBetweenClockReads = 16;
    private const int HighestLinearTenacity = 10;
    private const int EndlessTenacity = 100;
    private const long NanosecondsPerTenacity = 50_000;
    private const int LongestWaitMicroseconds = 1000;

    private readonly Evictor _evictor = new(server.Keyspace, (ulong)Clock.Nanoseconds);

    private enum Outcome
    {
        Enough,
        MoreToDo,
        NothingLeft,
    }

    /// <summary>Makes room for a command.</summary>
    /// <returns>False if there is none and the command may need some, so that it has to be refused.</returns>
    public bool MakeRoom(Client client, CommandDefinition command) =>
        server.Memory.IsSurelyWithinLimit || Run() != Outcome.NothingLeft || !NeedsRoom(client, command);

    /// <summary>Goes on with evicting on this loop until the memory is within the limit. Any thread.</summary>
    public void Start()
    {
        if (Interlocked.Exchange(ref server.Memory.IsEvicting, 1) == 0)
            loop.Post(Continue);
    }

    /// <inheritdoc/>
    public void Dispose() => _evictor.Dispose();

    private void Continue()
    {
        // A loop that has ended leaves its letters to the main loop.
        if (!loop.IsCurrent)
            server.Loops.Main.Dispatcher.Admission.Eviction.Continue();
        else if (Run() == Outcome.MoreToDo)
            loop.Post(Continue);
        else
            Volatile.Write(ref server.Memory.IsEvicting, 0);
    }

    private Outcome Run()
    {
        MemoryLimit memory = server.Memory;
        if (memory.Excess > 0)
        {
            // Spare buffers go before anything else does.
            loop.Chunks.Trim();
            // Clients over maxmemory-clients go before any key does. They are looked at between batches otherwise, and a batch may be long.
            if (server.ClientMemory.IsLimited && memory.Excess > 0)
                server.ClientMemory.CountServed();
        }
        if (!memory.MayEvict || memory.Excess <= 0)
        {
            memory.NoteWithinLimit();
            return Outcome.Enough;
        }
        Outcome outcome = server.Configuration.ImportMode ? Outcome.NothingLeft : EvictKeys(memory);
        if (outcome == Outcome.NothingLeft && WaitForReclaimer(memory))
            outcome = Outcome.Enough;
        if (outcome == Outcome.Enough)
            memory.NoteWithinLimit();
        else
            memory.NoteExcess(Clock.Nanoseconds);
        if (outcome == Outcome.MoreToDo)
            Start();
        return outcome;
    }

    private Outcome EvictKeys(MemoryLimit memory)
    {
        ServerConfiguration configuration = server.Configuration;
        long begin = Clock.Nanoseconds;
        long most = NanosecondsOf(configuration.MaxMemoryEvictionTenacity);
        long now = Clock.Sample(begin);
        int evicted = 0;
        while (memory.Excess > 0)
        {
            if (!_evictor.EvictOne(memory.Policy, configuration.MaxMemorySamples, now, configuration.LazyfreeLazyEviction))
                return Outcome.NothingLeft;
            if (++evicted % KeysBetweenClockReads == 0 && Clock.Nanoseconds - begin >= most)
                return memory.Excess > 0 ? Outcome.MoreToDo : Outcome.Enough;
        }
        return Outcome.Enough;
    }

    /// <summary>When no key is left, what is being freed in the background may do: waits for it, but not for long.</summary>
    private bool WaitForReclaimer(MemoryLimit memory)
    {
        long most = NanosecondsOf(server.Configuration.MaxMemoryEvictionTenacity);
        long begin = Clock.Nanoseconds;
        while (server.Keyspace.Reclaimer.PendingObjects != 0)
        {
            if (memory.Excess <= 0)
                return true;
            if (Clock.Nanoseconds - begin >= most)
                return false;
            Thread.Sleep(TimeSpan.FromMicroseconds(Math.Min(most / 1000, LongestWaitMicroseconds)));
        }
        return memory.Excess <= 0;
    }

    private bool NeedsRoom(Client client, CommandDefinition command)
    {
        if ((command.Flags & CommandFlags.DenyOom) != 0)
            return true;
        return command == server.Known.Exec && client.QueuedCommands != null
            && client.QueuedCommands.Exists(static queued => (queued.Command.Flags & CommandFlags.DenyOom) != 0);
    }

    /// <summary>How long evicting may take at a time: linear up to half a millisecond, then by 15 % a step, at last without an end.</summary>
    private static long NanosecondsOf(int tenacity) => tenacity switch
    {
        <= HighestLinearTenacity => tenacity * NanosecondsPerTenacity,
        < EndlessTenacity => (long)(HighestLinearTenacity * NanosecondsPerTenacity * Math.Pow(1.15, tenacity - HighestLinearTenacity)),
        _ => long.MaxValue,
    };
}
