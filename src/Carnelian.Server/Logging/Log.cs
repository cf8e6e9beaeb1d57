using System.Runtime.InteropServices;
using System.Text;
using Carnelian.Server.Configuration;
using Carnelian.Server.Hosting;
using Carnelian.Threading;

namespace Carnelian.Server.Logging;

/// <summary>The server's log: one line a message, in the formats that Valkey's tools wait for.</summary>
/// <remarks>
/// Any thread, but never under a shard's lock. The file is opened for each line, so that one that was moved away is made anew,
/// and a line is one write, so that lines of several processes do not mix.
/// </remarks>
internal sealed unsafe class Log(ServerConfiguration configuration)
{
    private const int MostCharacters = 1024;

    private readonly Lock _lock = new();
    private bool _isSystemLogOpen;

    /// <summary>Whether lines for standard output are dropped: a server in the background has none.</summary>
    public bool HasNoOutput { get; set; }

    /// <summary>Whether a message of a level would be written; for messages that take work to make.</summary>
    public bool Shows(LogLevel level) => level >= configuration.LogLevel;

    /// <summary>Writes a message if its level is to be shown.</summary>
    public void Write(LogLevel level, string message) => Write(level, message, fromSignal: false);

    /// <summary>Writes what a signal made the server do, in the form that such lines have.</summary>
    public void WriteFromSignal(string message) => Write(LogLevel.Warning, message, fromSignal: true);

    /// <summary>Writes text as it stands, without the head of a line.</summary>
    public void WriteRaw(string text)
    {
        lock (_lock)
            Append(Encoding.UTF8.GetBytes(text));
    }

    private void Write(LogLevel level, string message, bool fromSignal)
    {
        if (!Shows(level))
            return;
        if (message.Length > MostCharacters)
            message = message[..MostCharacters];
        long microseconds = Clock.UnixMicroseconds();
        string line = fromSignal && configuration.LogFormat == LogFormat.Legacy
            ? $"{Environment.ProcessId}:signal-handler ({microseconds / 1_000_000}) {message}\n"
            : Format(level, message, microseconds);
        byte[] bytes = Encoding.UTF8.GetBytes(line);
        lock (_lock)
        {
            Append(bytes);
            if (configuration.SyslogEnabled && !OperatingSystem.IsWindows())
                WriteSystemLog(level, message);
        }
    }

    private string Format(LogLevel level, string message, long microseconds)
    {
        string time = FormatTime(microseconds);
        int process = Environment.ProcessId;
        string role = configuration.ReplicaOf == null ? "primary" : "replica";
        return configuration.LogFormat switch
        {
            LogFormat.Logfmt => $"pid={process} role={role} timestamp=\"{time}\" level={NameOf(level)} message=\"{Plain(message)}\"\n",
            LogFormat.Json => $"{{\"pid\":{process},\"role\":\"{role}\",\"timestamp\":\"{time}\",\"level\":\"{NameOf(level)}\",\"message\":\"{Escaped(message)}\"}}\n",
            _ => $"{process}:{(configuration.ReplicaOf == null ? 'M' : 'S')} {time} {".-*#"[(int)level]} {message}\n",
        };
    }

    private string FormatTime(long microseconds)
    {
        long seconds = microseconds / 1_000_000, milliseconds = microseconds / 1000 % 1000;
        if (configuration.LogTimestampFormat == LogTimestampFormat.Milliseconds)
            return $"{microseconds / 1000}";
        PosixCalls.CalendarTime at = LocalTime(seconds);
        if (configuration.LogTimestampFormat == LogTimestampFormat.Iso8601)
        {
            long offset = Math.Abs(at.OffsetSeconds) / 60;
            char sign = at.OffsetSeconds < 0 ? '-' : '+';
            return $"{at.Year + 1900}-{at.Month + 1:D2}-{at.Day:D2}T{at.Hour:D2}:{at.Minute:D2}:{at.Second:D2}.{milliseconds:D3}{sign}{offset / 60:D2}:{offset % 60:D2}";
        }
        ReadOnlySpan<char> month = "JanFebMarAprMayJunJulAugSepOctNovDec".AsSpan(at.Month * 3, 3);
        return $"{at.Day:D2} {month} {at.Year + 1900} {at.Hour:D2}:{at.Minute:D2}:{at.Second:D2}.{milliseconds:D3}";
    }

