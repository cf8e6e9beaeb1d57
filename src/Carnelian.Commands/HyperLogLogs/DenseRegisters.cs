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

    // Where two registers lie in each half of a lane: its first two bytes are in one half, its last two in the other.
    private const uint LowOfHalves = 0x03F0_003F;
    private const uint HighOfHalves = 0xFC00_0FC0;

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
    public static void MergeInto(ReadOnlySpan<byte> registers, scoped Span<byte> raw)
    {
        fixed (byte* from = registers)
            MergeInto([(nint)from], raw);
    }

    /// <summary>Raises each raw register to the highest of the dense ones where that is higher: the sources are read side by side.</summary>
    /// <param name="sources">The addresses of dense registers.</param>
    /// <param name="raw">The raw registers.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void MergeInto(scoped ReadOnlySpan<nint> sources, scoped Span<byte> raw)
    {
        fixed (byte* to = raw)
        {
            int done = 0;
            if (Avx512BW.IsSupported)
            {
                for (; done < WideRegisters; done += 64)
                    Vector512.Max(Vector512.Load(to + done), Expand(HighestOf64(sources, done / 4 * 3))).Store(to + done);
            }
            else if (Avx2.IsSupported)
            {
                for (; done < WideRegisters; done += 32)
                    Vector256.Max(Vector256.Load(to + done), Expand(HighestOf32(sources, done / 4 * 3))).Store(to + done);
            }
            for (; done < HyperLogLogFormat.Registers; done += 4)
            {
                foreach (nint source in sources)
                {
                    byte* from = (byte*)source + (done / 4 * 3);
                    uint four = from[0] | (uint)from[1] << 8 | (uint)from[2] << 16;
                    for (int i = 0; i < 4; i++, four >>= 6)
                        to[done + i] = Math.Max(to[done + i], (byte)(four & 63));
                }
            }
        }
    }

    /// <summary>Whether <see cref="Merge"/> can be used on this processor.</summary>
    public static bool MergesInPlace => Avx2.IsSupported;

    /// <summary>Writes the highest of dense registers, side by side.</summary>
    /// <param name="sources">The addresses of dense registers.</param>
    /// <param name="target">Takes the registers; it may be one of the sources.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Merge(scoped ReadOnlySpan<nint> sources, Span<byte> target)
    {
        fixed (byte* to = target)
        {
            // No store goes beyond its registers: the next ones may be a source's.
            int at = 0, wide = WideRegisters / 4 * 3;
            if (Avx512BW.IsSupported)
            {
                for (; at < wide; at += 48)
                {
                    Vector512<byte> packed = PackLanes(HighestOf64(sources, at).AsByte());
                    packed.GetLower().Store(to + at);
                    packed.GetUpper().GetLower().Store(to + at + 32);
                }
            }
            else
            {
                for (; at < wide; at += 24)
                {
                    Vector256<byte> packed = PackLanes(HighestOf32(sources, at).AsByte());
                    packed.GetLower().Store(to + at);
                    packed.GetUpper().GetLower().Store(to + at + 16);
                }
            }
            for (; at < HyperLogLogFormat.DenseRegisterBytes; at += 3)
            {
                uint all = 0;
                foreach (nint source in sources)
                {
                    byte* from = (byte*)source + at;
                    uint four = from[0] | (uint)from[1] << 8 | (uint)from[2] << 16;
                    for (uint register = 63; register != 63u << 24; register <<= 6)
                        all = all & ~register | Math.Max(all & register, four & register);
                }
                to[at] = (byte)all;
                to[at + 1] = (byte)(all >> 8);
                to[at + 2] = (byte)(all >> 16);
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
            if (Avx512BW.IsSupported)
            {
                for (; done < WideRegisters; done += 64)
                    Pack(Vector512.Load(from + done)).Store(to + (done / 4 * 3));
            }
            else if (Avx2.IsSupported)
            {
                for (; done < WideRegisters; done += 32)
                    Pack(Vector256.Load(from + done)).Store(to + (done / 4 * 3));
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

    /// <summary>The highest of 64 registers of every source, four to each lane of 32 bits: the first in the lowest six bits.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<uint> HighestOf64(ReadOnlySpan<nint> sources, int at)
    {
        Vector512<int> spread = Vector512.Create(0, 1, 2, 2, 3, 4, 5, 5, 6, 7, 8, 8, 9, 10, 11, 11);
        // Of three bytes the first two to one half of a lane, the last two to the other: each has two registers, which are compared where they lie.
        Vector128<byte> halves = Vector128.Create((byte)0, 1, 1, 2, 3, 4, 4, 5, 6, 7, 7, 8, 9, 10, 10, 11);
        Vector512<byte> all = Vector512.Create(Vector256.Create(halves));
        Vector512<ushort> lowMask = Vector512.Create(LowOfHalves).AsUInt16(), highMask = Vector512.Create(HighOfHalves).AsUInt16();
        Vector512<ushort> low = default, high = default;
        foreach (nint source in sources)
        {
            Vector512<int> packed = Avx512F.PermuteVar16x32(Vector512.Load((byte*)source + at).AsInt32(), spread);
            Vector512<ushort> registers = Avx512BW.Shuffle(packed.AsByte(), all).AsUInt16();
            low = Vector512.Max(low, registers & lowMask);
            high = Vector512.Max(high, registers & highMask);
        }
        Vector512<uint> both = (low | high).AsUInt32();
        return (both & Vector512.Create(0xFFFu)) | (both >> 8 & Vector512.Create(0xFFF000u));
    }

    /// <summary>As <see cref="HighestOf64"/>, for 32 registers.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<uint> HighestOf32(ReadOnlySpan<nint> sources, int at)
    {
        Vector256<byte> halves = Vector256.Create(Vector128.Create((byte)0, 1, 1, 2, 3, 4, 4, 5, 6, 7, 7, 8, 9, 10, 10, 11));
        Vector256<ushort> lowMask = Vector256.Create(LowOfHalves).AsUInt16(), highMask = Vector256.Create(HighOfHalves).AsUInt16();
        Vector256<ushort> low = default, high = default;
        foreach (nint source in sources)
        {
            byte* from = (byte*)source + at;
            Vector256<ushort> registers = Avx2.Shuffle(Vector256.Create(Vector128.Load(from), Vector128.Load(from + 12)), halves).AsUInt16();
            low = Vector256.Max(low, registers & lowMask);
            high = Vector256.Max(high, registers & highMask);
        }
        Vector256<uint> both = (low | high).AsUInt32();
        return (both & Vector256.Create(0xFFFu)) | (both >> 8 & Vector256.Create(0xFFF000u));
    }

    /// <summary>Lanes of four registers of six bits as bytes.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<byte> Expand(Vector512<uint> fours) =>
        ((fours & Vector512.Create(0x3Fu)) | (fours << 2 & Vector512.Create(0x3F00u)) | (fours << 4 & Vector512.Create(0x3F0000u))
            | (fours << 6 & Vector512.Create(0x3F000000u))).AsByte();

    /// <summary>Lanes of four registers of six bits as bytes.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<byte> Expand(Vector256<uint> fours) =>
        ((fours & Vector256.Create(0x3Fu)) | (fours << 2 & Vector256.Create(0x3F00u)) | (fours << 4 & Vector256.Create(0x3F0000u))
            | (fours << 6 & Vector256.Create(0x3F000000u))).AsByte();

    /// <summary>64 registers as 48 bytes, with others behind.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<byte> Pack(Vector512<byte> raw)
    {
        Vector512<short> pairs = Avx512BW.MultiplyAddAdjacent(raw, Vector512.Create((short)0x4001).AsSByte());
        Vector512<int> fours = Avx512BW.MultiplyAddAdjacent(pairs, Vector512.Create(0x10000001).AsInt16());
        return PackLanes(fours.AsByte());
    }

    /// <summary>The first three bytes of each lane of four, one after the other, with others behind.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<byte> PackLanes(Vector512<byte> fours)
    {
        Vector128<byte> three = Vector128.Create((byte)0, 1, 2, 4, 5, 6, 8, 9, 10, 12, 13, 14, 255, 255, 255, 255);
        Vector512<int> lanes = Avx512BW.Shuffle(fours, Vector512.Create(Vector256.Create(three))).AsInt32();
        return Avx512F.PermuteVar16x32(lanes, Vector512.Create(0, 1, 2, 4, 5, 6, 8, 9, 10, 12, 13, 14, 15, 15, 15, 15)).AsByte();
    }

    /// <summary>32 registers as 24 bytes, with others behind.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<byte> Pack(Vector256<byte> raw)
    {
        Vector256<short> pairs = Avx2.MultiplyAddAdjacent(raw, Vector256.Create((short)0x4001).AsSByte());
        return PackLanes(Avx2.MultiplyAddAdjacent(pairs, Vector256.Create(0x10000001).AsInt16()).AsByte());
    }

    /// <summary>The first three bytes of each lane of four, one after the other, with others behind.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<byte> PackLanes(Vector256<byte> fours)
    {
        Vector128<byte> three = Vector128.Create((byte)0, 1, 2, 4, 5, 6, 8, 9, 10, 12, 13, 14, 255, 255, 255, 255);
        Vector256<int> lanes = Avx2.Shuffle(fours, Vector256.Create(three)).AsInt32();
        return Avx2.PermuteVar8x32(lanes, Vector256.Create(0, 1, 2, 4, 5, 6, 7, 7)).AsByte();
    }
}
