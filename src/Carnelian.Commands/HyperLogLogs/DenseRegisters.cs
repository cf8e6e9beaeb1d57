using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Carnelian.Commands.HyperLogLogs;

/// <summary>
/// Registers of six bits, one after the other from the lowest bit of the first byte on: four registers are three bytes. Many at once are
/// handled as one byte each ("raw").
/// </summary>
internal static unsafe class DenseRegisters
{
    // The last vectors are left to the loop over four registers, so that no load goes beyond the last byte.
    private const int WideRegisters = HyperLogLogFormat.Registers - 64;

    /// <summary>Reads one register.</summary>
    public static int Get(ReadOnlySpan<byte> registers, int index)
    {
        int bit = index * 6, at = bit >> 3;
        int word = registers[at] | (at + 1 < registers.Length ? registers[at + 1] << 8 : 0);
        return word >> (bit & 7) & 63;
    }

    /// <summary>Writes one register.</summary>
    public static void Set(Span<byte> registers, int index, int value)
    {
        int bit = index * 6, at = bit >> 3, shift = bit & 7;
        registers[at] = (byte)(registers[at] & ~(63 << shift) | value << shift);
        if (shift > 2)
            registers[at + 1] = (byte)(registers[at + 1] & ~(63 >> (8 - shift)) | value >> (8 - shift));
    }

    /// <summary>Raises each raw register to the dense one where that is higher.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void MergeInto(ReadOnlySpan<byte> registers, scoped Span<byte> raw)
    {
        fixed (byte* from = registers, to = raw)
        {
            int done = 0;
            if (Avx512Vbmi.IsSupported)
            {
                for (; done < WideRegisters; done += 64)
                    Vector512.Max(Vector512.Load(to + done), Expand(Vector512.Load(from + (done / 4 * 3)))).Store(to + done);
            }
            else if (Avx2.IsSupported)
            {
                for (; done < WideRegisters; done += 32)
                {
                    byte* source = from + (done / 4 * 3);
                    Vector256.Max(Vector256.Load(to + done), Expand(Vector128.Load(source), Vector128.Load(source + 12))).Store(to + done);
                }
            }
            for (; done < HyperLogLogFormat.Registers; done += 4)
            {
                byte* source = from + (done / 4 * 3);
                uint four = source[0] | (uint)source[1] << 8 | (uint)source[2] << 16;
                for (int i = 0; i < 4; i++, four >>= 6)
                    to[done + i] = Math.Max(to[done + i], (byte)(four & 63));
            }
        }
    }

    /// <summary>Writes all registers from raw ones.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Pack(ReadOnlySpan<byte> raw, Span<byte> registers)
    {
        fixed (byte* from = raw, to = registers)
        {
            int done = 0;
            // Each store writes some bytes too many, which the next one overwrites.
            if (Avx512Vbmi.IsSupported)
            {
                for (; done < WideRegisters; done += 64)
                    Pack(Vector512.Load(from + done)).Store(to + (done / 4 * 3));
            }
            else if (Ssse3.IsSupported)
            {
                for (; done < WideRegisters; done += 16)
                    Pack(Vector128.Load(from + done)).Store(to + (done / 4 * 3));
            }
            for (; done < HyperLogLogFormat.Registers; done += 4)
            {
                byte* target = to + (done / 4 * 3);
                uint four = from[done] | (uint)from[done + 1] << 6 | (uint)from[done + 2] << 12 | (uint)from[done + 3] << 18;
                target[0] = (byte)four;
                target[1] = (byte)(four >> 8);
                target[2] = (byte)(four >> 16);
            }
        }
    }

    /// <summary>Counts how many raw registers have each value.</summary>
    /// <param name="raw">The registers.</param>
    /// <param name="histogram">64 counts, which are added to.</param>
    public static void AddToHistogram(ReadOnlySpan<byte> raw, Span<int> histogram)
    {
        fixed (byte* from = raw)
        fixed (int* counts = histogram)
        {
            if (!Avx2.IsSupported)
            {
                for (int i = 0; i < HyperLogLogFormat.Registers; i++)
                    counts[from[i] & 63]++;
                return;
            }
            // Most registers have one of a few low values: after those nothing is left to be counted.
            int left = HyperLogLogFormat.Registers;
            for (int value = 0; value < 64 && left > 0; value += 4)
                left -= CountFour(from, value, counts + value);
        }
    }

