using System.Text;
using Carnelian.Server.Clients;
using Carnelian.Server.Configuration;
using Carnelian.Server.Execution;
using Carnelian.Server.Logging;
using Carnelian.Server.Persistence;

namespace Carnelian.Server.Hosting;

/// <summary>Ends the server on SHUTDOWN or a signal, the same way.</summary>
/// <remarks>
/// A shutdown runs on an event loop with all locks held, so no command is half done, and what comes after it is refused. The data set is saved if
/// save points are configured or SAVE is given, and never with NOSAVE; if that fails, the server goes on, unless FORCE is given.
/// </remarks>
internal sealed class Shutdown(ServerInstance server)
{
    private int _signals;
    private Action? _due;

    /// <summary>Takes a signal that asks for the end. A second SIGINT ends the process at once.</summary>
    public void OnSignal(string name, bool isInterrupt)
    {
        if (Interlocked.Increment(ref _signals) > 1 && isInterrupt)
        {
            server.Log.WriteFromSignal("You insist... exiting now.");
            PidFile.Remove(server.Configuration, server.Log);
            DataSaver.RemoveTemporary();
            Environment.Exit(1);
        }
        // First of all: SHUTDOWN ABORT, which may come at once, has to find it.
        Volatile.Write(ref _due, () => OnMainLoop(name, isInterrupt));
        server.Log.WriteFromSignal($"Received {name} scheduling shutdown...");
        server.Loops.Main.Post(() =>
        {
            if (!server.IsCronPaused)
                RunCron();
        });
    }

    /// <summary>Does what a signal has asked for. On the main loop, without locks.</summary>
    public void RunCron()
    {
        if (Volatile.Read(ref _due) != null)
            Interlocked.Exchange(ref _due, null)?.Invoke();
    }

    private void OnMainLoop(string name, bool isInterrupt)
    {
        ShutdownOptions options = isInterrupt ? server.Configuration.ShutdownOnSigint : server.Configuration.ShutdownOnSigterm;
        server.Keyspace.Locks.AcquireAll();
        try
        {
            if (TryRun(options, requester: null))
                return;
        }
        finally
        {
            server.Keyspace.Locks.ReleaseAll();
        }
        server.Log.Write(LogLevel.Warning, $"{name} received but errors trying to shut down the server, check the logs for more information");
        Interlocked.Exchange(ref _signals, 0);
    }

    /// <summary>Ends the server, if the options allow it. The caller holds all locks.</summary>
    /// <param name="options">How.</param>
    /// <param name="requester">The client that asked, or null for a signal.</param>
    /// <returns>False if it goes on; the log says why. True too while it waits for replicas (<see cref="ShutdownWait"/>).</returns>
    public bool TryRun(ShutdownOptions options, Client? requester)
    {
        if ((server.Condition & ServerCondition.ShuttingDown) != 0)
            return true;
        string origin = requester == null ? "" : $" (user request from '{Describe(requester)}')";
        server.Log.Write(LogLevel.Notice, $"User requested shutdown...{origin}");
        server.Supervisor.Notify("STOPPING=1\n");
        return server.ShutdownWait.TryBegin(options, requester) || TryFinish(options);
    }

    /// <summary>Takes back what is to be done or waits for replicas. Under all locks.</summary>
    /// <returns>False if there is nothing.</returns>
    public bool TryAbort()
    {
        if (server.ShutdownWait.TryAbort())
            return true;
        if (Interlocked.Exchange(ref _due, null) == null)
            return false;
        ForgetSignals();
        server.Log.Write(LogLevel.Notice, "Shutdown manually aborted.");
        return true;
    }

    /// <summary>Takes the next signal as the first one.</summary>
    public void ForgetSignals() => Interlocked.Exchange(ref _signals, 0);

    /// <summary>Ends the server, when nothing is left to wait for. The caller holds all locks.</summary>
    /// <returns>False if it goes on; the log says why.</returns>
    public bool TryFinish(ShutdownOptions options)
    {
        if (server.BackgroundSave.Cancel())
        {
            server.Log.Write(LogLevel.Warning, "There is a child saving an .rdb. Killing it!");
            server.Log.Write(LogLevel.Notice, $"Killing running RDB child: {Environment.ProcessId}");
        }
        if (!MayEndAof((options & ShutdownOptions.Force) != 0))
            return false;
        bool saves = (options & ShutdownOptions.Save) != 0
            || (server.Configuration.SavePoints.Length != 0 && (options & ShutdownOptions.NoSave) == 0);
        // What is not loaded yet must not be lost: the file has it.
        if ((server.Condition & ServerCondition.Loading) != 0)
            saves = false;
        if (saves && !TrySave((options & ShutdownOptions.Force) != 0))
            return false;
        // Only now: the server goes on with its AOF if the data set could not be saved.
        if (server.Aof.IsRewriting)
            server.Log.Write(LogLevel.Warning, "There is a child rewriting the AOF. Killing it!");
        server.Aof.End();
        server.SetCondition(ServerCondition.ShuttingDown, value: true);
        PidFile.Remove(server.Configuration, server.Log);
        if (server.Configuration.UnixSocket.Length != 0)
            server.Log.Write(LogLevel.Notice, "Removing the unix socket file.");
        server.Log.Write(LogLevel.Warning, "Carnelian is now ready to exit, bye bye...");
        server.End();
        return true;
    }

    /// <summary>Whether nothing speaks against ending the AOF: it is not whole before its first base is.</summary>
    private bool MayEndAof(bool isForced)
    {
        if (server.Aof.IsRewriting && server.Aof.WaitsForBase)
        {
            if (!isForced)
            {
                server.Log.Write(LogLevel.Warning, "Writing initial AOF, can't exit.");
                server.Supervisor.Notify("STATUS=Writing initial AOF, can't exit.\n");
                return false;
            }
            server.Log.Write(LogLevel.Warning, "Writing initial AOF. Exit anyway.");
        }
        return true;
    }

    private bool TrySave(bool isForced)
    {
        server.Log.Write(LogLevel.Notice, "Saving the final RDB snapshot before exiting.");
        server.Supervisor.Notify("STATUS=Saving the final RDB snapshot\n");
        if (server.Saver.TrySave(out _))
            return true;
        if (isForced)
        {
            server.Log.Write(LogLevel.Warning, "Error trying to save the DB. Exit anyway.");
            return true;
        }
        server.Log.Write(LogLevel.Warning, "Error trying to save the DB, can't exit.");
        server.Supervisor.Notify("STATUS=Error trying to save the DB, can't exit.\n");
        return false;
    }

    private string Describe(Client client)
    {
        bool isHidden = server.Configuration.HideUserDataFromLog;
        var text = new StringBuilder();
        text.Append($"id={client.Id} addr={client.Socket.PeerAddress} laddr={client.Socket.LocalAddress} fd={client.Socket.Descriptor}");
        text.Append($" name={(isHidden ? "*redacted*" : client.ShownName)} user={(isHidden ? "*redacted*" : "default")}");
        return text.Append($" lib-name={client.LibraryName} lib-ver={client.LibraryVersion}").ToString();
    }
}
