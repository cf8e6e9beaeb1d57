using Carnelian.Commands.Table;
using Carnelian.Protocol;
using Carnelian.Storage;
using Carnelian.Storage.Streams;
using Carnelian.Text;
using static Carnelian.Commands.Table.CommandFlags;

namespace Carnelian.Commands.Streams;

/// <summary>Commands by which a consumer takes over entries that are pending for another.</summary>
public static class ClaimCommands
{
    private const long DefaultCount = 100;
    private const long MostCount = long.MaxValue / 16;

    /// <summary>XAUTOCLAIM looks at so many pending entries for each that it was asked for.</summary>
    private const long AttemptsPerEntry = 10;

    [Command("XCLAIM", Arity = -6, Group = CommandGroup.Stream, Since = "5.0.0", Complexity = "O(log N) with N being the number of messages in the PEL of the consumer group.",
        Summary = "Takes over pending entries by their ids.",
        Flags = Write | Fast, Tips = "nondeterministic_output",
        Keys = "RW update @1",
        Arguments = """
            key:key
            group
            consumer
            min-idle-time
            id...
            [IDLE ms:integer]
            [TIME unix-time-milliseconds:unix-time]
            [RETRYCOUNT count:integer]
            [FORCE]
            [JUSTID]
            [LASTID lastid]
            """)]
    public static void XClaim(scoped ref CommandContext ctx)
    {
        Key key = ctx.Key(1);
        if (!StreamAccess.TryFindGroup(ref ctx, key, out StreamValue stream, out StreamGroup group))
            return;
        if (!AsciiNumber.TryParseInt64(ctx.Arg(4), out long leastIdle))
        {
            ctx.Reply.Error("ERR Invalid min-idle-time argument for XCLAIM"u8);
            return;
        }
        int idsEnd = 5;
        while (idsEnd < ctx.ArgCount && StreamId.TryParse(ctx.Arg(idsEnd), 0, out _))
            idsEnd++;
        ClaimOptions options = default;
        if (!options.TryRead(ref ctx, idsEnd))
            return;
        bool movesGroup = options.LastId > group.LastId;
        if (movesGroup)
        {
            group.LastId = options.LastId;
            ctx.Dirty++;
        }
        StreamConsumer consumer = ReadCommands.GetConsumer(ref ctx, key, group, ctx.Arg(3), out _);
        ctx.Propagation = Propagation.Never;
        DeferredLength length = ctx.Reply.BeginDeferred();
        int count = 0;
        for (int i = 5; i < idsEnd; i++)
        {
            StreamId.TryParse(ctx.Arg(i), 0, out StreamId id);
            PendingEntry entry = group.FindPending(id);
            StreamCursor cursor = stream.Range(id, id);
            if (!cursor.MoveNext())
            {
                // An entry that was deleted is of no use to anybody.
                if (entry.Exists)
                {
                    StreamEffects.AddClaim(ref ctx, 1, group, id, entry, consumer, ctx.Arg(i));
                    movesGroup = false;
                    group.RemovePending(id);
                    ctx.Dirty++;
                }
                continue;
            }
            if (!entry.Exists)
            {
                if (!options.IsForced)
                    continue;
                entry = group.AddPending(id, consumer, options.Time, deliveries: 1);
            }
            else
            {
                if (leastIdle > 0 && entry.Owner.Exists && ctx.Now - entry.DeliveryTime < leastIdle)
                    continue;
                group.Assign(id, entry, consumer, options.Time);
            }
            if (options.Deliveries >= 0)
                entry.Deliveries = options.Deliveries;
            else if (!options.WantsIds)
                GroupReader.CountDelivery(entry);
            WriteClaimed(ref ctx, ref cursor, options.WantsIds);
            StreamEffects.AddClaim(ref ctx, 1, group, id, entry, consumer, ctx.Arg(i));
            movesGroup = false;
            count++;
            consumer.ActiveTime = ctx.Now;
            ctx.Dirty++;
        }
        // Each XCLAIM tells how far the group has read as well.
        if (movesGroup)
            StreamEffects.AddGroupPosition(ref ctx, 1, group);
        ctx.Reply.EndArray(length, count);
    }

