namespace Carnelian.Commands.Sorting;

/// <summary>The options of SORT.</summary>
internal ref struct SortOptions
{
    /// <summary>BY: the pattern, if it has a star.</summary>
    public ReadOnlySpan<byte> By;

    /// <summary>BY with a pattern without a star: the order stays.</summary>
    public bool KeepsOrder;

    /// <summary>DESC.</summary>
    public bool Descending;

    /// <summary>ALPHA.</summary>
    public bool IsAlpha;

    /// <summary>LIMIT: the first element.</summary>
    public long Offset;

    /// <summary>LIMIT: how many; negative for all.</summary>
    public long Count;

    /// <summary>How often GET is given.</summary>
    public int Gets;

    /// <summary>STORE: the argument that names the key, or 0.</summary>
    public int Target;

    /// <summary>Reads the options, or writes the error.</summary>
    public static bool TryRead(scoped ref CommandContext ctx, bool isReadOnly, out SortOptions options)
    {
        options = new SortOptions { Count = -1 };
        for (int i = 2; i < ctx.ArgCount; i++)
        {
            int left = ctx.ArgCount - i - 1;
            if (ctx.ArgIs(i, "asc"u8))
            {
                options.Descending = false;
            }
            else if (ctx.ArgIs(i, "desc"u8))
            {
                options.Descending = true;
            }
            else if (ctx.ArgIs(i, "alpha"u8))
            {
                options.IsAlpha = true;
            }
            else if (left >= 2 && ctx.ArgIs(i, "limit"u8))
            {
                if (!ctx.TryInteger(i + 1, out options.Offset) || !ctx.TryInteger(i + 2, out options.Count))
                    return false;
                i += 2;
            }
            else if (left >= 1 && !isReadOnly && ctx.ArgIs(i, "store"u8))
            {
                options.Target = ++i;
            }
            else if (left >= 1 && ctx.ArgIs(i, "by"u8))
            {
                options.By = ctx.Arg(++i);
                options.KeepsOrder |= !SortPattern.HasStar(options.By);
            }
            else if (left >= 1 && ctx.ArgIs(i, "get"u8))
            {
                i++;
                options.Gets++;
            }
            else
            {
                ctx.WriteSyntaxError();
                return false;
            }
        }
        if (options.KeepsOrder)
            options.By = default;
        return true;
    }

    /// <summary>The next GET behind an argument.</summary>
    /// <param name="ctx">The command.</param>
    /// <param name="index">The argument; afterwards that of the pattern. 1 before the first.</param>
    public static bool NextGet(scoped ref CommandContext ctx, ref int index)
    {
        for (int i = index + 1; i < ctx.ArgCount; i++)
        {
            if (ctx.ArgIs(i, "limit"u8))
            {
                i += 2;
            }
            else if (ctx.ArgIs(i, "by"u8) || ctx.ArgIs(i, "store"u8))
            {
                i++;
            }
            else if (ctx.ArgIs(i, "get"u8))
            {
                index = i + 1;
                return true;
            }
        }
        return false;
    }
}
