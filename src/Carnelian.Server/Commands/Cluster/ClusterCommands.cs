using Carnelian.Commands;
using Carnelian.Commands.Table;
using static Carnelian.Commands.Table.CommandFlags;

namespace Carnelian.Server.Commands.Cluster;

/// <summary>CLUSTER and what belongs to it, as a server answers that is not a node of a cluster.</summary>
[Command("CLUSTER", Arity = -2, Group = CommandGroup.Cluster, Since = "3.0.0", Complexity = "Depends on subcommand.",
    Summary = "Shows and changes the cluster that the server is a node of.")]
public static class ClusterCommands
{
    [Command("CLUSTER|ADDSLOTS", Arity = -3, Group = CommandGroup.Cluster, Since = "3.0.0", Complexity = "O(N) where N is the total number of hash slot arguments",
        Summary = "Gives hash slots to the node.",
        Flags = Admin | Stale | NoAsyncLoading,
        Arguments = "slot:integer...")]
    [Command("CLUSTER|ADDSLOTSRANGE", Arity = -4, Group = CommandGroup.Cluster, Since = "7.0.0", Complexity = "O(N) where N is the total number of the slots between the start slot and end slot arguments.",
        Summary = "Gives ranges of hash slots to the node.",
        Flags = Admin | Stale | NoAsyncLoading,
        Arguments = "range{start-slot:integer, end-slot:integer}...")]
    [Command("CLUSTER|BUMPEPOCH", Arity = 2, Group = CommandGroup.Cluster, Since = "3.0.0", Complexity = "O(1)",
        Summary = "Advances the configuration epoch.",
        Flags = Admin | Stale | NoAsyncLoading, Tips = "nondeterministic_output")]
    [Command("CLUSTER|CANCELSLOTMIGRATIONS", Arity = 2, Group = CommandGroup.Cluster, Since = "9.0.0", Complexity = "O(N), where N is the number of slot migration operations being cancelled.",
        Summary = "Ends all slot migrations.",
        Flags = Admin | Stale | NoAsyncLoading)]
    [Command("CLUSTER|COUNT-FAILURE-REPORTS", Arity = 3, Group = CommandGroup.Cluster, Since = "3.0.0", Complexity = "O(N) where N is the number of failure reports",
        Summary = "Counts the reports of a failure of a node.",
        Flags = Admin | Stale, Tips = "nondeterministic_output",
        Arguments = "node-id",
        History = "9.0.0 Ignore additional failure reports for a node which has been marked as failed.")]
    [Command("CLUSTER|COUNTKEYSINSLOT", Arity = 3, Group = CommandGroup.Cluster, Since = "3.0.0", Complexity = "O(1)",
        Summary = "Counts the keys of a hash slot.",
        Flags = Stale,
        Arguments = "slot:integer")]
    [Command("CLUSTER|DELSLOTS", Arity = -3, Group = CommandGroup.Cluster, Since = "3.0.0", Complexity = "O(N) where N is the total number of hash slot arguments",
        Summary = "Takes hash slots from the node.",
        Flags = Admin | Stale | NoAsyncLoading,
        Arguments = "slot:integer...")]
    [Command("CLUSTER|DELSLOTSRANGE", Arity = -4, Group = CommandGroup.Cluster, Since = "7.0.0", Complexity = "O(N) where N is the total number of the slots between the start slot and end slot arguments.",
        Summary = "Takes ranges of hash slots from the node.",
        Flags = Admin | Stale | NoAsyncLoading,
        Arguments = "range{start-slot:integer, end-slot:integer}...")]
    [Command("CLUSTER|FAILOVER", Arity = -2, Group = CommandGroup.Cluster, Since = "3.0.0", Complexity = "O(1)",
        Summary = "Makes a replica the primary.",
        Flags = Admin | Stale | NoAsyncLoading,
        Arguments = "[options(FORCE | TAKEOVER)]")]
    [Command("CLUSTER|FLUSHSLOT", Arity = -3, Group = CommandGroup.Cluster, Since = "9.0.0", Complexity = "O(N) where N is the number of keys in the target slot",
        Summary = "Deletes the keys of a hash slot.",
        Flags = Write | Admin | NoAsyncLoading, Acl = AclCategories.Keyspace,
        Arguments = "slot:integer, [flush-type(ASYNC | SYNC)]")]
    [Command("CLUSTER|FLUSHSLOTS", Arity = 2, Group = CommandGroup.Cluster, Since = "3.0.0", Complexity = "O(1)",
        Summary = "Takes all hash slots from the node.",
        Flags = Admin | Stale | NoAsyncLoading)]
    [Command("CLUSTER|FORGET", Arity = 3, Group = CommandGroup.Cluster, Since = "3.0.0", Complexity = "O(1)",
        Summary = "Removes a node from the list of nodes.",
        Flags = Admin | Stale | NoAsyncLoading,
        Arguments = "node-id")]
    [Command("CLUSTER|GETKEYSINSLOT", Arity = 4, Group = CommandGroup.Cluster, Since = "3.0.0", Complexity = "O(N) where N is the number of requested keys",
        Summary = "Lists keys of a hash slot.",
        Flags = Stale, Tips = "nondeterministic_output",
        Arguments = "slot:integer, count:integer")]
    [Command("CLUSTER|GETSLOTMIGRATIONS", Arity = 2, Group = CommandGroup.Cluster, Since = "9.0.0", Complexity = "O(N), where N is the number of active slot import and export jobs.",
        Summary = "Shows slot migrations.",
        Flags = Admin | Stale | NoAsyncLoading)]
    [Command("CLUSTER|HELP", Arity = 2, Group = CommandGroup.Cluster, Since = "5.0.0", Complexity = "O(1)",
        Summary = "Lists the subcommands with a line about each.",
        Flags = Loading | Stale)]
    [Command("CLUSTER|INFO", Arity = 2, Group = CommandGroup.Cluster, Since = "3.0.0", Complexity = "O(1)",
        Summary = "Shows the state of the cluster.",
        Flags = Loading | Stale, Tips = "nondeterministic_output")]
    [Command("CLUSTER|KEYSLOT", Arity = 3, Group = CommandGroup.Cluster, Since = "3.0.0", Complexity = "O(N) where N is the number of bytes in the key",
        Summary = "Tells the hash slot of a key.",
        Flags = Stale,
        Arguments = "key")]
    [Command("CLUSTER|LINKS", Arity = 2, Group = CommandGroup.Cluster, Since = "7.0.0", Complexity = "O(N) where N is the total number of Cluster nodes",
        Summary = "Shows the connections to other nodes.",
        Flags = Stale, Tips = "nondeterministic_output")]
    [Command("CLUSTER|MEET", Arity = -4, Group = CommandGroup.Cluster, Since = "3.0.0", Complexity = "O(1)",
        Summary = "Introduces another node.",
        Flags = Admin | Stale | NoAsyncLoading,
        Arguments = "ip, port:integer, [cluster-bus-port:integer since=4.0.0]",
        History = "4.0.0 Added the optional `cluster_bus_port` argument.")]
    [Command("CLUSTER|MIGRATESLOTS", Arity = -4, Group = CommandGroup.Cluster, Since = "9.0.0", Complexity = "O(N) where N is the total number of the slots between all start slot and end slot arguments.",
        Summary = "Moves hash slots to another node.",
        Flags = Admin | Stale | NoAsyncLoading,
        Arguments = "migration-group{SLOTSRANGE slotsrange-token:pure-token, range{start-slot:integer, end-slot:integer}..., NODE node-token:pure-token, node-id}...")]
    [Command("CLUSTER|MYID", Arity = 2, Group = CommandGroup.Cluster, Since = "3.0.0", Complexity = "O(1)",
        Summary = "Tells the name of the node.",
        Flags = Loading | Stale)]
    [Command("CLUSTER|MYSHARDID", Arity = 2, Group = CommandGroup.Cluster, Since = "7.2.0", Complexity = "O(1)",
        Summary = "Tells the name of the shard of the node.",
        Flags = Loading | Stale, Tips = "nondeterministic_output")]
    [Command("CLUSTER|NODES", Arity = 2, Group = CommandGroup.Cluster, Since = "3.0.0", Complexity = "O(N) where N is the total number of Cluster nodes",
        Summary = "Shows the nodes as the configuration file has them.",
        Flags = Loading | Stale, Tips = "nondeterministic_output")]
    [Command("CLUSTER|REPLICAS", Arity = 3, Group = CommandGroup.Cluster, Since = "5.0.0", Complexity = "O(N) where N is the number of replicas.",
        Summary = "Lists the replicas of a node.",
        Flags = Admin | Stale, Tips = "nondeterministic_output",
        Arguments = "node-id")]
    [Command("CLUSTER|REPLICATE", Arity = -3, Group = CommandGroup.Cluster, Since = "3.0.0", Complexity = "O(1)",
        Summary = "Makes the node a replica of another.",
        Flags = Admin | Stale | NoAsyncLoading,
        Arguments = "args(node-id | no-one{NO, ONE} since=9.0.0)",
        History = "9.0.0 Added support of 'NO ONE' arg instead of <node-id> resulting into detaching replica from primary node.")]
    [Command("CLUSTER|RESET", Arity = -2, Group = CommandGroup.Cluster, Since = "3.0.0", Complexity = "O(N) where N is the number of known nodes. The command may execute a FLUSHALL as a side effect.",
        Summary = "Makes the node forget the cluster.",
        Flags = Admin | NoScript | Stale,
        Arguments = "[reset-type(HARD | SOFT)]")]
    [Command("CLUSTER|SAVECONFIG", Arity = 2, Group = CommandGroup.Cluster, Since = "3.0.0", Complexity = "O(1)",
        Summary = "Writes the configuration file of the node.",
        Flags = Admin | Stale | NoAsyncLoading)]
    [Command("CLUSTER|SET-CONFIG-EPOCH", Arity = 3, Group = CommandGroup.Cluster, Since = "3.0.0", Complexity = "O(1)",
        Summary = "Sets the configuration epoch of a new node.",
        Flags = Admin | Stale | NoAsyncLoading,
        Arguments = "config-epoch:integer")]
    [Command("CLUSTER|SETSLOT", Arity = -4, Group = CommandGroup.Cluster, Since = "3.0.0", Complexity = "O(1)",
        Summary = "Says which node a hash slot belongs to.",
        Flags = Admin | Stale | NoAsyncLoading,
        Arguments = """
            slot:integer
            subcommand(IMPORTING importing display=node-id | MIGRATING migrating display=node-id | NODE node display=node-id | STABLE)
            [TIMEOUT timeout:integer since=8.0.0]
            """,
        History = "8.0.0 Added the `TIMEOUT` option.")]
    [Command("CLUSTER|SHARDS", Arity = 2, Group = CommandGroup.Cluster, Since = "7.0.0", Complexity = "O(N) where N is the total number of cluster nodes",
        Summary = "Shows slots and nodes by shard.",
        Flags = Loading | Stale, Tips = "nondeterministic_output",
        History = "9.1.0 Added shard level `id` field and node level `availability-zone` field.")]
    [Command("CLUSTER|SLAVES", Arity = 3, Group = CommandGroup.Cluster, Since = "3.0.0", Complexity = "O(N) where N is the number of replicas.",
        Summary = "Lists the replicas of a node.",
        Flags = Admin | Stale, Tips = "nondeterministic_output",
        DeprecatedSince = "5.0.0", ReplacedBy = "`CLUSTER REPLICAS`",
        Arguments = "node-id")]
    [Command("CLUSTER|SLOT-STATS", Arity = -4, Group = CommandGroup.Cluster, Since = "8.0.0", Complexity = "O(N) where N is the total number of slots based on arguments. O(N*log(N)) with ORDERBY subcommand.",
        Summary = "Shows statistics of hash slots.",
        Flags = Loading | Stale, Tips = "nondeterministic_output request_policy:all_shards",
        Arguments = "filter(SLOTSRANGE slotsrange{start-slot:integer, end-slot:integer} | ORDERBY orderby{metric, [LIMIT limit:integer], [order(ASC | DESC)]})")]
    [Command("CLUSTER|SLOTS", Arity = 2, Group = CommandGroup.Cluster, Since = "3.0.0", Complexity = "O(N) where N is the total number of Cluster nodes",
        Summary = "Shows slots and nodes by range.",
        Flags = Loading | Stale, Tips = "nondeterministic_output",
        History = """
            4.0.0 Added node IDs.
            7.0.0 Added additional networking metadata field.
            9.1.0 Added `availability-zone` field inside the networking metadata.
            """)]
    [Command("CLUSTER|SYNCSLOTS", Arity = -3, Group = CommandGroup.Cluster, Since = "9.0.0", Complexity = "Depends on subcommand.",
        Summary = "Serves the nodes among themselves to move slots.",
        Flags = Admin | Stale | NoAsyncLoading,
        SystemCommand = true)]
    [Command("ASKING", Arity = 1, Group = CommandGroup.Cluster, Since = "3.0.0", Complexity = "O(1)",
        Summary = "Announces a command for a slot that is being imported.",
        Flags = Fast, Acl = AclCategories.Connection)]
    public static void Refuse(scoped ref CommandContext ctx) => ctx.Reply.Error("ERR This instance has cluster support disabled"u8);

    [Command("READONLY", Arity = 1, Group = CommandGroup.Cluster, Since = "3.0.0", Complexity = "O(1)",
        Summary = "Lets the connection read from a replica of a cluster.",
        Flags = Loading | Stale | Fast, Acl = AclCategories.Connection)]
    public static void ReadOnly(scoped ref CommandContext ctx)
    {
        ((Clients.Client)ctx.Session).Set(Clients.ClientFlags.ReadOnly, true);
        ctx.Reply.Ok();
    }

    [Command("READWRITE", Arity = 1, Group = CommandGroup.Cluster, Since = "3.0.0", Complexity = "O(1)",
        Summary = "Takes READONLY back.",
        Flags = Loading | Stale | Fast, Acl = AclCategories.Connection)]
    public static void ReadWrite(scoped ref CommandContext ctx)
    {
        ((Clients.Client)ctx.Session).Set(Clients.ClientFlags.ReadOnly, false);
        ctx.Reply.Ok();
    }
}
