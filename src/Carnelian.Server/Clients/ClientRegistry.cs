using Carnelian.Server.Execution;

namespace Carnelian.Server.Clients;

/// <summary>All connected clients by number. Any thread; its lock is short and the last but one in rank.</summary>
internal sealed class ClientRegistry
{
    private readonly SortedDictionary<long, Client> _clients = [];
    private readonly Lock _lock = new();
    private long _lastId;
    private int _count;

    /// <summary>The number of clients.</summary>
    public int Count => Volatile.Read(ref _count);

    /// <summary>A number for a new client.</summary>
    public long NextId() => Interlocked.Increment(ref _lastId);

    /// <summary>Adds a client.</summary>
    public void Add(Client client)
    {
        lock (_lock)
            _clients.Add(client.Id, client);
        Interlocked.Increment(ref _count);
    }

    /// <summary>Removes a client.</summary>
    public void Remove(Client client)
    {
        bool removed;
        lock (_lock)
            removed = _clients.Remove(client.Id);
        if (removed)
            Interlocked.Decrement(ref _count);
    }

    /// <summary>
    /// Takes a client out at once, so that nobody sees it any more, and has its loop close it. Any thread, also with shards locked.
    /// </summary>
    public void Disconnect(Client client)
    {
        Remove(client);
        client.Wait?.Abandon();
        Close(client, client.Loop);
    }

    private static void Close(Client client, EventLoop loop)
    {
        if (loop.IsCurrent && client.Loop == loop)
            loop.CloseSoon(client);
        else
            loop.Post(() => Close(client, client.Loop));
    }

    /// <summary>Finds a client by its number.</summary>
    public Client? Find(long id)
    {
        lock (_lock)
            return _clients.GetValueOrDefault(id);
    }

    /// <summary>All clients in the order in which they connected.</summary>
    public Client[] Snapshot()
    {
        lock (_lock)
            return [.. _clients.Values];
    }
}
