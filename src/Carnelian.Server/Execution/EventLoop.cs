using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Carnelian.Memory;
using Carnelian.Protocol;
using Carnelian.Server.Clients;
using Carnelian.Server.Transport;
using Carnelian.Server.Waiting;
using Carnelian.Storage;
using Carnelian.Threading;

namespace Carnelian.Server.Execution;

/// <summary>
/// One thread that waits for its sockets, reads what clients send, has it executed on the spot and sends the replies.
/// </summary>
/// <remarks>
/// All methods run on the loop's own thread, but for <see cref="Post"/> and <see cref="Deliver"/>. The buffers that it reads into are
/// shared by its clients: a client owns memory only while it has sent part of a command or has output waiting.
/// <para>
/// Invariants: of a round's inputs at most the last two wait for their execution while the next is read, in the order they were read;
/// none is left when the round goes on to its mailbox. So a client that waits may meanwhile be closed by another client's command, and
/// <see cref="Complete"/> looks; but it does not leave the loop.
/// </para>
/// </remarks>
internal sealed unsafe class EventLoop : IDisposable
{
    private const int Stages = 3;
    private const int MostVectors = 64;
    private const long FlushThreshold = 128 * 1024;

    private readonly ServerInstance _server;
    private readonly IoVector* _vectors;
    private readonly ReadyEvent[] _events = new ReadyEvent[512];
    private readonly List<object?> _slots = [];
    private readonly Stack<int> _freeSlots = new();
    private readonly List<Client> _toClose = [];
    private readonly InputBatch[] _inputs = new InputBatch[Stages];
    private readonly InputBatch _kept = new();
    private int _inputCount;
    private readonly Thread _thread;
    private Client? _attached;
    private bool _isStopping;
    private readonly List<Client> _withOutput = [];
    private readonly BackgroundCycles _cycles;
    private readonly LateInputs _lateInputs;
    private int _clientCount;
    private int _load;
    private long _nextCron;
    private bool _readsLetters;
    private bool _isQuiescent;
    private bool _handsOver;
    private bool _hasHandedOver;
    private bool _isDisposed;

    public EventLoop(ServerInstance server, int index)
    {
        _server = server;
        Index = index;
        Poller = server.Transport.CreatePoller();
        Mailbox = new Mailbox(this, Poller);
        for (int i = 0; i < Stages; i++)
            _inputs[i] = new InputBatch();
        _vectors = (IoVector*)NativeMemory.Alloc(MostVectors, (nuint)sizeof(IoVector));
        Dispatcher = new Dispatcher(server, this);
        _cycles = new BackgroundCycles(server, this);
        Gate = new OutputGate(server, this);
        _lateInputs = new LateInputs(this);
        ClientCron = new ClientCron(server, this);
        _thread = new Thread(Run, 1 << 20) { Name = index == 0 ? "main" : $"io_thd_{index}", IsBackground = true };
    }

    /// <summary>The server that the loop works for.</summary>
    public ServerInstance Server => _server;

    /// <summary>The number of the loop, from 0.</summary>
    public int Index { get; }

    /// <summary>Tells which sockets are ready.</summary>
    public Poller Poller { get; }

    /// <summary>What other threads want.</summary>
    public Mailbox Mailbox { get; }

    /// <summary>Spare output chunks.</summary>
    public OutputChunkPool Chunks { get; } = new();

    /// <summary>Writes replies to the client that is served.</summary>
    public ReplyWriter Writer { get; } = new();

    /// <summary>Looks after the clients in the course of time.</summary>
    public ClientCron ClientCron { get; }

    /// <summary>Messages to the client whose command runs.</summary>
    public OwnMessages OwnMessages { get; } = new();

    /// <summary>Executes commands.</summary>
    public Dispatcher Dispatcher { get; }

    /// <summary>Holds back what shows writes that are not durable yet.</summary>
    public OutputGate Gate { get; }

    /// <summary>When waits of the loop's clients are over.</summary>
    public WaitTimeouts Timeouts { get; } = new();

