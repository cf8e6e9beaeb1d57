using System.Text;
using Carnelian.Commands.Table;
using Carnelian.Protocol;
using Carnelian.Storage;
using Carnelian.Storage.Streams;
using static Carnelian.Commands.Table.CommandFlags;

namespace Carnelian.Commands.Streams;

/// <summary>XINFO: what is to be known of a stream, its groups and their consumers.</summary>
[Command("XINFO", Arity = -2, Group = CommandGroup.Stream, Since = "5.0.0", Complexity = "Depends on subcommand.",
    Summary = "A container for commands that look into streams.")]
public static class InfoCommands
{
    private const long DefaultCount = 10;

    private const string HelpLines = """
        CONSUMERS <key> <groupname>
            Show consumers of <groupname>.
        GROUPS <key>
            Show the stream consumer groups.
        STREAM <key> [FULL [COUNT <count>]
            Show information about the stream.
        """;

    [Command("XINFO|CONSUMERS", Arity = 4, Group = CommandGroup.Stream, Since = "5.0.0", Complexity = "O(1)",
        Summary = "Lists the consumers of a group.",
        Flags = ReadOnly, Tips = "nondeterministic_output",
        Keys = "RO access @2",
        Arguments = "key:key, group",
        History = "7.2.0 Added the `inactive` field, and changed the meaning of `idle`.")]
    public static void Consumers(scoped ref CommandContext ctx)
    {
        if (!TryFind(ref ctx, out StreamValue stream))
            return;
        StreamGroup group = stream.FindGroup(ctx.Arg(3));
        if (!group.Exists)
        {
            StreamAccess.WriteNoGroupOfKey(ref ctx, 3, 2);
            return;
        }
        ReplyWriter reply = ctx.Reply;
        reply.Array((int)group.ConsumerCount);
        for (ConsumerWalk walk = group.Consumers; walk.MoveNext();)
        {
            StreamConsumer consumer = walk.Consumer;
            reply.Map(4);
            reply.Bulk("name"u8);
            reply.Bulk(consumer.Name);
            reply.Bulk("pending"u8);
            reply.Integer(consumer.PendingCount);
            reply.Bulk("idle"u8);
            reply.Integer(Math.Max(ctx.Now - consumer.SeenTime, 0));
            reply.Bulk("inactive"u8);
            reply.Integer(consumer.ActiveTime == StreamConsumer.Never ? -1 : Math.Max(ctx.Now - consumer.ActiveTime, 0));
        }
    }

    [Command("XINFO|GROUPS", Arity = 3, Group = CommandGroup.Stream, Since = "5.0.0", Complexity = "O(1)",
        Summary = "Lists the groups of a stream.",
        Flags = ReadOnly,
        Keys = "RO access @2",
        Arguments = "key:key",
        History = "7.0.0 Added the `entries-read` and `lag` fields")]
    public static void Groups(scoped ref CommandContext ctx)
    {
        if (!TryFind(ref ctx, out StreamValue stream))
            return;
        ReplyWriter reply = ctx.Reply;
        reply.Array((int)stream.GroupCount);
        for (GroupWalk walk = stream.Groups; walk.MoveNext();)
        {
            StreamGroup group = walk.Group;
            reply.Map(6);
            reply.Bulk("name"u8);
            reply.Bulk(group.Name);
            reply.Bulk("consumers"u8);
            reply.Integer(group.ConsumerCount);
            reply.Bulk("pending"u8);
            reply.Integer(group.PendingCount);
            reply.Bulk("last-delivered-id"u8);
            StreamAccess.WriteId(ref ctx, group.LastId);
            WriteProgress(ref ctx, stream, group);
        }
    }

    [Command("XINFO|HELP", Arity = 2, Group = CommandGroup.Stream, Since = "5.0.0", Complexity = "O(1)",
        Summary = "Lists the subcommands.",
        Flags = Loading | Stale)]
    public static void Help(scoped ref CommandContext ctx) => SubcommandHelp.Write(ctx.Reply, ctx.Arg(0), Encoding.ASCII.GetBytes(HelpLines));

