namespace Carnelian.Server.Transport.Epoll;

/// <summary>Level-triggered epoll with an eventfd to be woken by.</summary>
internal sealed unsafe class EpollPoller : Poller
{
    private const int MostEvents = 512;
    private const long WakeToken = -1;

    private readonly int _epoll;
    private readonly int _wake;
    private readonly EpollEvents _events = new(MostEvents);
    private int _isWoken;

    public EpollPoller()
    {
        _epoll = LinuxCalls.EpollCreate(LinuxCalls.CloseOnExec);
        if (_epoll < 0)
            throw LinuxCalls.Failure();
        _wake = LinuxCalls.EventFd(0, LinuxCalls.CloseOnExec | LinuxCalls.NonBlocking);
        if (_wake < 0)
            throw LinuxCalls.Failure();
        Control(LinuxCalls.EpollAdd, _wake, WakeToken, LinuxCalls.EpollIn);
    }

    public override int Wait(Span<ReadyEvent> events, int timeoutMilliseconds)
    {
        int count = LinuxCalls.EpollWait(_epoll, _events.Start, Math.Min(MostEvents, events.Length), timeoutMilliseconds);
        if (count <= 0)
            return 0; // Nothing, or EINTR: the loop comes back.
        int ready = 0;
        for (int i = 0; i < count; i++)
        {
            uint what = _events.What(i);
            long token = _events.Token(i);
            if (token == WakeToken)
            {
                ulong value;
                _ = LinuxCalls.Read(_wake, &value, sizeof(ulong));
                // A full fence: what others have left before their Wake must be seen by whoever looks after this.
                Interlocked.Exchange(ref _isWoken, 0);
                continue;
            }
            const uint broken = LinuxCalls.EpollErr | LinuxCalls.EpollHangUp | LinuxCalls.EpollPeerHangUp;
            events[ready++] = new ReadyEvent((int)token, (what & (LinuxCalls.EpollIn | broken)) != 0, (what & (LinuxCalls.EpollOut | broken)) != 0);
        }
        return ready;
    }

    public override void Add(StreamSocket socket, int token) => Control(LinuxCalls.EpollAdd, ((EpollSocket)socket).Descriptor, token, LinuxCalls.EpollIn);

    public override void Add(ListenSocket socket, int token) => Control(LinuxCalls.EpollAdd, ((EpollListener)socket).Descriptor, token, LinuxCalls.EpollIn);

    public override void Change(StreamSocket socket, int token, bool forInput, bool forOutput) =>
        Control(LinuxCalls.EpollModify, ((EpollSocket)socket).Descriptor, token, (forInput ? LinuxCalls.EpollIn : LinuxCalls.EpollPeerHangUp) | (forOutput ? LinuxCalls.EpollOut : 0));

    public override void Remove(StreamSocket socket) => Control(LinuxCalls.EpollDelete, ((EpollSocket)socket).Descriptor, 0, 0);

    public override void Remove(ListenSocket socket) => Control(LinuxCalls.EpollDelete, ((EpollListener)socket).Descriptor, 0, 0);

    public override void Wake()
    {
        if (Interlocked.Exchange(ref _isWoken, 1) != 0)
            return;
        ulong one = 1;
        _ = LinuxCalls.Write(_wake, &one, sizeof(ulong));
    }

    public override void Dispose()
    {
        _ = LinuxCalls.Close(_wake);
        _ = LinuxCalls.Close(_epoll);
        _events.Free();
    }

    private void Control(int operation, int fd, long token, int events)
    {
        byte* change = stackalloc byte[EpollEvents.MaxSize];
        EpollEvents.Write(change, (uint)events, token);
        if (LinuxCalls.EpollControl(_epoll, operation, fd, change) < 0)
            throw LinuxCalls.Failure();
    }
}
