using Carnelian.Commands;
using Carnelian.Commands.Table;
using Carnelian.Server.Clients;
using static Carnelian.Commands.Table.CommandFlags;

namespace Carnelian.Server.Commands.Connection;

/// <summary>READONLY and READWRITE: whether the client is content with what a replica has. A lone server only notes it.</summary>
public static class ReadOnlyCommands
{
    [Command("READONLY", Arity = 1, Group = CommandGroup.Cluster, Since = "3.0.0", Complexity = "O(1)",
        Summary = "Lets the connection read from a replica.",
        Flags = Loading | Stale | Fast, Acl = AclCategories.Connection)]
    public static void ReadOnly(scoped ref CommandContext ctx)
    {
        ((Client)ctx.Session).Set(ClientFlags.ReadOnly, true);
        ctx.Reply.Ok();
    }

    [Command("READWRITE", Arity = 1, Group = CommandGroup.Cluster, Since = "3.0.0", Complexity = "O(1)",
        Summary = "Ends the effect of READONLY.",
        Flags = Loading | Stale | Fast, Acl = AclCategories.Connection)]
    public static void ReadWrite(scoped ref CommandContext ctx)
    {
        ((Client)ctx.Session).Set(ClientFlags.ReadOnly, false);
        ctx.Reply.Ok();
    }
}
