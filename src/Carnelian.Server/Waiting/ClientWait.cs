using System.Runtime.InteropServices;
using Carnelian.Commands;
using Carnelian.Commands.Table;
using Carnelian.Protocol;
using Carnelian.Server.Clients;
using Carnelian.Server.Execution;
using Carnelian.Server.Transactions;
using Carnelian.Storage;
using Carnelian.Storage.Waits;

namespace Carnelian.Server.Waiting;

/// <summary>
/// A client's waiting in a blocking command: for keys, or for time alone. It ends by a command that serves it, by time, by CLIENT UNBLOCK or
/// with the client.
/// </summary>
/// <remarks>
/// Begins and ends on the client's loop. In between its state decides whose it is, and changes by compare-and-swap: who takes it from
/// <see cref="State.Waiting"/> ends it. A loop that serves it (<see cref="Unblocker"/>) may find that it has to wait on, and then puts it
/// back; it does so without waiting for anything, so others spin until then. Its places in the queues of keys go under the locks of
/// their shards: by the loop that served it, else by its own.
/// </remarks>
internal sealed unsafe class ClientWait
{
    private enum State
    {
        Waiting,
        Served,
        Over,
    }

    private enum Ending
    {
        Time,
        Error,
        Reply,
    }

    private readonly Action<ReplyWriter>? _timeReply;
    private QueuedCommand _arguments;
    private nint[] _places = [];
    private GCHandle _handle;
    private StringBlock _reply;
    private Ending _ending;
    private int _state;
    private bool _isFreed;
    private int _firstKey;
    private int _keyCount;
    private long _retryAt;
    private long _retryDue;

    private ClientWait(Client client, CommandDefinition command, long deadline, Action<ReplyWriter>? timeReply)
    {
        Client = client;
        Command = command;
        Deadline = deadline;
        IsSilent = client.Loop.Writer.Discarding;
        _timeReply = timeReply;
    }

    /// <summary>Who waits.</summary>
    public Client Client { get; }

    /// <summary>The command that waits.</summary>
    public CommandDefinition Command { get; }

    /// <summary>Its arguments.</summary>
    public Argument* Arguments => _arguments.Arguments;

    /// <summary>The number of arguments.</summary>
    public int ArgumentCount => _arguments.Count;

    /// <summary>When the time is over, in milliseconds of Unix time; 0 for never.</summary>
    public long Deadline { get; }

    /// <summary>When the wait has to be looked at: after this millisecond its time is over, or its command runs again. 0 for never. The client's loop.</summary>
    public long Due => _retryDue != 0 && (Deadline == 0 || _retryDue < Deadline) ? _retryDue : Deadline;

    /// <summary>The place in the <see cref="WaitTimeouts"/> of the client's loop; -1 for none.</summary>
    public int TimeoutIndex { get; set; } = -1;

    /// <summary>The number of the database.</summary>
    public int DatabaseIndex { get; private init; }

    /// <summary>The type of value that may serve the command.</summary>
    public Storage.ValueType Type { get; private init; }

    /// <summary>The shards of all keys that the command names.</summary>
    public ShardSet Shards { get; private init; }

    /// <summary>Whether the client asked for no reply.</summary>
    public bool IsSilent { get; }

    /// <summary>The time that the command has taken so far, in nanoseconds; waiting is not in it.</summary>
    public long ElapsedNanoseconds { get; set; }

    /// <summary>Whether it has ended, though the client may not have its reply yet. Any thread.</summary>
    public bool IsOver => Volatile.Read(ref _state) == (int)State.Over;

    /// <summary>Whose place in a queue it is.</summary>
    public static ClientWait Of(Waiter* waiter) => (ClientWait)GCHandle.FromIntPtr(waiter->Token).Target!;

    // --- beginning: the client's loop, in its command -------------------------------------------------------------

    /// <summary>Begins to wait for time only. The command writes no reply itself.</summary>
    /// <param name="ctx">The command.</param>
    /// <param name="deadline">When the time is over, in milliseconds of Unix time; 0 for never.</param>
    /// <param name="timeReply">Writes the reply when the time is over.</param>
    public static void Begin(scoped ref CommandContext ctx, long deadline, Action<ReplyWriter> timeReply)
    {
        var client = (Client)ctx.Session;
        new ClientWait(client, ctx.Command, deadline, timeReply).Start();
        ctx.HasBlocked = true;
    }

