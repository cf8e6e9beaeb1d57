using Carnelian.Memory;
using Carnelian.Server.Configuration;
using Carnelian.Server.Execution;
using Carnelian.Server.Hosting;
using Carnelian.Server.Logging;

namespace Carnelian.Server;

/// <summary>
/// What CONFIG SET has to do beside storing a value. An error makes the whole CONFIG SET fail and the old values take effect again.
/// </summary>
/// <remarks>On the loop of the client that asks, under all locks.</remarks>
internal sealed class RuntimeChanges(ServerInstance server)
{
    /// <summary>Registers everything.</summary>
    public void Register()
    {
        ServerConfiguration configuration = server.Configuration;
        configuration.LoadingError = () => (server.Condition & ServerCondition.Loading) == 0 ? null : server.LoadingError;
        configuration.Warning = text => server.Log.Write(LogLevel.Warning, text);
        configuration.OnApply("port", _ => server.Listeners.OpenTcp() ? Titled() : "Unable to listen on this port. Check server logs.");
        configuration.OnApply("bind", _ => server.Listeners.OpenTcp() ? Titled() : "Failed to bind to specified addresses.");
        configuration.OnApply("appendonly", server.Aof.Apply);
        configuration.OnApply("appendfsync", server.Aof.Apply);
        configuration.OnApply("aof-disable-auto-gc", server.Aof.ApplyRemoval);
        configuration.OnApply("maxclients", MaxClients);
        configuration.OnApply("io-threads", IoThreads);
        configuration.OnApply("maxmemory", MaxMemory);
        configuration.OnApply("save", WriteRefusal);
        configuration.OnApply("stop-writes-on-bgsave-error", WriteRefusal);
        configuration.OnApply("proc-title-template", _ => Titled());
        Func<ServerConfiguration, string?> oom = _ => server.OomScore.Apply() ? null : "Failed to set current oom_score_adj. Check server logs.";
        configuration.OnApply("oom-score-adj", oom);
        configuration.OnApply("oom-score-adj-values", oom);
    }

    private string? WriteRefusal(ServerConfiguration configuration)
    {
        server.UpdateWriteRefusal();
        return null;
    }

    private string? Titled()
    {
        server.ShowTitle();
        return null;
    }

    private string? MaxClients(ServerConfiguration configuration)
    {
        long asked = configuration.MaxClients;
        if (OpenFiles.Adjust(configuration, server.Log) && configuration.MaxClients == asked)
            return null;
        long possible = configuration.MaxClients;
        configuration.MaxClients = asked;
        return $"The operating system is not able to handle the specified number of clients, try with {possible}";
    }

    private string? IoThreads(ServerConfiguration configuration)
    {
        server.Log.Write(LogLevel.Notice, $"Changing number of IO threads from {server.LoopCount} to {configuration.IoThreads}.");
        server.Loops.Resize(configuration.IoThreads);
        return null;
    }

    private string? MaxMemory(ServerConfiguration configuration)
    {
        if (configuration.MaxMemory > 0 && configuration.MaxMemory < NativeHeap.UsedBytes)
        {
            server.Log.Write(LogLevel.Warning,
                $"WARNING: the new maxmemory value set via CONFIG SET ({configuration.MaxMemory}) is smaller than the current memory usage ({NativeHeap.UsedBytes}). This will result in key eviction and/or the inability to accept new write commands depending on the maxmemory-policy.");
        }
        return null;
    }
}