    /// <summary>The monotonic time at which the present unit began, in nanoseconds.</summary>
    public long Timestamp { get; set; }

    /// <summary>Changes that commands on this loop have made to data.</summary>
    public long Dirty { get; set; }

    /// <summary>The clients of this loop.</summary>
    public int ClientCount => Volatile.Read(ref _clientCount);

    /// <summary>The clients of this loop and those that are on their way to it.</summary>
    public int Load => Volatile.Read(ref _load);

    /// <summary>Bytes received by this loop.</summary>
    public long BytesIn { get; private set; }

    /// <summary>Bytes sent by this loop.</summary>
    public long BytesOut { get; private set; }

    /// <summary>The part of <see cref="BytesOut"/> that went to replicas.</summary>
    public long BytesToReplicas { get; private set; }

    /// <summary>Reads and writes done, for INFO.</summary>
    public long ReadsProcessed { get; private set; }

    /// <summary>Writes done, for INFO.</summary>
    public long WritesProcessed { get; private set; }

    /// <summary>What the loop counts of its rounds.</summary>
    public RoundCounters Counters { get; } = new();

    /// <summary>Sets all counters back. By any thread that holds all locks.</summary>
    public void ResetStatistics()
    {
        BytesIn = BytesOut = BytesToReplicas = ReadsProcessed = WritesProcessed = 0;
        Counters.Reset();
        Dispatcher.ResetStatistics();
    }

    /// <summary>Whether the loop waits for other loops at the end of a command (<see cref="LoopSet.Quiesce"/>). Any thread reads.</summary>
    public bool IsQuiescent { get => Volatile.Read(ref _isQuiescent); set => Volatile.Write(ref _isQuiescent, value); }

    /// <summary>
    /// Whether the command that runs has done something that all loops have to know of before its reply goes out: Admission then
    /// waits for them, when the locks are released. The loop's thread.
    /// </summary>
    public bool OwesQuiescence { get; set; }

    /// <summary>Whether the thread has not ended. Any thread.</summary>
    public bool IsRunning => _thread.IsAlive;

    /// <summary>Whether the caller runs on the loop's thread. Any thread.</summary>
    public bool IsCurrent => Thread.CurrentThread == _thread;

    /// <summary>Starts the thread.</summary>
    public void Start() => _thread.Start();

    /// <summary>Waits for the thread to end.</summary>
    public void Join() => _thread.Join();

    /// <summary>Has work run on the loop's thread. Any thread.</summary>
    public void Post(Action work) => Mailbox.Post(work);

    /// <summary>Makes the loop end after its present round. The loop's thread.</summary>
    public void Stop() => _isStopping = true;

    /// <summary>Has clients handed to other loops when all letters are read (<see cref="LoopSet.HandOver"/>). The loop's thread.</summary>
    public void HandOverSoon() => _handsOver = true;

    /// <summary>The client whose input is being processed, or null. For crash reports, by any thread.</summary>
    public Client? Served => Volatile.Read(ref _attached);

    /// <summary>The clients of the loop. The loop's thread.</summary>
    public IEnumerable<Client> Clients => _slots.OfType<Client>();

    /// <summary>The length of the loop's table. The loop's thread.</summary>
    public int SlotCount => _slots.Count;

    /// <summary>The client at a place of the loop's table, if there is one. The loop's thread.</summary>
    public Client? ClientAt(int slot) => _slots[slot] as Client;

    // --- rounds ---------------------------------------------------------------------------------------------------

    private void Run()
    {
        Dispatcher.Attach();
        _server.OnLoopStarted(this);
        while (!_isStopping)
            RunRound();
        _server.OnLoopEnded(this);
        if (_hasHandedOver)
        {
            Dispose();
            _server.Loops.OnEnded(this);
        }
        NativeHeap.ReleaseThread();
    }

