using Carnelian.Memory;
using Carnelian.Protocol;
using Carnelian.Server.Clients;
using Carnelian.Server.Transactions;
using Carnelian.Storage;
using Carnelian.Threading;

namespace Carnelian.Server.Tracking;

/// <summary>
/// Client-side caching: who has read which keys, who wants to hear of which prefixes, and the way of an invalidation to them. See
/// <c>docs/design/tracking.md</c>.
/// </summary>
/// <remarks>
/// Any thread. A read is remembered, and a change looked up, under the lock of the key's shard: so no change falls between a read and its note. The
/// hub's own lock is short, comes after those of shards, and guards who takes part.
/// </remarks>
internal sealed unsafe class TrackingHub(ServerInstance server)
{
    /// <summary>What a prefix takes beside its bytes, which all that have it share: its places in the client's list and in the hub's.</summary>
    private const int PrefixBytes = 24;

    private readonly Lock _lock = new();
    private readonly TrackingTable _table = new(server.Keyspace);
    private volatile BroadcastPrefix[] _prefixes = [];
    private int _clients;
    private int _shard;

    /// <summary>The clients that have tracking on.</summary>
    public int ClientCount => Volatile.Read(ref _clients);

    /// <summary>The keys that somebody has read and that have not changed since.</summary>
    public long KeyCount => _table.KeyCount;

    /// <summary>The sum of the clients of all these keys.</summary>
    public long ItemCount => _table.ItemCount;

    /// <summary>The prefixes that somebody wants to hear of. The array is replaced and never changed.</summary>
    public BroadcastPrefix[] Prefixes => _prefixes;

    /// <summary>Whether there is something to tidy up: see <see cref="Tidy"/>.</summary>
    public bool IsUntidy =>
        KeyCount != 0 && (ClientCount == 0 || (server.Configuration.TrackingTableMaxKeys is > 0 and var most && KeyCount > most));

    // --- who takes part -------------------------------------------------------------------------------------------

    /// <summary>Switches tracking on for a client, or changes it. Its loop.</summary>
    /// <param name="client">The client.</param>
    /// <param name="options">How it wants to hear of changes.</param>
    /// <param name="redirect">The number of the client that hears in its place; 0 for none.</param>
    /// <param name="prefixes">More prefixes of BCAST.</param>
    public void Enable(Client client, TrackingOptions options, long redirect, IEnumerable<byte[]> prefixes)
    {
        ClientTracking? old = client.Tracking;
        byte[][] all = [.. old?.Prefixes ?? [], .. prefixes];
        Array.Sort(all, ByteKeyComparer.Instance);
        lock (_lock)
        {
            _table.Create();
            if (old == null)
                _clients++;
            client.TrackingBytes = PrefixBytes * all.Length;
            client.Tracking = new ClientTracking(options, redirect, all) { HasException = old is { HasException: true } };
            Register(client, old?.Prefixes ?? [], all);
            server.Services.TracksKeys = true;
        }
    }

    /// <summary>Switches tracking off for a client, if it is on. Its loop.</summary>
    public void Disable(Client client)
    {
        if (client.Tracking is not { } tracking)
            return;
        lock (_lock)
        {
            client.Tracking = null;
            _clients--;
            Register(client, tracking.Prefixes, []);
            client.TrackingBytes = 0;
            if (_clients == 0 && KeyCount == 0)
                server.Services.TracksKeys = false;
        }
    }

    // Under the lock. Both lists are in order, and so is the result.
    private void Register(Client client, byte[][] before, byte[][] after)
    {
        ByteKeyComparer order = ByteKeyComparer.Instance;
        var all = new List<BroadcastPrefix>(_prefixes.Length + after.Length);
        int next = 0, old = 0;
        foreach (BroadcastPrefix prefix in _prefixes)
        {
            for (; next < after.Length && order.Compare(after[next], prefix.Prefix) < 0; next++)
                all.Add(new BroadcastPrefix(after[next], [client]));
            bool isAfter = next < after.Length && order.Compare(after[next], prefix.Prefix) == 0;
            next += isAfter ? 1 : 0;
            bool isBefore = old < before.Length && order.Compare(before[old], prefix.Prefix) == 0;
            old += isBefore ? 1 : 0;
            if (isAfter == isBefore)
                all.Add(prefix);
            else if (isAfter)
                all.Add(prefix with { Clients = [.. prefix.Clients, client] });
            else if (prefix.Clients.Length > 1)
                all.Add(prefix with { Clients = Array.FindAll(prefix.Clients, other => other != client) });
        }
        for (; next < after.Length; next++)
            all.Add(new BroadcastPrefix(after[next], [client]));
        _prefixes = [.. all];
    }

    // --- reads and changes ----------------------------------------------------------------------------------------

    /// <summary>Notes that a client has read a key. Under the key's lock.</summary>
    public void NoteRead(Client client, in Key key) => _table.Add(key, client.Id);

    /// <summary>A key has changed, or is about to go: tells those who have read it. Under its lock.</summary>
    public void NoteChanged(in Key key)
    {
        LoopTracking? loop = LoopTracking.Current;
        if (_prefixes.Length != 0 && loop != null)
            loop.NoteChanged(key.Bytes);
        else if (_prefixes.Length != 0)
            Broadcast([new(key.Bytes.ToArray(), null)]);
        byte* record = _table.Take(key);
        if (record == null)
            return;
        Tell(record, loop);
        NativeHeap.Free(record);
    }

