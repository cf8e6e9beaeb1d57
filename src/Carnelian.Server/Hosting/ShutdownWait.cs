using Carnelian.Server.Clients;
using Carnelian.Server.Commands.Administration;
using Carnelian.Server.Configuration;
using Carnelian.Server.Replication;
using Carnelian.Threading;

namespace Carnelian.Server.Hosting;

/// <summary>
/// A shutdown that waits for replicas: writes pause until all of them say that they have everything, <c>shutdown-timeout</c> seconds at most.
/// </summary>
/// <remarks>Begins and is given up under all locks; the main loop looks now and then whether it is time to go on.</remarks>
internal sealed class ShutdownWait(ServerInstance server)
{
    private const long MostPauseMilliseconds = 1L << 40;

    private readonly List<Client> _requesters = [];
    private ShutdownOptions _options;
    private long _deadline;
    private volatile bool _isOn;

    /// <summary>Whether a shutdown waits. Any thread.</summary>
    public bool IsOn => _isOn;

    /// <summary>Begins to wait, if some replica lags and the options allow it.</summary>
    /// <param name="options">The options of the shutdown.</param>
    /// <param name="requester">The client that asked, which waits too; null for a signal.</param>
    /// <returns>False if there is nothing to wait for.</returns>
    public bool TryBegin(ShutdownOptions options, Client? requester)
    {
        if ((options & ShutdownOptions.Now) != 0 || server.Configuration.ShutdownTimeout == 0 || server.Replication.CountLagging() == 0)
            return false;
        if (!_isOn)
        {
            server.Log.Write(LogLevel.Notice, "Waiting for replicas before shutting down.");
            _options = options;
            _deadline = Clock.Sample() + server.Configuration.ShutdownTimeout * 1000L;
            _isOn = true;
            server.Pause.Begin(requester?.Loop ?? server.Loops.Main, MostPauseMilliseconds, holdsAll: false);
            server.Replication.RequestAcks();
        }
        if (requester != null)
        {
            requester.Loop.SetSuspended(requester, isSuspended: true);
            _requesters.Add(requester);
        }
        return true;
    }

    /// <summary>Gives the shutdown up.</summary>
    /// <returns>False if none waits.</returns>
    public bool TryAbort()
    {
        if (!_isOn)
            return false;
        server.Log.Write(LogLevel.Notice, "Shutdown manually aborted.");
        End();
        return true;
    }

    /// <summary>Goes on with the shutdown if it is time to. On the main loop, without locks.</summary>
    public void RunCron()
    {
        if (!_isOn || (server.Replication.CountLagging() != 0 && Clock.Sample() < _deadline))
            return;
        server.Keyspace.Locks.AcquireAll();
        try
        {
            if (!_isOn)
                return;
            Report();
            if (!server.Shutdown.TryFinish(_options))
                End();
        }
        finally
        {
            server.Keyspace.Locks.ReleaseAll();
        }
    }

    private void End()
    {
        _isOn = false;
        server.Pause.End();
        server.Shutdown.ForgetSignals();
        foreach (Client client in _requesters)
        {
            client.Post(() =>
            {
                client.Loop.WriteTo(client, static writer => writer.Error("ERR Errors trying to SHUTDOWN. Check logs."u8));
                client.Loop.SetSuspended(client, isSuspended: false);
            });
        }
        _requesters.Clear();
    }

    private void Report()
    {
        Replica[] replicas = server.Replication.All;
        long end = server.Replication.EndOffset, now = Clock.Sample();
        int lagging = 0;
        foreach (Replica replica in replicas)
        {
            long behind = end - Volatile.Read(ref replica.AckOffset);
            if (behind == 0)
                continue;
            lagging++;
            long lag = replica.State == ReplicaState.Online ? (now - Volatile.Read(ref replica.AckTime)) / 1000 : 0;
            server.Log.Write(LogLevel.Notice,
                $"Lagging replica {replica.Name} reported offset {behind} behind master, lag={lag}, state={InfoReplication.NameOf(replica.State)}.");
        }
        if (replicas.Length != 0)
            server.Log.Write(LogLevel.Notice, $"{replicas.Length - lagging} of {replicas.Length} replicas are in sync when shutting down.");
    }
}
