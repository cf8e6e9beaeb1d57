// A server inside the test's own process: tests that need several connections, real loops and real locks start one. It
// listens on a free port of 127.0.0.1 and ends with the test.

using Carnelian.Commands.Table;
using Carnelian.Server;
using Carnelian.Server.Configuration;
using Carnelian.Server.Logging;
using Carnelian.Testing;

namespace Carnelian.Tests;

/// <summary>A server for one test.</summary>
internal sealed class RunningServer : IDisposable
{
    private readonly ServerInstance _server;
    private readonly List<RespConnection> _connections = [];

    /// <summary>Starts a server.</summary>
    /// <param name="options">Options as on the command line, such as "--io-threads", "4".</param>
    public RunningServer(params string[] options)
    {
        Port = ServerProcess.FreePort();
        var configuration = new ServerConfiguration();
        var loader = new ConfigurationLoader(configuration) { RenameCommand = static (_, _) => "", DeclareUser = static (_, _) => "" };
        string[] all = ["--port", $"{Port}", "--bind", "127.0.0.1", "--save", "", "--loglevel", "warning", .. options];
        Assert.Null(loader.Load(CommandLineOptions.Parse(all), standardInput: null)?.Text);
        _server = new ServerInstance(configuration, CommandTable.Create(Carnelian.Commands.GeneratedCommands.Create(), Carnelian.Server.GeneratedCommands.Create()), new Log(configuration));
        Assert.True(_server.Start());
    }

    public int Port { get; }

    /// <summary>Its inside, for tests that look at a part of it.</summary>
    public ServerInstance Instance => _server;

    /// <summary>A new connection, closed with the server.</summary>
    public RespConnection Connect()
    {
        var connection = new RespConnection(Port);
        lock (_connections)
            _connections.Add(connection);
        return connection;
    }

    public void Dispose()
    {
        foreach (RespConnection connection in _connections)
            connection.Dispose();
        _server.Dispose();
    }
}