    /// <summary>
    /// One wait and all that it brought. Not inlined, so that better code reaches it while the server runs: a method that never
    /// returns stays what it was first compiled to.
    /// </summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private void RunRound()
    {
        int timeout = Mailbox.HasLetters || Gate.MustLook() ? 0 : Timeouts.MillisecondsUntilDue(_cycles.MillisecondsUntilDue(MillisecondsUntilCron()));
        int count = Poller.Wait(_events, timeout);
        long begin = Timestamp = Clock.Nanoseconds;
        _ = Clock.Sample(begin);
        long commands = Dispatcher.CommandCount;
        if (Gate.HasHeld)
            Gate.Release();
        for (int i = 0; i < count; i++)
            Serve(_events[i]);
        FinishInputs();
        if (Mailbox.HasLetters)
            OpenMailbox();
        _lateInputs.Process();
        if (Timestamp >= _nextCron)
            RunCron();
        _cycles.Run();
        if (Timeouts.Count != 0)
            Timeouts.Run();
        if (Dispatcher.Unblocker.HasUnfinished)
            Dispatcher.Unblocker.FinishRound();
        _server.Aof.Writer?.WriteRound();
        if (_server.Replication.HasWork)
            _server.Replication.Work(this);
        Dispatcher.Tracking.EndRound();
        if (_withOutput.Count != 0)
            SendAllPending();
        _server.Memory.EndRound();
        if (_toClose.Count != 0)
            CloseDoomed();
        _server.Aof.Writer?.Wake();
        Counters.Count(Clock.Nanoseconds - begin, Dispatcher.CommandCount - commands);
        NativeHeap.Prepare();
    }

    private void RunCron()
    {
        _nextCron = Timestamp + _server.CronNanoseconds;
        long begin = Clock.Nanoseconds;
        _server.RunCron(this);
        Counters.CountCron(Clock.Nanoseconds - begin);
    }

    private int MillisecondsUntilCron() => (int)Math.Clamp((_nextCron - Timestamp + 999_999) / 1_000_000, 0, 1000);

    private void Serve(ReadyEvent ready)
    {
        object? target = _slots[ready.Token];
        if (target is Client client)
        {
            if (ready.IsWritable && client.IsWatchedForOutput)
                SendPending(client);
            if (ready.IsReadable && !client.IsClosed)
                ReadFrom(client);
        }
        else if (target is ListenSocket listener)
        {
            _server.Accept(listener);
        }
    }

    private void OpenMailbox()
    {
        _readsLetters = true;
        foreach (Mailbox.Letter letter in Mailbox.Open())
        {
            if (letter.Work != null)
            {
                letter.Work();
                continue;
            }
            Client client = letter.Client!;
            if (letter.Message.Address == null)
            {
                Adopt(client);
                continue;
            }
            Interlocked.Add(ref client.BytesUnderWay, -letter.Message.Length);
            _server.Memory.Append(this, client, letter.Message);
            letter.Message.Release();
        }
        _readsLetters = false;
        if (_handsOver)
            HandOver();
    }

    private void HandOver()
    {
        _handsOver = false;
        // A client that this loop has promised to close does not go to another.
        CloseDoomed();
        if (!_server.Loops.HandOver(this))
            return;
        _hasHandedOver = true;
        Stop();
    }

    // --- clients --------------------------------------------------------------------------------------------------

    /// <summary>Listens for connections on this loop.</summary>
    public void Add(ListenSocket listener) => Poller.Add(listener, TakeSlot(listener));

    /// <summary>Listens no longer.</summary>
    public void Remove(ListenSocket listener)
    {
        Poller.Remove(listener);
        FreeSlot(_slots.IndexOf(listener));
    }

