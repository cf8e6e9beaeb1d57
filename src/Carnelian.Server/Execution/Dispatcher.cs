using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Carnelian.Commands;
using Carnelian.Commands.Table;
using Carnelian.Protocol;
using Carnelian.Server.Clients;
using Carnelian.Server.Tracking;
using Carnelian.Server.Waiting;
using Carnelian.Storage;
using Carnelian.Threading;

namespace Carnelian.Server.Execution;

/// <summary>
/// Takes a batch of parsed commands through lookup, prefetch, checks, locks and handlers, and counts what happened.
/// </summary>
/// <remarks>
/// One a loop, used by its thread. A command runs on the quick path when neither its client nor the server is in any special
/// state; what is special has its checks in <see cref="Admission"/>.
/// </remarks>
internal sealed unsafe class Dispatcher : IDisposable
{
    /// <summary>The most commands that share one reading of the clock.</summary>
    private const int LongestRun = 8;

    /// <summary>A request of this size is timed alone: its copying takes longer than a reading of the clock.</summary>
    private const long MostSharedBytes = 4096;

    private readonly ServerInstance _server;
    private readonly EventLoop _loop;
    private readonly Keyspace _keyspace;
    private readonly CommandStatistics* _statistics;
    private CommandDefinition? _run;
    private Argument* _runArguments;
    private int _runArgumentCount;
    private int _runLength;
    private bool _sharesTime;
    private long _errorsCounted;

    public Dispatcher(ServerInstance server, EventLoop loop)
    {
        _server = server;
        _loop = loop;
        _keyspace = server.Keyspace;
        Admission = new Admission(server, loop, this);
        Unblocker = new Unblocker(server, loop);
        Effects = new Effects(server);
        Tracking = new LoopTracking(server, loop);
        _statistics = (CommandStatistics*)NativeMemory.AllocZeroed((nuint)server.Definitions.Length, (nuint)sizeof(CommandStatistics));
    }

    /// <summary>The careful path.</summary>
    public Admission Admission { get; }

    /// <summary>Serves clients that wait for keys.</summary>
    public Unblocker Unblocker { get; }

    /// <summary>Collects what units do, for the journal.</summary>
    public Effects Effects { get; }

    /// <summary>Client-side caching.</summary>
    public LoopTracking Tracking { get; }

    /// <summary>Commands executed by this loop.</summary>
    public long CommandCount { get; private set; }

    /// <summary>Batches that were prefetched, and the keys in them.</summary>
    public long PrefetchBatches { get; private set; }

    /// <summary>Keys that were prefetched.</summary>
    public long PrefetchedKeys { get; private set; }

    /// <summary>Makes these the loop's parts of the thread.</summary>
    public void Attach()
    {
        Unblocker.Attach();
        Effects.Attach();
        Tracking.Attach();
    }

    /// <summary>What this loop has counted of a command.</summary>
    public ref CommandStatistics StatisticsOf(int commandId) => ref _statistics[commandId];

    /// <summary>Sets all counters back. By any thread that holds all locks; commands that need none may still count.</summary>
    public void ResetStatistics()
    {
        CommandCount = PrefetchBatches = PrefetchedKeys = 0;
        for (int i = 0; i < _server.Definitions.Length; i++)
            _statistics[i].Reset();
    }

