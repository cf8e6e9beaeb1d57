using Carnelian.Commands;
using Carnelian.Commands.Table;
using Carnelian.Protocol;
using Carnelian.Server.Clients;
using Carnelian.Server.Execution;
using Carnelian.Storage;
using Carnelian.Threading;

namespace Carnelian.Server.Transactions;

/// <summary>
/// The commands that clients have queued between MULTI and EXEC, and their execution as one unit.
/// </summary>
/// <remarks>
/// Has no state of its own: the queue hangs on the client, and only the client's loop touches it. No locks are held on entry;
/// <see cref="Execute"/> takes those of all queued commands and of the watched keys at once, so that no other client sees or
/// changes anything in between.
/// </remarks>
internal sealed unsafe class TransactionQueue
{
    /// <summary>Begins a transaction.</summary>
    public void Begin(Client client) => client.Set(ClientFlags.Multi, true);

    /// <summary>Queues a command.</summary>
    public void Queue(Client client, CommandDefinition command, ReadOnlySpan<Argument> arguments, long requestBytes)
    {
        // A transaction that will fail needs no memory.
        if (client.Is(ClientFlags.DirtyExec) || IsDoomed(client))
            return;
        client.QueuedCommands ??= [];
        var queued = new QueuedCommand(command, arguments, requestBytes);
        client.QueuedCommands.Add(queued);
        client.QueuedBytes += queued.MemoryBytes;
    }

    /// <summary>Notes that a command of a transaction was refused, so that EXEC fails.</summary>
    public void MarkFailed(Client client)
    {
        if (!client.Is(ClientFlags.Multi))
            return;
        client.Set(ClientFlags.DirtyExec, true);
        FreeQueue(client);
    }

    /// <summary>Frees the commands of a transaction that will fail since a watched key has changed: it writes nothing, so nothing holds it up.</summary>
    public void DropDoomed(Client client)
    {
        if (client.QueuedCommands != null && IsDoomed(client))
            FreeQueue(client);
    }

    /// <summary>Ends the transaction, if there is one, and frees its commands.</summary>
    public void Discard(Client client)
    {
        client.Set(ClientFlags.Multi | ClientFlags.DirtyExec, false);
        FreeQueue(client);
    }

    private static bool IsDoomed(Client client) => client.WatchedKeys is { } watched && watched.HasChanged;

    private static void FreeQueue(Client client)
    {
        List<QueuedCommand>? queue = client.QueuedCommands;
        if (queue == null)
            return;
        foreach (QueuedCommand queued in queue)
            queued.Free();
        client.QueuedCommands = null;
        client.QueuedBytes = 0;
    }

    /// <summary>Executes what is queued, unless a watched key has changed, and ends the transaction.</summary>
    /// <param name="client">The client, between MULTI and EXEC.</param>
    /// <param name="context">The context of EXEC.</param>
    public void Execute(Client client, scoped ref CommandContext context)
    {
        ServerInstance server = client.Loop.Server;
        Dispatcher dispatcher = client.Loop.Dispatcher;
        var locks = new UnitLocks(context.Keyspace, dispatcher, client);
        locks.Acquire();
        // All commands of the transaction see this one time, taken when nobody else can change their keys any more.
        long now = Clock.Sample();
        if (!server.Watches.AreUnchanged(client, now))
        {
            dispatcher.Effects.Unit.Flush();
            locks.Release();
            context.Reply.NullArray();
        }
        else
        {
            List<QueuedCommand> queue = client.QueuedCommands ?? [];
            context.Reply.Array(queue.Count);
            foreach (QueuedCommand queued in queue)
            {
                dispatcher.ExecutePart(client, queued.Command, queued.Arguments, queued.Count, queued.RequestBytes, locks.IsExclusive, now);
                if ((server.Condition & ServerCondition.Monitored) != 0)
                    server.Monitors.Feed(client.Loop, client, queued.Command, new ReadOnlySpan<Argument>(queued.Arguments, queued.Count));
            }
            dispatcher.Effects.End(client);
            locks.ServeWaiting(client);
            locks.Release();
        }
        server.Watches.Unwatch(client);
        Discard(client);
    }

    /// <summary>The locks of one transaction.</summary>
    private ref struct UnitLocks
    {
        private readonly Keyspace _keyspace;
        private readonly Dispatcher _dispatcher;
        private readonly List<QueuedCommand> _commands;
        private ShardSet _shards;

        public UnitLocks(Keyspace keyspace, Dispatcher dispatcher, Client client)
        {
            _keyspace = keyspace;
            _dispatcher = dispatcher;
            _commands = client.QueuedCommands ?? [];
            foreach (QueuedCommand queued in _commands)
            {
                switch (queued.Command.Locks)
                {
                    case Locks.All or Locks.One:
                        IsExclusive = true;
                        break;
                    case Locks.Keys:
                        dispatcher.AddShards(ref _shards, queued.Command, queued.Arguments, queued.Count);
                        break;
                }
            }
            if (client.WatchedKeys == null)
                return;
            foreach (KeyWatch watch in client.WatchedKeys)
                _shards.Add(keyspace.ShardOf(watch.Record.Hash));
        }

        public bool IsExclusive { get; }

        public void Acquire()
        {
            if (IsExclusive)
            {
                _keyspace.Locks.AcquireAll();
                return;
            }
            _shards.Acquire(_keyspace.Locks);
            if (_shards.HasNotes(_keyspace.Locks))
                _dispatcher.Unblocker.Grow(ref _shards, _commands);
        }

        /// <summary>Serves those who wait for what the whole transaction has changed.</summary>
        public readonly void ServeWaiting(Client client) => _dispatcher.ServeWaiting(client, _shards, IsExclusive);

        public readonly void Release()
        {
            if (IsExclusive)
                _keyspace.Locks.ReleaseAll();
            else
                _shards.Release(_keyspace.Locks);
        }
    }
}
