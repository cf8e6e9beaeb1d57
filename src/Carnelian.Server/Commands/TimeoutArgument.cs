using Carnelian.Commands;
using Carnelian.Text;
using Carnelian.Threading;

namespace Carnelian.Server.Commands;

/// <summary>Reads arguments that say how long something lasts.</summary>
internal static class TimeoutArgument
{
    /// <summary>Reads milliseconds from now, or writes the error. A time that would end behind the last date there is, is one.</summary>
    public static bool TryMilliseconds(scoped ref CommandContext ctx, int index, out long milliseconds)
    {
        if (!AsciiNumber.TryParseInt64(ctx.Arg(index), out milliseconds))
        {
            ctx.Reply.Error("ERR timeout is not an integer or out of range"u8);
            return false;
        }
        if (milliseconds < 0)
        {
            ctx.Reply.Error("ERR timeout is negative"u8);
            return false;
        }
        if (milliseconds > long.MaxValue - Clock.Sample())
        {
            ctx.Reply.Error("ERR timeout is out of range"u8);
            return false;
        }
        return true;
    }
}
