using Carnelian.Commands.Table;
using Carnelian.Protocol;
using Carnelian.Storage;
using Carnelian.Storage.Streams;
using static Carnelian.Commands.Table.CommandFlags;

namespace Carnelian.Commands.Streams;

/// <summary>Commands that end the pending of entries, or look at those that are pending.</summary>
public static class PendingCommands
{
    [Command("XACK", Arity = -4, Group = CommandGroup.Stream, Since = "5.0.0", Complexity = "O(1) for each message ID processed.",
        Summary = "Acknowledges entries: they are not pending any more.",
        Flags = Write | Fast,
        Keys = "RW update @1",
        Arguments = "key:key, group, id...")]
    public static void XAck(scoped ref CommandContext ctx)
    {
        if (!StreamAccess.TryFind(ref ctx, ctx.Key(1), out StreamValue stream))
            return;
        StreamGroup group = stream.Exists ? stream.FindGroup(ctx.Arg(2)) : default;
        if (!group.Exists)
        {
            ctx.Reply.Integer(0);
            return;
        }
        // A single id needs no look in advance, and that is how most are acknowledged.
        StreamId id;
        for (int i = 3; i < ctx.ArgCount && ctx.ArgCount > 4; i++)
        {
            if (!StreamAccess.TryId(ref ctx, i, 0, out _))
                return;
        }
        long acknowledged = 0;
        for (int i = 3; i < ctx.ArgCount; i++)
        {
            if (!StreamAccess.TryId(ref ctx, i, 0, out id))
                return;
            if (group.RemovePending(id))
                acknowledged++;
        }
        ctx.Dirty += acknowledged;
        ctx.Reply.Integer(acknowledged);
    }

    [Command("XPENDING", Arity = -3, Group = CommandGroup.Stream, Since = "5.0.0", Complexity = "O(N) with N being the number of elements returned, so asking for a small fixed number of entries per call is O(1). O(M), where M is the total number of entries scanned when used with the IDLE filter. When the command returns just the summary and the list of consumers is small, it runs in O(1) time; otherwise, an additional O(N) time for iterating every consumer.",
        Summary = "Returns which entries of a group are pending.",
        Flags = ReadOnly, Tips = "nondeterministic_output",
        Keys = "RO access @1",
        Arguments = "key:key, group, [filters{[IDLE min-idle-time:integer since=6.2.0], start, end, count:integer, [consumer]}]",
        History = "6.2.0 Added the `IDLE` option and exclusive range intervals.")]
    public static void XPending(scoped ref CommandContext ctx)
    {
        bool isSummary = ctx.ArgCount == 3;
        if (!isSummary && ctx.ArgCount is < 6 or > 9)
        {
            ctx.WriteSyntaxError();
            return;
        }
        int first = 3;
        long leastIdle = 0, most = 0;
        StreamId low = default, high = default;
        if (!isSummary)
        {
            if (ctx.ArgIs(3, "idle"u8))
            {
                if (!ctx.TryInteger(4, out leastIdle))
                    return;
                if (ctx.ArgCount < 8)
                {
                    ctx.WriteSyntaxError();
                    return;
                }
                first = 5;
            }
            if (!ctx.TryInteger(first + 2, out most) || !StreamAccess.TryInterval(ref ctx, first, first + 1, out low, out high))
                return;
        }
        if (!StreamAccess.TryFindGroup(ref ctx, ctx.Key(1), out _, out StreamGroup group))
            return;
        if (isSummary)
            WriteSummary(ref ctx, group);
        else
            WritePending(ref ctx, group, first + 3, low, high, most, leastIdle);
    }

    private static void WriteSummary(scoped ref CommandContext ctx, StreamGroup group)
    {
        ReplyWriter reply = ctx.Reply;
        reply.Array(4);
        reply.Integer(group.PendingCount);
        if (group.PendingCount == 0)
        {
            reply.Null();
            reply.Null();
            reply.NullArray();
            return;
        }
        StreamAccess.WriteId(ref ctx, group.FirstPending);
        StreamAccess.WriteId(ref ctx, group.LastPending);
        DeferredLength length = reply.BeginDeferred();
        int count = 0;
        for (ConsumerWalk walk = group.Consumers; walk.MoveNext();)
        {
            if (walk.Consumer.PendingCount == 0)
                continue;
            reply.Array(2);
            reply.Bulk(walk.Consumer.Name);
            reply.BulkInteger(walk.Consumer.PendingCount);
            count++;
        }
        reply.EndArray(length, count);
    }

    private static void WritePending(scoped ref CommandContext ctx, StreamGroup group, int consumerIndex, StreamId low, StreamId high, long most, long leastIdle)
    {
        ReplyWriter reply = ctx.Reply;
        PendingWalk walk;
        if (consumerIndex < ctx.ArgCount)
        {
            StreamConsumer consumer = group.FindConsumer(ctx.Arg(consumerIndex));
            if (!consumer.Exists)
            {
                reply.Array(0);
                return;
            }
            walk = consumer.PendingFrom(low);
        }
        else
        {
            walk = group.PendingFrom(low);
        }
        DeferredLength length = reply.BeginDeferred();
        int count = 0;
        while (count < most && walk.MoveNext() && walk.Id <= high)
        {
            StreamConsumer owner = walk.Entry.Owner;
            long idle = ctx.Now - walk.Entry.DeliveryTime;
            if (leastIdle != 0 && idle < leastIdle)
                continue;
            reply.Array(4);
            StreamAccess.WriteId(ref ctx, walk.Id);
            reply.Bulk(owner.Exists ? owner.Name : default);
            reply.Integer(owner.Exists ? Math.Max(idle, 0) : -1);
            reply.Integer(walk.Entry.Deliveries);
            count++;
        }
        reply.EndArray(length, count);
    }
}
