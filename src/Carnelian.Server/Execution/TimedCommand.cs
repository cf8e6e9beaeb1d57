using Carnelian.Commands.Table;
using Carnelian.Protocol;

namespace Carnelian.Server.Execution;

/// <summary>A command that was executed and whose time is yet to be read. The arguments are the parser's and end with the batch.</summary>
internal readonly unsafe struct TimedCommand(CommandDefinition command, Argument* arguments, int count)
{
    /// <summary>The command.</summary>
    public readonly CommandDefinition Command = command;

    /// <summary>Its arguments.</summary>
    public readonly Argument* Arguments = arguments;

    /// <summary>The number of arguments.</summary>
    public readonly int Count = count;
}
