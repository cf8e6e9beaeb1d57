using System.Text;
using Carnelian.Commands.Table;
using Carnelian.Storage;
using Carnelian.Storage.Streams;
using static Carnelian.Commands.Table.CommandFlags;

namespace Carnelian.Commands.Streams;

/// <summary>XGROUP: makes, changes and removes the groups of a stream and their consumers.</summary>
[Command("XGROUP", Arity = -2, Group = CommandGroup.Stream, Since = "5.0.0", Complexity = "Depends on subcommand.",
    Summary = "A container for commands on consumer groups.")]
public static class GroupCommands
{
    private const int MostCreateArguments = 8;
    private const int MostSetIdArguments = 7;

    private const string HelpLines = """
        CREATE <key> <groupname> <id|$> [option]
            Create a new consumer group. Options are:
            * MKSTREAM
              Create the empty stream if it does not exist.
            * ENTRIESREAD entries_read
              Set the group's entries_read counter (internal use).
        CREATECONSUMER <key> <groupname> <consumer>
            Create a new consumer in the specified group.
        DELCONSUMER <key> <groupname> <consumer>
            Remove the specified consumer.
        DESTROY <key> <groupname>
            Remove the specified group.
        SETID <key> <groupname> <id|$> [ENTRIESREAD entries_read]
            Set the current group ID and entries_read counter.
        """;

