namespace Carnelian.Commands.Lists;

/// <summary>The arguments of LMOVEM and BLMOVEM behind the keys.</summary>
public readonly struct ListMove
{
    private ListMove(bool fromRight, bool toRight, long count, bool isExact, bool isBulk)
    {
        FromRight = fromRight;
        ToRight = toRight;
        Count = count;
        IsExact = isExact;
        IsBulk = isBulk;
    }

    /// <summary>From which end of the source.</summary>
    public bool FromRight { get; }

    /// <summary>To which end of the destination.</summary>
    public bool ToRight { get; }

    /// <summary>How many elements, more than 0.</summary>
    public long Count { get; }

    /// <summary>Whether nothing is moved if the source has fewer than <see cref="Count"/>.</summary>
    public bool IsExact { get; }

    /// <summary>Whether the elements keep their order; else they go one by one.</summary>
    public bool IsBulk { get; }

    /// <summary>Whether the elements come to lie in the opposite order: one by one from one end to the same end.</summary>
    public bool Reverses => !IsBulk && FromRight == ToRight;

    /// <summary>Whether a source of so many elements has enough.</summary>
    public bool IsPossible(long length) => length >= (IsExact ? Count : 1);

    /// <summary>Reads the ends and what may follow: COUNT or EXACTLY with a number, and then OBO or BULK. Writes the error if they are wrong.</summary>
    /// <param name="ctx">The command.</param>
    /// <param name="ends">The argument with the first end; the second end is behind it.</param>
    /// <param name="options">The first argument of what may follow.</param>
    /// <param name="move">What was read.</param>
    public static bool TryRead(scoped ref CommandContext ctx, int ends, int options, out ListMove move)
    {
        move = default;
        if (!ListKey.TryReadEnd(ref ctx, ends, out bool fromRight) || !ListKey.TryReadEnd(ref ctx, ends + 1, out bool toRight))
            return false;
        if (options == ctx.ArgCount)
        {
            move = new ListMove(fromRight, toRight, 1, isExact: false, isBulk: false);
            return true;
        }
        bool isExact = ctx.ArgIs(options, "exactly"u8);
        if (ctx.ArgCount != options + 3 || (!isExact && !ctx.ArgIs(options, "count"u8)))
        {
            ctx.WriteSyntaxError();
            return false;
        }
        bool isBulk = ctx.ArgIs(options + 2, "bulk"u8);
        if (!isBulk && !ctx.ArgIs(options + 2, "obo"u8))
        {
            ctx.WriteSyntaxError();
            return false;
        }
        if (!Text.AsciiNumber.TryParseInt64(ctx.Arg(options + 1), out long count) || count <= 0)
        {
            ctx.Reply.Error("ERR count should be greater than 0"u8);
            return false;
        }
        move = new ListMove(fromRight, toRight, count, isExact, isBulk);
        return true;
    }
}
