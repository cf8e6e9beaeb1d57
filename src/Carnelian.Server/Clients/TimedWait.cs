using Carnelian.Protocol;
using Carnelian.Server.Execution;

namespace Carnelian.Server.Clients;

/// <summary>Keeps a client waiting for a while and then replies. For waits that nothing but time can end.</summary>
internal static class TimedWait
{
    /// <summary>Begins a wait. On the client's loop, from its command, which writes no reply itself.</summary>
    /// <param name="client">The client; it is not served until the wait is over.</param>
    /// <param name="milliseconds">How long; 0 is until the client goes away.</param>
    /// <param name="reply">Writes the reply when the wait is over.</param>
    public static void Begin(Client client, long milliseconds, Action<ReplyWriter> reply)
    {
        client.Set(ClientFlags.Blocked, true);
        client.Loop.SetSuspended(client, isSuspended: true);
        if (milliseconds == 0)
            return;
        Timer? timer = null;
        timer = new Timer(_ =>
        {
            timer?.Dispose();
            End(client, client.Loop, reply);
        });
        timer.Change(Math.Min(milliseconds, int.MaxValue), Timeout.Infinite);
    }

    /// <summary>Ends a wait on the client's loop, wherever that is by then.</summary>
    private static void End(Client client, EventLoop loop, Action<ReplyWriter> reply) => loop.Post(() =>
    {
        if (client.Loop != loop)
            End(client, client.Loop, reply);
        else
            Finish(client, reply);
    });

    private static void Finish(Client client, Action<ReplyWriter> reply)
    {
        if (client.IsClosed || !client.Is(ClientFlags.Blocked))
            return;
        client.Set(ClientFlags.Blocked, false);
        client.Loop.WriteTo(client, reply);
        client.Loop.SetSuspended(client, isSuspended: false);
    }
}
