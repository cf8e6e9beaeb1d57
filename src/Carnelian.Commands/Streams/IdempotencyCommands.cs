using Carnelian.Commands.Table;
using Carnelian.Storage;
using Carnelian.Storage.Streams;
using static Carnelian.Commands.Table.CommandFlags;

namespace Carnelian.Commands.Streams;

/// <summary>Commands on what a stream remembers of its producers' messages. Redis has them, Valkey has not.</summary>
public static class IdempotencyCommands
{
    [Command("XCFGSET", Arity = -2, Group = CommandGroup.Stream, Since = "8.6.0", Complexity = "O(1)",
        Summary = "Sets for how long and how many messages of a producer a stream remembers.",
        Flags = Write | Fast,
        Keys = "RW update @1",
        Arguments = "key:key, [IDMP-DURATION idmp-duration:integer], [IDMP-MAXSIZE idmp-maxsize:integer]")]
    public static void XCfgSet(scoped ref CommandContext ctx)
    {
        long seconds = 0, ids = 0;
        for (int i = 2; i < ctx.ArgCount; i += 2)
        {
            bool hasMore = i + 1 < ctx.ArgCount;
            if (hasMore && ctx.ArgIs(i, "idmp-duration"u8))
            {
                if (!ctx.TryInteger(i + 1, out seconds))
                    return;
                if (seconds is < 1 or > IdempotencyMap.MostSeconds)
                {
                    ctx.Reply.Error("ERR IDMP-DURATION must be between 1 and 86400 seconds"u8);
                    return;
                }
            }
            else if (hasMore && ctx.ArgIs(i, "idmp-maxsize"u8))
            {
                if (!ctx.TryInteger(i + 1, out ids))
                    return;
                if (ids is < 1 or > IdempotencyMap.MostIds)
                {
                    ctx.Reply.Error("ERR IDMP-MAXSIZE must be between 1 and 10000 entries"u8);
                    return;
                }
            }
            else
            {
                ctx.WriteSyntaxError();
                return;
            }
        }
        if (seconds == 0 && ids == 0)
        {
            ctx.Reply.Error("ERR At least one parameter must be specified"u8);
            return;
        }
        Key key = ctx.Key(1);
        if (!StreamAccess.TryFindForWrite(ref ctx, key, out StreamValue stream))
            return;
        if (!stream.Exists)
        {
            ctx.WriteNoSuchKey();
            return;
        }
        IdempotencyMap map = stream.GetIdempotency(ctx.Services.Limits.IdempotencySeconds, ctx.Services.Limits.IdempotencyIds);
        map.Configure(seconds == 0 ? map.Seconds : seconds, ids == 0 ? map.IdsPerProducer : ids);
        ctx.Touch(key);
        ctx.Dirty++;
        ctx.Reply.Ok();
    }

    [Command("XIDMPRECORD", Arity = 5, Group = CommandGroup.Stream, Since = "8.6.2", Complexity = "O(1)",
        Summary = "Notes which message of a producer an entry was, for files that are read back.",
        Flags = Write | DenyOom | Fast,
        Keys = "RW update @1",
        Arguments = "key:key, pid, iid, stream-id")]
    public static void XIdmpRecord(scoped ref CommandContext ctx)
    {
        if (ctx.Arg(2).IsEmpty || ctx.Arg(3).IsEmpty)
        {
            ctx.Reply.Error("ERR producer ID and idempotent ID must be non-empty"u8);
            return;
        }
        if (!StreamAccess.TryId(ref ctx, 4, 0, out StreamId id))
            return;
        Key key = ctx.Key(1);
        if (!StreamAccess.TryFindForWrite(ref ctx, key, out StreamValue stream))
            return;
        if (!stream.Exists)
        {
            ctx.WriteNoSuchKey();
            return;
        }
        if (!stream.Contains(id))
        {
            ctx.Reply.Error("ERR no such stream entry"u8);
            return;
        }
        IdempotencyMap map = stream.GetIdempotency(ctx.Services.Limits.IdempotencySeconds, ctx.Services.Limits.IdempotencyIds);
        map.Expire(ctx.Now);
        if (map.TryFind(ctx.Arg(2), ctx.Arg(3), out StreamId known))
        {
            if (known == id)
                ctx.Reply.Ok();
            else
                ctx.Reply.Error("ERR idempotent ID already maps to a different stream entry"u8);
            return;
        }
        map.Add(ctx.Arg(2), ctx.Arg(3), id, ctx.Now);
        ctx.Touch(key);
        ctx.Dirty++;
        ctx.Reply.Ok();
    }
}
