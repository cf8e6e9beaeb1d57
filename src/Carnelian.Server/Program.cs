using System.Runtime.InteropServices;
using Carnelian.Commands.Table;
using Carnelian.Memory;
using Carnelian.Server.Configuration;
using Carnelian.Server.Logging;

namespace Carnelian.Server;

/// <summary>The process: its command line, its signals, its end.</summary>
internal static class Program
{
    private const int LeakExitCode = 3;

    private static int Main(string[] arguments)
    {
        int code = Run(arguments);
        if (NativeHeap.DebugDescribeLeaks() is not { } leaks)
            return code;
        Console.Error.WriteLine(leaks);
        return LeakExitCode;
    }

    private static int Run(string[] arguments)
    {
        if (arguments is ["-v"] or ["--version"])
        {
            Console.WriteLine($"Carnelian server v={ServerIdentity.Version} bits=64");
            return 0;
        }
        if (arguments is ["-h"] or ["--help"])
        {
            Console.WriteLine(Usage);
            return 0;
        }

        var configuration = new ServerConfiguration();
        CommandTable table = CommandTable.Create(Carnelian.Commands.GeneratedCommands.Create(), GeneratedCommands.Create());
        CommandLineOptions options = CommandLineOptions.Parse(arguments);
        var loader = new ConfigurationLoader(configuration)
        {
            RenameCommand = (from, to) => Rename(ref table, from, to),
            DeclareUser = static (_, _) => "users other than the default one are not supported",
        };
        string? input = options.ReadsStandardInput ? Console.In.ReadToEnd() : null;
        if (loader.Load(options, input) is { } error)
        {
            if (error.IsLogLine)
                new Log(configuration).Write(LogLevel.Warning, error.Text);
            else
                Console.Error.Write(error.Text);
            return 1;
        }

        using var server = new ServerInstance(configuration, table);
        using PosixSignalRegistration onTerminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, context => server.OnSignal(context, "SIGTERM"));
        using PosixSignalRegistration onInterrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, context => server.OnSignal(context, "SIGINT"));
        if (!server.Start())
            return 1;
        server.WaitForEnd();
        return 0;
    }

    private const string Usage = """
        Usage: carnelian-server [/path/to/valkey.conf] [--option value]... [-]
               carnelian-server -v or --version
               carnelian-server -h or --help

        A dash alone reads more of the configuration from standard input.
        """;

    private static string? Rename(ref CommandTable table, string from, string to)
    {
        CommandRename result = table.Rename(System.Text.Encoding.Latin1.GetBytes(from), System.Text.Encoding.Latin1.GetBytes(to), out CommandTable renamed);
        table = renamed;
        return result switch
        {
            CommandRename.NoSuchCommand => "No such command in rename-command",
            CommandRename.NameExists => "Target command name already exists",
            _ => null,
        };
    }
}
