using Carnelian.Server.Waiting;

namespace Carnelian.Server.Replication;

/// <summary>The clients that wait until replicas have their writes (WAIT, WAITAOF).</summary>
/// <remarks>Any thread. Its lock is held for a look at a list only; waits end without it.</remarks>
internal sealed class AckWaits(ServerInstance server)
{
    private readonly Lock _lock = new();
    private readonly List<Entry> _entries = [];
    private int _count;

    private readonly record struct Entry(ClientWait Wait, Func<bool> IsServed);

    /// <summary>Adds a client that has just begun to wait.</summary>
    /// <param name="wait">Its wait.</param>
    /// <param name="isServed">Whether it need wait no longer. Called by any thread.</param>
    public void Add(ClientWait wait, Func<bool> isServed)
    {
        lock (_lock)
        {
            _entries.RemoveAll(static entry => entry.Wait.IsOver);
            _entries.Add(new Entry(wait, isServed));
            Volatile.Write(ref _count, _entries.Count);
        }
        server.Replication.RequestAcks();
        // It may have come meanwhile.
        EndServed();
    }

    /// <summary>Ends the waits that have got what they wait for. Without the locks that <see cref="ClientWait.TryEnd"/> does not allow.</summary>
    public void EndServed()
    {
        if (Volatile.Read(ref _count) == 0)
            return;
        List<ClientWait>? served = null;
        lock (_lock)
        {
            for (int i = _entries.Count - 1; i >= 0; i--)
            {
                Entry entry = _entries[i];
                if (entry.Wait.IsOver || entry.IsServed())
                {
                    (served ??= []).Add(entry.Wait);
                    _entries.RemoveAt(i);
                }
            }
            Volatile.Write(ref _count, _entries.Count);
        }
        for (int i = (served?.Count ?? 0) - 1; i >= 0; i--)
            served![i].TryEnd(isError: false);
    }
}
