namespace Carnelian.Linearizability;

/// <summary>Runs the same work on many connections at once, each on a thread of its own.</summary>
internal static class Stress
{
    /// <param name="work">Gets the connection's number, its session, and a source of random numbers of its own.</param>
    public static void Run(IStore store, int clients, int seed, Action<int, IStoreSession, Random> work)
    {
        using var start = new Barrier(clients);
        Exception? failure = null;
        Thread[] threads = [.. Enumerable.Range(0, clients).Select(client => new Thread(() =>
        {
            try
            {
                using IStoreSession session = store.Connect();
                start.SignalAndWait();
                work(client, session, new Random((seed * 1009) + client));
            }
            catch (Exception e)
            {
                Interlocked.CompareExchange(ref failure, e, null);
                start.RemoveParticipant();
            }
        }))];
        foreach (Thread thread in threads)
            thread.Start();
        foreach (Thread thread in threads)
            thread.Join();
        if (failure is not null)
            throw new InvalidOperationException($"a connection failed: {failure.Message}", failure);
    }
}
