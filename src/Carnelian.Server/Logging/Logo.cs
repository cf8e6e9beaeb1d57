using Carnelian.Server.Configuration;
using Carnelian.Server.Hosting;

namespace Carnelian.Server.Logging;

/// <summary>What the log shows of the server at its start: a picture for people, one line otherwise.</summary>
internal static class Logo
{
    /// <summary>Writes the picture if the log is a terminal or <c>always-show-logo</c> is on, else the line.</summary>
    public static void Write(ServerConfiguration configuration, Log log)
    {
        const string Mode = "standalone";
        bool isTerminal = !configuration.SyslogEnabled && configuration.LogFile.Length == 0
            && !OperatingSystem.IsWindows() && PosixCalls.IsTerminal(PosixCalls.StandardOutput) != 0;
        if (!isTerminal && !configuration.AlwaysShowLogo)
        {
            log.Write(LogLevel.Notice, $"Running mode={Mode}, port={configuration.Port}.");
            return;
        }
        log.WriteRaw($"""

                   .-------.
                 .' \     / '.
               .'    \   /    '.        Carnelian {ServerIdentity.Version} 64 bit
              /_______\ /_______\
              \       / \       /       Running in {Mode} mode
               '.    /   \    .'        Port: {configuration.Port}
                 '. /     \ .'          PID: {Environment.ProcessId}
                   '.     .'
                     '. .'
                       '


            """);
    }
}
