using Carnelian.Testing;

namespace Carnelian.Tests.Diagnostics;

/// <summary>A server with two loops whose DEBUG command is on, for the tests of what a server tells of itself.</summary>
public sealed class ObservedServer : IDisposable
{
    private readonly ServerProcess _server = ServerProcess.Start(
        $"dotnet {Path.Combine(AppContext.BaseDirectory, "carnelian-server.dll")}", "--io-threads 2 --enable-debug-command yes");

    /// <summary>Connects.</summary>
    public RespConnection Connect() => new(_server.Port);

    /// <inheritdoc/>
    public void Dispose() => _server.Dispose();
}
