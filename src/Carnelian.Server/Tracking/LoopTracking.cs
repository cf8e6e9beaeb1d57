using Carnelian.Commands;
using Carnelian.Commands.Table;
using Carnelian.Protocol;
using Carnelian.Server.Clients;
using Carnelian.Server.Execution;
using Carnelian.Server.Transactions;
using Carnelian.Storage;

namespace Carnelian.Server.Tracking;

/// <summary>
/// A loop's part of client-side caching: it notes what commands read, tells a client of its own changes behind its reply, and collects what
/// is to be broadcast at the end of the round.
/// </summary>
/// <remarks>One a loop, on its thread.</remarks>
internal sealed class LoopTracking(ServerInstance server, EventLoop loop)
{
    [ThreadStatic]
    private static LoopTracking? s_current;

    private readonly List<byte[]?> _own = [];
    private readonly Dictionary<byte[], Client?> _changed = new(ByteKeyComparer.Instance);
    private bool _hasFlushed;

    /// <summary>That of the thread; null if it is no loop's.</summary>
    public static LoopTracking? Current => s_current;

    /// <summary>The client whose command runs; null between commands.</summary>
    public Client? Client { get; private set; }

    /// <summary>Whether a client is the one whose input the loop is working on.</summary>
    public bool IsServing(Client client) => loop.Served == client;

    /// <summary>Makes this the one of the thread.</summary>
    public void Attach() => s_current = this;

    /// <summary>A command begins, which may be a part of a transaction.</summary>
    public void Begin(scoped ref CommandContext context)
    {
        Client = (Client)context.Session;
        _hasFlushed = false;
    }

    /// <summary>A command has written its reply: notes what it has read, and tells its client of its own changes unless more is to come. Under the locks of its keys.</summary>
    public void End(CommandDefinition command, scoped ref CommandContext context)
    {
        var client = (Client)context.Session;
        bool isPart = context.Blocking == BlockingMode.Denied;
        if (client.Tracking is { } tracking)
        {
            if ((command.Flags & CommandFlags.ReadOnly) != 0 && command.HasKeys && tracking.RemembersReads)
                NoteReads(client, command, ref context);
            // CLIENT CACHING is about the next command, or the next transaction.
            if (!isPart && !client.Is(ClientFlags.Multi) && !command.ContainerName.SequenceEqual("client"u8))
                tracking.HasException = false;
        }
        if (isPart)
            return;
        if (_own.Count != 0)
            SendOwn(client, context.Reply);
        Client = null;
    }

    /// <summary>Notes a key that the client of the running command has to forget, because of what it does itself; null for all keys.</summary>
    public void AddOwn(byte[]? key) => _own.Add(key);

    /// <summary>Notes a change for those who hear of prefixes.</summary>
    public void NoteChanged(ReadOnlySpan<byte> key)
    {
        foreach (BroadcastPrefix prefix in server.Tracking.Prefixes)
        {
            if (!key.StartsWith(prefix.Prefix))
                continue;
            _changed[key.ToArray()] = Client;
            return;
        }
    }

    /// <summary>Whether the running command has not said before that all keys change.</summary>
    public bool IsFirstFlush()
    {
        bool isFirst = !_hasFlushed || Client == null;
        _hasFlushed = true;
        return isFirst;
    }

    /// <summary>The end of a round, without locks: broadcasts what has changed in it.</summary>
    public void EndRound()
    {
        if (_changed.Count != 0)
            Broadcast();
        if (server.Tracking.IsUntidy)
            server.Tracking.Tidy();
    }

    private void Broadcast()
    {
        KeyValuePair<byte[], Client?>[] changes = [.. _changed];
        _changed.Clear();
        Array.Sort(changes, static (a, b) => ByteKeyComparer.Instance.Compare(a.Key, b.Key));
        server.Tracking.Broadcast(changes);
    }

    private static void NoteReads(Client client, CommandDefinition command, scoped ref CommandContext context)
    {
        TrackingHub hub = client.Loop.Server.Tracking;
        if (command is { HasMovableKeys: false } && command.LastKey == command.FirstKey)
        {
            hub.NoteRead(client, context.Key(command.FirstKey));
            return;
        }
        var keys = new KeyList(stackalloc KeyReference[16]);
        _ = KeyExtractor.GetKeys(command, context.Arguments, ref keys);
        foreach (KeyReference key in keys.Keys)
            hub.NoteRead(client, context.Key(key.Index));
        keys.Dispose();
    }

    private void SendOwn(Client client, ReplyWriter reply)
    {
        foreach (byte[]? key in _own)
        {
            if (client.Tracking is { } tracking)
                server.Tracking.Send(client, tracking, key == null ? Invalidation.Everything(client.Resp) : Invalidation.KeysOf(key), reply);
        }
        _own.Clear();
    }
}
