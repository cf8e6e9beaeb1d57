namespace Carnelian.Commands.Bitmaps;

/// <summary>The range of BITCOUNT and BITPOS: <c>[start [end [BYTE | BIT]]]</c>, where negative numbers count from the end.</summary>
internal struct BitRange
{
    private long _start;
    private long _end;
    private bool _isBits;

    /// <summary>Whether the command gives the end.</summary>
    public bool HasEnd { get; private set; }

    /// <summary>Whether both ends count from the end and are in the wrong order: for BITCOUNT such a range is empty.</summary>
    public readonly bool IsReversed => _start < 0 && _end < 0 && _start > _end;

    /// <summary>Reads the range from an argument on, or writes the error.</summary>
    public bool TryRead(scoped ref CommandContext ctx, int argument)
    {
        int count = ctx.ArgCount - argument;
        if (count > 3)
        {
            ctx.WriteSyntaxError();
            return false;
        }
        if (count > 0 && !ctx.TryInteger(argument, out _start))
            return false;
        if (count == 3)
        {
            _isBits = ctx.ArgIs(argument + 2, "bit"u8);
            if (!_isBits && !ctx.ArgIs(argument + 2, "byte"u8))
            {
                ctx.WriteSyntaxError();
                return false;
            }
        }
        HasEnd = count > 1;
        _end = -1;
        return !HasEnd || ctx.TryInteger(argument + 1, out _end);
    }

    /// <summary>The first and the last bit for a string of some length; false if there is none.</summary>
    public readonly bool TryResolve(int length, out long first, out long last)
    {
        long total = _isBits ? (long)length << 3 : length;
        first = Math.Max(_start < 0 ? _start + total : _start, 0);
        last = Math.Min(Math.Max(_end < 0 ? _end + total : _end, 0), total - 1);
        if (first > last)
            return false;
        if (!_isBits)
        {
            first <<= 3;
            last = (last << 3) + 7;
        }
        return true;
    }
}
