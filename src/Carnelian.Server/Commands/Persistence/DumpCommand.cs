using Carnelian.Commands;
using Carnelian.Commands.Table;
using Carnelian.Server.Clients;
using Carnelian.Storage;
using static Carnelian.Commands.Table.CommandFlags;

namespace Carnelian.Server.Commands.Persistence;

/// <summary>DUMP: a value as bytes that RESTORE takes.</summary>
public static class DumpCommand
{
    [Command("DUMP", Arity = 2, Group = CommandGroup.Generic, Since = "2.6.0", Complexity = "O(1) to access the key and additional O(N*M) to serialize it, where N is the number of objects composing the value and M their average size. For small string values the time complexity is thus O(1)+O(1*M) where M is small, so simply O(1).",
        Summary = "Returns the value of a key in the form that RESTORE takes.",
        Flags = ReadOnly, Acl = AclCategories.Keyspace, Tips = "nondeterministic_output",
        Keys = "RO access @1",
        Arguments = "key:key")]
    public static void Dump(scoped ref CommandContext ctx)
    {
        Entry entry = ctx.Find(ctx.Key(1));
        if (!entry.Exists)
            ctx.Reply.Null();
        else
            ((Client)ctx.Session).Loop.Server.DumpWriters.Reply(ctx.Reply, entry);
    }
}
