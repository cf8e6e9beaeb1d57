using Carnelian.Protocol;
using Carnelian.Server.AppendOnly;
using Carnelian.Server.Clients;

namespace Carnelian.Server.Execution;

/// <summary>
/// Holds back what a loop has to send until the writes that it could show are durable: <c>appendfsync always</c>. The loop does not wait; the
/// clients do, and all that waits goes out after one sync.
/// </summary>
/// <remarks>
/// One a loop, on its thread, but for <see cref="Wake"/>. Output that is there at some moment can show only what was in the journal by then: so it
/// is enough to remember, for each client, how far its output went and how far the journal did. See <c>docs/design/aof.md</c>.
/// </remarks>
internal sealed unsafe class OutputGate(ServerInstance server, EventLoop loop)
{
    private List<Client> _held = [];
    private List<Client> _released = [];
    private bool _isHolding;
    private long _seen;

    /// <summary>Whether nothing is held back.</summary>
    public bool IsOpen => !server.Aof.HoldsReplies;

    /// <summary>Whether clients wait here.</summary>
    public bool HasHeld => _held.Count != 0;

    /// <summary>Finds what of a client's output may be sent now; if it is nothing, the client waits here.</summary>
    /// <returns>How many of the vectors are in use.</returns>
    public int Fill(Client client, IoVector* vectors, int capacity)
    {
        if (server.Aof.Writer is not { } writer)
            return client.Output.Fill(vectors, capacity, out _);
        // What is in the stream may be on its way into the AOF yet.
        if (client.Replica != null)
            server.Journal.PassAppends();
        long appended = writer.Appended;
        long released = writer.Released;
        ref ReplyHold hold = ref client.Hold;
        if (released >= appended)
        {
            hold = default;
            return client.Output.Fill(vectors, capacity, out _);
        }
        long sent = client.BytesOut;
        hold.Release(released);
        hold.Cover(sent + client.Output.PendingBytes, appended);
        long sendable = hold.SendableEnd - sent;
        if (sendable <= 0)
        {
            Hold(client);
            return 0;
        }
        int count = client.Output.Fill(vectors, capacity, out _);
        for (int i = 0; i < count; i++)
        {
            if ((long)vectors[i].Length >= sendable)
            {
                vectors[i].Length = (nuint)sendable;
                return i + 1;
            }
            sendable -= (long)vectors[i].Length;
        }
        return count;
    }

    /// <summary>Sends what has waited and may go now.</summary>
    public void Release()
    {
        AofWriter? writer = server.Aof.Writer;
        if (!IsOpen && writer != null)
        {
            long released = writer.Released;
            if (released == _seen)
                return;
            _seen = released;
        }
        (_held, _released) = (_released, _held);
        foreach (Client client in _released)
        {
            if (client.Hold.Gate != this)
                continue;
            client.Hold.Gate = null;
            if (!client.IsClosed && client.Loop == loop && client.Token >= 0 && !client.IsWatchedForOutput)
                loop.SendPending(client);
        }
        _released.Clear();
    }

    /// <summary>Whether the loop, before it waits for its sockets, has to look once more whether clients can go on.</summary>
    public bool MustLook()
    {
        Volatile.Write(ref _isHolding, _held.Count != 0);
        if (_held.Count == 0)
            return false;
        // With this in between, either the writer sees that clients wait, or the loop sees how far the writer is.
        Interlocked.MemoryBarrier();
        return IsOpen || server.Aof.Writer is not { } writer || writer.Released != _seen;
    }

    /// <summary>Has the loop look what may go now. Any thread.</summary>
    public void Wake()
    {
        if (Volatile.Read(ref _isHolding))
            loop.Poller.Wake();
    }

    private void Hold(Client client)
    {
        if (client.Hold.Gate == this)
            return;
        client.Hold.Gate = this;
        _held.Add(client);
    }
}
