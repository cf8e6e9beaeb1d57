using Carnelian.Threading;

namespace Carnelian.Server.Persistence;

/// <summary>The connections of MIGRATE that are kept for some seconds for the next one.</summary>
/// <remarks>Any thread. A connection is in use or here, never both.</remarks>
internal sealed class MigrateConnections(ServerInstance server) : IDisposable
{
    private const int MostKept = 64;
    private const long KeptMilliseconds = 10_000;

    private readonly Lock _lock = new();
    private readonly List<MigrateConnection> _idle = [];

    /// <summary>How many are kept.</summary>
    public int Count
    {
        get
        {
            lock (_lock)
            {
                CloseOld();
                return _idle.Count;
            }
        }
    }

    /// <summary>Takes a connection out, or makes one.</summary>
    /// <param name="host">A name or an address.</param>
    /// <param name="port">The port.</param>
    /// <param name="timeout">Milliseconds.</param>
    /// <param name="isOld">Whether it was used before, so that the other side may have hung up.</param>
    /// <param name="isKnown">Whether the host has an address at all.</param>
    public MigrateConnection? Take(string host, int port, int timeout, out bool isOld, out bool isKnown)
    {
        string target = $"{host}:{port}";
        isKnown = true;
        lock (_lock)
        {
            CloseOld();
            for (int i = _idle.Count - 1; i >= 0; i--)
            {
                if (_idle[i].Target != target)
                    continue;
                MigrateConnection kept = _idle[i];
                _idle.RemoveAt(i);
                kept.Timeout = timeout;
                isOld = true;
                return kept;
            }
        }
        isOld = false;
        return MigrateConnection.TryConnect(host, port, server.Configuration.BindSourceAddress, target, timeout, out isKnown);
    }

    /// <summary>Keeps a connection on which nothing is under way.</summary>
    public void Keep(MigrateConnection connection)
    {
        connection.LastUse = Clock.Sample();
        lock (_lock)
        {
            _idle.Add(connection);
            CloseOld();
            if (_idle.Count <= MostKept)
                return;
            _idle[0].Dispose();
            _idle.RemoveAt(0);
        }
    }

    /// <summary>Closes those that were not used for some seconds.</summary>
    public void RunCron()
    {
        lock (_lock)
            CloseOld();
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        lock (_lock)
        {
            foreach (MigrateConnection connection in _idle)
                connection.Dispose();
            _idle.Clear();
        }
    }

    private void CloseOld()
    {
        long oldest = Clock.Latest - KeptMilliseconds;
        while (_idle.Count != 0 && _idle[0].LastUse < oldest)
        {
            _idle[0].Dispose();
            _idle.RemoveAt(0);
        }
    }
}
