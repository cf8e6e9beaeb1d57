using Carnelian.Storage.Streams;
using Carnelian.Text;

namespace Carnelian.Commands.Streams;

/// <summary>The options of XCLAIM.</summary>
internal struct ClaimOptions
{
    /// <summary>IDLE, TIME: when the entries are said to have been delivered, in milliseconds of Unix time; by default now.</summary>
    public long Time;

    /// <summary>RETRYCOUNT: how often the entries are said to have been delivered; negative: once more.</summary>
    public long Deliveries;

    /// <summary>FORCE: entries that are not pending become so.</summary>
    public bool IsForced;

    /// <summary>JUSTID: only ids are wanted, and this is no delivery.</summary>
    public bool WantsIds;

    /// <summary>LASTID: the group has read at least to here.</summary>
    public StreamId LastId;

    /// <summary>Reads the options from an argument on, or writes the error.</summary>
    public bool TryRead(scoped ref CommandContext ctx, int index)
    {
        long time = -1;
        Deliveries = -1;
        for (; index < ctx.ArgCount; index++)
        {
            bool hasMore = index + 1 < ctx.ArgCount;
            if (ctx.ArgIs(index, "force"u8))
            {
                IsForced = true;
            }
            else if (ctx.ArgIs(index, "justid"u8))
            {
                WantsIds = true;
            }
            else if (hasMore && ctx.ArgIs(index, "idle"u8))
            {
                if (!AsciiNumber.TryParseInt64(ctx.Arg(++index), out time))
                    return Refuse(ref ctx, "ERR Invalid IDLE option argument for XCLAIM"u8);
                time = unchecked(ctx.Now - time);
            }
            else if (hasMore && ctx.ArgIs(index, "time"u8))
            {
                if (!AsciiNumber.TryParseInt64(ctx.Arg(++index), out time))
                    return Refuse(ref ctx, "ERR Invalid TIME option argument for XCLAIM"u8);
            }
            else if (hasMore && ctx.ArgIs(index, "retrycount"u8))
            {
                if (!AsciiNumber.TryParseInt64(ctx.Arg(++index), out Deliveries))
                    return Refuse(ref ctx, "ERR Invalid RETRYCOUNT option argument for XCLAIM"u8);
            }
            else if (hasMore && ctx.ArgIs(index, "lastid"u8))
            {
                if (!StreamAccess.TryId(ref ctx, ++index, 0, out LastId))
                    return false;
            }
            else
            {
                ctx.Reply.Error("ERR Unrecognized XCLAIM option '"u8, ctx.ArgAsText(index), "'"u8);
                return false;
            }
        }
        Time = time < 0 || time > ctx.Now ? ctx.Now : time;
        return true;
    }

    private static bool Refuse(scoped ref CommandContext ctx, ReadOnlySpan<byte> error)
    {
        ctx.Reply.Error(error);
        return false;
    }
}
