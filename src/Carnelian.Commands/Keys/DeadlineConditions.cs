namespace Carnelian.Commands.Keys;

/// <summary>NX, XX, GT and LT of the commands that set the deadlines of keys and of fields: when a new deadline takes effect.</summary>
internal readonly struct DeadlineConditions
{
    private readonly Conditions _conditions;

    private DeadlineConditions(Conditions conditions) => _conditions = conditions;

    [Flags]
    private enum Conditions
    {
        None = 0,
        HasNone = 1,
        HasOne = 2,
        Later = 4,
        Earlier = 8,
    }

    /// <summary>Reads the conditions from the third argument on, or writes the error.</summary>
    /// <param name="ctx">The command.</param>
    /// <param name="end">The argument behind them.</param>
    /// <param name="read">The conditions.</param>
    public static bool TryRead(scoped ref CommandContext ctx, int end, out DeadlineConditions read)
    {
        read = default;
        var conditions = Conditions.None;
        for (int i = 3; i < end; i++)
        {
            if (ctx.ArgIs(i, "nx"u8))
            {
                conditions |= Conditions.HasNone;
            }
            else if (ctx.ArgIs(i, "xx"u8))
            {
                conditions |= Conditions.HasOne;
            }
            else if (ctx.ArgIs(i, "gt"u8))
            {
                conditions |= Conditions.Later;
            }
            else if (ctx.ArgIs(i, "lt"u8))
            {
                conditions |= Conditions.Earlier;
            }
            else
            {
                ctx.Reply.Error("ERR Unsupported option "u8, ctx.ArgAsText(i), default);
                return false;
            }
        }
        if ((conditions & Conditions.HasNone) != 0 && conditions != Conditions.HasNone)
        {
            ctx.Reply.Error("ERR NX and XX, GT or LT options at the same time are not compatible"u8);
            return false;
        }
        if ((conditions & (Conditions.Later | Conditions.Earlier)) == (Conditions.Later | Conditions.Earlier))
        {
            ctx.Reply.Error("ERR GT and LT options at the same time are not compatible"u8);
            return false;
        }
        read = new DeadlineConditions(conditions);
        return true;
    }

    /// <summary>Whether a deadline may take the place of another, or of none (-1).</summary>
    public bool Allow(long present, long wanted)
    {
        if ((_conditions & Conditions.HasNone) != 0 && present >= 0)
            return false;
        if ((_conditions & Conditions.HasOne) != 0 && present < 0)
            return false;
        // What never expires is later than any time.
        if ((_conditions & Conditions.Later) != 0 && (present < 0 || wanted <= present))
            return false;
        return (_conditions & Conditions.Earlier) == 0 || present < 0 || wanted < present;
    }
}
