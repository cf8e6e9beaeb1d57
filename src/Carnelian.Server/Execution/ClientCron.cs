using Carnelian.Server.Clients;
using Carnelian.Server.Configuration;
using Carnelian.Server.Logging;
using Carnelian.Threading;

namespace Carnelian.Server.Execution;

/// <summary>
/// What becomes of a loop's clients in the course of time: idle ones are disconnected (<c>timeout</c>), soft output limits come to
/// their end, room for input that is not needed is given back.
/// </summary>
/// <remarks>One a loop, on its thread, without locks. A run visits a part of the clients, so that each has its turn every second.</remarks>
internal sealed class ClientCron(ServerInstance server, EventLoop loop)
{
    private const int LeastVisits = 64;
    private const long IdleMilliseconds = 2000;

    private int _next;

    /// <summary>Visits the next part of the clients.</summary>
    public void Run()
    {
        int slots = loop.SlotCount;
        int visits = Math.Min(slots, Math.Max(LeastVisits, slots / Math.Max(server.Configuration.Hz, 1) + 1));
        long now = Clock.Sample();
        for (; visits > 0; visits--)
        {
            _next = _next + 1 < loop.SlotCount ? _next + 1 : 0;
            if (loop.ClientAt(_next) is { } client && !client.Is(ClientFlags.CloseSoon))
                Visit(client, now);
        }
        if (loop.Index == 0 && server.ClientMemory.IsLimited)
            server.ClientMemory.Enforce();
    }

    private void Visit(Client client, long now)
    {
        long idle = now - client.LastInteraction;
        long timeout = server.Configuration.Timeout;
        if (timeout != 0 && idle / 1000 > timeout
            && !client.Is(ClientFlags.Monitor | ClientFlags.Replica | ClientFlags.Suspended | ClientFlags.Blocked | ClientFlags.PubSub))
        {
            server.Log.Write(LogLevel.Verbose, "Closing idle client");
            loop.CloseSoon(client);
            return;
        }
        if (client.QueryCapacity != 0)
            FitQuery(client, idle);
        if (!client.Output.IsEmpty || client.Is(ClientFlags.Replica))
            _ = server.ExceedsOutputLimit(client);
    }

    /// <summary>An idle client keeps what it has sent and no more; a busy one as much room as it has needed of late.</summary>
    private static void FitQuery(Client client, long idle)
    {
        int peak = Math.Max(client.QueryPeak, client.QueryLength);
        if (client.QueryLength == 0)
            client.QueryPeak = 0;
        if (idle > IdleMilliseconds)
            client.ShrinkQuery(client.QueryLength);
        else if (client.QueryCapacity > 2 * Client.LeastQueryRoom && peak < client.QueryCapacity / 2)
            client.ShrinkQuery(Math.Max(peak, Client.LeastQueryRoom));
    }
}
