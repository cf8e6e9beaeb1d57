using System.Text;
using Carnelian.Commands;
using Carnelian.Commands.Table;
using Carnelian.Server.Clients;
using static Carnelian.Commands.Table.CommandFlags;

namespace Carnelian.Server.Commands.Persistence;

/// <summary>SAVE and LASTSAVE: the data set written to its file while everything waits, and when that was.</summary>
public static class SaveCommands
{
    [Command("SAVE", Arity = 1, Group = CommandGroup.Server, Since = "1.0.0", Complexity = "O(N) where N is the total number of keys in all databases",
        Summary = "Saves the data set, while every client waits.",
        Flags = Admin | NoScript | NoAsyncLoading | NoMulti,
        Locks = Locks.All)]
    public static void Save(scoped ref CommandContext ctx)
    {
        ServerInstance server = ((Client)ctx.Session).Loop.Server;
        if (server.BackgroundSave.CurrentSeconds >= 0)
            ctx.Reply.Error("ERR Background save already in progress"u8);
        else if (server.Saver.TrySave(out string error))
            ctx.Reply.Ok();
        else if (error.Length == 0)
            ctx.Reply.Error("ERR"u8);
        else
            ctx.Reply.Error("ERR "u8, Encoding.ASCII.GetBytes(error), default);
    }

    [Command("LASTSAVE", Arity = 1, Group = CommandGroup.Server, Since = "1.0.0", Complexity = "O(1)",
        Summary = "Tells when the data set was last saved; before the first save, when the server was started.",
        Flags = Loading | Stale | Fast, Acl = AclCategories.Admin | AclCategories.Dangerous, Tips = "nondeterministic_output")]
    public static void LastSave(scoped ref CommandContext ctx) => ctx.Reply.Integer(((Client)ctx.Session).Loop.Server.Saves.LastSave);
}