    /// <summary>Counts the registers that have one of four values.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static int CountFour(byte* raw, int value, int* counts)
    {
        // A lane of eight bits counts up to this many vectors.
        const int Most = 255;
        Vector256<byte> first = Vector256.Create((byte)value), second = Vector256.Create((byte)(value + 1));
        Vector256<byte> third = Vector256.Create((byte)(value + 2)), fourth = Vector256.Create((byte)(value + 3));
        Vector256<ulong> a = default, b = default, c = default, d = default;
        byte* end = raw + HyperLogLogFormat.Registers;
        while (raw < end)
        {
            Vector256<byte> ofFirst = default, ofSecond = default, ofThird = default, ofFourth = default;
            for (int i = 0; i < Most && raw < end; i++, raw += 32)
            {
                Vector256<byte> registers = Vector256.Load(raw);
                ofFirst -= Vector256.Equals(registers, first);
                ofSecond -= Vector256.Equals(registers, second);
                ofThird -= Vector256.Equals(registers, third);
                ofFourth -= Vector256.Equals(registers, fourth);
            }
            a += Avx2.SumAbsoluteDifferences(ofFirst, Vector256<byte>.Zero).AsUInt64();
            b += Avx2.SumAbsoluteDifferences(ofSecond, Vector256<byte>.Zero).AsUInt64();
            c += Avx2.SumAbsoluteDifferences(ofThird, Vector256<byte>.Zero).AsUInt64();
            d += Avx2.SumAbsoluteDifferences(ofFourth, Vector256<byte>.Zero).AsUInt64();
        }
        counts[0] += (int)Vector256.Sum(a);
        counts[1] += (int)Vector256.Sum(b);
        counts[2] += (int)Vector256.Sum(c);
        counts[3] += (int)Vector256.Sum(d);
        return (int)Vector256.Sum(a + b + c + d);
    }

    /// <summary>64 registers of 48 bytes as bytes.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<byte> Expand(Vector512<byte> packed)
    {
        // Six bytes to each lane of eight, and from there every six bits to a byte.
        Vector512<byte> spread = Vector512.Create(
            (byte)0, 1, 2, 3, 4, 5, 0, 0, 6, 7, 8, 9, 10, 11, 0, 0, 12, 13, 14, 15, 16, 17, 0, 0, 18, 19, 20, 21, 22, 23, 0, 0,
            24, 25, 26, 27, 28, 29, 0, 0, 30, 31, 32, 33, 34, 35, 0, 0, 36, 37, 38, 39, 40, 41, 0, 0, 42, 43, 44, 45, 46, 47, 0, 0);
        Vector512<byte> shifts = Vector512.Create(0x2A241E18120C0600UL).AsByte();
        return Avx512Vbmi.MultiShift(shifts, Avx512Vbmi.PermuteVar64x8(packed, spread).AsUInt64()) & Vector512.Create((byte)63);
    }

    /// <summary>Twice 16 registers of 12 bytes as bytes.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<byte> Expand(Vector128<byte> low, Vector128<byte> high)
    {
        // Three bytes to each lane of four, and from there every six bits to a byte.
        Vector256<byte> spread = Vector256.Create(Vector128.Create((byte)0, 1, 2, 255, 3, 4, 5, 255, 6, 7, 8, 255, 9, 10, 11, 255));
        Vector256<uint> fours = Avx2.Shuffle(Vector256.Create(low, high), spread).AsUInt32();
        return ((fours & Vector256.Create(0x3Fu)) | (fours << 2 & Vector256.Create(0x3F00u)) | (fours << 4 & Vector256.Create(0x3F0000u))
            | (fours << 6 & Vector256.Create(0x3F000000u))).AsByte();
    }

    /// <summary>64 registers as 48 bytes, with others behind.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<byte> Pack(Vector512<byte> raw)
    {
        Vector512<short> pairs = Avx512BW.MultiplyAddAdjacent(raw, Vector512.Create((short)0x4001).AsSByte());
        Vector512<int> fours = Avx512BW.MultiplyAddAdjacent(pairs, Vector512.Create(0x10000001).AsInt16());
        Vector512<byte> gathered = Vector512.Create(
            (byte)0, 1, 2, 4, 5, 6, 8, 9, 10, 12, 13, 14, 16, 17, 18, 20, 21, 22, 24, 25, 26, 28, 29, 30, 32, 33, 34, 36, 37, 38, 40, 41,
            42, 44, 45, 46, 48, 49, 50, 52, 53, 54, 56, 57, 58, 60, 61, 62, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0);
        return Avx512Vbmi.PermuteVar64x8(fours.AsByte(), gathered);
    }

    /// <summary>16 registers as 12 bytes, with four zeros behind.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<byte> Pack(Vector128<byte> raw)
    {
        Vector128<short> pairs = Ssse3.MultiplyAddAdjacent(raw, Vector128.Create((short)0x4001).AsSByte());
        Vector128<int> fours = Sse2.MultiplyAddAdjacent(pairs, Vector128.Create(0x10000001).AsInt16());
        return Ssse3.Shuffle(fours.AsByte(), Vector128.Create((byte)0, 1, 2, 4, 5, 6, 8, 9, 10, 12, 13, 14, 255, 255, 255, 255));
    }
}
