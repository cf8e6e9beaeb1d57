using System.Runtime.InteropServices;
using System.Text;
using Carnelian.Server.Clients;
using Carnelian.Server.Commands.Administration;
using Carnelian.Server.Configuration;
using Carnelian.Server.Execution;
using Carnelian.Server.Logging;

namespace Carnelian.Server.Hosting;

/// <summary>Writes into the log what is known when the process dies: the cause, the commands that ran, INFO and the clients.</summary>
/// <remarks>
/// On the thread that failed or on the runtime's thread for signals; takes no locks but those of the log and of the client registry.
/// A fault in native code or in memory that is not ours ends the runtime itself, which writes the managed stack to standard error;
/// no code of ours runs then.
/// </remarks>
internal sealed class CrashReport(ServerInstance server)
{
    private int _isWritten;

    /// <summary>Writes the report, once.</summary>
    /// <param name="cause">The line that tells what happened.</param>
    /// <param name="stack">Where, or null if it is not known.</param>
    public void Write(string cause, string? stack)
    {
        if (!server.Configuration.CrashLogEnabled || Interlocked.Exchange(ref _isWritten, 1) != 0)
            return;
        server.Log.WriteRaw("\n\n=== CARNELIAN BUG REPORT START: Cut & paste starting from here ===\n");
        server.Log.Write(LogLevel.Warning, $"carnelian {ServerIdentity.Version} {cause}");
        if (server.Configuration.DebugContext.Length != 0)
            server.Log.Write(LogLevel.Warning, $"Debug context: {server.Configuration.DebugContext}");
        WriteStack(stack);
        server.Log.WriteRaw($"\n------ INFO OUTPUT ------\n{Info()}\n------ CLIENT LIST OUTPUT ------\n{ClientList()}");
        server.Log.WriteRaw("\n=== CARNELIAN BUG REPORT END. Make sure to include from START to END. ===\n\n       Please report the crash with the text between the marks.\n");
    }

    /// <summary>Writes what the loops are doing; the server goes on.</summary>
    public void WriteActivity(string occasion)
    {
        server.Log.Write(LogLevel.Warning, $"--- {occasion} ---");
        WriteStack(stack: null);
        server.Log.Write(LogLevel.Warning, "--------");
    }

    /// <summary>Ends the process after a report, as <c>use-exit-on-panic</c> says.</summary>
    public void Abort()
    {
        if (server.Configuration.UseExitOnPanic)
            Environment.Exit(1);
        DieBy(PosixCalls.Abort);
    }

    /// <summary>Ends the process by a signal, in the system's way.</summary>
    public static void DieBy(int signal)
    {
        if (OperatingSystem.IsWindows())
            Environment.Exit(128 + signal);
        _ = PosixCalls.SetSignalAction(signal, action: 0);
        _ = PosixCalls.Kill(Environment.ProcessId, signal);
        Thread.Sleep(1000);
        PosixCalls.Exit(128 + signal);
    }

    private void WriteStack(string? stack)
    {
        var text = new StringBuilder("\n------ STACK TRACE ------\n");
        if (stack != null)
            text.Append(stack.TrimEnd()).Append('\n');
        foreach (EventLoop loop in server.Loops.All)
        {
            text.Append($"{(loop.Index == 0 ? "main" : $"io_thd_{loop.Index}")}: ");
            Client? client = loop.Served;
            text.Append(client == null ? "no command" : $"client {client.Id}, command {client.LastCommand?.Name ?? "unknown"}, database {client.DatabaseIndex}").Append('\n');
        }
        server.Log.WriteRaw(text.Append("------ STACK TRACE DONE ------\n").ToString());
    }

    private string Info()
    {
        try
        {
            return new InfoReport(server, InfoSections.Everything).Write();
        }
        catch (Exception e)
        {
            return $"not available: {e.Message}\n";
        }
    }

    private string ClientList()
    {
        var text = new StringBuilder();
        foreach (Client client in server.Clients.Snapshot())
        {
            text.Append($"id={client.Id} addr={client.Socket.PeerAddress} flags={ClientLine.FlagsOf(server, client)} db={client.DatabaseIndex}");
            text.Append($" qbuf={client.QueryBytes} omem={client.Output.MemoryBytes} resp={client.Resp} cmd={client.LastCommand?.Name ?? "NULL"}\n");
        }
        return text.ToString();
    }
}
