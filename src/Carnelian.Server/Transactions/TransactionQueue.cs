using Carnelian.Commands.Table;
using Carnelian.Protocol;
using Carnelian.Server.Clients;

namespace Carnelian.Server.Transactions;

/// <summary>The commands that clients have queued between MULTI and EXEC.</summary>
internal sealed class TransactionQueue
{
    /// <summary>Queues a command.</summary>
    public void Queue(Client client, CommandDefinition command, ReadOnlySpan<Argument> arguments, long requestBytes)
    {
    }

    /// <summary>Notes that a command of a transaction was refused, so that EXEC fails.</summary>
    public void MarkFailed(Client client)
    {
        if (client.Is(ClientFlags.Multi))
            client.Set(ClientFlags.DirtyExec, true);
    }
}
