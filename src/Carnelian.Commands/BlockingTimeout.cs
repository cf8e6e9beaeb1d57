using Carnelian.Text;

namespace Carnelian.Commands;

/// <summary>Reads the argument of a command that says for how long it waits.</summary>
public static class BlockingTimeout
{
    private const uint MillisecondsPerSecond = 1000;

    /// <summary>Reads seconds, which may have a fraction, or writes the error. A time that is no whole number of milliseconds is rounded up.</summary>
    /// <param name="ctx">The command.</param>
    /// <param name="index">The argument.</param>
    /// <param name="deadline">When the time is over, in milliseconds of Unix time; 0 for never.</param>
    public static bool TrySeconds(scoped ref CommandContext ctx, int index, out long deadline)
    {
        deadline = 0;
        if (!LongDouble.TryParse(ctx.Arg(index), out LongDouble seconds))
        {
            ctx.Reply.Error("ERR timeout is not a float or out of range"u8);
            return false;
        }
        if (!LongDouble.TryCeiling(LongDouble.Multiply(seconds, MillisecondsPerSecond), out long milliseconds))
        {
            if (seconds.IsNegative)
                ctx.Reply.Error("ERR timeout is negative"u8);
            else
                WriteOutOfRange(ref ctx);
            return false;
        }
        return TryDeadline(ref ctx, milliseconds, out deadline);
    }

    /// <summary>Reads milliseconds, or writes the error.</summary>
    /// <param name="ctx">The command.</param>
    /// <param name="index">The argument.</param>
    /// <param name="deadline">When the time is over, in milliseconds of Unix time; 0 for never.</param>
    public static bool TryMilliseconds(scoped ref CommandContext ctx, int index, out long deadline)
    {
        deadline = 0;
        if (!TryDuration(ref ctx, index, out long milliseconds))
            return false;
        deadline = milliseconds == 0 ? 0 : milliseconds + ctx.Now;
        return true;
    }

    /// <summary>Reads milliseconds from now, or writes the error. A time that would end behind the last date there is, is one.</summary>
    public static bool TryDuration(scoped ref CommandContext ctx, int index, out long milliseconds)
    {
        if (AsciiNumber.TryParseInt64(ctx.Arg(index), out milliseconds))
            return TryDeadline(ref ctx, milliseconds, out _);
        ctx.Reply.Error("ERR timeout is not an integer or out of range"u8);
        return false;
    }

    private static bool TryDeadline(scoped ref CommandContext ctx, long milliseconds, out long deadline)
    {
        deadline = 0;
        if (milliseconds < 0)
        {
            ctx.Reply.Error("ERR timeout is negative"u8);
            return false;
        }
        if (milliseconds == 0)
            return true;
        if (milliseconds > long.MaxValue - ctx.Now)
        {
            WriteOutOfRange(ref ctx);
            return false;
        }
        deadline = milliseconds + ctx.Now;
        return true;
    }

    private static void WriteOutOfRange(scoped ref CommandContext ctx) => ctx.Reply.Error("ERR timeout is out of range"u8);
}