    /// <summary>Takes a client over, new or from another loop.</summary>
    public void Adopt(Client client)
    {
        if (client.IsClosed)
        {
            Interlocked.Decrement(ref _load);
            return;
        }
        client.Output.Pool = Chunks;
        client.Token = TakeSlot(client);
        Volatile.Write(ref _clientCount, _clientCount + 1);
        client.IsWatchedForOutput = false;
        client.IsWatchedForInput = true;
        Poller.Add(client.Socket, client.Token);
        if (client.Is(ClientFlags.Suspended))
            Watch(client, forInput: false, forOutput: false);
        if (client.Wait is { } wait)
            Timeouts.Add(wait);
        if (!client.Output.IsEmpty || client.Replica != null)
            SendPending(client);
        if (client.QueryLength > 0 && !client.IsClosed)
            ProcessKept(client);
    }

    /// <summary>Says that a client is on its way to this loop. Any thread.</summary>
    public void ExpectClient() => Interlocked.Increment(ref _load);

    /// <summary>Lets go of a client, for another loop.</summary>
    public void Release(Client client)
    {
        if (client.Wait is { } wait)
            Timeouts.Remove(wait);
        Poller.Remove(client.Socket);
        FreeSlot(client.Token);
        client.Token = -1;
        Volatile.Write(ref _clientCount, _clientCount - 1);
        Interlocked.Decrement(ref _load);
    }

    /// <summary>Has a client closed at the end of the round.</summary>
    public void CloseSoon(Client client)
    {
        if (client.IsClosed || client.Is(ClientFlags.CloseSoon))
            return;
        client.Set(ClientFlags.CloseSoon, true);
        _toClose.Add(client);
    }

    private void CloseDoomed()
    {
        foreach (Client client in _toClose)
        {
            if (!client.IsClosed)
                Close(client);
        }
        _toClose.Clear();
    }

    private void Close(Client client)
    {
        client.IsClosed = true;
        _server.OnClientClosing(client);
        if (client.Token >= 0)
            Release(client);
        client.Socket.Dispose();
        client.Output.Clear();
        client.RequestState.Free();
        client.FreeQuery();
        _server.ClientMemory.NoteFreed(client);
    }

    private int TakeSlot(object target)
    {
        if (!_freeSlots.TryPop(out int slot))
        {
            slot = _slots.Count;
            _slots.Add(null);
        }
        _slots[slot] = target;
        return slot;
    }

    private void FreeSlot(int slot)
    {
        _slots[slot] = null;
        _freeSlots.Push(slot);
    }

    // --- input ----------------------------------------------------------------------------------------------------

    /// <summary>
    /// Reads what a client has sent and starts to load what its commands need; then goes on with the client before, whose entries
    /// can now be asked for, and executes the one before that.
    /// </summary>
    private void ReadFrom(Client client)
    {
        if (client.Is(ClientFlags.CloseSoon | ClientFlags.CloseAfterReply | ClientFlags.Suspended))
        {
            // A socket that is not watched for input and says that it is readable has been closed by its peer.
            if (client.IsWatchedForInput)
                Watch(client, forInput: false, client.IsWatchedForOutput);
            else
                CloseSoon(client);
            return;
        }
        InputBatch input = _inputs[_inputCount % Stages];
        if (!Receive(client, input))
            return;
        if (_lateInputs.MustWait)
        {
            _lateInputs.Keep(client, input);
            return;
        }
        input.Client = client;
        input.Parser.MaxBulkLength = _server.Services.MaxStringLength;
        input.Parse();
        client.LongArguments?.Attach(input.Parser);
        Dispatcher.Prepare(input);
        _inputCount++;
        if (_inputCount >= 3)
            Complete(_inputs[(_inputCount - 3) % Stages]);
        if (_inputCount >= 2)
            Dispatcher.PrefetchEntries(_inputs[(_inputCount - 2) % Stages]);
    }

    /// <summary>Executes what was read in this round and is still on its way.</summary>
    private void FinishInputs()
    {
        if (_inputCount >= 2)
            Complete(_inputs[(_inputCount - 2) % Stages]);
        if (_inputCount >= 1)
        {
            Dispatcher.PrefetchEntries(_inputs[(_inputCount - 1) % Stages]);
            Complete(_inputs[(_inputCount - 1) % Stages]);
        }
        _inputCount = 0;
    }

