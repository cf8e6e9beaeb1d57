using System.Text;
using Carnelian.Commands;
using Carnelian.Commands.Table;
using Carnelian.Server.Clients;
using static Carnelian.Commands.Table.CommandFlags;

namespace Carnelian.Server.Commands.Diagnostics;

/// <summary>LOLWUT: a gem, cut anew each time.</summary>
public static class LolwutCommand
{
    private const int DefaultColumns = 64;
    private const int DefaultRows = 24;
    private const int MostColumns = 1000;
    private const int MostRows = 1000;

    [Command("LOLWUT", Arity = -1, Group = CommandGroup.Server, Since = "5.0.0",
        Summary = "Draws something and names the version.",
        Flags = ReadOnly | Fast,
        Arguments = "[VERSION version:integer]")]
    public static void Lolwut(scoped ref CommandContext ctx)
    {
        int first = 1;
        if (ctx.ArgCount > 2 && ctx.ArgIs(1, "version"u8))
        {
            // All versions draw the same thing.
            if (!ctx.TryInteger(2, out _))
                return;
            first = 3;
        }
        long columns = DefaultColumns, rows = DefaultRows;
        for (int i = first; i < ctx.ArgCount; i++)
        {
            if (!Carnelian.Text.AsciiNumber.TryParseInt64(ctx.Arg(i), out long number))
            {
                ctx.Reply.Error("ERR Syntax error. Use: LOLWUT [columns rows]"u8);
                return;
            }
            if (i == first)
                columns = Math.Clamp(number, 1, MostColumns);
            else if (i == first + 1)
                rows = Math.Clamp(number, 1, MostRows);
        }
        var text = new StringBuilder();
        Gem.Draw(text, (int)columns, (int)rows, Random.Shared);
        ServerInstance server = ((Client)ctx.Session).Loop.Server;
        text.Append("\nA carnelian, cut for you alone. ");
        text.Append(server.Configuration.ExtendedRedisCompatibility ? $"Redis ver. {ServerIdentity.RedisVersion}\n" : $"Valkey ver. {ServerIdentity.ValkeyVersion}\n");
        ctx.Reply.Verbatim(Encoding.ASCII.GetBytes(text.ToString()), "txt"u8);
    }
}
