using System.Runtime.InteropServices;

namespace Carnelian.Server.Hosting;

/// <summary>What signals do to the process. The runtime hands them over on a thread of its own, so handlers may do anything.</summary>
/// <remarks>
/// SIGSEGV, SIGBUS, SIGFPE and SIGILL stay with the runtime, which needs them for its own work.
/// </remarks>
internal sealed class Signals : IDisposable
{
    private readonly List<PosixSignalRegistration> _registrations = [];

    /// <summary>Takes the signals over.</summary>
    public Signals(ServerInstance server)
    {
        On(PosixSignal.SIGTERM, () => server.Shutdown.OnSignal("SIGTERM", isInterrupt: false));
        On(PosixSignal.SIGINT, () => server.Shutdown.OnSignal("SIGINT", isInterrupt: true));
        On(PosixSignal.SIGHUP, static () => { });
        if (OperatingSystem.IsWindows())
            return;
        On((PosixSignal)PosixCalls.Alarm, () => server.Crash.WriteActivity("Received SIGALRM"));
        On((PosixSignal)PosixCalls.Abort, () =>
        {
            server.Crash.Write($"crashed by signal: {PosixCalls.Abort}", stack: null);
            CrashReport.DieBy(PosixCalls.Abort);
        });
    }

    private void On(PosixSignal signal, Action action) => _registrations.Add(PosixSignalRegistration.Create(signal, context =>
    {
        context.Cancel = true;
        action();
    }));

    /// <summary>Gives the signals back.</summary>
    public void Dispose()
    {
        foreach (PosixSignalRegistration registration in _registrations)
            registration.Dispose();
    }
}
