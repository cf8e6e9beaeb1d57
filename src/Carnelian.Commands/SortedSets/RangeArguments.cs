using Carnelian.Storage.SortedSets;
using Carnelian.Text;

namespace Carnelian.Commands.SortedSets;

/// <summary>Reads the ends of ranges as clients write them.</summary>
internal static class RangeArguments
{
    /// <summary>Reads a range of scores, or writes the error.</summary>
    public static bool TryScores(scoped ref CommandContext ctx, int min, int max, out ScoreRange range)
    {
        range = default;
        if (!TryScore(ctx.Arg(min), out double low, out bool excludesLow) || !TryScore(ctx.Arg(max), out double high, out bool excludesHigh))
        {
            ctx.Reply.Error("ERR min or max is not a float"u8);
            return false;
        }
        range = new ScoreRange(low, high, excludesLow, excludesHigh);
        return true;
    }

    /// <summary>Reads a lexicographic range, or writes the error.</summary>
    public static bool TryLex(scoped ref CommandContext ctx, int min, int max, scoped ref LexRange range)
    {
        if (!TryLex(ctx.Arg(min), out LexBoundKind minKind) || !TryLex(ctx.Arg(max), out LexBoundKind maxKind))
        {
            ctx.Reply.Error("ERR min or max not valid string range item"u8);
            return false;
        }
        range = new LexRange(minKind, ctx.Arg(min)[1..], maxKind, ctx.Arg(max)[1..]);
        return true;
    }

    /// <summary>
    /// An end of a range of scores: other than a score, it may be empty, which is 0, and too large, which is infinite; and it ends at its first zero byte.
    /// </summary>
    private static bool TryScore(ReadOnlySpan<byte> text, out double score, out bool isExcluded)
    {
        int zero = text.IndexOf((byte)0);
        if (zero >= 0)
            text = text[..zero];
        isExcluded = text.Length > 0 && text[0] == '(';
        if (isExcluded)
            text = text[1..];
        return AsciiNumber.TryParseAnyDouble(text, out score);
    }

    private static bool TryLex(ReadOnlySpan<byte> text, out LexBoundKind kind)
    {
        kind = default;
        if (text.IsEmpty)
            return false;
        switch (text[0])
        {
            case (byte)'-':
                kind = LexBoundKind.Lowest;
                return text.Length == 1;
            case (byte)'+':
                kind = LexBoundKind.Highest;
                return text.Length == 1;
            case (byte)'[':
                kind = LexBoundKind.Inclusive;
                return true;
            case (byte)'(':
                kind = LexBoundKind.Exclusive;
                return true;
            default:
                return false;
        }
    }
}
