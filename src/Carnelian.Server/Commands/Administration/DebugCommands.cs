using System.Text;
using Carnelian.Commands;
using Carnelian.Commands.Table;
using Carnelian.Server.Clients;
using Carnelian.Storage;
using Carnelian.Text;
using static Carnelian.Commands.Table.CommandFlags;

namespace Carnelian.Server.Commands.Administration;

/// <summary>DEBUG: what tests need to bring a server into a state. Off unless <c>enable-debug-command</c> allows it.</summary>
public static class DebugCommands
{
    [Command("DEBUG", Arity = -2, Group = CommandGroup.Server, Since = "1.0.0", Complexity = "Depends on subcommand.",
        Summary = "Helps to test the server.",
        Flags = Admin | NoScript | Loading | Stale | Protected,
        Locks = Locks.All,
        SystemCommand = true)]
    public static void Debug(scoped ref CommandContext ctx)
    {
        if (ctx.ArgCount == 3 && ctx.ArgIs(1, "sleep"u8))
        {
            // All locks are held: nobody gets at data meanwhile.
            if (AsciiNumber.TryParseDouble(ctx.Arg(2), out double seconds) && seconds > 0)
                Thread.Sleep(TimeSpan.FromSeconds(Math.Min(seconds, 1_000_000)));
            ctx.Reply.Ok();
        }
        else if (ctx.ArgCount == 3 && ctx.ArgIs(1, "set-active-expire"u8))
        {
            ((Client)ctx.Session).Loop.Server.ExpiresActively = AsciiNumber.TryParseInt64(ctx.Arg(2), out long value) && value != 0;
            ctx.Reply.Ok();
        }
        else if (ctx.ArgCount == 3 && ctx.ArgIs(1, "pause-cron"u8))
        {
            ((Client)ctx.Session).Loop.Server.IsCronPaused = AsciiNumber.TryParseInt64(ctx.Arg(2), out long value) && value != 0;
            ctx.Reply.Ok();
        }
        else if (ctx.ArgCount == 3 && ctx.ArgIs(1, "leak"u8))
        {
            // Nobody keeps the block: what looks for leaks has to find it.
            _ = StringBlock.Create(ctx.Arg(2).Length, 0);
            ctx.Reply.Ok();
        }
        else
        {
            string name = Encoding.Latin1.GetString(ctx.Arg(1));
            ctx.Reply.Error(Encoding.Latin1.GetBytes(
                $"ERR unknown subcommand or wrong number of arguments for '{name}'. Try DEBUG HELP."));
        }
    }
}
