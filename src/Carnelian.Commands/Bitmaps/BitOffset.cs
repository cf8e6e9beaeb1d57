using Carnelian.Text;

namespace Carnelian.Commands.Bitmaps;

/// <summary>Offsets of bits as commands give them.</summary>
internal static class BitOffset
{
    /// <summary>Reads the offset of a bit that a string may have, or writes the error.</summary>
    public static bool TryRead(scoped ref CommandContext ctx, int argument, out long offset) => TryRead(ref ctx, ctx.Arg(argument), 1, out offset);

    /// <summary>Reads an offset of BITFIELD: behind a # it counts fields.</summary>
    /// <param name="ctx">The command.</param>
    /// <param name="argument">The argument.</param>
    /// <param name="bits">The width of the field.</param>
    /// <param name="offset">The offset in bits.</param>
    public static bool TryReadOfField(scoped ref CommandContext ctx, int argument, int bits, out long offset)
    {
        ReadOnlySpan<byte> text = ctx.Arg(argument);
        return text.Length > 0 && text[0] == '#' ? TryRead(ref ctx, text[1..], bits, out offset) : TryRead(ref ctx, text, 1, out offset);
    }

    private static bool TryRead(scoped ref CommandContext ctx, ReadOnlySpan<byte> text, int factor, out long offset)
    {
        if (AsciiNumber.TryParseInt64(text, out offset))
        {
            // The product wraps, as in Valkey.
            offset = unchecked(offset * factor);
            if (offset >= 0 && offset >> 3 < Math.Min(ctx.Services.MaxStringLength, int.MaxValue))
                return true;
        }
        ctx.Reply.Error("ERR bit offset is not an integer or out of range"u8);
        return false;
    }
}
