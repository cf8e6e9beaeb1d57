using System.Globalization;
using Carnelian.Server.Configuration;

namespace Carnelian.Server.Logging;

/// <summary>The server's log: one line a message, in the format that Valkey's tools wait for.</summary>
/// <remarks>Any thread. Never under a shard's lock.</remarks>
internal sealed class Log(ServerConfiguration configuration)
{
    private readonly Lock _lock = new();

    /// <summary>Writes a message if its level is to be shown.</summary>
    public void Write(LogLevel level, string message)
    {
        if (level < configuration.LogLevel)
            return;
        char mark = ".-*#"[(int)level];
        string line = string.Create(
            CultureInfo.InvariantCulture, $"{Environment.ProcessId}:M {DateTime.Now:dd MMM yyyy HH:mm:ss.fff} {mark} {message}\n");
        lock (_lock)
            Console.Out.Write(line);
    }
}
