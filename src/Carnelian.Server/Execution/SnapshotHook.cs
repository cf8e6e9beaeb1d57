using System.Runtime.CompilerServices;
using Carnelian.Commands;
using Carnelian.Commands.Table;
using Carnelian.Storage;

namespace Carnelian.Server.Execution;

/// <summary>Has a snapshot save the keys that a command may change, before its handler runs. What the keyspace does by itself is seen to there.</summary>
/// <remarks>On the loop's thread, under the locks of the command's keys.</remarks>
internal static class SnapshotHook
{
    private const KeyFlags Changing = KeyFlags.ReadWrite | KeyFlags.Overwrite | KeyFlags.Remove;

    /// <summary>Saves the keys of a command that may change data.</summary>
    /// <param name="command">The command.</param>
    /// <param name="context">Its context.</param>
    /// <param name="namesDatabase">Whether it may change keys of other databases too.</param>
    [MethodImpl(MethodImplOptions.NoInlining)]
    public static void BeforeCommand(CommandDefinition command, scoped ref CommandContext context, bool namesDatabase)
    {
        if ((command.Flags & (CommandFlags.Write | CommandFlags.MayReplicate)) == 0)
            return;
        var keys = new KeyList(stackalloc KeyReference[16]);
        _ = KeyExtractor.GetKeys(command, context.Arguments, ref keys);
        // Where one key is changed, those that are only read stay as they are. If all of them are said to be read, their values change all the same,
        // as consumer groups do.
        bool savesAll = true;
        foreach (KeyReference reference in keys.Keys)
            savesAll &= (reference.Flags & Changing) == 0;
        foreach (KeyReference reference in keys.Keys)
        {
            if (savesAll || (reference.Flags & Changing) != 0)
                Save(ref context, context.Key(reference.Index), namesDatabase);
        }
        keys.Dispose();
    }

    private static void Save(scoped ref CommandContext context, scoped in Key key, bool namesDatabase)
    {
        if (!namesDatabase)
        {
            context.Database.SaveBeforeChange(key);
            return;
        }
        for (int i = 0; i < context.Keyspace.DatabaseCount; i++)
            context.Keyspace[i].SaveBeforeChange(key);
    }
}
