using System.Text;
using Carnelian.Commands.Table;
using Carnelian.Protocol;
using Carnelian.Server.Clients;
using Carnelian.Server.Configuration;
using Carnelian.Threading;

namespace Carnelian.Server.Execution;

/// <summary>
/// The careful path of a command: all that can refuse it, delay it or put it into a transaction, in Valkey's order.
/// </summary>
/// <remarks>One a loop, used by its thread, without locks held.</remarks>
internal sealed unsafe class Admission(ServerInstance server, EventLoop loop, Dispatcher dispatcher) : IDisposable
{
    // What is being admitted.
    private Argument* _admitted;
    private int _admittedCount;

    /// <summary>Makes room for commands when there is a memory limit.</summary>
    public Eviction Eviction { get; } = new(server, loop);

    /// <inheritdoc/>
    public void Dispose() => Eviction.Dispose();

    /// <summary>Executes, queues or refuses a command.</summary>
    /// <param name="client">Who sent it.</param>
    /// <param name="command">The command of the first argument, or null if there is none of that name.</param>
    /// <param name="arguments">All arguments.</param>
    /// <param name="count">Their number.</param>
    /// <param name="requestBytes">The size of the request.</param>
    /// <returns>False if the command has to wait.</returns>
    public bool Run(Client client, CommandDefinition? command, Argument* arguments, int count, long requestBytes)
    {
        ReplyWriter writer = loop.Writer;
        bool isSilent = BeginSilence(client, writer);
        bool isReplica = client.Is(ClientFlags.Replica);
        long unsent = writer.PendingBytes;
        bool isDone = Admit(client, command, arguments, count, requestBytes);
        if (isReplica && writer.PendingBytes != unsent)
            RefuseReply(client);
        if (isSilent)
            EndSilence(client, writer, isDone);
        if (writer.Resp != client.Resp)
            writer.Resp = client.Resp;
        return isDone;
    }

    /// <summary>Disconnects a replica whose command has a reply: in the stream it would be taken for a change.</summary>
    private void RefuseReply(Client client)
    {
        server.Log.Write(LogLevel.Warning,
            $"Replica generated a reply to command '{client.LastCommand?.Name ?? "NULL"}', disconnecting it: {ClientLine.Describe(server, client)}");
        server.Clients.Disconnect(client);
    }

    private static bool BeginSilence(Client client, ReplyWriter writer)
    {
        if (!client.Is(ClientFlags.ReplyOff | ClientFlags.ReplySkip | ClientFlags.ReplySkipNext))
            return false;
        if (client.Is(ClientFlags.ReplySkipNext))
        {
            client.Set(ClientFlags.ReplySkipNext, false);
            client.Set(ClientFlags.ReplySkip, true);
        }
        writer.Discarding = true;
        return true;
    }

    // The reply of a command that has to wait is skipped when it comes.
    private static void EndSilence(Client client, ReplyWriter writer, bool isDone)
    {
        if (isDone)
            client.Set(ClientFlags.ReplySkip, false);
        writer.Discarding = false;
    }

    private bool Admit(Client client, CommandDefinition? command, Argument* arguments, int count, long requestBytes)
    {
        _admitted = arguments;
        _admittedCount = count;
        if ((server.Condition & ServerCondition.ShuttingDown) != 0)
        {
            loop.CloseSoon(client);
            return true;
        }
        var all = new ReadOnlySpan<Argument>(arguments, count);
        if (client.MustAuthenticate && (command == null || (command.Flags & CommandFlags.NoAuth) == 0))
        {
            Refuse(client, command, "NOAUTH Authentication required.");
            return true;
        }
        if (command != null && command.Subcommands.Length != 0 && count > 1)
        {
            CommandDefinition? subcommand = command.FindSubcommand(Bytes(arguments[1]));
            if (subcommand == null)
            {
                client.LastCommand = command;
                Refuse(client, command, CommandErrors.UnknownSubcommand(command, all));
                return true;
            }
            command = subcommand;
        }
        if (command == null)
        {
            client.LastCommand = null;
            if (IsHttp(all[0]))
            {
                server.OnCrossProtocolRequest(client);
                return true;
            }
            Refuse(client, null, CommandErrors.UnknownCommand(all));
            return true;
        }
        client.LastCommand = command;
        if (command == server.Known.Exec)
            server.Transactions.DropDoomed(client);
        if (!command.AcceptsArgumentCount(count))
        {
            Refuse(client, command, $"ERR wrong number of arguments for '{command.Name}' command");
            return true;
        }
        if ((command.Flags & CommandFlags.Protected) != 0 && server.RefuseProtected(client, command) is { } isProtected)
        {
            Refuse(client, command, isProtected);
            return true;
        }
        if (client.Is(ClientFlags.Multi) && (command.Flags & CommandFlags.NoMulti) != 0)
        {
            Refuse(client, command, $"ERR Command '{command.Name}' not allowed inside a transaction");
            return true;
        }
        if ((server.Condition & ServerCondition.MemoryLimited) != 0 && !Eviction.MakeRoom(client, command))
        {
            Refuse(client, command, "OOM command not allowed when used memory > 'maxmemory'.");
            return true;
        }
        if ((server.Condition & ServerCondition.AofFails) != 0 && server.Aof.Refuse(Writes(client, command) || command == server.Known.Ping) is { } aofFails)
        {
            Refuse(client, command, aofFails);
            return true;
        }
        if ((server.Condition & ServerCondition.CannotSave) != 0 && (Writes(client, command) || command == server.Known.Ping))
        {
            Refuse(client, command, "MISCONF Valkey is configured to save RDB snapshots, but it's currently unable to persist to disk. "
                + "Commands that may modify the data set are disabled, because this instance is configured to report errors during writes if RDB "
                + "snapshotting fails (stop-writes-on-bgsave-error option). Please check the Valkey logs for details about the RDB error.");
            return true;
        }
        if ((server.Condition & ServerCondition.NeedsReplicas) != 0 && server.Replication.GoodReplicas < server.Configuration.MinReplicasToWrite
            && Writes(client, command))
        {
            Refuse(client, command, "NOREPLICAS Not enough good replicas to write.");
            return true;
        }
        if (client.Is(ClientFlags.PubSub) && client.Resp < 3 && !server.Known.IsAllowedWhileSubscribed(command))
        {
            Refuse(client, command,
                $"ERR Can't execute '{command.Name}': only (P|S)SUBSCRIBE / (P|S)UNSUBSCRIBE / PING / QUIT / RESET are allowed in this context");
            return true;
        }
        if ((server.Condition & ServerCondition.Loading) != 0 && !RunsWhileLoading(client, command))
        {
            Refuse(client, command, server.LoadingError);
            return true;
        }
        if (client.Is(ClientFlags.Monitor | ClientFlags.Replica) && (command.Flags & (CommandFlags.Write | CommandFlags.MayReplicate | CommandFlags.ReadOnly)) != 0)
        {
            Refuse(client, command, "ERR Replica can't interact with the keyspace");
            return true;
        }
        if ((server.Condition & ServerCondition.Paused) != 0 && server.Pause.Holds(client, command) && server.Pause.TrySuspend(client))
            return false;
        if (client.Is(ClientFlags.Multi) && !server.Known.RunsInsideMulti(command))
        {
            server.Transactions.Queue(client, command, all, requestBytes);
            loop.Writer.SimpleString("QUEUED"u8);
            return true;
        }
        if ((server.Condition & ServerCondition.Monitored) != 0)
            CallMonitored(client, command, arguments, count, requestBytes);
        else
            dispatcher.Call(client, command, arguments, count, requestBytes);
        if (loop.OwesQuiescence)
        {
            loop.OwesQuiescence = false;
            server.Loops.Quiesce(loop);
            server.Pause.Settle(loop);
        }
        return true;
    }

