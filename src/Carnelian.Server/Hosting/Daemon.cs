// daemonize without fork: the runtime has threads from the start, and a forked child would have none of them. The program
// starts itself once more, with the same command line and what it has read from standard input; the child leaves the session
// and, when it is ready, says so through the pipe that is its standard output at first. The parent waits for that and ends, so
// that whoever started it finds a server that answers, and its exit code tells whether there is one.

using System.Diagnostics;
using System.Text;
using Carnelian.Server.Configuration;

namespace Carnelian.Server.Hosting;

/// <summary>Puts the server into the background.</summary>
/// <remarks>On the main thread, before the server exists and again when it is ready.</remarks>
internal sealed unsafe class Daemon
{
    private const string Mark = "CARNELIAN_DAEMON";
    private const byte ReadyByte = (byte)'+';

    private readonly int _readiness = -1;

    private Daemon(int readiness) => _readiness = readiness;

    /// <summary>Whether this process is one that <see cref="Start"/> started.</summary>
    public static bool IsChild => Environment.GetEnvironmentVariable(Mark) != null;

    /// <summary>Starts the server as a process of its own and waits until it is ready or has ended.</summary>
    /// <param name="directory">The directory in which the program was started.</param>
    /// <param name="input">What was read from standard input, or null.</param>
    /// <returns>The exit code for this process.</returns>
    public static int Start(string directory, string? input)
    {
        var start = new ProcessStartInfo(Environment.ProcessPath!)
        {
            WorkingDirectory = directory,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
        };
        foreach (string argument in ProcessTitle.CommandLine().AsSpan(1))
            start.ArgumentList.Add(argument);
        start.Environment[Mark] = "1";
        using Process child = Process.Start(start)!;
        if (input != null)
            child.StandardInput.BaseStream.Write(ConfigurationText.ToBytes(input));
        child.StandardInput.Close();
        bool isReady = child.StandardOutput.BaseStream.ReadByte() == ReadyByte;
        if (!isReady)
            child.WaitForExit();
        return isReady ? 0 : 1;
    }

    /// <summary>Leaves the session of the parent and lets go of its standard streams, but for errors until the server is ready.</summary>
    public static Daemon Detach()
    {
        _ = PosixCalls.NewSession();
        int readiness = PosixCalls.Duplicate(PosixCalls.StandardOutput);
        int nothing = PosixCalls.Open("/dev/null", PosixCalls.ReadWrite, 0);
        _ = PosixCalls.Duplicate(nothing, PosixCalls.StandardInput);
        _ = PosixCalls.Duplicate(nothing, PosixCalls.StandardOutput);
        _ = PosixCalls.Close(nothing);
        return new Daemon(readiness);
    }

    /// <summary>Tells the parent that the server is ready, and lets go of standard error too.</summary>
    /// <param name="logFile">The log, which takes what the runtime has to say of a fatal error; empty for none.</param>
    public void Ready(string logFile)
    {
        byte ready = ReadyByte;
        _ = PosixCalls.Write(_readiness, &ready, 1);
        _ = PosixCalls.Close(_readiness);
        int errors = logFile.Length == 0
            ? PosixCalls.Open("/dev/null", PosixCalls.ReadWrite, 0)
            : PosixCalls.Open(ConfigurationText.ToUnicode(logFile), PosixCalls.AppendOrCreate, 0x1A4);
        _ = PosixCalls.Duplicate(errors, PosixCalls.StandardError);
        _ = PosixCalls.Close(errors);
    }
}
