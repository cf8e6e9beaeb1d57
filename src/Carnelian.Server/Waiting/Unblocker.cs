using Carnelian.Commands;
using Carnelian.Commands.Table;
using Carnelian.Protocol;
using Carnelian.Server.Clients;
using Carnelian.Server.Execution;
using Carnelian.Server.Transactions;
using Carnelian.Storage;
using Carnelian.Storage.Waits;
using Carnelian.Threading;

namespace Carnelian.Server.Waiting;

/// <summary>
/// Serves clients that wait for keys, at the end of the unit that changed these keys and under its locks: first come first served,
/// each as a unit of its own.
/// </summary>
/// <remarks>
/// One a loop, on its thread; the clients may belong to any loop. A unit that may wake somebody takes the locks that this needs before
/// it changes anything (<see cref="Grow(ref ShardSet, CommandDefinition, Argument*, int, Database)"/>). Serving may make more keys ready, which are
/// then looked at in their turn. See <c>docs/design/blocking.md</c>.
/// </remarks>
internal sealed unsafe class Unblocker : IDisposable
{
    /// <summary>Beyond so many places in queues a unit takes all locks without looking further.</summary>
    private const int MostLooks = 64;

    [ThreadStatic]
    private static Unblocker? s_current;

    private readonly ServerInstance _server;
    private readonly EventLoop _loop;
    private readonly Keyspace _keyspace;
    private readonly ReplyWriter _writer = new();
    private readonly OutputQueue _output;
    private readonly List<ReadyQueue> _ready = [];
    private readonly Queue<AwaitedKey> _later = new();
    private readonly Queue<ClientWait> _ended = new();
    private int _looks;

    public Unblocker(ServerInstance server, EventLoop loop)
    {
        _server = server;
        _loop = loop;
        _keyspace = server.Keyspace;
        _output = new OutputQueue(loop.Chunks);
    }

    private readonly record struct ReadyQueue(int Database, nint Queue);

    private readonly record struct AwaitedKey(int Database, byte[] Key);

    /// <summary>Whether the unit that runs has changed a key that somebody waits for.</summary>
    public bool HasReady => _ready.Count != 0;

    /// <summary>Whether <see cref="FinishRound"/> has something to do.</summary>
    public bool HasUnfinished => _later.Count != 0 || _ended.Count != 0;

    /// <summary>Makes this the unblocker of the thread.</summary>
    public void Attach() => s_current = this;

    /// <inheritdoc/>
    public void Dispose() => _writer.Dispose();

    // --- noting what is ready -------------------------------------------------------------------------------------

    /// <summary>
    /// Notes that a command has changed a key. On the thread of the loop that runs it, under the key's lock. Keys are served in the order in which they have
    /// become what somebody can wait for.
    /// </summary>
    public static void NoteChanged(Database database, in Key key)
    {
        WaitQueue* queue = database.Waits.Find(key);
        if (queue != null && (queue->WantingRemoval != 0 || CanBeAwaited(database.Peek(key, Clock.Latest))))
            s_current?.Note(database, queue);
    }

    private static bool CanBeAwaited(Entry entry) => entry.Exists && entry.Type is Storage.ValueType.List or Storage.ValueType.SortedSet or Storage.ValueType.Stream;

    /// <summary>
    /// Notes that the keyspace itself removes a key. On the thread of a loop, under the key's lock. Whoever waits for that is served in a unit of
    /// its own, soon.
    /// </summary>
    public static void NoteRemoved(Database database, in Key key)
    {
        WaitQueue* queue = database.Waits.Find(key);
        if (queue != null && queue->WantingRemoval != 0)
            s_current?._later.Enqueue(new AwaitedKey(database.Index, key.Bytes.ToArray()));
    }

    /// <summary>Has those who wait for a key served at the end of the round, whether it has changed or not. The loop's thread.</summary>
    public void NoteLater(int database, ReadOnlySpan<byte> key) => _later.Enqueue(new AwaitedKey(database, key.ToArray()));

    /// <summary>Notes that a database is about to lose all its keys. Under all locks.</summary>
    public static void NoteFlush(Database database) =>
        NoteAll(database, static (database, queue) => queue->WantingRemoval != 0 && database.Peek(WaitQueue.KeyOf(queue), Clock.Latest).Exists);

    /// <summary>Notes what two databases that have just been exchanged mean to those who wait. Under all locks.</summary>
    public static void NoteSwap(Database first, Database second)
    {
        NoteAll(first, static (_, _) => true);
        NoteAll(second, static (_, _) => true);
    }

