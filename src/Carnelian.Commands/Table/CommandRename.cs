// What came of a rename-command directive.

namespace Carnelian.Commands.Table;

/// <summary>Outcome of <see cref="CommandTable.Rename"/>.</summary>
public enum CommandRename
{
    /// <summary>The new table has the new name, or lacks the command.</summary>
    Done,
    /// <summary>There is no command of the old name.</summary>
    NoSuchCommand,
    /// <summary>Another command has the new name.</summary>
    NameExists,
}
