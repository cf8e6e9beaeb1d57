using Carnelian.Commands.Table;
using Carnelian.Protocol;
using Carnelian.Server.Execution;

namespace Carnelian.Server.Clients;

/// <summary>The clients that see all commands (MONITOR).</summary>
internal sealed class Monitors
{
    /// <summary>Shows a command to all of them.</summary>
    public void Feed(EventLoop loop, Client client, CommandDefinition command, ReadOnlySpan<Argument> arguments)
    {
    }
}
