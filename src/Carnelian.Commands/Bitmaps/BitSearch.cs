using System.Numerics;

namespace Carnelian.Commands.Bitmaps;

/// <summary>Finds the first bit of a value. Bit 0 is the highest one of the first byte.</summary>
internal static class BitSearch
{
    /// <summary>The position of the first bit of a value from one bit to another, both included and both in the string; -1 if there is none.</summary>
    public static long First(ReadOnlySpan<byte> bytes, bool bit, long firstBit, long lastBit)
    {
        byte skipped = bit ? (byte)0 : (byte)0xFF;
        int first = (int)(firstBit >> 3), last = (int)(lastBit >> 3);
        int head = FirstInByte((byte)((bytes[first] ^ skipped) & (0xFF >> (int)(firstBit & 7))));
        long found = head < 8 ? ((long)first << 3) + head : Behind(bytes, skipped, first + 1, last);
        return found <= lastBit ? found : -1;
    }

    private static long Behind(ReadOnlySpan<byte> bytes, byte skipped, int from, int to)
    {
        if (from > to)
            return -1;
        int index = bytes[from..(to + 1)].IndexOfAnyExcept(skipped);
        return index < 0 ? -1 : ((long)(from + index) << 3) + FirstInByte((byte)(bytes[from + index] ^ skipped));
    }

    /// <summary>The position of the first one in a byte; 8 if there is none.</summary>
    private static int FirstInByte(byte value) => BitOperations.LeadingZeroCount((uint)value << 24 | 0x800000);
}