    private bool Receive(Client client, InputBatch input)
    {
        input.IsShared = client.QueryLength == 0;
        byte* buffer = input.Buffer;
        int room = InputBatch.BufferSize;
        if (!input.IsShared)
        {
            if (client.LongArguments is { IsReceiving: true } arguments)
                return ReceiveLong(client, arguments, input);
            if (client.QueryCapacity == client.QueryLength)
                client.ReserveQuery(Math.Max(16 * 1024, Math.Min(client.QueryLength, 1 << 20)));
            buffer = client.QueryData + client.QueryLength;
            room = client.QueryCapacity - client.QueryLength;
        }
        if (!TryReceive(client, buffer, room, out int count))
            return false;
        if (!input.IsShared)
        {
            client.QueryLength += count;
            client.QueryPeak = Math.Max(client.QueryPeak, client.QueryLength);
        }
        input.Position = input.IsShared ? buffer : client.QueryData;
        input.End = buffer + count;
        return true;
    }

    /// <summary>Receives something and counts it; a client whose connection has ended is closed.</summary>
    private bool TryReceive(Client client, byte* target, int room, out int count)
    {
        count = client.Socket.Receive(target, room);
        if (count <= 0)
        {
            if (count != StreamSocket.WouldBlock)
                Close(client);
            return false;
        }
        ReadsProcessed++;
        BytesIn += count;
        client.BytesIn += count;
        client.LastInteraction = Clock.Latest;
        return true;
    }

    /// <summary>Receives more of a long argument.</summary>
    /// <returns>Whether it is whole, so that parsing can go on.</returns>
    private bool ReceiveLong(Client client, LongArguments arguments, InputBatch input)
    {
        if (!TryReceive(client, arguments.Target, arguments.Missing, out int count))
            return false;
        bool isWhole = arguments.Advance(count);
        if (client.QueryBytes + client.QueuedBytes > _server.QueryBufferLimit)
        {
            _server.OnQueryBufferLimit(client);
            return false;
        }
        input.Position = client.QueryData;
        input.End = client.QueryData + client.QueryLength;
        return isWhole;
    }

    /// <summary>Goes on with input that was kept while the client could not be served.</summary>
    public void ProcessKept(Client client)
    {
        if (client.QueryLength == 0 || client.IsClosed || client.Is(ClientFlags.Suspended))
            return;
        _kept.Client = client;
        _kept.IsShared = false;
        _kept.Position = client.QueryData;
        _kept.End = client.QueryData + client.QueryLength;
        _kept.Parser.MaxBulkLength = _server.Services.MaxStringLength;
        _kept.Parse();
        client.LongArguments?.Attach(_kept.Parser);
        Dispatcher.Prepare(_kept);
        Complete(_kept);
    }

    /// <summary>Executes a batch and what else its input holds.</summary>
    private void Complete(InputBatch input)
    {
        Client client = input.Client!;
        input.Client = null;
        // Another client's command may have come in between.
        if (client.IsClosed || client.Is(ClientFlags.CloseSoon | ClientFlags.CloseAfterReply))
            return;
        Attach(client);
        RequestParser parser = input.Parser;
        while (true)
        {
            int done = parser.CommandCount == 0 || client.Is(ClientFlags.Suspended) ? 0 : Dispatcher.RunBatch(client, input);
            if (done < parser.CommandCount)
            {
                input.KeepFrom(client, done);
                break;
            }
            if (client.Is(ClientFlags.CloseSoon | ClientFlags.CloseAfterReply))
            {
                client.FreeQuery();
                break;
            }
            if (input.Status == ParseStatus.BatchFull)
            {
                if (Writer.PendingBytes > FlushThreshold)
                {
                    Detach(client);
                    _server.Aof.Writer?.WriteRound();
                    if (client.Output.PendingBytes < _server.LeastOutputLimit || !_server.ExceedsOutputLimit(client))
                        SendPending(client);
                    if (client.IsClosed || client.Is(ClientFlags.CloseSoon))
                        return;
                    Attach(client);
                }
                input.Client = client;
                input.Parse();
                Dispatcher.Prepare(input);
                Dispatcher.PrefetchEntries(input);
                input.Client = null;
                continue;
            }
            if (input.Status == ParseStatus.Error)
            {
                _server.OnProtocolError(client, parser.Error, new ReadOnlySpan<byte>(input.Position, (int)(input.End - input.Position)));
                client.FreeQuery();
                break;
            }
            client.LongArguments?.EndBatch();
            IncompleteInput.Keep(_server, client, input);
            break;
        }
        client.LongArguments?.EndBatch();
        Detach(client);
        FinishOutput(client);
    }