    /// <summary>First stage: finds the commands of a batch, hashes their keys and starts to load the buckets.</summary>
    public void Prepare(InputBatch batch)
    {
        CommandTable table = _server.Table;
        Database database = _keyspace[batch.Client!.DatabaseIndex];
        CommandDefinition?[] definitions = batch.Definitions;
        ParsedCommand* parsed = batch.Parser.Commands;
        ulong* hashes = batch.Hashes;
        int count = batch.Parser.CommandCount, keys = 0, elements = 0;
        int mostKeys = _server.Prefetches ? InputBatch.MostKeys : 0;
        for (int i = 0; i < count; i++, parsed++)
        {
            Argument* arguments = batch.Parser.Arguments + parsed->FirstArgument;
            CommandDefinition? command = table.Find(ArgumentBytes(arguments));
            definitions[i] = command;
            if (command == null || command.FirstKey == 0)
                continue;
            int last = command.LastKey >= 0 ? command.LastKey : parsed->ArgumentCount + command.LastKey;
            if (last >= parsed->ArgumentCount)
                continue;
            if (command.FirstElement != 0)
                elements += parsed->ArgumentCount - command.FirstElement;
            for (int k = command.FirstKey; k <= last && keys < mostKeys; k += command.KeyStep)
            {
                ulong hash = KeyHash.Compute(arguments[k].Data, arguments[k].Length);
                arguments[k].Hash = hash;
                hashes[keys++] = hash;
                database.PrefetchSlot(hash);
            }
        }
        for (int i = 0; i < keys; i++)
            database.PrefetchBucket(hashes[i]);
        batch.Database = database;
        batch.HashCount = keys;
        batch.HasElements = elements > 1 && mostKeys != 0;
        if (keys != 0)
        {
            PrefetchBatches++;
            PrefetchedKeys += keys;
        }
    }

    /// <summary>Second stage: with the buckets there, starts to load the entries.</summary>
    public static void PrefetchEntries(InputBatch batch)
    {
        Database database = batch.Database!;
        ulong* hashes = batch.Hashes;
        int count = batch.HashCount, stashed = 0;
        for (int i = 0; i < count; i++)
        {
            if (database.PrefetchEntry(hashes[i]))
                hashes[stashed++] = hashes[i];
        }
        batch.HashCount = stashed;
    }

    /// <summary>Last stage: executes the commands of a batch in order.</summary>
    /// <returns>How many were executed; the rest has to wait.</returns>
    public int RunBatch(Client client, InputBatch batch)
    {
        Database database = batch.Database!;
        ulong* hashes = batch.Hashes;
        for (int i = 0; i < batch.HashCount; i++)
            database.PrefetchStashed(hashes[i]);
        if (batch.HasElements)
            ElementPrefetch.Run(batch, _keyspace);
        _loop.Timestamp = Clock.Nanoseconds;

        int count = batch.Parser.CommandCount, done = 0;
        _sharesTime = count > 1 && !_server.TimesEachCommand;
        while (done < count)
        {
            ParsedCommand* parsed = batch.Parser.Commands + done;
            if (!Run(client, batch.Definitions[done], batch.Parser.Arguments + parsed->FirstArgument, parsed->ArgumentCount, parsed->RequestBytes))
                break;
            done++;
            if ((client.Flags & (ClientFlags.CloseSoon | ClientFlags.CloseAfterReply | ClientFlags.Suspended | ClientFlags.Blocked)) != 0)
            {
                if (client.Is(ClientFlags.CloseSoon | ClientFlags.CloseAfterReply))
                    done = count;
                break;
            }
        }
        if (_runLength != 0)
            EndRun(client);
        return done;
    }

    /// <summary>Executes one command, or refuses it.</summary>
    /// <returns>False if it has to wait.</returns>
    private bool Run(Client client, CommandDefinition? command, Argument* arguments, int count, long requestBytes)
    {
        if (command == null || ((int)client.Flags & (int)ClientFlags.Careful) != 0 || (_server.Condition != ServerCondition.None && _server.NeedsCare)
            || command.Subcommands.Length != 0 || !command.AcceptsArgumentCount(count)
            || (command.Flags & (CommandFlags.Protected | CommandFlags.Admin)) != 0)
        {
            return Admission.Run(client, command, arguments, count, requestBytes);
        }
        client.LastCommand = command;
        Call(client, command, arguments, count, requestBytes);
        return true;
    }

