using Carnelian.Server.Configuration;
using Carnelian.Server.Logging;
using Carnelian.Server.Transport;

namespace Carnelian.Server.Execution;

/// <summary>The sockets that take connections. They follow <c>port</c> and <c>bind</c> while the server runs.</summary>
/// <remarks>
/// Changes come one at a time: at start, and under all locks from CONFIG SET, on any loop. Only the main loop watches the sockets and
/// frees them; a change stops them from listening at once, so that their addresses are free, and leaves the rest to a letter.
/// </remarks>
internal sealed class Listeners(ServerInstance server) : IDisposable
{
    private readonly List<Listener> _open = [];
    private bool _isWatched;

    /// <summary>Whether there is a TCP socket.</summary>
    public bool HasTcp => _open.Exists(static listener => !listener.Socket.IsUnix);

    /// <summary>Whether there is a Unix socket.</summary>
    public bool HasUnix => _open.Exists(static listener => listener.Socket.IsUnix);

    /// <summary>Listens on all addresses of the configuration. The log tells why it fails.</summary>
    /// <returns>False if an address that is not optional cannot be listened on.</returns>
    public bool Open()
    {
        if (!OpenTcp())
        {
            server.Log.Write(LogLevel.Warning, $"Failed listening on port {server.Configuration.Port} (tcp), aborting.");
            return false;
        }
        string path = server.Configuration.UnixSocket;
        if (path.Length == 0)
            return true;
        try
        {
            Add(new Listener(path, 0, server.Transport.ListenUnix(path, server.Configuration.UnixSocketPerm, server.Configuration.TcpBacklog)));
            return true;
        }
        catch (TransportException e)
        {
            server.Log.Write(LogLevel.Warning, $"Failed opening Unix socket: bind: {e.Message}");
            server.Log.Write(LogLevel.Warning, "Failed listening on port 0 (unix), aborting.");
            return false;
        }
    }

    /// <summary>Brings the TCP sockets to what the configuration says; those that stay are not touched.</summary>
    /// <returns>False if an address that is not optional cannot be listened on.</returns>
    public bool OpenTcp()
    {
        int port = server.Configuration.Port;
        string[] wanted = port == 0 ? [] : Array.ConvertAll(server.Configuration.Bind, static address => address.TrimStart('-'));
        for (int i = _open.Count - 1; i >= 0; i--)
        {
            if (!_open[i].Socket.IsUnix && (_open[i].Port != port || !wanted.Contains(_open[i].Address)))
                Remove(i);
        }
        if (port == 0)
            return true;
        bool hasOne = server.Configuration.Bind.Length == 0;
        foreach (string address in server.Configuration.Bind)
        {
            bool isOptional = address.StartsWith('-');
            string name = address.TrimStart('-');
            if (_open.Exists(listener => !listener.Socket.IsUnix && listener.Address == name && listener.Port == port))
            {
                hasOne = true;
                continue;
            }
            try
            {
                Add(new Listener(name, port, server.Transport.ListenTcp(name, port, server.Configuration.TcpBacklog)));
                hasOne = true;
            }
            catch (TransportException e)
            {
                server.Log.Write(LogLevel.Warning, $"Warning: Could not create server TCP listening socket {name}:{port}: bind: {e.Message}");
                if (!isOptional || !IsMissingAddress(e.ErrorNumber))
                    return false;
            }
        }
        return hasOne;
    }

    /// <summary>Has the main loop take connections from now on.</summary>
    public void Watch()
    {
        _isWatched = true;
        foreach (Listener listener in _open)
            Watch(listener.Socket);
    }

    /// <summary>Takes no more connections, and removes the Unix socket's file.</summary>
    public void Dispose()
    {
        foreach (Listener listener in _open)
            listener.Socket.Dispose();
        _open.Clear();
    }

    private void Add(Listener listener)
    {
        _open.Add(listener);
        if (_isWatched)
            Watch(listener.Socket);
    }

    private void Watch(ListenSocket socket)
    {
        EventLoop main = server.Loops.Main;
        main.Post(() => main.Add(socket));
    }

    private void Remove(int index)
    {
        ListenSocket socket = _open[index].Socket;
        _open.RemoveAt(index);
        if (!_isWatched)
        {
            socket.Dispose();
            return;
        }
        socket.Stop();
        EventLoop main = server.Loops.Main;
        main.Post(() =>
        {
            main.Remove(socket);
            socket.Dispose();
        });
    }

    /// <summary>Whether an error says that the machine has no such address, which an optional address may be.</summary>
    private static bool IsMissingAddress(int error) => error is 99 or 97 or 93 or 94 or 92 or 95 or 0;

    private sealed record Listener(string Address, int Port, ListenSocket Socket);
}