    // --- output ---------------------------------------------------------------------------------------------------

    private void Attach(Client client)
    {
        _attached = client;
        Writer.Attach(client.Output, client.Resp);
    }

    private void Detach(Client client)
    {
        if (OwnMessages.Any)
            OwnMessages.Write(client, Writer);
        _attached = null;
        Writer.Detach();
    }

    /// <summary>Appends a message to a client's output, wherever the client lives. Any thread.</summary>
    /// <param name="client">The client.</param>
    /// <param name="message">RESP in the client's version.</param>
    public void Deliver(Client client, StringBlock message)
    {
        // While there are letters that nobody has read, all messages go through the mailbox: none may overtake an earlier one.
        if (client.Loop == this && Thread.CurrentThread == _thread && !Mailbox.HasLetters && !_readsLetters)
        {
            if (client == _attached)
                OwnMessages.Keep(client, message);
            else
                AppendMessage(client, message);
            return;
        }
        message.AddReference();
        Mailbox.Post(client, message);
    }

    internal void AppendMessage(Client client, StringBlock message)
    {
        if (client.IsClosed || client.Is(ClientFlags.CloseSoon | ClientFlags.CloseAfterReply))
            return;
        var bytes = new ReadOnlySpan<byte>(message.Data, (int)message.Length);
        if (client == _attached)
        {
            Writer.Raw(bytes);
            return;
        }
        bool wasEmpty = client.Output.IsEmpty;
        if (bytes.Length >= 16 * 1024)
        {
            message.AddReference();
            client.Output.AppendShared(message.Data, (nuint)bytes.Length, message.Address, &StringBlock.Release);
        }
        else
        {
            client.Output.Append(bytes);
        }
        if (_server.ExceedsOutputLimit(client))
            return;
        if (_server.ClientMemory.IsLimited)
            _server.ClientMemory.Count(client);
        if (wasEmpty)
            _withOutput.Add(client);
    }

    private void SendAllPending()
    {
        foreach (Client client in _withOutput)
        {
            if (!client.IsClosed && client.Loop == this && !client.IsWatchedForOutput)
                SendPending(client);
        }
        _withOutput.Clear();
    }

    /// <summary>Serves a client outside of its input: what the action writes is its reply.</summary>
    public void WriteTo(Client client, Action<ReplyWriter> action)
    {
        if (client == _attached)
        {
            action(Writer);
            return;
        }
        // The one that is served may be in the middle of its reply.
        Client? outer = _attached;
        if (outer != null)
            Writer.Detach();
        Attach(client);
        action(Writer);
        Detach(client);
        FinishOutput(client);
        if (outer != null)
            Attach(outer);
    }

    /// <summary>Sends what a client has to get, and closes or limits it where it is time to.</summary>
    public void FinishOutput(Client client)
    {
        if (client.IsClosed || client.Is(ClientFlags.CloseSoon))
            return;
        // The limit comes first: a client that is over it gets nothing of what put it there.
        if (client.Output.PendingBytes >= _server.LeastOutputLimit && _server.ExceedsOutputLimit(client))
            return;
        bool mustSend = !client.Output.IsEmpty && !client.IsWatchedForOutput;
        if (mustSend && _server.Aof.Writer is { MustWriteFirst: true })
            _withOutput.Add(client); // One write does for all that is sent at the end of the round.
        else if (mustSend)
            SendPending(client);
        if (client.IsClosed)
            return;
        if (_server.ClientMemory.IsLimited && !client.Is(ClientFlags.CloseSoon))
            _server.ClientMemory.Count(client);
        if (client.Output.IsEmpty && client.Is(ClientFlags.CloseAfterReply))
            CloseSoon(client);
    }

