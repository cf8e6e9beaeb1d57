using Carnelian.Text;

namespace Carnelian.Commands.Streams;

/// <summary>The options of XREAD and XREADGROUP.</summary>
internal struct ReadOptions
{
    /// <summary>The argument with the group's name; 0 for XREAD.</summary>
    public int Group;

    /// <summary>COUNT: entries of each stream; 0 = all.</summary>
    public long Count;

    /// <summary>MAXCOUNT: entries of all streams together; 0 = all.</summary>
    public long MostEntries;

    /// <summary>MAXSIZE: no further entry when the reply has so many bytes; 0 = no limit.</summary>
    public long MostBytes;

    /// <summary>BLOCK: for how long the client waits, in milliseconds; 0 = for ever, -1 = not at all.</summary>
    public long Wait;

    /// <summary>NOACK: entries are as good as acknowledged.</summary>
    public bool IsAcknowledged;

    /// <summary>CLAIM: for how long pending entries are left alone, in milliseconds; -1 = for ever.</summary>
    public long LeastIdle;

    /// <summary>The argument with the first key.</summary>
    public int Keys;

    /// <summary>The number of streams.</summary>
    public int Streams;

    /// <summary>Reads the options, or writes the error.</summary>
    public bool TryRead(scoped ref CommandContext ctx, bool isGroup)
    {
        Wait = LeastIdle = -1;
        bool hasCount = false;
        for (int i = 1; i < ctx.ArgCount; i++)
        {
            bool hasMore = i + 1 < ctx.ArgCount;
            if (hasMore && ctx.ArgIs(i, "block"u8))
            {
                if (!TryWait(ref ctx, ++i))
                    return false;
            }
            else if (hasMore && ctx.ArgIs(i, "count"u8))
            {
                if (!ctx.TryInteger(++i, out Count))
                    return false;
                Count = Math.Max(Count, 0);
                hasCount = true;
            }
            else if (hasMore && ctx.ArgIs(i, "streams"u8))
            {
                Keys = i + 1;
                if ((ctx.ArgCount - Keys) % 2 != 0)
                {
                    WriteUnbalanced(ref ctx, isGroup);
                    return false;
                }
                Streams = (ctx.ArgCount - Keys) / 2;
                break;
            }
            else if (i + 2 < ctx.ArgCount && ctx.ArgIs(i, "group"u8))
            {
                if (!isGroup)
                    return Refuse(ref ctx, "ERR The GROUP option is only supported by XREADGROUP. You called XREAD instead."u8);
                Group = i + 1;
                i += 2;
            }
            else if (ctx.ArgIs(i, "noack"u8))
            {
                if (!isGroup)
                    return Refuse(ref ctx, "ERR The NOACK option is only supported by XREADGROUP. You called XREAD instead."u8);
                IsAcknowledged = true;
            }
            else if (hasMore && ctx.ArgIs(i, "claim"u8))
            {
                if (!isGroup)
                    return Refuse(ref ctx, "ERR The CLAIM option is only supported by XREADGROUP. You called XREAD instead."u8);
                if (!AsciiNumber.TryParseInt64(ctx.Arg(++i), out LeastIdle))
                    return Refuse(ref ctx, "ERR min-idle-time is not an integer or out of range"u8);
                if (LeastIdle < 0)
                    return Refuse(ref ctx, "ERR min-idle-time must be a positive integer"u8);
            }
            else if (hasMore && ctx.ArgIs(i, "maxcount"u8))
            {
                if (!ctx.TryInteger(++i, out MostEntries))
                    return false;
                if (MostEntries <= 0)
                    return Refuse(ref ctx, "ERR MAXCOUNT must be a positive integer"u8);
            }
            else if (hasMore && ctx.ArgIs(i, "maxsize"u8))
            {
                if (!ctx.TryInteger(++i, out MostBytes))
                    return false;
                if (MostBytes <= 0)
                    return Refuse(ref ctx, "ERR MAXSIZE must be a positive integer"u8);
            }
            else
            {
                return Refuse(ref ctx, "ERR syntax error"u8);
            }
        }
        if (Keys == 0)
            return Refuse(ref ctx, "ERR syntax error"u8);
        if (isGroup && Group == 0)
            return Refuse(ref ctx, "ERR Missing GROUP option for XREADGROUP"u8);
        if (hasCount && MostEntries != 0 && Count > MostEntries)
            return Refuse(ref ctx, "ERR MAXCOUNT must be greater than or equal to COUNT"u8);
        return true;
    }

    private bool TryWait(scoped ref CommandContext ctx, int index)
    {
        if (!AsciiNumber.TryParseInt64(ctx.Arg(index), out Wait))
            return Refuse(ref ctx, "ERR timeout is not an integer or out of range"u8);
        if (Wait < 0)
            return Refuse(ref ctx, "ERR timeout is negative"u8);
        if (Wait > long.MaxValue - ctx.Now)
            return Refuse(ref ctx, "ERR timeout is out of range"u8);
        return true;
    }

    private static void WriteUnbalanced(scoped ref CommandContext ctx, bool isGroup) => ctx.Reply.Error(
        "ERR Unbalanced '"u8,
        isGroup ? "xreadgroup"u8 : "xread"u8,
        isGroup ? "' list of streams: for each stream key an ID or '>' must be specified."u8 : "' list of streams: for each stream key an ID or '$' must be specified."u8);

    private static bool Refuse(scoped ref CommandContext ctx, ReadOnlySpan<byte> error)
    {
        ctx.Reply.Error(error);
        return false;
    }
}