    /// <summary>As <see cref="Dispatcher.Call"/>, and shows the command to monitors before its locks are released.</summary>
    private void CallMonitored(Client client, CommandDefinition command, Argument* arguments, int count, long requestBytes)
    {
        ShardLocks locks = server.Keyspace.Locks;
        ShardSet shards = default;
        bool holdsAll = command.Locks == Locks.All;
        if (holdsAll)
        {
            locks.AcquireAll();
        }
        else if (command.Locks == Locks.Keys)
        {
            dispatcher.AddShards(ref shards, command, arguments, count);
            shards.Acquire(locks);
            if (shards.HasNotes(locks))
                dispatcher.Unblocker.Grow(ref shards, command, arguments, count, server.Keyspace[client.DatabaseIndex]);
        }
        dispatcher.Execute(client, command, arguments, count, requestBytes, holdsAll);
        server.Monitors.Feed(loop, client, command, new ReadOnlySpan<Argument>(arguments, count));
        dispatcher.ServeWaiting(client, shards, holdsAll);
        if (holdsAll)
            locks.ReleaseAll();
        else
            shards.Release(locks);
    }

    private bool RunsWhileLoading(Client client, CommandDefinition command) =>
        (command.Flags & CommandFlags.Loading) != 0
        && (command != server.Known.Exec || client.QueuedCommands is not { } queued || queued.TrueForAll(static part => (part.Command.Flags & CommandFlags.Loading) != 0));

    private bool Writes(Client client, CommandDefinition command) =>
        (command.Flags & CommandFlags.Write) != 0
        || (command == server.Known.Exec && client.QueuedCommands is { } queued && queued.Exists(static part => (part.Command.Flags & CommandFlags.Write) != 0));

    private void Refuse(Client client, CommandDefinition? command, string error)
    {
        if (command != null && command == server.Known.Exec)
        {
            // An EXEC that is refused ends the transaction all the same.
            server.Transactions.Discard(client);
            server.Watches.Unwatch(client);
            // And monitors see it, as they have seen what came before.
            if ((server.Condition & ServerCondition.Monitored) != 0)
                server.Monitors.Feed(loop, client, command, new ReadOnlySpan<Argument>(_admitted, _admittedCount));
            error = "EXECABORT Transaction discarded because of: " + (error.StartsWith("ERR ", StringComparison.Ordinal) ? error[4..] : error);
        }
        server.Transactions.MarkFailed(client);
        loop.Writer.Error(Encoding.Latin1.GetBytes(error));
        if (command != null)
            dispatcher.StatisticsOf(command.Id).Rejected++;
        server.CountError(loop.Writer.LastErrorCode);
    }

    // A browser that a web page talks into sending a request here: its next words could be commands.
    private static bool IsHttp(in Argument name) =>
        Ascii.EqualsIgnoreCase(Bytes(name), "post"u8) || Ascii.EqualsIgnoreCase(Bytes(name), "host:"u8);

    private static ReadOnlySpan<byte> Bytes(in Argument argument) => new(argument.Data, argument.Length);
}
