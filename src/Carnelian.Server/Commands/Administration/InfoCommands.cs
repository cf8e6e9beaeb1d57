using System.Globalization;
using System.Text;
using Carnelian.Commands;
using Carnelian.Commands.Table;
using Carnelian.Server.Clients;
using Carnelian.Server.Replication;
using static Carnelian.Commands.Table.CommandFlags;

namespace Carnelian.Server.Commands.Administration;

/// <summary>INFO and ROLE: what the server tells of itself.</summary>
public static class InfoCommands
{
    [Command("INFO", Arity = -1, Group = CommandGroup.Server, Since = "1.0.0", Complexity = "O(1)",
        Summary = "Shows the state and the statistics of the server.",
        Flags = Loading | Stale, Acl = AclCategories.Dangerous, Tips = "nondeterministic_output request_policy:all_shards response_policy:special",
        Arguments = "[section...]",
        History = "7.0.0 Added support for taking multiple section arguments.")]
    public static void Info(scoped ref CommandContext ctx)
    {
        var report = new InfoReport(((Client)ctx.Session).Loop.Server, new InfoSections(ref ctx));
        ctx.Reply.Verbatim(Encoding.Latin1.GetBytes(report.Write()), "txt"u8);
    }

    [Command("ROLE", Arity = 1, Group = CommandGroup.Server, Since = "2.8.12", Complexity = "O(1)",
        Summary = "Tells whether the server is a primary or a replica, and of whom.",
        Flags = NoScript | Loading | Stale | Fast, Acl = AclCategories.Admin | AclCategories.Dangerous)]
    public static void Role(scoped ref CommandContext ctx)
    {
        ReplicationHub replication = ((Client)ctx.Session).Loop.Server.Replication;
        Replica[] followers = Array.FindAll(replication.All, static replica => replica.State == ReplicaState.Online);
        ctx.Reply.Array(3);
        ctx.Reply.Bulk("master"u8);
        ctx.Reply.Integer(replication.EndOffset);
        ctx.Reply.Array(followers.Length);
        foreach (Replica replica in followers)
        {
            ctx.Reply.Array(3);
            ctx.Reply.Bulk(Encoding.Latin1.GetBytes(replica.Host));
            ctx.Reply.Bulk(Encoding.ASCII.GetBytes(replica.Port.ToString(CultureInfo.InvariantCulture)));
            ctx.Reply.Bulk(Encoding.ASCII.GetBytes(Volatile.Read(ref replica.AckOffset).ToString(CultureInfo.InvariantCulture)));
        }
    }
}