    [Command("XINFO|STREAM", Arity = -3, Group = CommandGroup.Stream, Since = "5.0.0", Complexity = "O(1)",
        Summary = "Tells of a stream, and with FULL of all in it.",
        Flags = ReadOnly,
        Keys = "RO access @2",
        Arguments = "key:key, [full-block{FULL, [COUNT count:integer]}]",
        History = """
            6.0.0 Added the `FULL` modifier.
            7.0.0 Added the `max-deleted-entry-id`, `entries-added`, `recorded-first-entry-id`, `entries-read` and `lag` fields
            7.2.0 Added the `active-time` field, and changed the meaning of `seen-time`.
            """)]
    public static void Stream(scoped ref CommandContext ctx)
    {
        if (!TryFind(ref ctx, out StreamValue stream))
            return;
        bool isFull = ctx.ArgCount > 3;
        long most = DefaultCount;
        if (isFull)
        {
            if (!ctx.ArgIs(3, "full"u8) || (ctx.ArgCount != 4 && (ctx.ArgCount != 6 || !ctx.ArgIs(4, "count"u8))))
            {
                ReadOnlySpan<byte> name = ctx.ArgAsText(1);
                ctx.Reply.Error("ERR unknown subcommand or wrong number of arguments for '"u8, name[..Math.Min(name.Length, 128)], "'. Try XINFO HELP."u8);
                return;
            }
            if (ctx.ArgCount == 6 && !ctx.TryInteger(5, out most))
                return;
            if (most < 0)
                most = DefaultCount;
        }
        ReplyWriter reply = ctx.Reply;
        IdempotencyMap map = stream.Idempotency;
        reply.Map((isFull ? 9 : 10) + (map.Exists ? 6 : 0));
        WriteCommon(ref ctx, stream);
        if (map.Exists)
            WriteIdempotency(ref ctx, map);
        if (isFull)
        {
            WriteFull(ref ctx, stream, most);
            return;
        }
        reply.Bulk("groups"u8);
        reply.Integer(stream.GroupCount);
        reply.Bulk("first-entry"u8);
        WriteEnd(ref ctx, stream, isLast: false);
        reply.Bulk("last-entry"u8);
        WriteEnd(ref ctx, stream, isLast: true);
    }

    private static void WriteCommon(scoped ref CommandContext ctx, StreamValue stream)
    {
        ReplyWriter reply = ctx.Reply;
        reply.Bulk("length"u8);
        reply.Integer(stream.Length);
        reply.Bulk("radix-tree-keys"u8);
        reply.Integer(stream.BlockCount);
        reply.Bulk("radix-tree-nodes"u8);
        reply.Integer(stream.CountRadixNodes());
        reply.Bulk("last-generated-id"u8);
        StreamAccess.WriteId(ref ctx, stream.LastId);
        reply.Bulk("max-deleted-entry-id"u8);
        StreamAccess.WriteId(ref ctx, stream.MaxDeletedId);
        reply.Bulk("entries-added"u8);
        reply.Integer((long)stream.EntriesAdded);
        reply.Bulk("recorded-first-entry-id"u8);
        StreamAccess.WriteId(ref ctx, stream.FirstId);
    }

    private static void WriteIdempotency(scoped ref CommandContext ctx, IdempotencyMap map)
    {
        map.Expire(ctx.Now);
        ReplyWriter reply = ctx.Reply;
        reply.Bulk("idmp-duration"u8);
        reply.Integer(map.Seconds);
        reply.Bulk("idmp-maxsize"u8);
        reply.Integer(map.IdsPerProducer);
        reply.Bulk("pids-tracked"u8);
        reply.Integer(map.ProducerCount);
        reply.Bulk("iids-tracked"u8);
        reply.Integer(map.IdCount);
        reply.Bulk("iids-added"u8);
        reply.Integer(map.Added);
        reply.Bulk("iids-duplicates"u8);
        reply.Integer(map.Duplicates);
    }

    private static void WriteEnd(scoped ref CommandContext ctx, StreamValue stream, bool isLast)
    {
        StreamCursor cursor = stream.Range(StreamId.Zero, StreamId.Max, isLast);
        if (cursor.MoveNext())
            StreamAccess.WriteEntry(ref ctx, ref cursor);
        else
            ctx.Reply.Null();
    }

