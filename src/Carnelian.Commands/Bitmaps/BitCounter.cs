using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Carnelian.Commands.Bitmaps;

/// <summary>
/// Counts the bits that are one. Long strings go through the tree of carry-save adders of Harley and Seal (Muła, Kurz, Lemire: Faster
/// Population Counts Using AVX2 Instructions): sixteen vectors cost one count of bits and some logic. They are read from four places,
/// a quarter of the string apart: where memory sets the pace, four streams are under way at a time, and only one of them is about to enter another page.
/// </summary>
internal static unsafe class BitCounter
{
    private const int BlockVectors = 16;
    private const int QuarterVectors = BlockVectors / 4;
    private const int BlockBytes = BlockVectors * 32;
    private const int WideBlockBytes = BlockVectors * 64;
    private const int CacheLine = 64;

    /// <summary>The number of ones.</summary>
    public static long Count(ReadOnlySpan<byte> bytes)
    {
        fixed (byte* data = bytes)
        {
            int block = Avx512BW.IsSupported ? WideBlockBytes : BlockBytes;
            if (Avx2.IsSupported && bytes.Length >= block + CacheLine)
            {
                // Loads that lie in one line each: those across two take twice as long to come from the second-level cache.
                int head = (int)(-(nint)data & (CacheLine - 1));
                int blocks = (bytes.Length - head) / block;
                int wide = blocks * block;
                long count = Avx512BW.IsSupported ? CountWideBlocks(data + head, blocks) : CountBlocks(data + head, blocks);
                return count + CountWords(data, head) + CountWords(data + head + wide, bytes.Length - head - wide);
            }
            return CountWords(data, bytes.Length);
        }
    }

    /// <summary>The number of ones from one bit to another, both included and both in the string.</summary>
    public static long Count(ReadOnlySpan<byte> bytes, long firstBit, long lastBit)
    {
        int first = (int)(firstBit >> 3), last = (int)(lastBit >> 3);
        byte before = (byte)(bytes[first] & ~(0xFF >> (int)(firstBit & 7)));
        byte behind = (byte)(bytes[last] & 0x7F >> (int)(lastBit & 7));
        return Count(bytes[first..(last + 1)]) - BitOperations.PopCount(before) - BitOperations.PopCount(behind);
    }