    /// <summary>Executes an admitted command with the locks it needs.</summary>
    public void Call(Client client, CommandDefinition command, Argument* arguments, int count, long requestBytes)
    {
        switch (command.Locks)
        {
            case Locks.Keys when command.FirstKey != 0 && command.LastKey == command.FirstKey && !command.HasMovableKeys:
                Argument* key = arguments + command.FirstKey;
                if (key->Hash == 0)
                    key->Hash = KeyHash.Compute(key->Data, key->Length);
                int shard = _keyspace.ShardOf(key->Hash);
                if (!_keyspace.Locks.TryAcquire(shard))
                    AcquireLate(client, shard);
                if (_keyspace.Locks.Note(shard) != 0)
                {
                    ShardSet one = default;
                    one.Add(shard);
                    ExecuteAwaited(client, command, arguments, count, requestBytes, ref one);
                    break;
                }
                Execute(client, command, arguments, count, requestBytes, holdsAll: false);
                _keyspace.Locks.Release(shard);
                break;
            case Locks.Keys:
                ShardSet shards = default;
                AddShards(ref shards, command, arguments, count);
                shards.Acquire(_keyspace.Locks);
                if (shards.HasNotes(_keyspace.Locks))
                {
                    ExecuteAwaited(client, command, arguments, count, requestBytes, ref shards);
                    break;
                }
                Execute(client, command, arguments, count, requestBytes, holdsAll: false);
                shards.Release(_keyspace.Locks);
                break;
            case Locks.All:
                _keyspace.Locks.AcquireAll();
                Execute(client, command, arguments, count, requestBytes, holdsAll: true);
                ServeWaiting(client, default, holdsAll: true);
                _keyspace.Locks.ReleaseAll();
                break;
            default:
                Execute(client, command, arguments, count, requestBytes, holdsAll: false);
                break;
        }
    }

    /// <summary>Executes a command of whose shards somebody waits for keys, serves whom it wakes, and releases the locks.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private void ExecuteAwaited(Client client, CommandDefinition command, Argument* arguments, int count, long requestBytes, ref ShardSet shards)
    {
        Unblocker.Grow(ref shards, command, arguments, count, _keyspace[client.DatabaseIndex]);
        Execute(client, command, arguments, count, requestBytes, holdsAll: false);
        ServeWaiting(client, shards, holdsAll: false);
        shards.Release(_keyspace.Locks);
    }

    /// <summary>Serves those who wait for what the unit has changed, under its locks. The time counts for them.</summary>
    public void ServeWaiting(Client client, in ShardSet held, bool holdsAll)
    {
        if (!Unblocker.HasReady)
            return;
        if (_runLength != 0)
            EndRun(client);
        Unblocker.Serve(held, holdsAll);
    }

    /// <summary>Runs the command of a client that waits once more, as a unit of its own.</summary>
    /// <returns>False if the client has to wait on.</returns>
    public bool ExecuteResumed(ClientWait wait, Database database, ReplyWriter writer, bool holdsAll)
    {
        Client client = wait.Client;
        long errors = writer.ErrorReplies;
        long begin = _loop.Timestamp = Clock.Nanoseconds;
        var context = new CommandContext(
            wait.Command, wait.Arguments, wait.ArgumentCount, writer, client, _server.Services, database, Clock.Sample(begin));
        context.HoldsAllLocks = holdsAll;
        context.Blocking = BlockingMode.Resumed;
        context.Effects = Effects.Active;
        Invoke(wait.Command, ref context);
        if (context.Effects != null)
            Effects.End(ref context);
        long end = _loop.Timestamp = Clock.Nanoseconds;
        wait.ElapsedNanoseconds += end - begin;
        if (context.HasBlocked)
            return false;
        _loop.Dirty += context.Dirty;
        if (writer.ErrorReplies != errors)
        {
            _statistics[wait.Command.Id].Failed++;
            _server.CountError(writer.LastErrorCode);
        }
        CountEnded(wait);
        return true;
    }

    /// <summary>Counts a command whose client has waited in vain.</summary>
    public void CountUnserved(ClientWait wait, bool isError)
    {
        if (isError)
        {
            _statistics[wait.Command.Id].Rejected++;
            _server.CountError("UNBLOCKED"u8);
        }
        CountEnded(wait);
    }

