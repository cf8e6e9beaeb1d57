using Carnelian.Commands;
using Carnelian.Commands.Table;
using Carnelian.Memory;
using Carnelian.Protocol;
using Carnelian.Server.Execution;
using Carnelian.Server.Replication;
using Carnelian.Server.Tracking;
using Carnelian.Server.Transactions;
using Carnelian.Server.Transport;
using Carnelian.Server.Waiting;

namespace Carnelian.Server.Clients;

/// <summary>
/// A connected client: its socket, what it has sent and not seen executed, what it has yet to be sent, and its settings.
/// </summary>
/// <remarks>
/// Belongs to one event loop at a time, whose thread alone changes it. Counters are read by others (CLIENT LIST); whatever another
/// loop wants of it goes through the mailbox of its loop.
/// </remarks>
internal sealed unsafe class Client : ClientSession
{
    /// <summary>
    /// What a client without input and output takes in all: this object, the socket's with its addresses, its places in the registry,
    /// in the loop's table and in epoll's, by measurement.
    /// </summary>
    public const int OwnBytes = 1200;

    /// <summary>Room made for input that has to be kept, at least.</summary>
    public const int LeastQueryRoom = 16 * 1024;

    private volatile EventLoop _loop;

    /// <summary>What has arrived of a command that is not whole yet; idle clients have none.</summary>
    public byte* QueryData;

    /// <summary>Bytes in <see cref="QueryData"/>.</summary>
    public int QueryLength;

    /// <summary>Room in <see cref="QueryData"/>.</summary>
    public int QueryCapacity;

    /// <summary>The most bytes that were kept since the loop last looked whether the room is needed.</summary>
    public int QueryPeak;

    /// <summary>The long arguments of the incomplete command, which are not in <see cref="QueryData"/>; null if there are none.</summary>
    public LongArguments? LongArguments;

    /// <summary>Bytes that have arrived of <see cref="LongArguments"/>; other threads may read this one.</summary>
    public long LongLength;

    /// <summary>Bytes of the blocks of <see cref="LongArguments"/>; other threads may read this one.</summary>
    public long LongCapacity;

    /// <summary>Bytes that have arrived of the long argument that is being received; 0 if none is. Other threads may read this one.</summary>
    public long ArgumentBytes;

    /// <summary>Native memory of <see cref="RequestState"/>, in bytes; other threads may read this one.</summary>
    public long ParserBytes;

    /// <summary>The parser's memory of a long incomplete command.</summary>
    public RequestState RequestState;

    /// <summary>See <see cref="ClientFlags"/>. The owning loop sets them; <see cref="ClientFlags.DirtyWatch"/> has its own field.</summary>
    public volatile ClientFlags Flags;

    /// <summary>RESP version, 2 or 3.</summary>
    public int Resp = 2;

    /// <summary>Bytes received.</summary>
    public long BytesIn;

    /// <summary>Bytes sent.</summary>
    public long BytesOut;

    /// <summary>What of the output waits for the AOF.</summary>
    public ReplyHold Hold;

    /// <summary>Commands executed.</summary>
    public long CommandCount;

    /// <summary>Bytes in mailboxes on their way to the output.</summary>
    public long BytesUnderWay;

    /// <summary>Time of the last input or output, in milliseconds of Unix time.</summary>
    public long LastInteraction;

    /// <summary>The memory that <see cref="ClientMemory"/> has counted for it, in bytes. By interlocked operations.</summary>
    public long CountedBytes;

    /// <summary>The memory that <see cref="ClientMemory.LeavingBytes"/> has of it, in bytes. By interlocked operations.</summary>
    public long LeavingBytes;

    /// <summary>Memory of queued commands, in bytes.</summary>
    public long QueuedBytes;

    /// <summary>Memory of watched keys, in bytes.</summary>
    public long WatchedBytes;

    /// <summary>Memory of subscriptions, in bytes.</summary>
    public long SubscriptionBytes;

    /// <summary>Memory of what it has asked to be told of, in bytes.</summary>
    public long TrackingBytes;

    /// <summary>Memory of the arguments of the command that it waits in, in bytes.</summary>
    public long WaitBytes;

    /// <summary>When the soft output limit began to be exceeded, in milliseconds; 0 while it is not.</summary>
    public long SoftLimitSince { get; set; }

    /// <summary>Whether the poller watches the socket for room for output.</summary>
    public bool IsWatchedForOutput;

    /// <summary>Whether the poller watches the socket for input.</summary>
    public bool IsWatchedForInput;