    private static long CountWords(byte* data, int length)
    {
        long first = 0, second = 0;
        for (; length >= 16; data += 16, length -= 16)
        {
            first += BitOperations.PopCount(Unsafe.ReadUnaligned<ulong>(data));
            second += BitOperations.PopCount(Unsafe.ReadUnaligned<ulong>(data + 8));
        }
        if (length >= 8)
        {
            first += BitOperations.PopCount(Unsafe.ReadUnaligned<ulong>(data));
            data += 8;
            length -= 8;
        }
        for (; length > 0; data++, length--)
            second += BitOperations.PopCount(*data);
        return first + second;
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static long CountBlocks(byte* data, int blocks)
    {
        Vector256<ulong> ones = default, twos = default, fours = default, eights = default, total = default;
        var a = (Vector256<ulong>*)data;
        Vector256<ulong>* b = a + blocks * QuarterVectors, c = b + blocks * QuarterVectors, d = c + blocks * QuarterVectors;
        for (; blocks > 0; blocks--, a += QuarterVectors, b += QuarterVectors, c += QuarterVectors, d += QuarterVectors)
        {
            Add(ref ones, a[0], a[1], out Vector256<ulong> twosA);
            Add(ref ones, a[2], a[3], out Vector256<ulong> twosB);
            Add(ref twos, twosA, twosB, out Vector256<ulong> foursA);
            Add(ref ones, b[0], b[1], out twosA);
            Add(ref ones, b[2], b[3], out twosB);
            Add(ref twos, twosA, twosB, out Vector256<ulong> foursB);
            Add(ref fours, foursA, foursB, out Vector256<ulong> eightsA);
            Add(ref ones, c[0], c[1], out twosA);
            Add(ref ones, c[2], c[3], out twosB);
            Add(ref twos, twosA, twosB, out foursA);
            Add(ref ones, d[0], d[1], out twosA);
            Add(ref ones, d[2], d[3], out twosB);
            Add(ref twos, twosA, twosB, out foursB);
            Add(ref fours, foursA, foursB, out Vector256<ulong> eightsB);
            Add(ref eights, eightsA, eightsB, out Vector256<ulong> sixteens);
            total += CountLanes(sixteens);
        }
        total = (total << 4) + (CountLanes(eights) << 3) + (CountLanes(fours) << 2) + (CountLanes(twos) << 1) + CountLanes(ones);
        return (long)Vector256.Sum(total);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static long CountWideBlocks(byte* data, int blocks)
    {
        Vector512<ulong> ones = default, twos = default, fours = default, eights = default, total = default;
        var a = (Vector512<ulong>*)data;
        Vector512<ulong>* b = a + blocks * QuarterVectors, c = b + blocks * QuarterVectors, d = c + blocks * QuarterVectors;
        for (; blocks > 0; blocks--, a += QuarterVectors, b += QuarterVectors, c += QuarterVectors, d += QuarterVectors)
        {
            Add(ref ones, a[0], a[1], out Vector512<ulong> twosA);
            Add(ref ones, a[2], a[3], out Vector512<ulong> twosB);
            Add(ref twos, twosA, twosB, out Vector512<ulong> foursA);
            Add(ref ones, b[0], b[1], out twosA);
            Add(ref ones, b[2], b[3], out twosB);
            Add(ref twos, twosA, twosB, out Vector512<ulong> foursB);
            Add(ref fours, foursA, foursB, out Vector512<ulong> eightsA);
            Add(ref ones, c[0], c[1], out twosA);
            Add(ref ones, c[2], c[3], out twosB);
            Add(ref twos, twosA, twosB, out foursA);
            Add(ref ones, d[0], d[1], out twosA);
            Add(ref ones, d[2], d[3], out twosB);
            Add(ref twos, twosA, twosB, out foursB);
            Add(ref fours, foursA, foursB, out Vector512<ulong> eightsB);
            Add(ref eights, eightsA, eightsB, out Vector512<ulong> sixteens);
            total += CountLanes(sixteens);
        }
        total = (total << 4) + (CountLanes(eights) << 3) + (CountLanes(fours) << 2) + (CountLanes(twos) << 1) + CountLanes(ones);
        return (long)Vector512.Sum(total);
    }

    /// <summary>Adds three bits in every place: the sum stays, the carry goes out.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Add(ref Vector256<ulong> sum, Vector256<ulong> a, Vector256<ulong> b, out Vector256<ulong> carry)
    {
        Vector256<ulong> half = sum ^ a;
        carry = (sum & a) | (half & b);
        sum = half ^ b;
    }

    /// <summary>The number of ones in each lane of 64 bits: looked up by half bytes.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<ulong> CountLanes(Vector256<ulong> value)
    {
        Vector256<byte> table = Vector256.Create(Vector128.Create((byte)0, 1, 1, 2, 1, 2, 2, 3, 1, 2, 2, 3, 2, 3, 3, 4));
        Vector256<byte> mask = Vector256.Create((byte)15);
        Vector256<byte> low = value.AsByte() & mask, high = (value >> 4).AsByte() & mask;
        return Avx2.SumAbsoluteDifferences(Avx2.Shuffle(table, low) + Avx2.Shuffle(table, high), Vector256<byte>.Zero).AsUInt64();
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Add(ref Vector512<ulong> sum, Vector512<ulong> a, Vector512<ulong> b, out Vector512<ulong> carry)
    {
        // Two of three, and an odd number of three.
        carry = Avx512F.TernaryLogic(sum, a, b, 0xE8);
        sum = Avx512F.TernaryLogic(sum, a, b, 0x96);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<ulong> CountLanes(Vector512<ulong> value)
    {
        Vector128<byte> counts = Vector128.Create((byte)0, 1, 1, 2, 1, 2, 2, 3, 1, 2, 2, 3, 2, 3, 3, 4);
        Vector512<byte> table = Vector512.Create(Vector256.Create(counts, counts), Vector256.Create(counts, counts));
        Vector512<byte> mask = Vector512.Create((byte)15);
        Vector512<byte> low = value.AsByte() & mask, high = (value >> 4).AsByte() & mask;
        return Avx512BW.SumAbsoluteDifferences(Avx512BW.Shuffle(table, low) + Avx512BW.Shuffle(table, high), Vector512<byte>.Zero).AsUInt64();
    }
}
