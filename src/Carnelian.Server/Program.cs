using System.Text;
using Carnelian.Commands.Table;
using Carnelian.Memory;
using Carnelian.Server.Configuration;
using Carnelian.Server.Hosting;
using Carnelian.Server.Logging;
using Carnelian.Server.Tools;

namespace Carnelian.Server;

/// <summary>The process: its command line, its place in the system, its end.</summary>
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
        string program = ProcessTitle.CommandLine()[0];
        if (CheckAofTool.IsName(program))
            return CheckAofTool.Run(program, arguments);
        if (program.EndsWith("check-rdb", StringComparison.Ordinal))
            return CheckRdb.Run(Path.GetFileName(program), arguments);
        switch (arguments)
        {
            case ["check-aof", ..]:
                return CheckAofTool.Run($"{program} check-aof", arguments[1..]);
            case ["check-rdb", ..]:
                return CheckRdb.Run("carnelian-server check-rdb", arguments.AsSpan(1));
            case ["-v"] or ["--version"]:
                Console.WriteLine($"Carnelian server v={ServerIdentity.Version} sha=00000000:0 malloc=carnelian bits=64 build=valkey-{ServerIdentity.ValkeyVersion}");
                return 0;
            case ["-h"] or ["--help"]:
                Console.Write(Usage);
                return 0;
            case ["convert-rdb", .. string[] rest]:
                return Persistence.ConvertTool.Run(rest, Console.Out, Console.Error);
            case ["--check-system"]:
                return SystemCheck.Run();
        }

        string directory = Environment.CurrentDirectory;
        var configuration = new ServerConfiguration();
        CommandTable table = CommandTable.Create(Carnelian.Commands.GeneratedCommands.Create(), GeneratedCommands.Create());
        CommandLineOptions options = CommandLineOptions.Parse(arguments);
        var loader = new ConfigurationLoader(configuration)
        {
            RenameCommand = (from, to) => Rename(ref table, from, to),
            DeclareUser = static (_, _) => "users other than the default one are not supported",
        };
        string? input = options.ReadsStandardInput ? ReadStandardInput() : null;
        if (loader.Load(options, input) is { } error)
        {
            if (error.IsLogLine)
                new Log(configuration).Write(LogLevel.Warning, error.Text);
            else
                Console.Error.Write(error.Text);
            return 1;
        }
        if (!configuration.Daemonize || OperatingSystem.IsWindows())
            return Serve(configuration, table, options, loader, daemon: null);
        return Daemon.IsChild ? Serve(configuration, table, options, loader, Daemon.Detach()) : Daemon.Start(directory, input);
    }

    private static int Serve(ServerConfiguration configuration, CommandTable table, CommandLineOptions options, ConfigurationLoader loader, Daemon? daemon)
    {
        var log = new Log(configuration) { HasNoOutput = daemon != null };
        log.Write(LogLevel.Notice, "oO0OoO0OoO0Oo Carnelian is starting oO0OoO0OoO0Oo");
        log.Write(LogLevel.Notice, $"Carnelian version={ServerIdentity.Version}, bits=64, commit=00000000, modified=0, pid={Environment.ProcessId}, just started");
        if (options.ConfigurationFile == null && options.Text.Length == 0 && !options.ReadsStandardInput)
            log.Write(LogLevel.Warning, "Warning: no config file specified, using the default config. In order to specify a config file use carnelian-server /path/to/valkey.conf");
        else
            log.Write(LogLevel.Notice, "Configuration loaded");
        if (loader.Modules is [string[] module, ..])
        {
            log.Write(LogLevel.Warning, $"Can't load module from {module[0]}: modules are not supported, aborting");
            return 1;
        }
        if (!OpenFiles.Adjust(configuration, log))
            return 1;

        var server = new ServerInstance(configuration, table, log);
        server.Supervisor.Detect(configuration.Supervised, log);
        AppDomain.CurrentDomain.UnhandledException += (_, e) => server.Crash.Write("crashed by an unhandled exception", e.ExceptionObject.ToString());
        using var signals = new Signals(server);
        if (configuration.SetProcTitle)
        {
            string program = ProcessTitle.CommandLine()[0];
            ProcessTitle.Prepare();
            server.Title = program;
            server.ShowTitle();
        }
        SystemCheck.CheckBacklog(configuration, log);
        PidFile.Create(configuration, log);
        _ = server.OomScore.Apply();
        if (!server.Start())
        {
            // Quietly: the last line says why the server ends.
            PidFile.Remove(configuration, log: null);
            return 1;
        }
        daemon?.Ready(configuration.LogFile);
        server.WaitForEnd();
        // The loops end with the process: what they hold is freed piece by piece only to find what nobody holds.
        if (NativeHeap.DebugEnabled)
            server.Dispose();
        else
            server.Listeners.Dispose();
        return 0;
    }

    private static string ReadStandardInput()
    {
        using Stream stream = Console.OpenStandardInput();
        using var text = new MemoryStream();
        stream.CopyTo(text);
        return ConfigurationText.FromBytes(text.ToArray());
    }

    private const string Usage = """
        Usage: carnelian-server [/path/to/valkey.conf] [options] [-]
               carnelian-server - (read the configuration from standard input)
               carnelian-server -v or --version
               carnelian-server -h or --help
               carnelian-server --check-system
               carnelian-server check-aof [--fix | --truncate-to-timestamp <time>] <file.manifest | file.aof>
               carnelian-server check-rdb <rdb-file-name> [--format table|info|csv] [--stats] [--output <file>]
               carnelian-server convert-rdb <in> <out> --format <format> [--strict]

        Examples:
               carnelian-server (run with the defaults)
               echo 'maxmemory 128mb' | carnelian-server -
               carnelian-server /etc/valkey/6379.conf
               carnelian-server --port 7777
               carnelian-server /etc/valkey/6379.conf --loglevel verbose

        """;

    private static string? Rename(ref CommandTable table, string from, string to)
    {
        CommandRename result = table.Rename(Encoding.Latin1.GetBytes(from), Encoding.Latin1.GetBytes(to), out CommandTable renamed);
        table = renamed;
        return result switch
        {
            CommandRename.NoSuchCommand => "No such command in rename-command",
            CommandRename.NameExists => "Target command name already exists",
            _ => null,
        };
    }
}
