using Carnelian.Protocol;
using Carnelian.Storage.Streams;

namespace Carnelian.Commands.Streams;

/// <summary>Delivers entries to a consumer of a group: new ones, those that others have had for too long, and its own once more.</summary>
internal static class GroupReader
{
    /// <summary>Whether an entry has been pending for long enough to be claimed.</summary>
    public static bool HasIdle(long now, StreamGroup group, long leastIdle)
    {
        DeliveryKey position = default;
        return group.PendingCount != 0 && group.TryNextByDelivery(ref position, now - leastIdle, out _, out _);
    }

    /// <summary>When the first of the pending entries may be claimed, in milliseconds of Unix time; 0 if none is pending.</summary>
    public static long NextIdle(ReadOnlySpan<StreamSource> sources, long leastIdle)
    {
        long next = 0;
        foreach (StreamSource source in sources)
        {
            DeliveryKey position = default;
            if (!source.WantsNew || source.Group.PendingCount == 0 || !source.Group.TryNextByDelivery(ref position, long.MaxValue - leastIdle, out _, out PendingEntry entry))
                continue;
            long at = Math.Max(entry.DeliveryTime + leastIdle, 1);
            if (next == 0 || at < next)
                next = at;
        }
        return next;
    }

    /// <summary>Writes the entries that the group has not read, and with CLAIM before them those that are pending for long.</summary>
    public static void WriteNew(scoped ref CommandContext ctx, int key, in StreamSource source, StreamConsumer consumer, in ReadOptions options, long most, ref ReadBudget budget)
    {
        DeferredLength length = ctx.Reply.BeginDeferred();
        bool isClaiming = options.LeastIdle >= 0;
        int count = isClaiming ? WriteIdle(ref ctx, key, source, consumer, options.LeastIdle, most, ref budget) : 0;
        int claimed = count;
        source.Group.LastId.TryNext(out StreamId first);
        StreamCursor cursor = source.Stream.Range(first, StreamId.Max);
        while ((most == 0 || count < most) && budget.HasRoom && cursor.MoveNext())
        {
            StreamId id = cursor.Id;
            Advance(source.Stream, source.Group, id);
            ctx.Reply.Array(isClaiming ? 4 : 2);
            StreamAccess.WriteId(ref ctx, id);
            StreamAccess.WriteFields(ref ctx, ref cursor);
            if (isClaiming)
            {
                ctx.Reply.Integer(0);
                ctx.Reply.Integer(0);
            }
            count++;
            budget.Spend();
            if (options.IsAcknowledged)
                continue;
            PendingEntry pending = source.Group.PendingCount == 0 || id > source.Group.LastPending ? default : source.Group.FindPending(id);
            if (!pending.Exists)
            {
                pending = source.Group.AddPending(id, consumer, ctx.Now, deliveries: 1);
            }
            else
            {
                // The group was set back to before this entry.
                source.Group.Assign(id, pending, consumer, ctx.Now);
                pending.Deliveries = 1;
            }
            consumer.ActiveTime = ctx.Now;
            StreamEffects.AddClaim(ref ctx, key, source.Group, id, pending, consumer);
        }
        if (count != claimed)
            StreamEffects.AddGroupPosition(ref ctx, key, source.Group);
        ctx.Reply.EndArray(length, count);
    }

    /// <summary>Writes the entries that are pending for a consumer. Those that are deleted come without fields.</summary>
    public static void WriteHistory(scoped ref CommandContext ctx, in StreamSource source, StreamConsumer consumer, long most, ref ReadBudget budget)
    {
        DeferredLength length = ctx.Reply.BeginDeferred();
        int count = 0;
        if (source.Behind.TryNext(out StreamId first))
        {
            // Noting a delivery moves nothing in the consumer's own list.
            PendingWalk walk = consumer.PendingFrom(first);
            while ((most == 0 || count < most) && budget.HasRoom && walk.MoveNext())
            {
                ctx.Reply.Array(2);
                StreamAccess.WriteId(ref ctx, walk.Id);
                StreamCursor cursor = source.Stream.Range(walk.Id, walk.Id);
                if (cursor.MoveNext())
                {
                    StreamAccess.WriteFields(ref ctx, ref cursor);
                    source.Group.Assign(walk.Id, walk.Entry, consumer, ctx.Now);
                    CountDelivery(walk.Entry);
                }
                else
                {
                    ctx.Reply.NullArray();
                }
                count++;
                budget.Spend();
            }
        }
        ctx.Reply.EndArray(length, count);
    }

    /// <summary>Notes one delivery more of a pending entry.</summary>
    public static void CountDelivery(PendingEntry entry)
    {
        if (entry.Deliveries != long.MaxValue)
            entry.Deliveries++;
    }

    /// <summary>Notes that a group has read an entry.</summary>
    private static void Advance(StreamValue stream, StreamGroup group, StreamId id)
    {
        if (group.EntriesRead != StreamGroup.Unknown && group.LastId >= stream.FirstId && !stream.MayHaveGaps(group.LastId, StreamId.Max))
            group.EntriesRead++;
        else if (stream.EntriesAdded != 0)
            group.EntriesRead = stream.CountAddedUpTo(id);
        group.LastId = id;
    }

    /// <summary>Takes over the entries that are pending for long, and writes them. Those that are deleted are not pending any more.</summary>
    private static int WriteIdle(scoped ref CommandContext ctx, int key, in StreamSource source, StreamConsumer consumer, long leastIdle, long most, ref ReadBudget budget)
    {
        // They are collected first: with no idle time at all each would come round again at once.
        StreamIdList ids = default;
        DeliveryKey position = default;
        while ((most == 0 || ids.Count < most) && source.Group.TryNextByDelivery(ref position, ctx.Now - leastIdle, out StreamId id, out _))
        {
            ids.Add(id);
        }
        int count = 0;
        for (int i = 0; i < ids.Count && budget.HasRoom; i++)
        {
            StreamCursor cursor = source.Stream.Range(ids[i], ids[i]);
            PendingEntry entry = source.Group.FindPending(ids[i]);
            if (!cursor.MoveNext())
            {
                StreamEffects.AddClaim(ref ctx, key, source.Group, ids[i], entry, consumer);
                source.Group.RemovePending(ids[i]);
                continue;
            }
            ctx.Reply.Array(4);
            StreamAccess.WriteId(ref ctx, ids[i]);
            StreamAccess.WriteFields(ref ctx, ref cursor);
            ctx.Reply.Integer(Math.Max(ctx.Now - entry.DeliveryTime, 0));
            ctx.Reply.Integer(entry.Deliveries);
            source.Group.Assign(ids[i], entry, consumer, ctx.Now);
            CountDelivery(entry);
            StreamEffects.AddClaim(ref ctx, key, source.Group, ids[i], entry, consumer);
            consumer.ActiveTime = ctx.Now;
            count++;
            budget.Spend();
        }
        ids.Dispose();
        return count;
    }
}
