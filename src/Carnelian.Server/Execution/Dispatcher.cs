using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Carnelian.Commands;
using Carnelian.Commands.Table;
using Carnelian.Protocol;
using Carnelian.Server.Clients;
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
    /// <summary>The most commands that share one look at the clock.</summary>
    private const int LongestRun = 8;

    /// <summary>Longer requests are timed by themselves.</summary>
    private const int ShortRequestBytes = 1024;

    /// <summary>With a threshold of slow commands below this, all are timed by themselves.</summary>
    private const long ShortNanoseconds = 1_000_000;

    private readonly ServerInstance _server;
    private readonly EventLoop _loop;
    private readonly Keyspace _keyspace;
    private readonly CommandStatistics* _statistics;
    private CommandDefinition? _run;
    private int _runLength;

    public Dispatcher(ServerInstance server, EventLoop loop)
    {
        _server = server;
        _loop = loop;
        _keyspace = server.Keyspace;
        Admission = new Admission(server, loop, this);
        _statistics = (CommandStatistics*)NativeMemory.AllocZeroed((nuint)server.Definitions.Length, (nuint)sizeof(CommandStatistics));
    }

    /// <summary>The careful path.</summary>
    public Admission Admission { get; }

    /// <summary>Commands executed by this loop.</summary>
    public long CommandCount { get; private set; }

    /// <summary>Batches that were prefetched, and the keys in them.</summary>
    public long PrefetchBatches { get; private set; }

    /// <summary>Keys that were prefetched.</summary>
    public long PrefetchedKeys { get; private set; }

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
        int count = batch.Parser.CommandCount, keys = 0;
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
            for (int k = command.FirstKey; k <= last && keys < InputBatch.MostKeys; k += command.KeyStep)
            {
                ulong hash = KeyHash.Compute(arguments[k].Data, arguments[k].Length);
                arguments[k].Hash = hash;
                hashes[keys++] = hash;
                database.PrefetchBucket(hash);
            }
        }
        batch.Database = database;
        batch.HashCount = keys;
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
        int count = batch.HashCount;
        for (int i = 0; i < count; i++)
            database.PrefetchEntry(hashes[i]);
    }

    /// <summary>Last stage: executes the commands of a batch in order.</summary>
    /// <returns>How many were executed; the rest has to wait.</returns>
    public int RunBatch(Client client, InputBatch batch)
    {
        Database database = batch.Database!;
        ulong* hashes = batch.Hashes;
        for (int i = 0; i < batch.HashCount; i++)
            database.PrefetchStashed(hashes[i]);

        int count = batch.Parser.CommandCount, done = 0;
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
        if (_run != null)
            EndRun();
        return done;
    }

    /// <summary>Executes one command, or refuses it.</summary>
    /// <returns>False if it has to wait.</returns>
    private bool Run(Client client, CommandDefinition? command, Argument* arguments, int count, long requestBytes)
    {
        client.CommandCount++;
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
                _keyspace.Locks.Acquire(shard);
                Execute(client, command, arguments, count, requestBytes, holdsAll: false);
                _keyspace.Locks.Release(shard);
                break;
            case Locks.Keys:
                ShardSet shards = default;
                AddShards(ref shards, command, arguments, count);
                shards.Acquire(_keyspace.Locks);
                Execute(client, command, arguments, count, requestBytes, holdsAll: false);
                shards.Release(_keyspace.Locks);
                break;
            case Locks.All:
                _keyspace.Locks.AcquireAll();
                Execute(client, command, arguments, count, requestBytes, holdsAll: true);
                _keyspace.Locks.ReleaseAll();
                break;
            default:
                Execute(client, command, arguments, count, requestBytes, holdsAll: false);
                break;
        }
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
    /// The end of one command is the beginning of the next, so that each needs one look at the clock. A run of the same short command
    /// shares one: its time is spread evenly, and if it was slow, its last command is the one that is reported.
    /// </remarks>
    public void Execute(Client client, CommandDefinition command, Argument* arguments, int count, long requestBytes, bool holdsAll)
    {
        if (_run != null && _run != command)
            EndRun();
        ReplyWriter writer = _loop.Writer;
        long errors = writer.ErrorReplies;
        long begin = _loop.Timestamp;
        var context = new CommandContext(
            command, arguments, count, writer, client, _server.Services, _keyspace[client.DatabaseIndex], Clock.Sample(begin));
        context.HoldsAllLocks = holdsAll;
        Invoke(command, ref context);
        CommandCount++;
        if (context.Dirty != 0)
            _loop.Dirty += context.Dirty;
        if (writer.ErrorReplies != errors)
            CountFailure(_statistics + command.Id, writer);

        _runLength++;
        if (command.IsShort && _runLength < LongestRun && requestBytes < ShortRequestBytes && _server.SlowNanoseconds >= ShortNanoseconds)
        {
            _run = command;
            return;
        }
        long elapsed = CloseRun(command);
        if (elapsed >= _server.SlowNanoseconds || requestBytes >= _server.LargeRequestBytes)
            _server.OnSlowOrLarge(client, command, new ReadOnlySpan<Argument>(arguments, count), elapsed, requestBytes);
    }

    /// <summary>Takes the time of a run, the last command of which was not known to be the last.</summary>
    private void EndRun() => CloseRun(_run!);

    private long CloseRun(CommandDefinition command)
    {
        long end = Clock.Nanoseconds;
        long elapsed = end - _loop.Timestamp;
        _loop.Timestamp = end;
        (_statistics + command.Id)->Count(_runLength, elapsed, _server.TracksLatency);
        _run = null;
        _runLength = 0;
        return elapsed;
    }

    private void Invoke(CommandDefinition command, scoped ref CommandContext context)
    {
        try
        {
            command.Handler(ref context);
        }
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            ReportBug(command, ref context, e);
        }
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private void ReportBug(CommandDefinition command, scoped ref CommandContext context, Exception e)
    {
        _server.OnInternalError(command, context.Arguments, e);
        context.Reply.Error("ERR internal error"u8);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private void CountFailure(CommandStatistics* statistics, ReplyWriter writer)
    {
        statistics->Failed++;
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
        for (int i = 0; i < _server.Definitions.Length; i++)
            NativeMemory.Free(_statistics[i].Histogram);
        NativeMemory.Free(_statistics);
    }
}
