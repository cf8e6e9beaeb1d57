using Carnelian.Server.Configuration;
using Carnelian.Server.Execution;
using Carnelian.Server.Logging;

namespace Carnelian.Server.Clients;

/// <summary>
/// <c>maxmemory-clients</c>: when all clients together take more memory than that, the biggest are disconnected.
/// </summary>
/// <remarks>
/// Any thread. With a limit, each loop adds what its clients have grown by to one sum, which tells when to look closer. The
/// decision itself is taken on exact numbers, under a lock of its own that comes before the client registry's.
/// </remarks>
internal sealed class ClientMemory(ServerInstance server)
{
    private readonly Lock _lock = new();
    private long _limit;
    private long _counted;
    private long _leaving;

    /// <summary>Whether there is a limit.</summary>
    public bool IsLimited => Volatile.Read(ref _limit) != 0;

    /// <summary>Memory of clients that were disconnected here and whose loops have yet to free it, in bytes.</summary>
    public long LeavingBytes => Volatile.Read(ref _leaving);

    /// <summary>Takes the limit from the configuration and enforces it at once.</summary>
    public void Configure()
    {
        long limit = server.Configuration.MaxMemoryClients;
        if (limit < 0)
            limit = (long)((double)(ulong)server.Configuration.MaxMemory * -limit / 100);
        Volatile.Write(ref _limit, limit);
        if (limit != 0)
            Enforce();
    }

    /// <summary>Counts what a client has grown or shrunk by. Any thread, with <see cref="IsLimited"/>.</summary>
    public void Count(Client client)
    {
        long bytes = client.MemoryBytes;
        if (Volatile.Read(ref client.LeavingBytes) != 0)
        {
            // Its loop does not know yet, and may be in the middle of its commands.
            Interlocked.Add(ref _leaving, bytes - Interlocked.Exchange(ref client.LeavingBytes, bytes));
            return;
        }
        long change = bytes - Interlocked.Exchange(ref client.CountedBytes, bytes);
        if (Interlocked.Add(ref _counted, change) > Volatile.Read(ref _limit) && change > 0)
            Enforce();
    }

    /// <summary>Counts the clients that the loops serve just now, whose output may have grown by much since they were counted. Any thread.</summary>
    public void CountServed()
    {
        foreach (EventLoop loop in server.Loops.All)
        {
            Client? client = loop.Served;
            if (client == null)
                continue;
            Count(client);
            if (client.IsClosed) // while it was counted
            {
                Forget(client);
                NoteFreed(client);
            }
        }
    }

    /// <summary>Notes that the memory of a closed client is freed. Any thread.</summary>
    public void NoteFreed(Client client)
    {
        if (Volatile.Read(ref client.LeavingBytes) != 0)
            Interlocked.Add(ref _leaving, -Interlocked.Exchange(ref client.LeavingBytes, 0));
    }

    /// <summary>Takes a closed client out of the sum. Its loop.</summary>
    public void Forget(Client client) => Interlocked.Add(ref _counted, -Interlocked.Exchange(ref client.CountedBytes, 0));

    /// <summary>Disconnects clients, the biggest first, until the others are within the limit.</summary>
    public void Enforce()
    {
        lock (_lock)
        {
            Client[] clients = server.Clients.Snapshot();
            var evictable = new List<(long Bytes, Client Client)>();
            long sum = 0, counted = 0;
            foreach (Client client in clients)
            {
                long bytes = client.MemoryBytes;
                counted += bytes - Interlocked.Exchange(ref client.CountedBytes, bytes);
                sum += bytes;
                if (IsOnItsWayOut(client))
                    sum -= bytes;
                else if (!client.Is(ClientFlags.NoEvict | ClientFlags.Monitor | ClientFlags.Replica))
                    evictable.Add((bytes, client));
            }
            Interlocked.Add(ref _counted, counted);
            long limit = Volatile.Read(ref _limit);
            if (limit == 0 || sum <= limit)
                return;
            evictable.Sort(static (one, other) => other.Bytes.CompareTo(one.Bytes));
            foreach ((long bytes, Client client) in evictable)
            {
                if (sum <= limit)
                    break;
                sum -= bytes;
                Interlocked.Increment(ref server.Statistics.EvictedClients);
                // Shard locks may be held here, and nobody logs under those.
                string line = $"Evicting client: {ClientLine.Describe(server, client)}";
                server.Loops.Main.Post(() => server.Log.Write(LogLevel.Notice, line));
                Volatile.Write(ref client.LeavingBytes, bytes);
                Interlocked.Add(ref _leaving, bytes);
                server.Clients.Disconnect(client);
                if (client.IsClosed) // by itself, meanwhile
                    NoteFreed(client);
            }
        }
    }

    // Another loop may have just written what is too much for a client's own limit, and not looked yet.
    private bool IsOnItsWayOut(Client client)
    {
        if (client.Is(ClientFlags.CloseSoon))
            return true;
        long limit = client.Is(ClientFlags.Replica) ? 0 : server.OutputLimitOf(client).HardBytes;
        return limit != 0 && client.OutputListBytes >= limit;
    }
}