    [Command("XAUTOCLAIM", Arity = -6, Group = CommandGroup.Stream, Since = "6.2.0", Complexity = "O(1) if COUNT is small.",
        Summary = "Takes over entries that are pending for long.",
        Flags = Write | Fast, Tips = "nondeterministic_output",
        Keys = "RW delete @1",
        Arguments = "key:key, group, consumer, min-idle-time, start, [COUNT count:integer], [JUSTID]",
        History = "7.0.0 Added an element to the reply array, containing deleted entries the command cleared from the PEL")]
    public static void XAutoClaim(scoped ref CommandContext ctx)
    {
        if (!AsciiNumber.TryParseInt64(ctx.Arg(4), out long leastIdle))
        {
            ctx.Reply.Error("ERR Invalid min-idle-time argument for XAUTOCLAIM"u8);
            return;
        }
        if (!StreamAccess.TryLow(ref ctx, 5, out StreamId first))
            return;
        long most = DefaultCount;
        bool wantsIds = false;
        for (int i = 6; i < ctx.ArgCount; i++)
        {
            if (i + 1 < ctx.ArgCount && ctx.ArgIs(i, "count"u8))
            {
                if (!AsciiNumber.TryParseInt64(ctx.Arg(++i), out most) || most is < 1 or > MostCount)
                {
                    ctx.Reply.Error("ERR COUNT must be > 0"u8);
                    return;
                }
            }
            else if (ctx.ArgIs(i, "justid"u8))
            {
                wantsIds = true;
            }
            else
            {
                ctx.WriteSyntaxError();
                return;
            }
        }
        Key key = ctx.Key(1);
        if (!StreamAccess.TryFindGroup(ref ctx, key, out StreamValue stream, out StreamGroup group))
            return;
        StreamConsumer consumer = ReadCommands.GetConsumer(ref ctx, key, group, ctx.Arg(3), out _);
        ctx.Propagation = Propagation.Never;
        Claim(ref ctx, stream, group, consumer, leastIdle, first, most, wantsIds);
    }

    private static void Claim(
        scoped ref CommandContext ctx, StreamValue stream, StreamGroup group, StreamConsumer consumer, long leastIdle, StreamId first, long most, bool wantsIds)
    {
        // The reply begins with what is known last: where the next call is to go on.
        StreamIdList claimed = default, deleted = default;
        long attempts = most > long.MaxValue / AttemptsPerEntry ? long.MaxValue : most * AttemptsPerEntry;
        PendingWalk walk = group.PendingFrom(first);
        bool hasMore;
        while ((hasMore = walk.MoveNext()) && attempts-- > 0 && claimed.Count + deleted.Count < most)
        {
            StreamId id = walk.Id;
            if (!stream.Contains(id))
            {
                StreamEffects.AddClaim(ref ctx, 1, group, id, walk.Entry, consumer);
                group.RemovePending(id);
                deleted.Add(id);
                id.TryNext(out StreamId behind);
                walk = group.PendingFrom(behind);
                continue;
            }
            if (leastIdle > 0 && walk.Entry.Owner.Exists && ctx.Now - walk.Entry.DeliveryTime < leastIdle)
                continue;
            group.Assign(id, walk.Entry, consumer, ctx.Now);
            if (!wantsIds)
                GroupReader.CountDelivery(walk.Entry);
            StreamEffects.AddClaim(ref ctx, 1, group, id, walk.Entry, consumer);
            claimed.Add(id);
            consumer.ActiveTime = ctx.Now;
        }
        ctx.Dirty += claimed.Count + deleted.Count;

        ReplyWriter reply = ctx.Reply;
        reply.Array(3);
        StreamAccess.WriteId(ref ctx, hasMore ? walk.Id : StreamId.Zero);
        reply.Array(claimed.Count);
        for (int i = 0; i < claimed.Count; i++)
        {
            StreamCursor cursor = stream.Range(claimed[i], claimed[i]);
            cursor.MoveNext();
            WriteClaimed(ref ctx, ref cursor, wantsIds);
        }
        reply.Array(deleted.Count);
        for (int i = 0; i < deleted.Count; i++)
            StreamAccess.WriteId(ref ctx, deleted[i]);
        claimed.Dispose();
        deleted.Dispose();
    }

    private static void WriteClaimed(scoped ref CommandContext ctx, ref StreamCursor cursor, bool wantsIds)
    {
        if (wantsIds)
            StreamAccess.WriteId(ref ctx, cursor.Id);
        else
            StreamAccess.WriteEntry(ref ctx, ref cursor);
    }
}
