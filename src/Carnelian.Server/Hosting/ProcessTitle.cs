// The process title, as ps shows it, is the memory of the command line's arguments, which the kernel reads when it is asked. The
// environment's strings follow there; they are moved to the heap first, so that a title may be longer than the arguments were.

using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;
using Carnelian.Server.Configuration;

namespace Carnelian.Server.Hosting;

/// <summary>Shows address and mode in the process title.</summary>
internal static unsafe class ProcessTitle
{
    private static byte* s_room;
    private static int s_length;

    /// <summary>The words with which the process was started, the program first.</summary>
    public static string[] CommandLine()
    {
        if (!OperatingSystem.IsLinux())
            return Environment.GetCommandLineArgs();
        string text = Encoding.UTF8.GetString(File.ReadAllBytes("/proc/self/cmdline"));
        return text.TrimEnd('\0').Split('\0');
    }

    /// <summary>Finds the memory. Before the title is set and before other threads look at the environment.</summary>
    public static void Prepare()
    {
        if (!OperatingSystem.IsLinux() || s_room != null)
            return;
        string line = File.ReadAllText("/proc/self/stat");
        // The name of the program, in parentheses, may hold blanks.
        string[] fields = line[(line.LastIndexOf(')') + 2)..].Split(' ');
        const int ArgumentStart = 48 - 3, EnvironmentEnd = 51 - 3;
        if (fields.Length <= EnvironmentEnd)
            return;
        nint start = Address(fields[ArgumentStart]), end = Address(fields[EnvironmentEnd]);
        if (start == 0 || end <= start || !MoveEnvironment(start, end))
            return;
        s_room = (byte*)start;
        s_length = (int)(end - start);
    }

    /// <summary>Shows a title; what does not fit is cut off.</summary>
    public static void Set(string title)
    {
        if (s_room == null)
            return;
        var room = new Span<byte>(s_room, s_length);
        byte[] bytes = Encoding.UTF8.GetBytes(title);
        int length = Math.Min(bytes.Length, s_length - 1);
        bytes.AsSpan(0, length).CopyTo(room);
        room[length..].Clear();
    }

    /// <summary>Fills a template in.</summary>
    /// <param name="configuration">The configuration, whose template is valid.</param>
    /// <param name="title">The program as it was started.</param>
    public static string Expand(ServerConfiguration configuration, string title)
    {
        var text = new StringBuilder();
        ReadOnlySpan<char> rest = configuration.ProcTitleTemplate;
        while (!rest.IsEmpty)
        {
            int end;
            if (rest[0] != '{' || (end = rest.IndexOf('}')) < 0)
            {
                text.Append(rest[0]);
                rest = rest[1..];
                continue;
            }
            if (rest.StartsWith("{{"))
            {
                text.Append('{');
                rest = rest[2..];
                continue;
            }
            text.Append(rest[1..end] switch
            {
                "title" => title,
                "listen-addr" => ListenAddress(configuration),
                "server-mode" => configuration.ClusterEnabled ? "[cluster]" : "",
                "port" => configuration.Port.ToString(CultureInfo.InvariantCulture),
                "tls-port" => configuration.TlsPort.ToString(CultureInfo.InvariantCulture),
                "unixsocket" => configuration.UnixSocket,
                "config-file" => configuration.File ?? "",
                _ => "",
            });
            rest = rest[(end + 1)..];
        }
        return text.ToString().TrimEnd(' ');
    }

    private static string ListenAddress(ServerConfiguration configuration)
    {
        if (configuration is { Port: 0, TlsPort: 0 })
            return $"unixsocket:{configuration.UnixSocket}";
        string address = configuration.Bind.Length == 0 ? "*" : configuration.Bind[0];
        return $"{address}:{(configuration.Port != 0 ? configuration.Port : configuration.TlsPort)}";
    }

    private static nint Address(string field) => nint.TryParse(field, NumberStyles.None, CultureInfo.InvariantCulture, out nint value) ? value : 0;

    private static bool MoveEnvironment(nint start, nint end)
    {
        if (!NativeLibrary.TryLoad("libc.so.6", out nint library) && !NativeLibrary.TryLoad("libc", out library))
            return false;
        if (!NativeLibrary.TryGetExport(library, "environ", out nint symbol))
            return false;
        byte** variables = *(byte***)symbol;
        for (int i = 0; variables != null && variables[i] != null; i++)
        {
            if ((nint)variables[i] < start || (nint)variables[i] >= end)
                continue;
            ReadOnlySpan<byte> text = MemoryMarshal.CreateReadOnlySpanFromNullTerminated(variables[i]);
            var copy = (byte*)NativeMemory.Alloc((nuint)text.Length + 1);
            text.CopyTo(new Span<byte>(copy, text.Length));
            copy[text.Length] = 0;
            variables[i] = copy;
        }
        return true;
    }
}