    private ClientWait? _wait;
    private ClientTracking? _tracking;

    /// <summary>Makes a client of a connection.</summary>
    public Client(long id, StreamSocket socket, EventLoop loop, long now)
    {
        Id = id;
        Socket = socket;
        _loop = loop;
        Output = new OutputQueue(loop.Chunks);
        CreatedAt = LastInteraction = now;
    }

    /// <summary>The number that CLIENT ID tells; never used twice.</summary>
    public long Id { get; }

    /// <summary>The connection.</summary>
    public StreamSocket Socket { get; }

    /// <summary>The loop that owns the client. Changes only as <see cref="Mailbox"/> says.</summary>
    public EventLoop Loop { get => _loop; set => _loop = value; }

    /// <summary>The index in the loop's table, which the poller hands back.</summary>
    public int Token { get; set; } = -1;

    /// <summary>What is yet to be sent.</summary>
    public OutputQueue Output { get; }

    /// <summary>When it connected, in milliseconds of Unix time.</summary>
    public long CreatedAt { get; }

    /// <summary>CLIENT SETNAME.</summary>
    public string Name { get; set; } = "";

    /// <summary>The name as others see it: what is behind a zero byte was never looked at.</summary>
    public string ShownName => Name.IndexOf('\0') is >= 0 and var end ? Name[..end] : Name;

    /// <summary>CLIENT SETINFO LIB-NAME.</summary>
    public string LibraryName { get; set; } = "";

    /// <summary>CLIENT SETINFO LIB-VER.</summary>
    public string LibraryVersion { get; set; } = "";

    /// <summary>CLIENT CAPA: has announced that it understands redirects.</summary>
    public bool UnderstandsRedirect { get; set; }

    /// <summary>What it has told of itself as a replica; null if it is none and has never said that it is going to be one.</summary>
    public Replica? Replica { get; set; }

    /// <summary>What it has asked for with CLIENT TRACKING; null while that is off. Its loop sets it, any thread reads.</summary>
    public ClientTracking? Tracking { get => Volatile.Read(ref _tracking); set => Volatile.Write(ref _tracking, value); }

    /// <summary>Where its last write ends in the stream for replicas; 0 if there was none. Its loop.</summary>
    public long WriteOffset { get; set; }

    /// <summary>Where its last write ends in the AOF.</summary>
    public long AofPosition { get; set; }

    /// <summary>The last command, for CLIENT LIST.</summary>
    public CommandDefinition? LastCommand { get; set; }

    /// <summary>What is queued since MULTI; null if nothing is.</summary>
    public List<QueuedCommand>? QueuedCommands { get; set; }

    /// <summary>The keys that WATCH named; null if there are none.</summary>
    public WatchList? WatchedKeys { get; set; }

    /// <summary>The channels that it is subscribed to; null if there never were any.</summary>
    public HashSet<byte[]>? Channels { get; set; }

    /// <summary>The patterns that it is subscribed to; null if there never were any.</summary>
    public HashSet<byte[]>? Patterns { get; set; }

    /// <summary>The shard channels that it is subscribed to; null if there never were any.</summary>
    public HashSet<byte[]>? ShardChannels { get; set; }

    /// <summary>The number of channels and patterns that it is subscribed to.</summary>
    public int SubscriptionCount => (Channels?.Count ?? 0) + (Patterns?.Count ?? 0);

    /// <summary>The number of shard channels that it is subscribed to.</summary>
    public int ShardSubscriptionCount => ShardChannels?.Count ?? 0;

    /// <summary>Memory of the output that waits, in bytes: its chunks, the shared blocks it refers to, and what is on its way.</summary>
    public long OutputBytes => Output.MemoryBytes + Output.SharedBytes + Volatile.Read(ref BytesUnderWay);

    /// <summary>Whether the output is so short that Valkey would keep it in the buffer that every client has: one chunk or nothing.</summary>
    public bool HasShortOutput => Output.NodeCount <= 1 && Output.SharedBytes == 0;

    /// <summary>
    /// The part of <see cref="OutputBytes"/> that CLIENT LIST shows as <c>omem</c> and that <c>client-output-buffer-limit</c> is about: all but the
    /// first chunk of a short output, so that a limit of a few bytes still lets short replies through.
    /// </summary>
    public long OutputListBytes
    {
        get
        {
            long own = Output.MemoryBytes;
            if (Replica is { } replica && Is(ClientFlags.Replica))
                return replica.Behind + (replica.Transfer == null ? own + Output.SharedBytes : 0);
            return own - (HasShortOutput ? Math.Min(own, OutputChunkPool.ChunkBytes) : 0) + Output.SharedBytes + Volatile.Read(ref BytesUnderWay);
        }
    }

