namespace Carnelian.Linearizability;

/// <summary>What the workloads run against: a server, or a store with a planted fault.</summary>
internal interface IStore
{
    IStoreSession Connect();
}

/// <summary>One connection, used by one thread.</summary>
internal interface IStoreSession : IDisposable
{
    /// <summary>Sends operations together, and fills in their times and results.</summary>
    void Execute(IReadOnlyList<Operation> operations);

    /// <summary>Watches keys, reads them, and writes in a transaction that must fail if a key has changed since.</summary>
    /// <param name="keys">The keys to watch and to read.</param>
    /// <param name="write">What to write, given the values read.</param>
    /// <returns>Whether the transaction was executed.</returns>
    bool ExecuteGuarded(string[] keys, Func<string[], Request[]> write);
}
