using Carnelian.Protocol;

namespace Carnelian.Server.Transport;

/// <summary>
/// Where connections come from: the operating system's sockets behind four small types, so that the event loops do not know
/// which kind of them they serve.
/// </summary>
public abstract class Transport
{
    /// <summary>The environment variable that chooses a transport: with the value <c>sockets</c> the portable one serves everywhere.</summary>
    public const string Variable = "CARNELIAN_TRANSPORT";

    /// <summary>The transport for this system, unless the environment asks for the portable one.</summary>
    public static Transport Create() =>
        OperatingSystem.IsLinux() && Environment.GetEnvironmentVariable(Variable) != "sockets" ? new Epoll.EpollTransport() : new Portable.PortableTransport();

    /// <summary>What INFO calls it.</summary>
    public abstract string Name { get; }

    /// <summary>Makes the poller of one event loop.</summary>
    public abstract Poller CreatePoller();

    /// <summary>Listens on a TCP address.</summary>
    /// <param name="address">An IPv4 or IPv6 address or a host name; <c>*</c> and <c>::*</c> are all addresses.</param>
    /// <param name="port">The port.</param>
    /// <param name="backlog">The length of the queue of connections not yet accepted.</param>
    /// <exception cref="TransportException">The address cannot be listened on.</exception>
    public abstract ListenSocket ListenTcp(string address, int port, int backlog);

    /// <summary>Listens on a Unix socket.</summary>
    /// <param name="path">The path; an old socket there is replaced.</param>
    /// <param name="mode">The permissions, 0 for what the system gives.</param>
    /// <param name="backlog">The length of the queue of connections not yet accepted.</param>
    /// <exception cref="TransportException">The path cannot be listened on.</exception>
    public abstract ListenSocket ListenUnix(string path, int mode, int backlog);
}

/// <summary>A system call of a transport failed. The message is the system's.</summary>
public sealed class TransportException(string message, int errorNumber) : Exception(message)
{
    /// <summary>The system's number for the error.</summary>
    public int ErrorNumber { get; } = errorNumber;
}

/// <summary>What became ready, and for whom.</summary>
/// <param name="Token">What was given with the socket.</param>
/// <param name="IsReadable">There is input, or the end of it.</param>
/// <param name="IsWritable">There is room for output.</param>
public readonly record struct ReadyEvent(int Token, bool IsReadable, bool IsWritable);

/// <summary>Tells one event loop which of its sockets are ready. Used by that loop's thread, but for <see cref="Wake"/>.</summary>
public abstract class Poller : IDisposable
{
    /// <summary>Waits for sockets to become ready.</summary>
    /// <param name="events">Takes what is ready.</param>
    /// <param name="timeoutMilliseconds">The longest wait; -1 for no limit, 0 for none.</param>
    /// <returns>The number of events; 0 after the time is over or after <see cref="Wake"/>.</returns>
    public abstract int Wait(Span<ReadyEvent> events, int timeoutMilliseconds);

    /// <summary>Begins to watch a socket for input.</summary>
    public abstract void Add(StreamSocket socket, int token);

    /// <summary>Begins to watch a listening socket.</summary>
    public abstract void Add(ListenSocket socket, int token);

    /// <summary>
    /// Changes what a socket is watched for. One that is not watched for input may still be reported as readable, but only when its peer is gone.
    /// </summary>
    public abstract void Change(StreamSocket socket, int token, bool forInput, bool forOutput);

    /// <summary>Watches a socket no longer.</summary>
    public abstract void Remove(StreamSocket socket);

    /// <summary>Watches a listening socket no longer.</summary>
    public abstract void Remove(ListenSocket socket);

    /// <summary>Makes the present or the next <see cref="Wait"/> return. Any thread.</summary>
    public abstract void Wake();

    /// <inheritdoc/>
    public abstract void Dispose();
}

/// <summary>A socket that takes connections. Any loop may accept from it.</summary>
public abstract class ListenSocket : IDisposable
{
    /// <summary>Whether it is a Unix socket.</summary>
    public abstract bool IsUnix { get; }

    /// <summary>Takes a waiting connection; null if there is none.</summary>
    /// <exception cref="TransportException">The system refuses, for example for lack of file descriptors.</exception>
    public abstract StreamSocket? Accept();

    /// <summary>Listens no longer, so that the address is free for another socket; the rest is left to <see cref="Dispose"/>. Any thread.</summary>
    public virtual void Stop()
    {
    }

    /// <inheritdoc/>
    public abstract void Dispose();
}

/// <summary>One connection. Never blocks. Used by the loop that owns it.</summary>
public abstract unsafe class StreamSocket : IDisposable
{
    /// <summary>Returned when nothing can be moved now.</summary>
    public const int WouldBlock = -1;

    /// <summary>Returned when the connection is broken.</summary>
    public const int Broken = -2;

    /// <summary>The number that CLIENT LIST shows as fd.</summary>
    public abstract int Descriptor { get; }

    /// <summary>The peer as <c>ip:port</c>, <c>[ip6]:port</c> or <c>path:0</c>.</summary>
    public abstract string PeerAddress { get; }

    /// <summary>The own end in the same form.</summary>
    public abstract string LocalAddress { get; }

    /// <summary>Whether the peer's address is of the loopback, or the socket is a Unix socket.</summary>
    public abstract bool IsLocal { get; }

    /// <summary>Sets TCP_NODELAY and, if positive, the seconds of TCP keep-alive. Nothing on Unix sockets.</summary>
    public abstract void SetOptions(int keepAliveSeconds);

    /// <summary>Reads what there is.</summary>
    /// <returns>The number of bytes, 0 at the end of the stream, <see cref="WouldBlock"/> or <see cref="Broken"/>.</returns>
    public abstract int Receive(byte* buffer, int length);

    /// <summary>Writes one range.</summary>
    /// <returns>The number of bytes taken, <see cref="WouldBlock"/> or <see cref="Broken"/>.</returns>
    public abstract nint Send(byte* data, nuint length);

    /// <summary>Writes several ranges.</summary>
    /// <returns>The number of bytes taken, <see cref="WouldBlock"/> or <see cref="Broken"/>.</returns>
    public abstract nint Send(IoVector* vectors, int count);

    /// <inheritdoc/>
    public abstract void Dispose();
}
