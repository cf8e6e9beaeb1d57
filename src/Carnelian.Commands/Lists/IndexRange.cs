namespace Carnelian.Commands.Lists;

/// <summary>Indexes as list commands take them: from the end if they are negative.</summary>
internal static class IndexRange
{
    /// <summary>Cuts a range to a list's length.</summary>
    /// <param name="start">The first index.</param>
    /// <param name="stop">The last index, inclusive.</param>
    /// <param name="length">The length.</param>
    /// <returns>Whether there is an element in the range; then both are indexes from the beginning.</returns>
    public static bool TryCut(ref long start, ref long stop, long length)
    {
        if (start < 0)
            start = Math.Max(start + length, 0);
        if (stop < 0)
            stop += length;
        if (start > stop || start >= length)
            return false;
        stop = Math.Min(stop, length - 1);
        return true;
    }

    /// <summary>Makes an index one from the beginning.</summary>
    /// <returns>Whether a list of that length has it.</returns>
    public static bool TryCut(ref long index, long length)
    {
        if (index < 0)
            index += length;
        return index >= 0 && index < length;
    }

    /// <summary>Reads an integer that has a negative one, or writes the error.</summary>
    public static bool TryRead(scoped ref CommandContext ctx, int index, out long value)
    {
        if (!ctx.TryInteger(index, out value))
            return false;
        if (value != long.MinValue)
            return true;
        ctx.Reply.Error("ERR value is out of range, value must between -9223372036854775807 and 9223372036854775807"u8);
        return false;
    }
}
