namespace Carnelian.Persistence.Rdb;

/// <summary>Undoes the compression of LibLZF: runs of literals and references to what came before.</summary>
/// <remarks>
/// A byte below 32 announces so many literals and one; any other is three bits of length and the high five of a distance, whose low eight
/// bits follow, after another byte of length if the three bits were all set.
/// </remarks>
public static unsafe class LzfDecoder
{
    /// <summary>The most bytes that one compressed byte stands for.</summary>
    public const int MostRatio = 132;

    /// <summary>Decompresses.</summary>
    /// <param name="from">The compressed bytes.</param>
    /// <param name="length">Their number.</param>
    /// <param name="to">Takes the result.</param>
    /// <param name="expected">Its length.</param>
    /// <returns>False if the bytes do not mean just as many as are expected.</returns>
    public static bool TryDecompress(byte* from, int length, byte* to, int expected)
    {
        byte* at = from, end = from + length, target = to, targetEnd = to + expected;
        while (at < end)
        {
            int control = *at++;
            if (control < 32)
            {
                int literals = control + 1;
                if (literals > end - at || literals > targetEnd - target)
                    return false;
                Buffer.MemoryCopy(at, target, literals, literals);
                at += literals;
                target += literals;
                continue;
            }
            int count = control >> 5;
            if (count == 7)
            {
                if (at == end)
                    return false;
                count += *at++;
            }
            if (at == end)
                return false;
            count += 2;
            long distance = ((control & 31) << 8 | *at++) + 1;
            if (distance > target - to || count > targetEnd - target)
                return false;
            byte* source = target - distance;
            if (distance >= count)
            {
                Buffer.MemoryCopy(source, target, count, count);
                target += count;
            }
            else
            {
                for (; count > 0; count--)
                    *target++ = *source++;
            }
        }
        return target == targetEnd;
    }
}