    private static void WriteFull(scoped ref CommandContext ctx, StreamValue stream, long most)
    {
        ReplyWriter reply = ctx.Reply;
        reply.Bulk("entries"u8);
        StreamCursor cursor = stream.Range(StreamId.Zero, StreamId.Max);
        StreamAccess.WriteEntries(ref ctx, ref cursor, most);
        reply.Bulk("groups"u8);
        reply.Array((int)stream.GroupCount);
        for (GroupWalk walk = stream.Groups; walk.MoveNext();)
        {
            StreamGroup group = walk.Group;
            // Only a group that knows released entries has a field that Valkey does not know.
            reply.Map(group.ReleasedCount == 0 ? 7 : 8);
            reply.Bulk("name"u8);
            reply.Bulk(group.Name);
            reply.Bulk("last-delivered-id"u8);
            StreamAccess.WriteId(ref ctx, group.LastId);
            WriteProgress(ref ctx, stream, group);
            reply.Bulk("pel-count"u8);
            reply.Integer(group.PendingCount);
            if (group.ReleasedCount != 0)
            {
                reply.Bulk("nacked-count"u8);
                reply.Integer(group.ReleasedCount);
            }
            reply.Bulk("pending"u8);
            WritePending(ref ctx, group.PendingFrom(default), group.PendingCount, most, withOwner: true);
            reply.Bulk("consumers"u8);
            WriteConsumers(ref ctx, group, most);
        }
    }

    private static void WriteConsumers(scoped ref CommandContext ctx, StreamGroup group, long most)
    {
        ReplyWriter reply = ctx.Reply;
        reply.Array((int)group.ConsumerCount);
        for (ConsumerWalk walk = group.Consumers; walk.MoveNext();)
        {
            StreamConsumer consumer = walk.Consumer;
            reply.Map(5);
            reply.Bulk("name"u8);
            reply.Bulk(consumer.Name);
            reply.Bulk("seen-time"u8);
            reply.Integer(consumer.SeenTime);
            reply.Bulk("active-time"u8);
            reply.Integer(consumer.ActiveTime);
            reply.Bulk("pel-count"u8);
            reply.Integer(consumer.PendingCount);
            reply.Bulk("pending"u8);
            WritePending(ref ctx, consumer.PendingFrom(default), consumer.PendingCount, most, withOwner: false);
        }
    }

    private static void WritePending(scoped ref CommandContext ctx, PendingWalk walk, long count, long most, bool withOwner)
    {
        ReplyWriter reply = ctx.Reply;
        count = most == 0 ? count : Math.Min(count, most);
        reply.Array((int)count);
        for (; count > 0 && walk.MoveNext(); count--)
        {
            reply.Array(withOwner ? 4 : 3);
            StreamAccess.WriteId(ref ctx, walk.Id);
            if (withOwner)
                reply.Bulk(walk.Entry.Owner.Exists ? walk.Entry.Owner.Name : default);
            reply.Integer(walk.Entry.DeliveryTime);
            reply.Integer(walk.Entry.Deliveries);
        }
    }

    /// <summary>Writes how many entries a group has read, and how many are left.</summary>
    private static void WriteProgress(scoped ref CommandContext ctx, StreamValue stream, StreamGroup group)
    {
        ReplyWriter reply = ctx.Reply;
        reply.Bulk("entries-read"u8);
        if (group.EntriesRead != StreamGroup.Unknown)
            reply.Integer(group.EntriesRead);
        else
            reply.Null();
        reply.Bulk("lag"u8);
        if (stream.TryLag(group, out long lag))
            reply.Integer(lag);
        else
            reply.Null();
    }

    private static bool TryFind(scoped ref CommandContext ctx, out StreamValue stream)
    {
        if (!StreamAccess.TryFind(ref ctx, ctx.Key(2), out stream))
            return false;
        if (!stream.Exists)
            ctx.WriteNoSuchKey();
        return stream.Exists;
    }
}
