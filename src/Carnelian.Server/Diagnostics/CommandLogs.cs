using Carnelian.Commands.Table;
using Carnelian.Protocol;
using Carnelian.Server.Clients;
using Carnelian.Server.Configuration;

namespace Carnelian.Server.Diagnostics;

/// <summary>The three logs of COMMANDLOG with their thresholds. Any thread.</summary>
internal sealed class CommandLogs(ServerConfiguration configuration)
{
    private readonly CommandLog _slow = new();
    private readonly CommandLog _largeRequest = new();
    private readonly CommandLog _largeReply = new();

    /// <summary>The log of a type.</summary>
    public CommandLog this[CommandLogType type] => type switch
    {
        CommandLogType.Slow => _slow,
        CommandLogType.LargeRequest => _largeRequest,
        _ => _largeReply,
    };

    /// <summary>Records a command by its time, if it is over the threshold.</summary>
    public void RecordSlow(Client client, CommandDefinition command, ReadOnlySpan<Argument> arguments, long nanoseconds)
    {
        if (Concerns(command) && configuration.SlowlogThreshold >= 0 && nanoseconds / 1000 >= configuration.SlowlogThreshold)
            _slow.Add(client, command, arguments, nanoseconds / 1000, configuration.SlowlogMaxLen);
    }

    /// <summary>Records a command by the size of its request and of its reply, where they are over the thresholds.</summary>
    public void RecordLarge(Client client, CommandDefinition command, ReadOnlySpan<Argument> arguments, long requestBytes, long replyBytes)
    {
        if (!Concerns(command))
            return;
        if (configuration.CommandlogRequestLargerThan >= 0 && requestBytes >= configuration.CommandlogRequestLargerThan)
            _largeRequest.Add(client, command, arguments, requestBytes, configuration.CommandlogLargeRequestMaxLen);
        if (configuration.CommandlogReplyLargerThan >= 0 && replyBytes >= configuration.CommandlogReplyLargerThan)
            _largeReply.Add(client, command, arguments, replyBytes, configuration.CommandlogLargeReplyMaxLen);
    }

    private static bool Concerns(CommandDefinition command) => (command.Flags & CommandFlags.SkipCommandLog) == 0;
}
