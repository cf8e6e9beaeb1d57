using Carnelian.Commands.Table;

namespace Carnelian.Server.Execution;

/// <summary>The commands that the dispatcher itself treats in a special way, found by their original names.</summary>
internal sealed class KnownCommands
{
    private readonly HashSet<CommandDefinition> _insideMulti;
    private readonly HashSet<CommandDefinition> _whileSubscribed;
    private readonly HashSet<CommandDefinition> _withDatabase;

    public KnownCommands(CommandDefinition[] definitions)
    {
        Exec = Named(definitions, "exec").Single();
        Ping = Named(definitions, "ping").Single();
        _insideMulti = Named(definitions, "exec", "discard", "multi", "watch", "quit", "reset");
        _withDatabase = Named(definitions, "move", "copy");
        _whileSubscribed = Named(
            definitions, "ping", "subscribe", "ssubscribe", "psubscribe", "unsubscribe", "sunsubscribe", "punsubscribe", "quit", "reset");
    }

    /// <summary>EXEC.</summary>
    public CommandDefinition Exec { get; }

    /// <summary>PING.</summary>
    public CommandDefinition Ping { get; }

    /// <summary>Whether a command runs at once although its client is between MULTI and EXEC.</summary>
    public bool RunsInsideMulti(CommandDefinition command) => _insideMulti.Contains(command);

    /// <summary>Whether a RESP2 client that has subscribed may send a command.</summary>
    public bool IsAllowedWhileSubscribed(CommandDefinition command) => _whileSubscribed.Contains(command);

    /// <summary>Whether a command may change keys of another database than its client's.</summary>
    public bool NamesDatabase(CommandDefinition command) => _withDatabase.Contains(command);

    private static HashSet<CommandDefinition> Named(CommandDefinition[] definitions, params ReadOnlySpan<string> names)
    {
        var found = new HashSet<CommandDefinition>();
        foreach (CommandDefinition definition in definitions)
        {
            if (names.Contains(definition.Name))
                found.Add(definition);
        }
        return found;
    }
}
