using Carnelian.Commands.Table;

namespace Carnelian.Server.Clients;

/// <summary>CLIENT PAUSE.</summary>
internal sealed class ClientPause
{
    /// <summary>Whether a client's command has to wait.</summary>
    public bool Holds(Client client, CommandDefinition command) => false;

    /// <summary>Makes a client wait until the pause ends.</summary>
    public void Suspend(Client client) => client.Loop.SetSuspended(client, isSuspended: true);
}
