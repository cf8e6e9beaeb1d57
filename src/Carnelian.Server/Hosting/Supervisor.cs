using System.Net.Sockets;
using System.Text;
using Carnelian.Server.Configuration;
using Carnelian.Server.Logging;

namespace Carnelian.Server.Hosting;

/// <summary>Tells systemd (sd_notify) or upstart how far the server is.</summary>
internal sealed class Supervisor
{
    private const int Stop = 19;

    private string? _socket;

    /// <summary>Whether there is someone to tell.</summary>
    public bool IsSystemd => _socket != null;

    /// <summary>Finds out who supervises the process, and tells upstart that it may go on.</summary>
    public void Detect(Supervision wanted, Log log)
    {
        if (wanted == Supervision.No || OperatingSystem.IsWindows())
            return;
        string? job = Environment.GetEnvironmentVariable("UPSTART_JOB");
        if (wanted == Supervision.Upstart || wanted == Supervision.Auto && job != null)
        {
            if (job == null)
            {
                log.Write(LogLevel.Warning, "Upstart supervision requested, but UPSTART_JOB not found!");
                return;
            }
            if (wanted == Supervision.Auto)
                log.Write(LogLevel.Notice, "Upstart supervision detected.");
            log.Write(LogLevel.Notice, "Supervised by upstart. Will stop to signal readiness.");
            _ = PosixCalls.Raise(Stop);
            return;
        }
        string? socket = Environment.GetEnvironmentVariable("NOTIFY_SOCKET");
        if (socket == null)
        {
            if (wanted == Supervision.Systemd)
                log.Write(LogLevel.Warning, "Systemd supervision requested, but NOTIFY_SOCKET not found!");
            return;
        }
        if (wanted == Supervision.Auto)
            log.Write(LogLevel.Notice, "Systemd supervision detected.");
        _socket = socket;
        Notify("STATUS=Valkey is loading...\n");
    }

    /// <summary>Sends systemd a state; without systemd nothing happens.</summary>
    public void Notify(string state)
    {
        if (_socket != null)
            Send(_socket, state);
    }

    // By itself: without systemd nobody loads what it needs.
    private static void Send(string name, string state)
    {
        try
        {
            // A leading @ stands for the zero byte of a name that is in no directory.
            string path = name.StartsWith('@') ? '\0' + name[1..] : name;
            using var socket = new Socket(AddressFamily.Unix, SocketType.Dgram, ProtocolType.Unspecified);
            _ = socket.SendTo(Encoding.UTF8.GetBytes(state), new UnixDomainSocketEndPoint(path));
        }
        catch (Exception e) when (e is SocketException or ArgumentException)
        {
            // Supervision is a courtesy: the server runs without it.
        }
    }
}