    /// <summary>The local time. The C library knows the zone already; the runtime would load its tables first.</summary>
    private static PosixCalls.CalendarTime LocalTime(long seconds)
    {
        PosixCalls.CalendarTime result = default;
        if (!OperatingSystem.IsWindows())
        {
            _ = PosixCalls.LocalTime(&seconds, &result);
            return result;
        }
        DateTimeOffset now = DateTimeOffset.FromUnixTimeSeconds(seconds).ToLocalTime();
        return result with
        {
            Year = now.Year - 1900,
            Month = now.Month - 1,
            Day = now.Day,
            Hour = now.Hour,
            Minute = now.Minute,
            Second = now.Second,
            OffsetSeconds = (long)now.Offset.TotalSeconds,
        };
    }

    private static string NameOf(LogLevel level) => level switch
    {
        LogLevel.Debug => "debug",
        LogLevel.Verbose => "info",
        LogLevel.Notice => "notice",
        _ => "warning",
    };

    /// <summary>A message without what would end a quoted value: logfmt has no escapes.</summary>
    private static string Plain(string message) => message.Replace('"', '\'').ReplaceLineEndings(" ");

    private static string Escaped(string message)
    {
        var text = new StringBuilder(message.Length + 8);
        foreach (char c in message)
        {
            _ = c switch
            {
                '"' => text.Append("\\\""),
                '\\' => text.Append("\\\\"),
                '\n' => text.Append("\\n"),
                '\r' => text.Append("\\r"),
                '\t' => text.Append("\\t"),
                '\f' => text.Append("\\f"),
                '\b' => text.Append("\\b"),
                < ' ' => text.Append($"\\u{(int)c:x4}"),
                _ => text.Append(c),
            };
        }
        return text.ToString();
    }

    private void Append(ReadOnlySpan<byte> bytes)
    {
        string path = configuration.LogFile;
        if (path.Length == 0 && HasNoOutput)
            return;
        if (OperatingSystem.IsWindows())
        {
            using Stream stream = path.Length == 0
                ? Console.OpenStandardOutput()
                : new FileStream(ConfigurationText.ToUnicode(path), FileMode.Append, FileAccess.Write, FileShare.ReadWrite);
            stream.Write(bytes);
            return;
        }
        int descriptor = PosixCalls.StandardOutput;
        if (path.Length != 0)
            descriptor = PosixCalls.Open(ConfigurationText.ToUnicode(path), PosixCalls.AppendOrCreate, 0x1A4);
        if (descriptor < 0)
            return;
        fixed (byte* data = bytes)
        {
            for (nuint written = 0; written < (nuint)bytes.Length;)
            {
                nint count = PosixCalls.Write(descriptor, data + written, (nuint)bytes.Length - written);
                if (count < 0 && Marshal.GetLastPInvokeError() != Transport.Epoll.LinuxCalls.EINTR)
                    break; // Nobody can be told.
                written += (nuint)Math.Max(count, 0);
            }
        }
        if (path.Length != 0)
            _ = PosixCalls.Close(descriptor);
    }

    private void WriteSystemLog(LogLevel level, string message)
    {
        const int Pid = 1, NoDelay = 8, NoWait = 16;
        if (!_isSystemLogOpen)
        {
            _isSystemLogOpen = true;
            int facility = configuration.SyslogFacility == SyslogFacility.User ? 1 : 16 + (int)configuration.SyslogFacility - (int)SyslogFacility.Local0;
            // The library keeps the pointer.
            OpenNamed(configuration.SyslogIdent, Pid | NoDelay | NoWait, facility << 3);
        }
        int priority = level switch { LogLevel.Debug => 7, LogLevel.Verbose => 6, LogLevel.Notice => 5, _ => 4 };
        fixed (byte* text = Encoding.UTF8.GetBytes(message.Replace("%", "%%", StringComparison.Ordinal) + '\0'))
            PosixCalls.WriteSystemLog(priority, text);
    }

    private static void OpenNamed(string name, int options, int facility) =>
        PosixCalls.OpenSystemLog((byte*)Marshal.StringToCoTaskMemUTF8(name), options, facility);
}
