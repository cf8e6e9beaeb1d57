using Carnelian.Commands.Table;
using Carnelian.Storage;
using Carnelian.Storage.Streams;
using static Carnelian.Commands.Table.CommandFlags;

namespace Carnelian.Commands.Streams;

/// <summary>Commands that delete or release entries with regard to the groups that refer to them. Redis has them, Valkey has not.</summary>
public static class DeletionCommands
{
    private const long NoSuchEntry = -1;
    private const long Deleted = 1;
    private const long StillReferenced = 2;

    [Command("XDELEX", Arity = -5, Group = CommandGroup.Stream, Since = "8.2.0", Complexity = "O(1) for each single item to delete in the stream, regardless of the stream size.",
        Summary = "Removes entries from a stream, and tells what became of each.",
        Flags = Write | Fast,
        Keys = "RW delete @1",
        Arguments = "key:key, [condition(KEEPREF | DELREF | ACKED)], IDS ids{numids:integer, id...}")]
    public static void XDelEx(scoped ref CommandContext ctx)
    {
        IdsOptions options = default;
        if (!options.TryReadPolicy(ref ctx, 2))
            return;
        Key key = ctx.Key(1);
        if (!StreamAccess.TryFindForWrite(ref ctx, key, out StreamValue stream))
            return;
        ctx.Reply.Array(options.Count);
        long removed = 0, changed = 0;
        for (int i = 0; i < options.Count; i++)
        {
            long outcome = NoSuchEntry;
            if (stream.Exists)
            {
                outcome = Delete(stream, options.Id(ref ctx, i), options.References, out bool hasUnreferenced);
                removed += outcome == Deleted ? 1 : 0;
                changed += outcome == Deleted || hasUnreferenced ? 1 : 0;
            }
            ctx.Reply.Integer(outcome);
        }
        Finish(ref ctx, key, removed, changed);
    }

    [Command("XACKDEL", Arity = -6, Group = CommandGroup.Stream, Since = "8.2.0", Complexity = "O(1) for each entry ID processed.",
        Summary = "Acknowledges entries and removes them from the stream.",
        Flags = Write | Fast,
        Keys = "RW update delete @1",
        Arguments = "key:key, group, [condition(KEEPREF | DELREF | ACKED)], IDS ids{numids:integer, id...}")]
    public static void XAckDel(scoped ref CommandContext ctx)
    {
        IdsOptions options = default;
        if (!options.TryReadPolicy(ref ctx, 3))
            return;
        Key key = ctx.Key(1);
        if (!StreamAccess.TryFindForWrite(ref ctx, key, out StreamValue stream))
            return;
        StreamGroup group = stream.Exists ? stream.FindGroup(ctx.Arg(2)) : default;
        ctx.Reply.Array(options.Count);
        long removed = 0, changed = 0;
        for (int i = 0; i < options.Count; i++)
        {
            long outcome = NoSuchEntry;
            if (group.Exists)
            {
                StreamId id = options.Id(ref ctx, i);
                bool isAcknowledged = group.RemovePending(id), hasUnreferenced = false;
                if (isAcknowledged)
                {
                    // What was pending though it had been deleted is gone now as well.
                    outcome = Math.Abs(Delete(stream, id, options.References, out hasUnreferenced));
                    removed += outcome == Deleted ? 1 : 0;
                }
                else if (options.References == ReferencePolicy.Delete && !stream.Contains(id))
                {
                    hasUnreferenced = stream.RemoveReferences(id);
                }
                changed += isAcknowledged || hasUnreferenced ? 1 : 0;
            }
            ctx.Reply.Integer(outcome);
        }
        Finish(ref ctx, key, removed, changed);
    }

    [Command("XNACK", Arity = -7, Group = CommandGroup.Stream, Since = "8.8.0", Complexity = "O(1) for each message ID processed.",
        Summary = "Gives pending entries back to the group, for any consumer to take at once.",
        Flags = Write | Fast,
        Keys = "RW update @1",
        Arguments = "key:key, group, mode(SILENT | FAIL | FATAL), IDS ids{numids:integer, id...}, [RETRYCOUNT count:integer], [FORCE]")]
    public static void XNack(scoped ref CommandContext ctx)
    {
        bool isSilent = ctx.ArgIs(3, "silent"u8), isFatal = ctx.ArgIs(3, "fatal"u8);
        if (!isSilent && !isFatal && !ctx.ArgIs(3, "fail"u8))
        {
            ctx.Reply.Error("ERR mode must be SILENT, FAIL, or FATAL"u8);
            return;
        }
        IdsOptions options = default;
        if (!options.TryReadRelease(ref ctx, 4))
            return;
        Key key = ctx.Key(1);
        if (!StreamAccess.TryFindForWrite(ref ctx, key, out StreamValue stream))
            return;
        StreamGroup group = stream.Exists ? stream.FindGroup(ctx.Arg(2)) : default;
        if (!group.Exists)
        {
            StreamAccess.WriteNoGroup(ref ctx, 1, 2, default);
            return;
        }
        long released = 0;
        for (int i = 0; i < options.Count; i++)
        {
            StreamId id = options.Id(ref ctx, i);
            PendingEntry entry = group.FindPending(id);
            long deliveries;
            if (entry.Exists)
            {
                deliveries = isFatal ? long.MaxValue : isSilent ? Math.Max(entry.Deliveries - 1, 0) : entry.Deliveries;
                group.Release(id, entry);
            }
            else
            {
                if (!options.IsForced || !stream.Contains(id))
                    continue;
                deliveries = isFatal ? long.MaxValue : 0;
                entry = group.AddReleased(id, deliveries);
            }
            entry.Deliveries = options.Deliveries >= 0 ? options.Deliveries : deliveries;
            released++;
        }
        ctx.Dirty += released;
        // They may be claimed at once, by those who wait as well.
        if (released != 0)
            ctx.Wake(key);
        ctx.Reply.Integer(released);
    }

    /// <summary>Deletes an entry as far as its references allow.</summary>
    private static long Delete(StreamValue stream, StreamId id, ReferencePolicy policy, out bool hasUnreferenced)
    {
        hasUnreferenced = false;
        if (policy == ReferencePolicy.Delete)
            hasUnreferenced = stream.RemoveReferences(id);
        else if (policy == ReferencePolicy.Acknowledged && stream.Contains(id) && (stream.GroupCount == 0 || stream.IsReferenced(id)))
            return StillReferenced;
        return stream.Remove(id) ? Deleted : NoSuchEntry;
    }

    private static void Finish(scoped ref CommandContext ctx, in Key key, long removed, long changed)
    {
        ctx.Dirty += changed;
        if (removed == 0)
            return;
        ctx.Touch(key);
        ctx.Notify(key, NotificationClass.Stream, "xdel"u8);
    }
}
