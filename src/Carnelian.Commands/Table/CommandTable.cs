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
    /// <param name="lists">What the <c>GeneratedCommands.Create()</c> of each assembly returned: ordered by name.</param>
    /// <exception cref="InvalidOperationException">Two commands have one name, or a subcommand has no container.</exception>
    public static CommandTable Create(params ReadOnlySpan<CommandDefinition[]> lists)
    {
        CommandDefinition[] all = [];
        foreach (CommandDefinition[] list in lists)
            all = Merge(all, list);

        int topCount = 0;
        for (int id = 0; id < all.Length; id++)
        {
            all[id].Id = id;
            if (!IsSubcommand(all[id]))
                topCount++;
        }

        var commands = new CommandDefinition[topCount];
        topCount = 0;
        foreach (CommandDefinition command in all)
        {
            if (!IsSubcommand(command))
                commands[topCount++] = command;
        }

        var table = new CommandTable(OwnNames(commands), commands, all);
        for (int i = 0; i < all.Length; i++)
        {
            if (IsSubcommand(all[i]))
                i += table.AdoptFrom(i) - 1;
        }

        return table;
    }

    private static bool IsSubcommand(CommandDefinition command) => command.Utf8Name.Length != command.OwnName.Length;

    /// <summary>Merges two lists ordered by name.</summary>
    private static CommandDefinition[] Merge(CommandDefinition[] a, CommandDefinition[] b)
    {
        var merged = new CommandDefinition[a.Length + b.Length];
        int i = 0, j = 0;
        while (i < a.Length || j < b.Length)
        {
            int order = i == a.Length ? 1 : j == b.Length ? -1 : Compare(a[i].Utf8Name, b[j].Utf8Name);
            if (order == 0)
                throw new InvalidOperationException($"The command {a[i].Name} is declared twice.");
            merged[i + j] = order < 0 ? a[i++] : b[j++];
        }

        return merged;
    }

    /// <summary>A plain loop: the vectorised compare of the runtime would have to be compiled at start.</summary>
    private static int Compare(byte[] a, byte[] b)
    {
        for (int i = 0; i < a.Length && i < b.Length; i++)
        {
            if (a[i] != b[i])
                return a[i] - b[i];
        }

        return a.Length - b.Length;
    }

    /// <summary>Gives the subcommands from an Id on, all those with one container, to it.</summary>
    /// <returns>Their number.</returns>
    private int AdoptFrom(int id)
    {
        ReadOnlySpan<byte> container = Definitions[id].ContainerName;
        CommandDefinition parent = _names.Find(container)
            ?? throw new InvalidOperationException($"The subcommand {Definitions[id].Name} has no container.");
        int end = id;
        while (end < Definitions.Length && CommandNames.EqualsIgnoringCase(Definitions[end].ContainerName, container))
            Definitions[end++].Parent = parent;
        parent.Subcommands = Definitions[id..end];
        parent.SubcommandNames = new CommandNames(OwnNames(parent.Subcommands), parent.Subcommands);
        return end - id;
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
