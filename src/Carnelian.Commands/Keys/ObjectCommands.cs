using Carnelian.Commands.Table;
using Carnelian.Storage;
using static Carnelian.Commands.Table.CommandFlags;

namespace Carnelian.Commands.Keys;

/// <summary>OBJECT: what can be told of a value besides what it is.</summary>
[Command("OBJECT", Arity = -2, Group = CommandGroup.Generic, Since = "2.2.3", Complexity = "Depends on subcommand.",
    Summary = "Commands that look into the value of a key.")]
public static class ObjectCommands
{
    private const string HelpLines = """
        ENCODING <key>
            Return the kind of internal representation used in order to store the value
            associated with a <key>.
        FREQ <key>
            Return the access frequency index of the <key>. The returned integer is
            proportional to the logarithm of the recent access frequency of the key.
        IDLETIME <key>
            Return the idle time of the <key>, that is the approximated number of
            seconds elapsed since the last access to the key.
        REFCOUNT <key>
            Return the number of references of the value associated with the specified
            <key>.
        """;

    [Command("OBJECT|ENCODING", Arity = 3, Group = CommandGroup.Generic, Since = "2.2.3", Complexity = "O(1)",
        Summary = "Returns how the value of a key is held.",
        Flags = ReadOnly, Acl = AclCategories.Keyspace, Tips = "nondeterministic_output",
        Keys = "RO @2",
        Arguments = "key:key")]
    public static void Encoding(scoped ref CommandContext ctx)
    {
        Entry entry = Find(ref ctx);
        if (!entry.Exists)
            ctx.Reply.Null();
        else
            ctx.Reply.Bulk(EncodingNames.Of(entry));
    }

    [Command("OBJECT|FREQ", Arity = 3, Group = CommandGroup.Generic, Since = "4.0.0", Complexity = "O(1)",
        Summary = "Returns the access frequency counter of a key.",
        Flags = ReadOnly, Acl = AclCategories.Keyspace, Tips = "nondeterministic_output",
        Keys = "RO @2",
        Arguments = "key:key")]
    public static void Freq(scoped ref CommandContext ctx)
    {
        Entry entry = Find(ref ctx);
        if (!entry.Exists)
            ctx.Reply.Null();
        else if (!ctx.Keyspace.Access.CountsFrequency)
            ctx.Reply.Error("ERR An LFU maxmemory policy is not selected, access frequency not tracked. Please note that when switching between policies at runtime LRU and LFU data will take some time to adjust."u8);
        else
            ctx.Reply.Integer(ctx.Keyspace.Access.Frequency(entry, ctx.Now));
    }

    [Command("OBJECT|HELP", Arity = 2, Group = CommandGroup.Generic, Since = "6.2.0", Complexity = "O(1)",
        Summary = "Lists the subcommands.",
        Flags = Loading | Stale, Acl = AclCategories.Keyspace)]
    public static void Help(scoped ref CommandContext ctx) =>
        SubcommandHelp.Write(ctx.Reply, ctx.Arg(0), System.Text.Encoding.ASCII.GetBytes(HelpLines));

    [Command("OBJECT|IDLETIME", Arity = 3, Group = CommandGroup.Generic, Since = "2.2.3", Complexity = "O(1)",
        Summary = "Returns how many seconds ago a key was last used.",
        Flags = ReadOnly, Acl = AclCategories.Keyspace, Tips = "nondeterministic_output",
        Keys = "RO @2",
        Arguments = "key:key")]
    public static void IdleTime(scoped ref CommandContext ctx)
    {
        Entry entry = Find(ref ctx);
        if (!entry.Exists)
            ctx.Reply.Null();
        else if (ctx.Keyspace.Access.CountsFrequency)
            ctx.Reply.Error("ERR An LFU maxmemory policy is selected, idle time not tracked. Please note that when switching between policies at runtime LRU and LFU data will take some time to adjust."u8);
        else
            ctx.Reply.Integer(AccessClock.IdleSeconds(entry, ctx.Now));
    }

    [Command("OBJECT|REFCOUNT", Arity = 3, Group = CommandGroup.Generic, Since = "2.2.3", Complexity = "O(1)",
        Summary = "Returns the number of references to the value of a key.",
        Flags = ReadOnly, Acl = AclCategories.Keyspace, Tips = "nondeterministic_output",
        Keys = "RO @2",
        Arguments = "key:key")]
    public static void RefCount(scoped ref CommandContext ctx)
    {
        if (Find(ref ctx).Exists)
            ctx.Reply.Integer(1);
        else
            ctx.Reply.Null();
    }

    private static Entry Find(scoped ref CommandContext ctx) => ctx.Database.Find(ctx.Key(2), ctx.Now, ctx.Session.Lookup | LookupFlags.NoTouch);
}
