using Carnelian.Storage.Streams;

namespace Carnelian.Commands.Streams;

/// <summary>The options of the commands that name entries by "IDS number id ...". XNACK words its errors in its own way.</summary>
internal struct IdsOptions
{
    private int _first;
    private bool _isRelease;

    /// <summary>The number of ids.</summary>
    public int Count;

    /// <summary>What becomes of references.</summary>
    public ReferencePolicy References;

    /// <summary>RETRYCOUNT, or -1.</summary>
    public long Deliveries;

    /// <summary>FORCE: entries that are not pending become so.</summary>
    public bool IsForced;

    /// <summary>One of the ids.</summary>
    public readonly StreamId Id(scoped ref CommandContext ctx, int index)
    {
        StreamId.TryParse(ctx.Arg(_first + index), 0, out StreamId id);
        return id;
    }

    /// <summary>Reads KEEPREF, DELREF or ACKED and the ids, from an argument on; or writes the error.</summary>
    public bool TryReadPolicy(scoped ref CommandContext ctx, int index)
    {
        bool hasPolicy = false;
        for (; index < ctx.ArgCount; index++)
        {
            if (!hasPolicy && AddOptions.TryReadPolicy(ref ctx, index, out ReferencePolicy policy))
            {
                References = policy;
                hasPolicy = true;
            }
            else if (!IsIds(ref ctx, index))
            {
                ctx.WriteSyntaxError();
                return false;
            }
            else if (!TryReadIds(ref ctx, ref index))
            {
                return false;
            }
        }
        return HasIds(ref ctx);
    }

    /// <summary>Reads the ids, RETRYCOUNT and FORCE, from an argument on; or writes the error.</summary>
    public bool TryReadRelease(scoped ref CommandContext ctx, int index)
    {
        Deliveries = -1;
        _isRelease = true;
        for (; index < ctx.ArgCount; index++)
        {
            if (ctx.ArgIs(index, "force"u8))
            {
                IsForced = true;
            }
            else if (index + 1 < ctx.ArgCount && ctx.ArgIs(index, "retrycount"u8))
            {
                if (!ctx.TryInteger(++index, out Deliveries))
                    return false;
                if (Deliveries < 0)
                {
                    ctx.Reply.Error("ERR Invalid RETRYCOUNT value, must be >= 0"u8);
                    return false;
                }
            }
            else if (!IsIds(ref ctx, index))
            {
                ctx.Reply.Error("ERR Unrecognized XNACK option '"u8, ctx.ArgAsText(index), "'"u8);
                return false;
            }
            else if (!TryReadIds(ref ctx, ref index))
            {
                return false;
            }
        }
        return HasIds(ref ctx);
    }

    private readonly bool IsIds(scoped ref CommandContext ctx, int index) => _first == 0 && index + 1 < ctx.ArgCount && ctx.ArgIs(index, "ids"u8);

    private readonly bool HasIds(scoped ref CommandContext ctx)
    {
        if (_first != 0)
            return true;
        if (_isRelease)
            ctx.Reply.Error("ERR syntax error, expected IDS keyword"u8);
        else
            ctx.WriteSyntaxError();
        return false;
    }

    /// <summary>Reads the ids behind the word, and moves to the last one.</summary>
    private bool TryReadIds(scoped ref CommandContext ctx, ref int index)
    {
        if (!Text.AsciiNumber.TryParseInt64(ctx.Arg(index + 1), out long count) || count <= 0)
        {
            ctx.Reply.Error(_isRelease ? "ERR numids must be a positive integer"u8 : "ERR Number of IDs must be a positive integer"u8);
            return false;
        }
        _first = index + 2;
        if (count > ctx.ArgCount - _first)
        {
            ctx.Reply.Error(_isRelease ? "ERR number of IDs doesn't match numids"u8 : "ERR The `numids` parameter must match the number of arguments"u8);
            return false;
        }
        Count = (int)count;
        for (int i = 0; i < Count; i++)
        {
            if (!StreamAccess.TryId(ref ctx, _first + i, 0, out _))
                return false;
        }
        index = _first + Count - 1;
        return true;
    }
}