    private delegate bool QueueTest(Database database, WaitQueue* queue);

    private static void NoteAll(Database database, QueueTest isConcerned)
    {
        RecordList queues = default;
        database.Waits.Collect(ref queues);
        for (int i = 0; i < queues.Count; i++)
        {
            var queue = (WaitQueue*)queues[i];
            if (isConcerned(database, queue))
                s_current?.Note(database, queue);
        }
        queues.Dispose();
    }

    private void Note(Database database, WaitQueue* queue)
    {
        if (queue->IsReady)
            return;
        queue->IsReady = true;
        queue->Pins++;
        // The number: should SWAPDB follow in the same transaction, the queue stays with it.
        _ready.Add(new ReadyQueue(database.Index, (nint)queue));
    }

    // --- the locks ------------------------------------------------------------------------------------------------

    /// <summary>
    /// Makes the locks that a command holds include those that the clients need which it may wake. The command has not begun. The locks may
    /// be released and taken again.
    /// </summary>
    public void Grow(ref ShardSet held, CommandDefinition command, Argument* arguments, int count, Database database)
    {
        if ((command.Flags & CommandFlags.Write) == 0)
            return;
        while (true)
        {
            ShardSet wanted = held;
            _looks = 0;
            LookAtKeys(ref wanted, held, command, arguments, count, database);
            if (!TakeMore(ref held, wanted))
                return;
        }
    }

    /// <summary>As for one command, for all commands of a transaction.</summary>
    public void Grow(ref ShardSet held, List<QueuedCommand> commands)
    {
        while (true)
        {
            ShardSet wanted = held;
            _looks = 0;
            foreach (QueuedCommand queued in commands)
            {
                // Commands of a transaction may select other databases.
                if ((queued.Command.Flags & CommandFlags.Write) != 0)
                    LookAtKeys(ref wanted, held, queued.Command, queued.Arguments, queued.Count, database: null);
            }
            if (!TakeMore(ref held, wanted))
                return;
        }
    }

    private bool TakeMore(ref ShardSet held, in ShardSet wanted)
    {
        if (wanted.Equals(held))
            return false;
        held.Release(_keyspace.Locks);
        held = wanted;
        held.Acquire(_keyspace.Locks);
        return true;
    }

    private void LookAtKeys(ref ShardSet wanted, in ShardSet held, CommandDefinition command, Argument* arguments, int count, Database? database)
    {
        if (_server.Known.NamesDatabase(command))
            database = null;
        var keys = new KeyList(stackalloc KeyReference[16]);
        _ = KeyExtractor.GetKeys(command, new ReadOnlySpan<Argument>(arguments, count), ref keys);
        foreach (KeyReference reference in keys.Keys)
        {
            Argument* argument = arguments + reference.Index;
            if (argument->Hash == 0)
                argument->Hash = KeyHash.Compute(argument->Data, argument->Length);
            var key = new Key(argument->Data, argument->Length, argument->Hash);
            if (database != null)
                LookAtKey(ref wanted, held, database, key);
            else
                LookInAllDatabases(ref wanted, held, key);
        }
        keys.Dispose();
    }

    private void LookInAllDatabases(ref ShardSet wanted, in ShardSet held, in Key key)
    {
        for (int i = 0; i < _keyspace.DatabaseCount; i++)
            LookAtKey(ref wanted, held, _keyspace[i], key);
    }

    private void LookAtKey(ref ShardSet wanted, in ShardSet held, Database database, in Key key)
    {
        // What is not held yet is looked at when it is.
        if (!held.Contains(_keyspace.ShardOf(key.Hash)))
            return;
        WaitQueue* queue = database.Waits.Find(key);
        if (queue == null || queue->ReachingFurther == 0)
            return;
        for (Waiter* waiter = queue->First; waiter != null; waiter = waiter->Next)
        {
            if (++_looks > MostLooks)
            {
                wanted.AddAll(_keyspace.ShardCount);
                return;
            }
            if ((waiter->Flags & WaiterFlags.ReachesFurther) == 0)
                continue;
            var wait = ClientWait.Of(waiter);
            wanted.Add(wait.Shards);
            if (wait.ChangesOtherKeys)
                LookAtKeys(ref wanted, held, wait.Command, wait.Arguments, wait.ArgumentCount, database);
        }
    }

    // --- serving --------------------------------------------------------------------------------------------------

