using System.Net;
using System.Net.Sockets;
using Carnelian.Testing;
using ServerTransport = Carnelian.Server.Transport.Transport;

namespace Carnelian.Tests.Connections;

/// <summary>A server with two loops that serves all kinds of sockets through one of the transports.</summary>
public abstract class ServedConnections : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("carnelian-served-");
    private readonly ServerProcess _server;

    private protected ServedConnections(string environmentValue, string infoName)
    {
        InfoName = infoName;
        UnixPath = Path.Combine(_folder.FullName, "socket");
        _server = ServerProcess.Start(
            $"dotnet {Path.Combine(AppContext.BaseDirectory, "carnelian-server.dll")}",
            $"--io-threads 2 --bind 127.0.0.1 ::1 --unixsocket {UnixPath} --unixsocketperm 750",
            new Dictionary<string, string> { [ServerTransport.Variable] = environmentValue });
    }

    /// <summary>What INFO calls the transport.</summary>
    public string InfoName { get; }

    /// <summary>Where the Unix socket is.</summary>
    public string UnixPath { get; }

    /// <summary>The TCP port.</summary>
    public int Port => _server.Port;

    /// <summary>Connects over IPv4.</summary>
    public RespConnection Connect() => new(Port);

    /// <summary>Connects over IPv6.</summary>
    public RespConnection ConnectIpv6() => new(new IPEndPoint(IPAddress.IPv6Loopback, Port));

    /// <summary>Connects over the Unix socket.</summary>
    public RespConnection ConnectUnix() => new(new UnixDomainSocketEndPoint(UnixPath));

    /// <summary>Ends the server; it must end well.</summary>
    public void Dispose()
    {
        int? code = _server.Terminate();
        string output = _server.LastOutput;
        _server.Dispose();
        _folder.Delete(recursive: true);
        Assert.True(code == 0, $"the server ended with {code}:\n{output}");
    }
}

/// <summary>On the transport for this system.</summary>
public sealed class SystemConnections() : ServedConnections("", OperatingSystem.IsLinux() ? "epoll" : "select");

/// <summary>On the portable transport.</summary>
public sealed class PortableConnections() : ServedConnections("sockets", "select");