    /// <summary>Begins to wait for keys, under the locks of all keys of the command.</summary>
    public static void Begin(scoped ref CommandContext ctx, scoped in KeyWait request)
    {
        var client = (Client)ctx.Session;
        if (ctx.Blocking == BlockingMode.Resumed)
        {
            client.Wait!.RetryLater(request.RetryAt);
            return;
        }
        ReadOnlySpan<Argument> arguments = request.Arguments.IsEmpty ? ctx.Arguments : request.Arguments;
        var queued = new QueuedCommand(ctx.Command, arguments, requestBytes: 0);
        ShardSet shards = default;
        client.Loop.Dispatcher.AddShards(ref shards, ctx.Command, queued.Arguments, queued.Count);
        var wait = new ClientWait(client, ctx.Command, request.Deadline, timeReply: null)
        {
            _arguments = queued,
            DatabaseIndex = ctx.Database.Index,
            Type = request.Type,
            Shards = shards,
            _firstKey = request.FirstKey,
            _keyCount = request.KeyCount,
            _retryAt = request.RetryAt,
            _retryDue = DueOf(request.RetryAt),
        };
        wait.EnterQueues(ctx.Database, request);
        client.WaitBytes = queued.MemoryBytes;
        wait.Start();
    }

    private void EnterQueues(Database database, scoped in KeyWait request)
    {
        Keyspace keyspace = database.Keyspace;
        bool changesOthers = ChangesOthers(request);
        var places = new nint[request.KeyCount];
        int count = 0;
        _handle = GCHandle.Alloc(this);
        for (int i = 0; i < request.KeyCount; i++)
        {
            Argument* argument = Arguments + request.FirstKey + i;
            if (argument->Hash == 0)
                argument->Hash = KeyHash.Compute(argument->Data, argument->Length);
            if (IsRepeated(request.FirstKey, i))
                continue;
            int shard = keyspace.ShardOf(argument->Hash);
            WaiterFlags flags = request.WantsRemoval ? WaiterFlags.WantsRemoval : WaiterFlags.None;
            if (changesOthers || !Shards.IsOnly(shard))
                flags |= WaiterFlags.ReachesFurther;
            var key = new Key(argument->Data, argument->Length, argument->Hash);
            places[count++] = (nint)database.Waits.Enter(key, GCHandle.ToIntPtr(_handle), flags);
            keyspace.Locks.Note(shard)++;
        }
        _places = count == places.Length ? places : places[..count];
        ChangesOtherKeys = changesOthers;
    }

    /// <summary>Whether the command may change keys besides the one that serves it.</summary>
    public bool ChangesOtherKeys { get; private set; }

    private bool ChangesOthers(scoped in KeyWait request)
    {
        var keys = new KeyList(stackalloc KeyReference[16]);
        _ = KeyExtractor.GetKeys(Command, new ReadOnlySpan<Argument>(Arguments, ArgumentCount), ref keys);
        bool changes = false;
        foreach (KeyReference key in keys.Keys)
            changes |= key.Index < request.FirstKey || key.Index >= request.FirstKey + request.KeyCount;
        keys.Dispose();
        return changes;
    }

    private bool IsRepeated(int firstKey, int index)
    {
        Argument* argument = Arguments + firstKey + index;
        for (int i = 0; i < index; i++)
        {
            Argument* other = Arguments + firstKey + i;
            if (other->Hash == argument->Hash && other->Span.SequenceEqual(argument->Span))
                return true;
        }
        return false;
    }

    private void Start()
    {
        Client.Wait = this;
        Client.Set(ClientFlags.Blocked | ClientFlags.Suspended, true);
        Client.Loop.Timeouts.Add(this);
    }

    // --- running again at a time ----------------------------------------------------------------------------------

    // What is due after a millisecond is looked at when the clock has passed it.
    private static long DueOf(long retryAt) => retryAt == 0 ? 0 : Math.Max(retryAt - 1, 1);

    // By the loop that serves the wait and has found nothing; only the client's loop may move it in the heap.
    private void RetryLater(long at)
    {
        if (Interlocked.Exchange(ref _retryAt, at) != at)
            Client.Post(ScheduleRetry);
    }

    private void ScheduleRetry()
    {
        if (_isFreed || IsOver)
            return;
        EventLoop loop = Client.Loop;
        loop.Timeouts.Remove(this);
        _retryDue = DueOf(Volatile.Read(ref _retryAt));
        loop.Timeouts.Add(this);
    }

    /// <summary>Whether it is time for the command to run again, and the wait goes on. The client's loop.</summary>
    public bool IsToRetry(long now) => _retryDue != 0 && _retryDue < now && (Deadline == 0 || Deadline >= now);

    /// <summary>Has the command run again at the end of the round. The client's loop, while the wait is out of the heap.</summary>
    public void Retry()
    {
        _retryDue = 0;
        // Should somebody serve it at this moment and find another time, the run that follows finds it too.
        Volatile.Write(ref _retryAt, 0);
        for (int i = 0; i < _keyCount; i++)
            Client.Loop.Dispatcher.Unblocker.NoteLater(DatabaseIndex, Arguments[_firstKey + i].Span);
    }