    private void CountEnded(ClientWait wait)
    {
        CommandCount++;
        wait.Client.CommandCount++;
        _statistics[wait.Command.Id].Count(1, wait.ElapsedNanoseconds, _server.TracksLatency);
        if (wait.ElapsedNanoseconds >= _server.SlowNanoseconds)
            _server.OnSlow(wait.Client, wait.Command, new ReadOnlySpan<Argument>(wait.Arguments, wait.ArgumentCount), wait.ElapsedNanoseconds);
    }

    /// <summary>Adds the shards of a command's keys to a set.</summary>
    public void AddShards(ref ShardSet shards, CommandDefinition command, Argument* arguments, int count)
    {
        if (command.FirstKey != 0 && !command.HasMovableKeys)
        {
            int last = command.LastKey >= 0 ? command.LastKey : count + command.LastKey;
            for (int i = command.FirstKey; i <= last && i < count; i += command.KeyStep)
                AddShard(ref shards, arguments + i);
            return;
        }
        var keys = new KeyList(stackalloc KeyReference[16]);
        _ = KeyExtractor.GetKeys(command, new ReadOnlySpan<Argument>(arguments, count), ref keys);
        foreach (KeyReference key in keys.Keys)
            AddShard(ref shards, arguments + key.Index);
        keys.Dispose();
    }

    /// <summary>Runs a handler whose locks are held, and counts.</summary>
    /// <remarks>
    /// The end of one command is the beginning of the next, so that each needs one reading of the clock. A run of the same quick command
    /// in one batch shares one: its time is spread evenly, and when it was slow, its last command stands for it.
    /// </remarks>
    public void Execute(Client client, CommandDefinition command, Argument* arguments, int count, long requestBytes, bool holdsAll)
    {
        ReplyWriter writer = _loop.Writer;
        long errors = writer.ErrorReplies;
        long unsent = writer.PendingBytes;
        bool inRuns = _sharesTime;
        bool sharesTime = inRuns && command.IsQuick && requestBytes < MostSharedBytes;
        if (_runLength != 0 && (_run != command || !sharesTime))
            EndRun(client);
        if (!sharesTime)
            _sharesTime = false; // Nor do the commands inside of this one.
        long begin = _loop.Timestamp;
        var context = new CommandContext(
            command, arguments, count, writer, client, _server.Services, _keyspace[client.DatabaseIndex], Clock.Sample(begin));
        context.HoldsAllLocks = holdsAll;
        context.Effects = Effects.Active;
        Invoke(command, ref context);
        if (context.Effects != null)
            Effects.End(ref context);
        Account(client, ref context, requestBytes, errors, unsent);
        if (sharesTime)
        {
            if (_run != command)
                _run = command;
            _runArguments = arguments;
            _runArgumentCount = count;
            if (++_runLength == LongestRun)
                EndRun(client);
            return;
        }
        _sharesTime = inRuns;
        EndCommand(client, ref context, begin);
    }

    /// <summary>
    /// Runs a command inside another one, in the same unit: it shares the unit's time, and what it takes counts for both.
    /// </summary>
    public void ExecutePart(Client client, CommandDefinition command, Argument* arguments, int count, long requestBytes, bool holdsAll, long now)
    {
        ReplyWriter writer = _loop.Writer;
        long errors = writer.ErrorReplies;
        long unsent = writer.PendingBytes;
        long begin = _loop.Timestamp;
        var context = new CommandContext(command, arguments, count, writer, client, _server.Services, _keyspace[client.DatabaseIndex], now);
        context.HoldsAllLocks = holdsAll;
        context.Blocking = BlockingMode.Denied;
        context.Effects = Effects.Active;
        Invoke(command, ref context);
        if (context.Effects != null)
            context.CollectEffect();
        Account(client, ref context, requestBytes, errors, unsent);
        EndCommand(client, ref context, begin);
    }

    /// <summary>Counts an execution, its errors and its bytes.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void Account(Client client, scoped ref CommandContext context, long requestBytes, long errors, long unsent)
    {
        ReplyWriter writer = _loop.Writer;
        CommandCount++;
        client.CommandCount++;
        if (context.Dirty != 0)
            _loop.Dirty += context.Dirty;
        if (writer.ErrorReplies != errors && writer.ErrorReplies != _errorsCounted)
            CountFailure(context.Command, writer);
        long replyBytes = writer.PendingBytes - unsent;
        if (requestBytes >= _server.LargeRequestBytes || replyBytes >= _server.LargeReplyBytes)
            _server.OnLarge(client, context.Command, context.Arguments, requestBytes, replyBytes);
    }

