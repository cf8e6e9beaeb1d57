using Carnelian.Commands;
using Carnelian.Commands.Table;
using Carnelian.Server.Clients;
using Carnelian.Server.Persistence;
using static Carnelian.Commands.Table.CommandFlags;

namespace Carnelian.Server.Commands.Persistence;

/// <summary>BGSAVE. All locks are held: the cut is made there and then.</summary>
public static class BackgroundSaveCommand
{
    [Command("BGSAVE", Arity = -1, Group = CommandGroup.Server, Since = "1.0.0", Complexity = "O(1)",
        Summary = "Begins to save the data set to its file while clients go on.",
        Flags = Admin | NoScript | NoAsyncLoading,
        Locks = Locks.All,
        Arguments = "[operation(SCHEDULE since=3.2.2 | CANCEL since=8.1.0)]",
        History = """
            3.2.2 Added the `SCHEDULE` option.
            8.1.0 Added the `CANCEL` option.
            """)]
    public static void BackgroundSave(scoped ref CommandContext ctx)
    {
        var client = (Client)ctx.Session;
        ServerInstance server = client.Loop.Server;
        bool schedules = false;
        if (ctx.ArgCount > 1)
        {
            if (ctx.ArgCount == 2 && ctx.ArgIs(1, "cancel"u8))
            {
                Cancel(ref ctx, server);
                return;
            }
            schedules = ctx.ArgCount == 2 && ctx.ArgIs(1, "schedule"u8);
            if (!schedules)
            {
                ctx.WriteSyntaxError();
                return;
            }
        }
        SnapshotRun? current = server.Snapshots.Current;
        if (current != null && current.Purpose != SnapshotPurpose.AppendOnlyBase)
        {
            ctx.Reply.Error("ERR Background save already in progress"u8);
        }
        else if (current == null && !client.Is(ClientFlags.Multi))
        {
            server.BackgroundSave.Start();
            ctx.Reply.SimpleString("Background saving started"u8);
        }
        else if (schedules || client.Is(ClientFlags.Multi))
        {
            server.BackgroundSave.IsScheduled = true;
            server.LogSoon("Background saving scheduled due to user request");
            ctx.Reply.SimpleString("Background saving scheduled"u8);
        }
        else
        {
            ctx.Reply.Error(
                "ERR Another child process is active (AOF?): can't BGSAVE right now. Use BGSAVE SCHEDULE in order to schedule a BGSAVE whenever possible."u8);
        }
    }

    private static void Cancel(scoped ref CommandContext ctx, ServerInstance server)
    {
        if (server.BackgroundSave.Cancel())
        {
            server.LogSoon("Background saving will be aborted due to user request");
            ctx.Reply.SimpleString("Background saving cancelled"u8);
        }
        else if (server.BackgroundSave.IsScheduled)
        {
            server.BackgroundSave.IsScheduled = false;
            server.LogSoon("Scheduled background saving will be cancelled due to user request");
            ctx.Reply.SimpleString("Scheduled background saving cancelled"u8);
        }
        else
        {
            ctx.Reply.Error("ERR Background saving is currently not in progress or scheduled"u8);
        }
    }
}
