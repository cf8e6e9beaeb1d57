// All commands of a server, found by name. Composed at start from the lists that the generator makes, one per assembly.
// A table never changes: rename-command makes another one over the same definitions. Any thread may read it.

namespace Carnelian.Commands.Table;

/// <summary>The commands of a server.</summary>
public sealed class CommandTable
{
    private readonly CommandNames _names;
    private readonly byte[][] _visibleNames;
    private readonly CommandDefinition[] _commands;

    private CommandTable(byte[][] visibleNames, CommandDefinition[] commands, CommandDefinition[] definitions)
    {
        _visibleNames = visibleNames;
        _commands = commands;
        Definitions = definitions;
        _names = new CommandNames(visibleNames, commands);
    }

    /// <summary>Number of commands, subcommands not counted (COMMAND COUNT).</summary>
    public int Count => _commands.Length;

    /// <summary>The commands in the order of their original names; subcommands are found in them.</summary>
    public ReadOnlySpan<CommandDefinition> Commands => _commands;

    /// <summary>All definitions, subcommands and removed ones too, at the index that is their Id.</summary>
    public CommandDefinition[] Definitions { get; }

    /// <summary>Composes a table. The definitions must be fresh: they become part of this table.</summary>
    /// <param name="lists">What the <c>GeneratedCommands.Create()</c> of each assembly returned.</param>
    /// <exception cref="InvalidOperationException">Two commands have one name, or a subcommand has no container.</exception>
    public static CommandTable Create(params ReadOnlySpan<CommandDefinition[]> lists)
    {
        int count = 0;
        foreach (CommandDefinition[] list in lists)
            count += list.Length;
        var all = new CommandDefinition[count];
        count = 0;
        foreach (CommandDefinition[] list in lists)
        {
            list.CopyTo(all, count);
            count += list.Length;
        }

        // A container's name is the beginning of its subcommands' names, so it stands before them.
        Array.Sort(all, static (a, b) => a.Utf8Name.AsSpan().SequenceCompareTo(b.Utf8Name));
        var commands = new List<CommandDefinition>(count);
        var children = new Dictionary<CommandDefinition, List<CommandDefinition>>();
        var byName = new Dictionary<string, CommandDefinition>(count);
        for (int id = 0; id < all.Length; id++)
        {
            CommandDefinition command = all[id];
            command.Id = id;
            if (!byName.TryAdd(command.Name, command))
                throw new InvalidOperationException($"The command {command.Name} is declared twice.");
            int bar = command.Name.IndexOf('|', StringComparison.Ordinal);
            if (bar < 0)
            {
                commands.Add(command);
                continue;
            }

            if (!byName.TryGetValue(command.Name[..bar], out CommandDefinition? parent))
                throw new InvalidOperationException($"The subcommand {command.Name} has no container.");
            command.Parent = parent;
            if (!children.TryGetValue(parent, out List<CommandDefinition>? siblings))
                children.Add(parent, siblings = []);
            siblings.Add(command);
        }

        foreach ((CommandDefinition parent, List<CommandDefinition> siblings) in children)
        {
            parent.Subcommands = [.. siblings];
            parent.SubcommandNames = new CommandNames(OwnNames(parent.Subcommands), parent.Subcommands);
        }

        CommandDefinition[] top = [.. commands];
        return new CommandTable(OwnNames(top), top, all);
    }

    /// <summary>Finds a command (not a subcommand) by the name that clients use for it, in any case.</summary>
    /// <returns>The command or null.</returns>
    public CommandDefinition? Find(ReadOnlySpan<byte> name) => _names.Find(name);

    /// <summary>Finds a command or, by <c>container|subcommand</c>, a subcommand, in any case.</summary>
    /// <returns>The command or null.</returns>
    public CommandDefinition? FindFull(ReadOnlySpan<byte> name)
    {
        int bar = name.IndexOf((byte)'|');
        return bar < 0 ? _names.Find(name) : _names.Find(name[..bar])?.FindSubcommand(name[(bar + 1)..]);
    }

    /// <summary>Gives a command another name, or with an empty one takes it out of the table.</summary>
    /// <param name="from">The present name, in any case.</param>
    /// <param name="to">The new name, or empty.</param>
    /// <param name="renamed">The new table; this one on failure.</param>
    public CommandRename Rename(ReadOnlySpan<byte> from, ReadOnlySpan<byte> to, out CommandTable renamed)
    {
        renamed = this;
        CommandDefinition? command = _names.Find(from);
        if (command == null)
            return CommandRename.NoSuchCommand;
        if (!to.IsEmpty && _names.Find(to) is { } other && other != command)
            return CommandRename.NameExists;

        int position = Array.IndexOf(_commands, command);
        byte[][] names = [.. _visibleNames];
        CommandDefinition[] commands = _commands;
        if (to.IsEmpty)
        {
            names = [.. names.AsSpan(0, position), .. names.AsSpan(position + 1)];
            commands = [.. commands.AsSpan(0, position), .. commands.AsSpan(position + 1)];
        }
        else
        {
            names[position] = to.ToArray();
        }

        renamed = new CommandTable(names, commands, Definitions);
        return CommandRename.Done;
    }

    private static byte[][] OwnNames(CommandDefinition[] commands)
    {
        var names = new byte[commands.Length][];
        for (int i = 0; i < names.Length; i++)
            names[i] = commands[i].OwnName.ToArray();
        return names;
    }
}