    /// <summary>Reads the clock after a command that is timed alone.</summary>
    private void EndCommand(Client client, scoped ref CommandContext context, long begin)
    {
        long end = Clock.Nanoseconds;
        _loop.Timestamp = end;
        long elapsed = end - begin;
        if (context.HasBlocked)
        {
            // It counts when the client gets its reply.
            CommandCount--;
            client.CommandCount--;
            client.Wait!.ElapsedNanoseconds = elapsed;
            return;
        }
        _statistics[context.Command.Id].Count(1, elapsed, _server.TracksLatency);
        if (elapsed >= _server.SlowNanoseconds)
            _server.OnSlow(client, context.Command, context.Arguments, elapsed);
    }

    /// <summary>Reads the clock after a run of the same command, and gives each execution its share of the time.</summary>
    private void EndRun(Client client)
    {
        CommandDefinition command = _run!;
        int length = _runLength;
        _runLength = 0;
        long end = Clock.Nanoseconds;
        long elapsed = end - _loop.Timestamp;
        _loop.Timestamp = end;
        _statistics[command.Id].Count(length, elapsed / length, _server.TracksLatency);
        if (elapsed >= _server.SlowNanoseconds)
            _server.OnSlow(client, command, new ReadOnlySpan<Argument>(_runArguments, _runArgumentCount), elapsed);
    }

    /// <summary>Waits for a lock that somebody holds: the time counts for the command that waits, not for those before it.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private void AcquireLate(Client client, int shard)
    {
        if (_runLength != 0)
            EndRun(client);
        _keyspace.Locks.Acquire(shard);
    }

    private void Invoke(CommandDefinition command, scoped ref CommandContext context)
    {
        WriteOwnMessages(ref context);
        if (_keyspace.Snapshot != null)
            SnapshotHook.BeforeCommand(command, ref context, _server.Known.NamesDatabase(command));
        if (_server.Services.TracksKeys)
            Tracking.Begin(ref context);
        try
        {
            command.Handler(ref context);
        }
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            ReportBug(command, ref context, e);
        }
        WriteOwnMessages(ref context);
        if (_server.Services.TracksKeys)
            Tracking.End(command, ref context);
    }

    // Before a command there may be what came behind the reply of the one before.
    private void WriteOwnMessages(scoped ref CommandContext context)
    {
        if (_loop.OwnMessages.Any && context.Blocking != BlockingMode.Denied && _loop.Served is { } client)
            _loop.OwnMessages.Write(client, _loop.Writer);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private void ReportBug(CommandDefinition command, scoped ref CommandContext context, Exception e)
    {
        context.Effects?.DropIncomplete();
        _server.OnInternalError(command, context.Arguments, e);
        context.Reply.Error("ERR internal error"u8);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private void CountFailure(CommandDefinition command, ReplyWriter writer)
    {
        // Errors of the commands of a transaction are theirs and not EXEC's.
        _errorsCounted = writer.ErrorReplies;
        _statistics[command.Id].Failed++;
        _server.CountError(writer.LastErrorCode);
    }

    private void AddShard(ref ShardSet shards, Argument* argument)
    {
        if (argument->Hash == 0)
            argument->Hash = KeyHash.Compute(argument->Data, argument->Length);
        shards.Add(_keyspace.ShardOf(argument->Hash));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static ReadOnlySpan<byte> ArgumentBytes(Argument* argument) => new(argument->Data, argument->Length);

    /// <inheritdoc/>
    public void Dispose()
    {
        Admission.Dispose();
        Unblocker.Dispose();
        Effects.Dispose();
        for (int i = 0; i < _server.Definitions.Length; i++)
            NativeMemory.Free(_statistics[i].Histogram);
        NativeMemory.Free(_statistics);
    }
}