    [Command("XGROUP|CREATE", Arity = -5, Group = CommandGroup.Stream, Since = "5.0.0", Complexity = "O(1)",
        Summary = "Adds a group to a stream.",
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
    public static void Create(scoped ref CommandContext ctx)
    {
        if (!TryReadOptions(ref ctx, mayMake: true, out bool mayMake, out long entriesRead))
            return;
        Key key = ctx.Key(2);
        if (!StreamAccess.TryFindForWrite(ref ctx, key, out StreamValue stream))
            return;
        if (!stream.Exists && !mayMake)
        {
            WriteNoKey(ref ctx);
            return;
        }
        if (!HasFewArguments(ref ctx, MostCreateArguments) || !TryLastId(ref ctx, stream, out StreamId id, mayBeEnd: false))
            return;
        if (stream.Exists && stream.FindGroup(ctx.Arg(3)).Exists)
        {
            ctx.Reply.Error("BUSYGROUP Consumer Group name already exists"u8);
            return;
        }
        if (!stream.Exists)
        {
            stream = StreamValue.Create();
            StreamAccess.AddKey(ref ctx, key, stream);
            ctx.Touch(key);
        }
        stream.AddGroup(ctx.Arg(3), id, entriesRead);
        ctx.Reply.Ok();
        ctx.Dirty++;
        ctx.Notify(key, NotificationClass.Stream, "xgroup-create"u8);
    }

    [Command("XGROUP|SETID", Arity = -5, Group = CommandGroup.Stream, Since = "5.0.0", Complexity = "O(1)",
        Summary = "Sets how far a group has read.",
        Flags = Write,
        Keys = "RW update @2",
        Arguments = "key:key, group, id-selector(id | $ new-id:pure-token), [ENTRIESREAD entriesread:integer display=entries-read]",
        History = "7.0.0 Added the optional `entries_read` argument.")]
    public static void SetId(scoped ref CommandContext ctx)
    {
        if (!TryReadOptions(ref ctx, mayMake: false, out _, out long entriesRead))
            return;
        Key key = ctx.Key(2);
        if (!TryFindGroup(ref ctx, key, out StreamValue stream, out StreamGroup group) || !HasFewArguments(ref ctx, MostSetIdArguments)
            || !TryLastId(ref ctx, stream, out StreamId id, mayBeEnd: true))
            return;
        group.LastId = id;
        group.EntriesRead = entriesRead;
        ctx.Reply.Ok();
        ctx.Dirty++;
        ctx.Notify(key, NotificationClass.Stream, "xgroup-setid"u8);
    }

    [Command("XGROUP|DESTROY", Arity = 4, Group = CommandGroup.Stream, Since = "5.0.0", Complexity = "O(N) where N is the number of entries in the group's pending entries list (PEL).",
        Summary = "Removes a group.",
        Flags = Write,
        Keys = "RW delete @2",
        Arguments = "key:key, group")]
    public static void Destroy(scoped ref CommandContext ctx)
    {
        Key key = ctx.Key(2);
        if (!TryFindStream(ref ctx, key, out StreamValue stream))
            return;
        StreamGroup group = stream.FindGroup(ctx.Arg(3));
        if (!group.Exists)
        {
            ctx.Reply.Integer(0);
            return;
        }
        stream.RemoveGroup(group);
        ctx.Reply.Integer(1);
        ctx.Dirty++;
        // Whoever waits for entries of the group gets an error.
        ctx.Wake(key);
        ctx.Notify(key, NotificationClass.Stream, "xgroup-destroy"u8);
    }

    [Command("XGROUP|CREATECONSUMER", Arity = 5, Group = CommandGroup.Stream, Since = "6.2.0", Complexity = "O(1)",
        Summary = "Adds a consumer to a group.",
        Flags = Write | DenyOom,
        Keys = "RW insert @2",
        Arguments = "key:key, group, consumer")]
    public static void CreateConsumer(scoped ref CommandContext ctx)
    {
        Key key = ctx.Key(2);
        if (!TryFindGroup(ref ctx, key, out _, out StreamGroup group))
            return;
        if (group.FindConsumer(ctx.Arg(4)).Exists)
        {
            ctx.Reply.Integer(0);
            return;
        }
        group.AddConsumer(ctx.Arg(4), ctx.Now);
        ctx.Reply.Integer(1);
        ctx.Dirty++;
        ctx.Notify(key, NotificationClass.Stream, "xgroup-createconsumer"u8);
    }

    [Command("XGROUP|DELCONSUMER", Arity = 5, Group = CommandGroup.Stream, Since = "5.0.0", Complexity = "O(1)",
        Summary = "Removes a consumer from a group, with what is pending for it.",
        Flags = Write,
        Keys = "RW delete @2",
        Arguments = "key:key, group, consumer")]
    public static void DelConsumer(scoped ref CommandContext ctx)
    {
        Key key = ctx.Key(2);
        if (!TryFindGroup(ref ctx, key, out _, out StreamGroup group))
            return;
        StreamConsumer consumer = group.FindConsumer(ctx.Arg(4));
        if (!consumer.Exists)
        {
            ctx.Reply.Integer(0);
            return;
        }
        ctx.Reply.Integer(consumer.PendingCount);
        group.RemoveConsumer(consumer);
        ctx.Dirty++;
        ctx.Notify(key, NotificationClass.Stream, "xgroup-delconsumer"u8);
    }

    [Command("XGROUP|HELP", Arity = 2, Group = CommandGroup.Stream, Since = "5.0.0", Complexity = "O(1)",
        Summary = "Lists the subcommands.",
        Flags = Loading | Stale)]
    public static void Help(scoped ref CommandContext ctx) => SubcommandHelp.Write(ctx.Reply, ctx.Arg(0), Encoding.ASCII.GetBytes(HelpLines));

    private static bool TryReadOptions(scoped ref CommandContext ctx, bool mayMake, out bool makesStream, out long entriesRead)
    {
        makesStream = false;
        entriesRead = StreamGroup.Unknown;
        for (int i = 5; i < ctx.ArgCount; i++)
        {
            if (mayMake && ctx.ArgIs(i, "mkstream"u8))
            {
                makesStream = true;
            }
            else if (i + 1 < ctx.ArgCount && ctx.ArgIs(i, "entriesread"u8))
            {
                if (!ctx.TryInteger(++i, out entriesRead))
                    return false;
                if (entriesRead < 0 && entriesRead != StreamGroup.Unknown)
                {
                    ctx.Reply.Error("ERR value for ENTRIESREAD must be positive or -1"u8);
                    return false;
                }
            }
            else
            {
                WriteUnknown(ref ctx);
                return false;
            }
        }
        return true;
    }

    /// <summary>Options may be repeated, but only so far.</summary>
    private static bool HasFewArguments(scoped ref CommandContext ctx, int most)
    {
        if (ctx.ArgCount > most)
            WriteUnknown(ref ctx);
        return ctx.ArgCount <= most;
    }

    private static void WriteUnknown(scoped ref CommandContext ctx)
    {
        ReadOnlySpan<byte> name = ctx.ArgAsText(1);
        ctx.Reply.Error("ERR unknown subcommand or wrong number of arguments for '"u8, name[..Math.Min(name.Length, 128)], "'. Try XGROUP HELP."u8);
    }

    private static bool TryLastId(scoped ref CommandContext ctx, StreamValue stream, out StreamId id, bool mayBeEnd)
    {
        ReadOnlySpan<byte> text = ctx.Arg(4);
        if (text.Length != 1 || text[0] != '$')
            return mayBeEnd ? StreamAccess.TryIdOrEnd(ref ctx, 4, 0, out id) : StreamAccess.TryId(ref ctx, 4, 0, out id);
        id = stream.Exists ? stream.LastId : default;
        return true;
    }

    private static bool TryFindStream(scoped ref CommandContext ctx, in Key key, out StreamValue stream)
    {
        if (!StreamAccess.TryFindForWrite(ref ctx, key, out stream))
            return false;
        if (!stream.Exists)
            WriteNoKey(ref ctx);
        return stream.Exists;
    }

    private static bool TryFindGroup(scoped ref CommandContext ctx, in Key key, out StreamValue stream, out StreamGroup group)
    {
        group = default;
        if (!TryFindStream(ref ctx, key, out stream))
            return false;
        group = stream.FindGroup(ctx.Arg(3));
        if (!group.Exists)
            StreamAccess.WriteNoGroupOfKey(ref ctx, 3, 2);
        return group.Exists;
    }

    private static void WriteNoKey(scoped ref CommandContext ctx) => ctx.Reply.Error(
        "ERR The XGROUP subcommand requires the key to exist. Note that for CREATE you may want to use the MKSTREAM option to create an empty stream automatically."u8);
}
