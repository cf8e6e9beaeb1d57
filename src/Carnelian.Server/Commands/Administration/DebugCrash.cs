using Carnelian.Commands;
using Carnelian.Server.Clients;
using Carnelian.Server.Hosting;
using Carnelian.Server.Logging;
using LogLevel = Carnelian.Server.Configuration.LogLevel;

namespace Carnelian.Server.Commands.Administration;

/// <summary>The parts of DEBUG that end the process: SEGFAULT, PANIC and ASSERT.</summary>
internal static class DebugCrash
{
    /// <summary>Runs the subcommand if it is one of these; then the call does not come back.</summary>
    public static bool TryRun(scoped ref CommandContext ctx)
    {
        ServerInstance server = ((Client)ctx.Session).Loop.Server;
        if (ctx.ArgCount != 2)
            return false;
        if (ctx.ArgIs(1, "segfault"u8))
        {
            server.Crash.Write($"crashed by signal: {PosixCalls.SegmentationFault}", Environment.StackTrace);
            CrashReport.DieBy(PosixCalls.SegmentationFault);
        }
        else if (ctx.ArgIs(1, "panic"u8))
        {
            server.Log.Write(LogLevel.Warning, "------------------------------------------------");
            server.Log.Write(LogLevel.Warning, "!!! Software Failure. Press left mouse button to continue");
            server.Log.Write(LogLevel.Warning, "Guru Meditation: called by DEBUG PANIC");
            server.Crash.Write("crashed by a panic", Environment.StackTrace);
            server.Crash.Abort();
        }
        else if (ctx.ArgIs(1, "assert"u8))
        {
            server.Log.Write(LogLevel.Warning, "=== ASSERTION FAILED ===");
            server.Log.Write(LogLevel.Warning, "==> called by DEBUG ASSERT is not true");
            server.Crash.Write("crashed by a failed assertion", Environment.StackTrace);
            server.Crash.Abort();
        }
        else
        {
            return false;
        }
        return true;
    }
}
