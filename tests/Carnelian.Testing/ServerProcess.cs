using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;

namespace Carnelian.Testing;

/// <summary>
/// A server started for a test: on a free port of 127.0.0.1, in a folder of its own, ended by its own
/// process id when the test ends, however that comes about.
/// </summary>
public sealed partial class ServerProcess : IDisposable
{
    private const int FirstPort = 20_000;
    private const int LastPort = 29_999;
    private static readonly TimeSpan StartLimit = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan StopLimit = TimeSpan.FromSeconds(20);

    private readonly Process _process;
    private readonly string _folder;
    private readonly List<string> _output = [];
    private readonly EventHandler _atExit;

    private ServerProcess(Process process, string folder, int port)
    {
        _process = process;
        _folder = folder;
        Port = port;
        _atExit = (_, _) => Kill();
        AppDomain.CurrentDomain.ProcessExit += _atExit;
        DataReceivedEventHandler keep = (_, line) =>
        {
            lock (_output)
                _output.Add(line.Data ?? "");
        };
        process.OutputDataReceived += keep;
        process.ErrorDataReceived += keep;
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
    }

    public int Port { get; }

    /// <summary>The server's working directory, removed at the end.</summary>
    public string Folder => _folder;

    public int ProcessId => _process.Id;

    public bool HasExited => _process.HasExited;

    /// <summary>The last lines that the server wrote.</summary>
    public string LastOutput
    {
        get
        {
            lock (_output)
                return string.Join('\n', _output.TakeLast(40));
        }
    }

    /// <summary>Starts a server and waits until it answers PING.</summary>
    /// <param name="command">The program and any arguments of its own, separated by spaces.</param>
    /// <param name="arguments">Options such as "--io-threads 2", added to the port, the folder and no persistence.</param>
    /// <param name="environment">Variables that the server gets on top of those of this process.</param>
    public static ServerProcess Start(string command, string arguments = "", IReadOnlyDictionary<string, string>? environment = null)
    {
        int port = FreePort();
        string folder = Directory.CreateTempSubdirectory("carnelian-server-").FullName;
        string[] words = command.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        string program = words[0].Contains('/') ? Path.GetFullPath(words[0]) : words[0];
        var start = new ProcessStartInfo(program)
        {
            WorkingDirectory = folder,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        foreach (string word in words.Skip(1))
            start.ArgumentList.Add(word.Contains('/') && File.Exists(word) ? Path.GetFullPath(word) : word);
        string[] options = ["--port", $"{port}", "--bind", "127.0.0.1", "--save", "", "--appendonly", "no", "--dir", folder];
        foreach (string option in options.Concat(arguments.Split(' ', StringSplitOptions.RemoveEmptyEntries)))
            start.ArgumentList.Add(option);

        foreach ((string name, string value) in environment ?? new Dictionary<string, string>())
            start.Environment[name] = value;

        var server = new ServerProcess(Process.Start(start)!, folder, port);
        try
        {
            server.WaitUntilReady(command);
        }
        catch
        {
            server.Dispose();
            throw;
        }

        return server;
    }

    /// <summary>Asks the server to shut down and waits for it.</summary>
    /// <returns>Its exit code; null if it had to be killed.</returns>
    public int? Stop()
    {
        if (!_process.HasExited)
        {
            try
            {
                using var connection = new RespConnection(Port);
                connection.Queue(CommandText.Split("SHUTDOWN NOSAVE"));
                connection.Flush();
                connection.ReadAll((int)StopLimit.TotalMilliseconds);
            }
            catch (SocketException)
            {
                // It no longer listens; it either ends by itself now or is killed.
            }
        }

        return AwaitEnd();
    }

    /// <summary>Ends the server with SIGTERM, as a service manager does, and waits for it.</summary>
    /// <returns>Its exit code; null if it had to be killed.</returns>
    public int? Terminate()
    {
        const int SigTerm = 15;
        if (!_process.HasExited)
            _ = Signal(_process.Id, SigTerm);
        return AwaitEnd();
    }

    public void Dispose()
    {
        AppDomain.CurrentDomain.ProcessExit -= _atExit;
        Kill();
        _process.Dispose();
        if (Directory.Exists(_folder))
            Directory.Delete(_folder, recursive: true);
    }

    private void WaitUntilReady(string command)
    {
        var clock = Stopwatch.StartNew();
        while (clock.Elapsed < StartLimit)
        {
            if (_process.HasExited)
                throw new InvalidOperationException($"{command} ended with code {_process.ExitCode} instead of serving:\n{LastOutput}");
            try
            {
                using var connection = new RespConnection(Port);
                if (connection.Call("PING").Value == "PONG")
                    return;
            }
            catch (Exception e) when (e is SocketException or EndOfStreamException)
            {
                // Not listening yet.
            }

            Thread.Sleep(20);
        }

        throw new TimeoutException($"{command} did not answer PING within {StartLimit.TotalSeconds} s:\n{LastOutput}");
    }

    private int? AwaitEnd()
    {
        if (!_process.WaitForExit(StopLimit))
        {
            Kill();
            return null;
        }

        _process.WaitForExit(); // All output is read then.
        return _process.ExitCode;
    }

    private void Kill()
    {
        if (_process.HasExited)
            return;
        _process.Kill();
        _process.WaitForExit();
    }

    /// <summary>A port of 127.0.0.1 that nobody listens on at the moment.</summary>
    public static int FreePort()
    {
        while (true)
        {
            int port = Random.Shared.Next(FirstPort, LastPort + 1);
            try
            {
                using var probe = new TcpListener(IPAddress.Loopback, port) { ExclusiveAddressUse = true };
                probe.Start();
                return port;
            }
            catch (SocketException)
            {
                // Taken; try another.
            }
        }
    }

    [LibraryImport("libc", EntryPoint = "kill")]
    private static partial int Signal(int process, int signal);
}