    // --- ending: any thread ---------------------------------------------------------------------------------------

    /// <summary>Ends the wait before its time. Without the lock of a client registry, pub/sub or monitors.</summary>
    /// <param name="isError">Whether the client gets an error; else it gets what time would have brought.</param>
    /// <returns>False if it was over already.</returns>
    public bool TryEnd(bool isError)
    {
        if (!TryTake(State.Over, waits: true))
            return false;
        _ending = isError ? Ending.Error : Ending.Time;
        Client.Post(Finish);
        return true;
    }

    /// <summary>Ends the wait since its time is over. The client's loop.</summary>
    /// <returns>False if it is being served just now, or has been.</returns>
    public bool TryEndByTime()
    {
        if (!TryTake(State.Over, waits: false))
            return false;
        Finish();
        return true;
    }

    /// <summary>Keeps a client that is on its way out from being served.</summary>
    public void Abandon() => _ = TryTake(State.Over, waits: false);

    /// <summary>Ends and forgets the wait of a client that is gone. The client's loop, without locks.</summary>
    public void Cancel()
    {
        _ = TryTake(State.Over, waits: true);
        Client.Loop.Timeouts.Remove(this);
        Free();
    }

    /// <summary>Takes the wait to serve it. Under the locks of all keys of the command.</summary>
    public bool TryBeginServing() => TryTake(State.Served, waits: false);

    /// <summary>Waits on, as serving has brought nothing.</summary>
    public void WaitOn() => Volatile.Write(ref _state, (int)State.Waiting);

    /// <summary>Ends the wait that has been served; the client gets the reply when its loop calls <see cref="Finish"/>. Under the locks of all keys.</summary>
    /// <param name="reply">The reply, taken over.</param>
    public void EndServing(StringBlock reply)
    {
        _reply = reply;
        _ending = Ending.Reply;
        Keyspace keyspace = Client.Loop.Server.Keyspace;
        foreach (nint place in _places)
            Leave(keyspace, (Waiter*)place);
        _places = [];
        Volatile.Write(ref _state, (int)State.Over);
    }

    private bool TryTake(State state, bool waits)
    {
        SpinWait spin = default;
        while (true)
        {
            int seen = Interlocked.CompareExchange(ref _state, (int)state, (int)State.Waiting);
            if (seen == (int)State.Waiting)
                return true;
            if (seen == (int)State.Over || !waits)
                return false;
            spin.SpinOnce(sleep1Threshold: -1);
        }
    }

    // --- afterwards: the client's loop, without locks -------------------------------------------------------------

    /// <summary>Gives the client its reply, and goes on with what it has sent meanwhile.</summary>
    public void Finish()
    {
        EventLoop loop = Client.Loop;
        if (_isFreed)
            return;
        loop.Timeouts.Remove(this);
        LeaveQueues();
        if (_ending != Ending.Reply)
            loop.Dispatcher.CountUnserved(this, isError: _ending == Ending.Error);
        if (!IsSilent)
            loop.WriteTo(Client, WriteReply);
        Free();
        // In this order, so that nobody sees a client that waits for nothing.
        Client.Set(ClientFlags.Blocked | ClientFlags.Suspended, false);
        Client.Wait = null;
        if (!Client.IsClosed)
            loop.Resume(Client);
    }

    private void WriteReply(ReplyWriter writer)
    {
        if (_ending == Ending.Reply)
            writer.Raw(new ReadOnlySpan<byte>(_reply.Data, (int)_reply.Length));
        else if (_ending == Ending.Error)
            writer.Error("UNBLOCKED client unblocked via CLIENT UNBLOCK"u8);
        else if (_timeReply != null)
            _timeReply(writer);
        else
            writer.NullArray();
    }

    private void LeaveQueues()
    {
        Keyspace keyspace = Client.Loop.Server.Keyspace;
        foreach (nint place in _places)
        {
            // The queue stays as long as this place is in it, and its hash never changes.
            int shard = keyspace.ShardOf(((Waiter*)place)->Queue->Hash);
            keyspace.Locks.Acquire(shard);
            Leave(keyspace, (Waiter*)place);
            keyspace.Locks.Release(shard);
        }
        _places = [];
    }

    private void Leave(Keyspace keyspace, Waiter* place)
    {
        keyspace.Locks.Note(keyspace.ShardOf(place->Queue->Hash))--;
        keyspace[DatabaseIndex].Waits.Leave(place);
    }

    private void Free()
    {
        if (_isFreed)
            return;
        _isFreed = true;
        LeaveQueues();
        Client.WaitBytes = 0;
        if (_handle.IsAllocated)
            _handle.Free();
        if (ArgumentCount != 0)
            _arguments.Free();
        if (_reply.Address != null)
            _reply.Release();
    }
}
