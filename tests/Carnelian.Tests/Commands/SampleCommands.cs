// Commands of every shape of key specification, declared as the server declares its own, so that generator, table and key
// extractor are tested together and compared with a real server whatever commands the server has.

using Carnelian.Commands;
using Carnelian.Commands.Table;
using Carnelian.Protocol;

using static Carnelian.Commands.Table.CommandFlags;

namespace Carnelian.Tests.Commands;

[Command("XGROUP", Arity = -2, Group = CommandGroup.Stream, Since = "5.0.0", Complexity = "Depends on subcommand.", Summary = "Sample.")]
internal static class SampleCommands
{
    [Command("GET", Arity = 2, Group = CommandGroup.String, Since = "1.0.0", Complexity = "O(1)", Summary = "Sample.",
        Flags = ReadOnly | Fast, Keys = "RO access @1", Arguments = "key:key")]
    [Command("RENAME", Arity = 3, Group = CommandGroup.Generic, Since = "1.0.0", Complexity = "O(1)", Summary = "Sample.",
        Flags = Write, Acl = AclCategories.Keyspace,
        Keys = """
            RW access delete @1
            OW update @2
            """,
        Arguments = "key:key, newkey:key@1")]
    [Command("MSET", Arity = -3, Group = CommandGroup.String, Since = "1.0.1", Complexity = "O(N) where N is the number of keys to set.",
        Summary = "Sample.",
        Flags = Write | DenyOom, Tips = "request_policy:multi_shard response_policy:all_succeeded",
        Keys = "OW update @1..-1/2",
        Arguments = "data{key:key, value}...")]
    [Command("MSETEX", Arity = -4, Group = CommandGroup.String, Since = "9.1.0", Complexity = "O(N) where N is the number of keys to set.",
        Summary = "Sample.",
        Flags = Write | DenyOom, Tips = "request_policy:multi_shard response_policy:all_succeeded",
        Keys = "OW update @1#/2",
        Arguments = """
            numkeys:integer
            data{key:key, value}...
            [condition(NX | XX)]
            [expiration(EX seconds:integer | PX milliseconds:integer | EXAT unix-time-seconds:unix-time | PXAT unix-time-milliseconds:unix-time | KEEPTTL)]
            """)]
    [Command("BITOP", Arity = -4, Group = CommandGroup.Bitmap, Since = "2.6.0", Complexity = "O(N)", Summary = "Sample.",
        Flags = Write | DenyOom,
        Keys = """
            OW update @2
            RO access @3..-1
            """,
        Arguments = "operation(AND | OR | XOR | NOT), destkey:key, key:key@1...")]
    [Command("BLPOP", Arity = -3, Group = CommandGroup.List, Since = "2.0.0", Complexity = "O(N) where N is the number of provided keys.",
        Summary = "Sample.",
        Flags = Write | Blocking,
        Keys = "RW access delete @1..-2",
        Arguments = "key:key..., timeout:double",
        History = "6.0.0 `timeout` is interpreted as a double instead of an integer.")]
    [Command("XREAD", Arity = -4, Group = CommandGroup.Stream, Since = "5.0.0", Summary = "Sample.",
        Flags = ReadOnly | Blocking,
        Keys = "RO access @STREAMS:1..-1%2",
        Arguments = """
            [COUNT count:integer]
            [BLOCK milliseconds:integer]
            STREAMS streams{key:key..., id...}
            """)]
    [Command("ZUNIONSTORE", Arity = -4, Group = CommandGroup.SortedSet, Since = "2.0.0", Summary = "Sample.",
        Complexity = "O(N)+O(M log(M)) with N being the sum of the sizes of the input sorted sets, and M being the number of elements in the resulting sorted set.",
        Flags = Write | DenyOom,
        Keys = """
            OW update @1
            RO access @2#
            """,
        Arguments = """
            destination:key
            numkeys:integer
            key:key@1...
            [WEIGHTS weight:integer...]
            [AGGREGATE aggregate(SUM | MIN | MAX)]
            """)]
    [Command("EVAL", Arity = -3, Group = CommandGroup.Scripting, Since = "2.6.0", Complexity = "Depends on the script that is executed.",
        Summary = "Sample.",
        Flags = NoScript | Stale | SkipMonitor | NoMandatoryKeys | MayReplicate,
        Keys = "RW access update @2# -- We cannot tell how the keys will be used so we assume the worst, RW and UPDATE",
        Arguments = "script, numkeys:integer, [key:key...], [arg...]")]
    [Command("XGROUP|CREATE", Arity = -5, Group = CommandGroup.Stream, Since = "5.0.0", Complexity = "O(1)", Summary = "Sample.",
        Flags = Write | DenyOom,
        Keys = "RW insert @2",
        Arguments = """
            key:key
            group
            id-selector(id | $ new-id:pure-token)
            [MKSTREAM]
            [ENTRIESREAD entriesread:integer display=entries-read]
            """,
        History = "7.0.0 Added the `entries_read` named argument.")]
    [Command("FLUSHALL", Arity = -1, Group = CommandGroup.Server, Since = "1.0.0", Summary = "Sample.",
        Complexity = "O(N) where N is the total number of keys in all databases",
        Flags = Write | AllDatabases, Acl = AclCategories.Keyspace | AclCategories.Dangerous, Locks = Locks.All,
        Tips = "request_policy:all_shards response_policy:all_succeeded",
        Arguments = "[flush-type(ASYNC since=4.0.0 | SYNC since=6.2.0)]",
        History = """
            4.0.0 Added the `ASYNC` flushing mode modifier.
            6.2.0 Added the `SYNC` flushing mode modifier.
            """)]
    public static void Answer(scoped ref CommandContext ctx) => ctx.Reply.Ok();

    [Command("SET", Arity = -3, Group = CommandGroup.String, Since = "1.0.0", Complexity = "O(1)", Summary = "Sample.",
        Flags = Write | DenyOom,
        Keys = "RW access update variable_flags @1 -- RW and ACCESS due to the optional `GET` argument", Refine = nameof(RefineSet),
        Arguments = """
            key:key
            value
            [condition(NX since=2.6.12 | XX since=2.6.12 | IFEQ comparison-value since=8.1.0 summary='Sample.')]
            [GET since=6.2.0]
            [expiration(
                EX seconds:integer since=2.6.12
                | PX milliseconds:integer since=2.6.12
                | EXAT unix-time-seconds:unix-time since=6.2.0
                | PXAT unix-time-milliseconds:unix-time since=6.2.0
                | KEEPTTL since=6.0.0)]
            """,
        History = """
            2.6.12 Added the `EX`, `PX`, `NX` and `XX` options.
            6.0.0 Added the `KEEPTTL` option.
            6.2.0 Added the `GET`, `EXAT` and `PXAT` option.
            7.0.0 Allowed the `NX` and `GET` options to be used together.
            8.1.0 Added the `IFEQ` option.
            """)]
    public static void Set(scoped ref CommandContext ctx) => ctx.Reply.Ok();

    internal static bool RefineSet(ReadOnlySpan<Argument> arguments, ref KeyList keys)
    {
        for (int i = 3; i < arguments.Length; i++)
        {
            if (System.Text.Ascii.EqualsIgnoreCase(arguments[i].Span, "get"u8))
                return true;
        }

        keys[0] = new KeyReference(1, KeyFlags.Overwrite | KeyFlags.Update);
        return true;
    }
}