    /// <summary>Serves those who wait for keys that the unit has changed. At its end, under its locks.</summary>
    /// <param name="held">The locks.</param>
    /// <param name="holdsAll">Whether all are held, whatever <paramref name="held"/> says.</param>
    public void Serve(in ShardSet held, bool holdsAll)
    {
        // Serving one may make more keys ready, which are appended.
        for (int i = 0; i < _ready.Count; i++)
        {
            (int index, nint address) = _ready[i];
            Database database = _keyspace[index];
            var queue = (WaitQueue*)address;
            queue->IsReady = false;
            ServeQueue(database, queue, held, holdsAll);
            database.Waits.Unpin(queue);
        }
        _ready.Clear();
    }

    private void ServeQueue(Database database, WaitQueue* queue, in ShardSet held, bool holdsAll)
    {
        Key key = WaitQueue.KeyOf(queue);
        int count = queue->Count;
        Waiter* next;
        for (Waiter* waiter = queue->First; waiter != null && count-- > 0; waiter = next)
        {
            // Whoever is served leaves the queue; others stay in it for as long as its lock is held.
            next = waiter->Next;
            Entry entry = database.Peek(key, Clock.Sample());
            if (!entry.Exists && queue->WantingRemoval == 0)
                return;
            var wait = ClientWait.Of(waiter);
            bool isConcerned = entry.Exists && entry.Type == wait.Type || (waiter->Flags & WaiterFlags.WantsRemoval) != 0;
            if (!isConcerned || !wait.TryBeginServing())
                continue;
            if (!holdsAll && !held.Contains(wait.Shards))
            {
                wait.WaitOn();
                _later.Enqueue(new AwaitedKey(database.Index, key.Bytes.ToArray()));
                return;
            }
            ServeWait(database, wait, holdsAll);
        }
    }

    private void ServeWait(Database database, ClientWait wait, bool holdsAll)
    {
        _writer.Attach(_output, wait.Client.Resp);
        _writer.Discarding = wait.IsSilent;
        if (!_loop.Dispatcher.ExecuteResumed(wait, database, _writer, holdsAll))
        {
            _writer.Detach();
            _output.Clear();
            wait.WaitOn();
            return;
        }
        _writer.Detach();
        wait.EndServing(TakeReply());
        if (wait.Client.Loop == _loop)
            _ended.Enqueue(wait);
        else
            wait.Client.Post(wait.Finish);
    }

    private StringBlock TakeReply()
    {
        long length = _output.PendingBytes;
        StringBlock reply = StringBlock.Create(length, length);
        byte* position = reply.Data;
        IoVector* vectors = stackalloc IoVector[16];
        while (!_output.IsEmpty)
        {
            int count = _output.Fill(vectors, 16, out nuint bytes);
            for (int i = 0; i < count; i++)
            {
                Buffer.MemoryCopy(vectors[i].Base, position, vectors[i].Length, vectors[i].Length);
                position += vectors[i].Length;
            }
            _output.Advance(bytes);
        }
        _output.Clear();
        return reply;
    }

    // --- between units --------------------------------------------------------------------------------------------

    /// <summary>Serves those who could not be served by the unit that woke them, and gives clients of this loop their replies. Without locks.</summary>
    public void FinishRound()
    {
        while (HasUnfinished)
        {
            if (_later.TryDequeue(out AwaitedKey key))
                ServeLater(key);
            if (!_ended.TryDequeue(out ClientWait? wait))
                continue;
            // Loops may have come or gone since.
            if (wait.Client.Loop == _loop && wait.Client.Token >= 0)
            {
                if (!wait.Client.IsClosed)
                    wait.Finish();
            }
            else
            {
                wait.Client.Post(wait.Finish);
            }
        }
    }

    private void ServeLater(in AwaitedKey awaited)
    {
        Database database = _keyspace[awaited.Database];
        ShardSet held = default;
        fixed (byte* bytes = awaited.Key)
        {
            var key = new Key(bytes, awaited.Key.Length);
            held.Add(_keyspace.ShardOf(key.Hash));
            held.Acquire(_keyspace.Locks);
            ShardSet wanted;
            do
            {
                wanted = held;
                _looks = 0;
                LookAtKey(ref wanted, held, database, key);
            }
            while (TakeMore(ref held, wanted));
            // Under the lock, as databases may have been exchanged before.
            database = _keyspace[awaited.Database];
            NoteChanged(database, key);
            Serve(held, holdsAll: false);
            held.Release(_keyspace.Locks);
        }
    }
}
