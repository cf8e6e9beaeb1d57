using System.Text;
using Carnelian.Commands;
using Carnelian.Commands.Table;
using Carnelian.Server.Clients;
using static Carnelian.Commands.Table.CommandFlags;

namespace Carnelian.Server.Commands.Connection;

/// <summary>CLIENT: a client's own settings.</summary>
[Command("CLIENT", Arity = -2, Group = CommandGroup.Connection, Since = "2.4.0", Complexity = "Depends on subcommand.",
    Summary = "Shows and changes what the server knows of clients.")]
public static class ClientCommands
{
    [Command("CLIENT|ID", Arity = 2, Group = CommandGroup.Connection, Since = "5.0.0", Complexity = "O(1)",
        Summary = "Returns the number of the connection.",
        Flags = NoScript | Loading | Stale | AllowBusy)]
    public static void Id(scoped ref CommandContext ctx) => ctx.Reply.Integer(((Client)ctx.Session).Id);

    [Command("CLIENT|GETNAME", Arity = 2, Group = CommandGroup.Connection, Since = "2.6.9", Complexity = "O(1)",
        Summary = "Returns the name of the connection.",
        Flags = NoScript | Loading | Stale | AllowBusy)]
    public static void GetName(scoped ref CommandContext ctx)
    {
        string name = ((Client)ctx.Session).Name;
        if (name.Length == 0)
            ctx.Reply.Null();
        else
            ctx.Reply.Bulk(Encoding.Latin1.GetBytes(name));
    }

    [Command("CLIENT|SETNAME", Arity = 3, Group = CommandGroup.Connection, Since = "2.6.9", Complexity = "O(1)",
        Summary = "Names the connection.",
        Flags = NoScript | Loading | Stale | AllowBusy, Tips = "request_policy:all_nodes response_policy:all_succeeded",
        Arguments = "connection-name")]
    public static void SetName(scoped ref CommandContext ctx)
    {
        if (!IsNameValid(ctx.ArgAsText(2)))
        {
            ctx.Reply.Error("ERR Client names cannot contain spaces, newlines or special characters."u8);
            return;
        }
        ((Client)ctx.Session).Name = Encoding.Latin1.GetString(ctx.Arg(2));
        ctx.Reply.Ok();
    }

    [Command("CLIENT|SETINFO", Arity = 4, Group = CommandGroup.Connection, Since = "7.2.0", Complexity = "O(1)",
        Summary = "Tells the client library's name or version.",
        Flags = NoScript | Loading | Stale | AllowBusy, Tips = "request_policy:all_nodes response_policy:all_succeeded",
        Arguments = "attr(LIB-NAME libname | LIB-VER libver)")]
    public static void SetInfo(scoped ref CommandContext ctx)
    {
        var client = (Client)ctx.Session;
        string attribute = Encoding.Latin1.GetString(ctx.ArgAsText(2));
        bool isName = ctx.ArgIs(2, "lib-name"u8);
        if (!isName && !ctx.ArgIs(2, "lib-ver"u8))
        {
            ctx.Reply.Error(Encoding.Latin1.GetBytes($"ERR Unrecognized option '{attribute}'"));
            return;
        }
        if (!IsNameValid(ctx.ArgAsText(3)))
        {
            ctx.Reply.Error(Encoding.Latin1.GetBytes($"ERR {attribute} cannot contain spaces, newlines or special characters."));
            return;
        }
        string value = Encoding.Latin1.GetString(ctx.ArgAsText(3));
        if (isName)
            client.LibraryName = value;
        else
            client.LibraryVersion = value;
        ctx.Reply.Ok();
    }

    [Command("CLIENT|NO-TOUCH", Arity = 3, Group = CommandGroup.Connection, Since = "7.2.0", Complexity = "O(1)",
        Summary = "Makes reads of this connection leave the access times of keys alone.",
        Flags = NoScript | Loading | Stale | AllowBusy,
        Arguments = "enabled(ON | OFF)")]
    public static void NoTouch(scoped ref CommandContext ctx)
    {
        if (!ClientControlCommands.TrySwitch(ref ctx, out bool isOn))
            return;
        ctx.Session.IsNoTouch = isOn;
        ctx.Reply.Ok();
    }

    /// <summary>Whether bytes may be a name: printable, without spaces.</summary>
    internal static bool IsNameValid(ReadOnlySpan<byte> name) => !name.ContainsAnyExceptInRange((byte)'!', (byte)'~');
}
