using System.Net;
using System.Net.Sockets;

namespace Carnelian.Server.Transport.Portable;

/// <summary>
/// Asks the system about all sockets of a loop each time. A datagram socket that is connected to itself stands among them, so that
/// other threads can end the wait.
/// </summary>
/// <remarks>Only <see cref="Wake"/> is called by other threads; but any thread may stop a listening socket that is watched here.</remarks>
internal sealed class SelectPoller : Poller
{
    private readonly Dictionary<Socket, Watch> _watches = [];
    private readonly List<Socket> _order = [];
    private readonly List<Socket> _readable = [];
    private readonly List<Socket> _writable = [];
    private readonly List<Watch> _ready = [];
    private readonly Socket _wake = new(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
    private readonly byte[] _datagram = new byte[1];
    private int _next;
    private int _isWoken;

    public SelectPoller()
    {
        _wake.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        _wake.Connect(_wake.LocalEndPoint!);
        _wake.Blocking = false;
    }

    public override int Wait(Span<ReadyEvent> events, int timeoutMilliseconds)
    {
        Collect();
        try
        {
            Socket.Select(_readable, _writable, null, timeoutMilliseconds < 0 ? Timeout.InfiniteTimeSpan : TimeSpan.FromMilliseconds(timeoutMilliseconds));
        }
        catch (SocketException e) when (e.SocketErrorCode is SocketError.Interrupted or SocketError.NotSocket)
        {
            return 0; // The loop comes back.
        }
        catch (ObjectDisposedException)
        {
            return 0; // A listening socket was stopped just now; the next round leaves it out.
        }
        _ready.Clear();
        foreach (Socket socket in _readable)
        {
            if (socket == _wake)
                TakeWake();
            else
                NoteInput(_watches[socket], socket);
        }
        foreach (Socket socket in _writable)
            Note(_watches[socket]).IsWritable = true;
        return Report(events);
    }

    public override void Add(StreamSocket socket, int token) => Add(((PortableSocket)socket).Socket, null, token);

    public override void Add(ListenSocket socket, int token) => Add(((PortableListener)socket).Socket, (PortableListener)socket, token);

    public override void Change(StreamSocket socket, int token, bool forInput, bool forOutput)
    {
        Watch watch = _watches[((PortableSocket)socket).Socket];
        watch.Token = token;
        watch.ForInput = forInput;
        watch.HasUnwanted = false;
        watch.ForOutput = forOutput;
    }

    public override void Remove(StreamSocket socket) => Remove(((PortableSocket)socket).Socket);

    public override void Remove(ListenSocket socket) => Remove(((PortableListener)socket).Socket);

    public override void Wake()
    {
        if (Interlocked.Exchange(ref _isWoken, 1) == 0)
            _ = _wake.Send(_datagram, SocketFlags.None, out _);
    }

    public override void Dispose() => _wake.Dispose();

    private void Add(Socket socket, PortableListener? listener, int token)
    {
        _watches.Add(socket, new Watch { Listener = listener, Token = token, ForInput = true, Position = _order.Count });
        _order.Add(socket);
    }

    private void Remove(Socket socket)
    {
        if (!_watches.Remove(socket, out Watch? watch))
            return;
        Socket last = _order[^1];
        _order[watch.Position] = last;
        if (last != socket)
            _watches[last].Position = watch.Position;
        _order.RemoveAt(_order.Count - 1);
    }

    /// <summary>Lists what is asked about, beginning after the last one reported, so that none is always behind the others.</summary>
    private void Collect()
    {
        _readable.Clear();
        _writable.Clear();
        _readable.Add(_wake);
        if (_next >= _order.Count)
            _next = 0;
        for (int i = 0; i < _order.Count; i++)
        {
            int position = _next + i;
            Socket socket = _order[position < _order.Count ? position : position - _order.Count];
            Watch watch = _watches[socket];
            watch.IsReadable = watch.IsWritable = false;
            if (watch.Listener is { IsStopped: true })
                continue;
            if (watch.ForInput || !watch.HasUnwanted)
                _readable.Add(socket);
            if (watch.ForOutput)
                _writable.Add(socket);
        }
    }

    /// <summary>Where input is not wanted, looks whether it is the end, and asks no more if it is not.</summary>
    private void NoteInput(Watch watch, Socket socket)
    {
        if (!watch.ForInput)
        {
            int count = socket.Receive(_datagram, SocketFlags.Peek, out SocketError error);
            watch.HasUnwanted = error == SocketError.WouldBlock || (error == SocketError.Success && count > 0);
            if (watch.HasUnwanted)
                return;
        }
        Note(watch).IsReadable = true;
    }

    private Watch Note(Watch watch)
    {
        if (!watch.IsReadable && !watch.IsWritable)
            _ready.Add(watch);
        return watch;
    }

    private int Report(Span<ReadyEvent> events)
    {
        int count = Math.Min(events.Length, _ready.Count);
        for (int i = 0; i < count; i++)
            events[i] = new ReadyEvent(_ready[i].Token, _ready[i].IsReadable, _ready[i].IsWritable);
        if (count > 0)
            _next = _ready[count - 1].Position + 1;
        return count;
    }

    private void TakeWake()
    {
        while (_wake.Receive(_datagram, SocketFlags.None, out SocketError error) > 0 && error == SocketError.Success)
        {
        }
        // A full fence: what others have left before their Wake must be seen by whoever looks after this.
        Interlocked.Exchange(ref _isWoken, 0);
    }

    /// <summary>What is known of one socket.</summary>
    private sealed class Watch
    {
        public PortableListener? Listener;
        public int Token;
        public int Position;
        public bool ForInput;
        public bool ForOutput;
        public bool HasUnwanted;
        public bool IsReadable;
        public bool IsWritable;
    }
}