    /// <summary>Keys are about to go, or to come, of which nobody has a list: everybody has to forget everything. Under all locks.</summary>
    public void NoteAllChanged()
    {
        LoopTracking? loop = LoopTracking.Current;
        if (loop != null && !loop.IsFirstFlush())
            return;
        foreach (Client client in server.Clients.Snapshot())
        {
            if (client.Tracking is not { } tracking)
                continue;
            if (client == loop?.Client)
                loop.AddOwn(null);
            else
                Send(client, tracking, Invalidation.Everything(client.Resp), null);
        }
        Forget();
    }

    private void Tell(byte* record, LoopTracking? loop)
    {
        byte[]? keys = null;
        foreach (long id in TrackedKey.ClientsOf(record))
        {
            if (server.Clients.Find(id) is not { } client || client.Tracking is not { } tracking || tracking.Has(TrackingOptions.Broadcast))
                continue;
            if (client != loop?.Client)
                Send(client, tracking, keys ??= Invalidation.KeysOf(TrackedKey.KeyOf(record)), null);
            else if (!tracking.Has(TrackingOptions.NoLoop))
                loop.AddOwn(TrackedKey.KeyOf(record).ToArray());
        }
    }

    /// <summary>Tells those who want to hear of prefixes which keys have changed.</summary>
    /// <param name="changes">The keys in order, each with the client that has changed it last; null if none has.</param>
    public void Broadcast(KeyValuePair<byte[], Client?>[] changes)
    {
        foreach (BroadcastPrefix prefix in _prefixes)
        {
            KeyValuePair<byte[], Client?>[] concerned = Array.FindAll(changes, change => change.Key.AsSpan().StartsWith(prefix.Prefix));
            if (concerned.Length == 0)
                continue;
            byte[] all = Invalidation.KeysOf(Array.ConvertAll(concerned, static change => change.Key));
            foreach (Client client in prefix.Clients)
            {
                if (client.Tracking is not { } tracking)
                    continue;
                if (!tracking.Has(TrackingOptions.NoLoop) || !Array.Exists(concerned, change => change.Value == client))
                {
                    Send(client, tracking, all, null);
                    continue;
                }
                byte[][] others = [.. concerned.Where(change => change.Value != client).Select(static change => change.Key)];
                if (others.Length != 0)
                    Send(client, tracking, Invalidation.KeysOf(others), null);
            }
        }
    }

    /// <summary>Sends a message to a client that has tracking on, or to who hears in its place.</summary>
    /// <param name="client">The client.</param>
    /// <param name="tracking">What it has asked for.</param>
    /// <param name="keys">What it has to forget, in RESP.</param>
    /// <param name="reply">Where its reply is written just now, and the message to it; null if it may be anywhere.</param>
    public void Send(Client client, ClientTracking tracking, ReadOnlySpan<byte> keys, ReplyWriter? reply)
    {
        Client target = client;
        if (tracking.Redirect != 0)
        {
            Client? other = server.Clients.Find(tracking.Redirect);
            if (other == null)
            {
                tracking.IsRedirectBroken = true;
                if (client.Resp >= 3)
                    Deliver(client, client, Invalidation.RedirectBroken(tracking.Redirect), reply);
                return;
            }
            target = other;
        }
        if (target.Resp >= 3)
            Deliver(client, target, Invalidation.Push(keys), reply);
        else if (tracking.Redirect != 0 && target.Is(ClientFlags.PubSub))
            Deliver(client, target, Invalidation.ChannelMessage(keys), reply);
    }

    private static void Deliver(Client client, Client target, StringBlock message, ReplyWriter? reply)
    {
        // Between two commands of a client: what is told now stands before the next reply.
        if (reply == null && LoopTracking.Current is { Client: null } here && here.IsServing(target))
            (client, reply) = (target, target.Loop.Writer);
        if (target != client || reply == null)
        {
            target.Loop.Deliver(target, message);
        }
        else
        {
            // A client that wants no replies gets messages all the same.
            bool isSilent = reply.Discarding;
            reply.Discarding = false;
            reply.Raw(new ReadOnlySpan<byte>(message.Data, checked((int)message.Length)));
            reply.Discarding = isSilent;
        }
        message.Release();
    }

    // --- the course of time ---------------------------------------------------------------------------------------

    /// <summary>
    /// Has clients forget keys while there are more than <c>tracking-table-max-keys</c>, and drops all of them when nobody has tracking on. A loop, without locks.
    /// </summary>
    public void Tidy()
    {
        if (ClientCount == 0)
        {
            server.Keyspace.Locks.AcquireAll();
            lock (_lock)
            {
                if (_clients == 0)
                {
                    Forget();
                    server.Services.TracksKeys = false;
                }
            }
            server.Keyspace.Locks.ReleaseAll();
            return;
        }
        ShardLocks locks = server.Keyspace.Locks;
        var random = new FastRandom((ulong)Clock.Nanoseconds);
        while (IsUntidy && ClientCount != 0)
        {
            int shard = (Interlocked.Increment(ref _shard) & int.MaxValue) % server.Keyspace.ShardCount;
            locks.Acquire(shard);
            byte* record = _table.TakeAny(shard, ref random);
            if (record != null)
                Tell(record, LoopTracking.Current);
            locks.Release(shard);
            if (record != null)
                NativeHeap.Free(record);
        }
    }

    /// <summary>Forgets all keys. Under all locks; the memory is freed behind.</summary>
    private void Forget()
    {
        long keys = KeyCount;
        Action free = _table.Clear();
        if (keys == 0)
            free();
        else
            server.Keyspace.Reclaimer.Enqueue(free, 0);
    }

    /// <summary>Frees everything. When no loop runs any more.</summary>
    public void Dispose() => _table.Dispose();
}