    /// <summary>Sends a replica what there is for it, unless its socket takes no more.</summary>
    public void SendMore(Client client)
    {
        if (!client.IsClosed && client.Token >= 0 && !client.Is(ClientFlags.CloseSoon) && !client.IsWatchedForOutput)
            SendPending(client);
    }

    /// <summary>Sends as much of the output as the socket takes.</summary>
    public void SendPending(Client client)
    {
        OutputQueue output = client.Output;
        int fills = 0;
        bool isHeld = false;
        while (!output.IsEmpty || (client.Replica is { } replica && replica.Fill(ref fills)))
        {
            int count = Gate.IsOpen ? output.Fill(_vectors, MostVectors, out _) : Gate.Fill(client, _vectors, MostVectors);
            isHeld = count == 0;
            if (isHeld)
                break;
            nint sent = count == 1 ? client.Socket.Send(_vectors[0].Base, _vectors[0].Length) : client.Socket.Send(_vectors, count);
            if (sent < 0)
            {
                if (sent != StreamSocket.WouldBlock)
                {
                    Close(client);
                    return;
                }
                break;
            }
            WritesProcessed++;
            BytesOut += sent;
            if (client.Is(ClientFlags.Replica))
                BytesToReplicas += sent;
            client.BytesOut += sent;
            output.Advance((nuint)sent);
            client.LastInteraction = Clock.Latest;
        }
        bool isWaiting = !output.IsEmpty && !isHeld;
        if (isWaiting)
            output.Compact();
        if (isWaiting != client.IsWatchedForOutput)
            Watch(client, client.IsWatchedForInput, isWaiting);
        if (!isWaiting && client.SoftLimitSince != 0)
            client.SoftLimitSince = 0;
        if (output.IsEmpty && client.Is(ClientFlags.CloseAfterReply))
            CloseSoon(client);
    }

    /// <summary>Stops or resumes reading from a client that has to wait.</summary>
    public void SetSuspended(Client client, bool isSuspended)
    {
        if (client.Is(ClientFlags.Suspended) == isSuspended)
            return;
        client.Set(ClientFlags.Suspended, isSuspended);
        if (isSuspended)
            Watch(client, forInput: false, client.IsWatchedForOutput);
        else
            Resume(client);
    }

    /// <summary>Goes on with a client that waits no longer.</summary>
    public void Resume(Client client)
    {
        // Whoever waits in a blocking command is watched until something comes: most often nothing does.
        if (!client.IsWatchedForInput)
            Watch(client, forInput: true, client.IsWatchedForOutput);
        ProcessKept(client);
    }

    private void Watch(Client client, bool forInput, bool forOutput)
    {
        client.IsWatchedForInput = forInput;
        client.IsWatchedForOutput = forOutput;
        Poller.Change(client.Socket, client.Token, forInput, forOutput);
    }

    /// <summary>Closes all clients and frees what the loop owns. After its thread has ended, or as the last thing that it does.</summary>
    public void Dispose()
    {
        if (_isDisposed)
            return;
        _isDisposed = true;
        foreach (Client client in Mailbox.Discard())
        {
            client.Output.Pool = Chunks;
            Close(client);
        }
        foreach (Client client in _slots.OfType<Client>().ToArray())
            Close(client);
        OwnMessages.Dispose();
        Writer.Dispose();
        foreach (InputBatch input in _inputs)
            input.Dispose();
        _kept.Dispose();
        Chunks.Dispose();
        Poller.Dispose();
        Dispatcher.Dispose();
        NativeMemory.Free(_vectors);
    }
}