    /// <summary>All memory that the client takes, in bytes. Any thread.</summary>
    public long MemoryBytes => OwnBytes + Name.Length + QueryRoom + ParserBytes + OutputBytes + QueuedBytes + WatchedBytes + SubscriptionBytes + TrackingBytes + WaitBytes;

    /// <summary>What has arrived and is not executed, in bytes. Any thread.</summary>
    public long QueryBytes => QueryLength + Volatile.Read(ref LongLength);

    /// <summary>
    /// What CLIENT LIST shows as <c>qbuf</c>, in bytes: while a long argument is being received only that, as Valkey has taken the arguments
    /// before it out of its buffer. Any thread.
    /// </summary>
    public long ShownQueryBytes => Volatile.Read(ref ArgumentBytes) is > 0 and var bytes ? bytes : QueryBytes;

    /// <summary>Memory of what has arrived and is not executed, in bytes. Any thread.</summary>
    public long QueryRoom => QueryCapacity + Volatile.Read(ref LongCapacity);

    /// <summary>The wait in a blocking command; null if it does not wait. Its loop sets it, any thread reads.</summary>
    public ClientWait? Wait { get => Volatile.Read(ref _wait); set => Volatile.Write(ref _wait, value); }

    /// <summary>Whether it waits in a blocking command or for the end of a pause. Any thread.</summary>
    public bool IsWaiting => Wait is { } wait ? !wait.IsOver : Is(ClientFlags.Suspended);

    /// <summary>Whether it has to authenticate first; a password that is taken away asks nobody any more.</summary>
    public bool MustAuthenticate => Is(ClientFlags.Unauthenticated) && Loop.Server.Configuration.RequirePass.Length != 0;

    /// <summary>Whether the connection is gone.</summary>
    public bool IsClosed { get; set; }

    /// <summary>Whether a flag is set.</summary>
    public bool Is(ClientFlags flag) => (Flags & flag) != 0;

    /// <summary>Sets or clears a flag.</summary>
    public void Set(ClientFlags flag, bool value)
    {
        if (value)
            Flags |= flag;
        else
            Flags &= ~flag;
    }

    /// <summary>Has work run on the client's loop, wherever that is by then; not at all once the client is gone. Any thread.</summary>
    public void Post(Action work) => Post(Loop, work);

    private void Post(EventLoop loop, Action work) => loop.Post(() =>
    {
        if (IsClosed)
            return;
        // Without a token it is still on its way to this loop.
        if (Loop != loop || Token < 0)
            Post(Loop, work);
        else
            work();
    });

    /// <summary>Makes room for more input behind what is there.</summary>
    /// <param name="room">The bytes wanted.</param>
    public void ReserveQuery(int room)
    {
        long needed = (long)QueryLength + room;
        if (needed <= QueryCapacity)
            return;
        needed = Math.Max(needed, LeastQueryRoom);
        nuint size = NativeHeap.GoodSize((nuint)Math.Min(needed, int.MaxValue));
        QueryData = NativeHeap.Reallocate(QueryData, size);
        QueryCapacity = (int)Math.Min((long)size, int.MaxValue);
    }

    /// <summary>Keeps input for later.</summary>
    public void KeepQuery(byte* data, int length, int room)
    {
        ReserveQuery(length + room);
        Buffer.MemoryCopy(data, QueryData + QueryLength, length, length);
        QueryLength += length;
        QueryPeak = Math.Max(QueryPeak, QueryLength);
    }

    /// <summary>Gives room back that is not needed.</summary>
    /// <param name="room">The capacity to keep, at least <see cref="QueryLength"/>.</param>
    public void ShrinkQuery(int room)
    {
        if (room == 0)
        {
            FreeQuery();
            return;
        }
        nuint size = NativeHeap.GoodSize((nuint)room);
        if ((long)size >= QueryCapacity)
            return;
        QueryData = NativeHeap.Reallocate(QueryData, size);
        QueryCapacity = (int)size;
    }

    /// <summary>Gives the query buffer back, and long arguments.</summary>
    public void FreeQuery()
    {
        LongArguments?.Free();
        NativeHeap.Free(QueryData);
        QueryData = null;
        QueryLength = QueryCapacity = 0;
    }
}
