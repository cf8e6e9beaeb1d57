using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace Carnelian.Persistence;

/// <summary>
/// The checksum of RDB files and DUMP payloads: CRC-64 with the polynomial of Jones (ad93d23594c935a9), reflected, from 0.
/// </summary>
/// <remarks>
/// <para>By tables: sixteen bytes a step, each with a table of its own (Kounavis and Berry, "slicing").</para>
/// <para>Where the processor multiplies without carries, long inputs are folded first (Gopal and others, "Fast CRC computation for generic polynomials using
/// PCLMULQDQ"): 64 bytes a step, until sixteen are left that have the same checksum as all before them; the tables do the rest.</para>
/// </remarks>
public static class Crc64
{
    private const ulong Polynomial = 0x95AC9329AC4BC9B5;
    private const int Slices = 16;
    private const int BlockBytes = 16;
    private const int Lanes = 4;
    private const int StepBytes = Lanes * BlockBytes;

    /// <summary>Below that, tables are as quick.</summary>
    private const int LeastFolded = 2 * StepBytes;

    private static readonly ulong[] s_tables = MakeTables();
    private static readonly Vector128<ulong> s_overStep = Factors(StepBytes);
    private static readonly Vector128<ulong> s_overBlock = Factors(BlockBytes);

    /// <summary>Goes on with a checksum; that of nothing is 0.</summary>
    public static ulong Append(ulong crc, ReadOnlySpan<byte> bytes) =>
        bytes.Length >= LeastFolded && CarrylessMultiplier.IsSupported ? AppendFolded(crc, bytes) : AppendByTables(crc, bytes);

    /// <summary>The same, whatever the processor can do.</summary>
    internal static ulong AppendByTables(ulong crc, ReadOnlySpan<byte> bytes)
    {
        ref ulong tables = ref s_tables[0];
        for (; bytes.Length >= Slices; bytes = bytes[Slices..])
        {
            ulong first = crc ^ BinaryPrimitives.ReadUInt64LittleEndian(bytes);
            ulong second = BinaryPrimitives.ReadUInt64LittleEndian(bytes[8..]);
            crc = 0;
            for (int i = 0; i < 8; i++)
            {
                crc ^= Unsafe.Add(ref tables, ((Slices - 1 - i) << 8) + (byte)(first >> (8 * i)));
                crc ^= Unsafe.Add(ref tables, ((Slices - 9 - i) << 8) + (byte)(second >> (8 * i)));
            }
        }
        foreach (byte b in bytes)
            crc = Unsafe.Add(ref tables, (byte)crc ^ b) ^ (crc >> 8);
        return crc;
    }

    private static ulong AppendFolded(ulong crc, ReadOnlySpan<byte> bytes)
    {
        Vector128<ulong> overStep = s_overStep, overBlock = s_overBlock;
        ref byte at = ref MemoryMarshal.GetReference(bytes);
        Vector128<ulong> a = Block(ref at, 0) ^ Vector128.CreateScalar(crc), b = Block(ref at, 1), c = Block(ref at, 2), d = Block(ref at, 3);
        int done = StepBytes;
        for (; bytes.Length - done >= StepBytes; done += StepBytes)
        {
            ref byte next = ref Unsafe.Add(ref at, done);
            a = Fold(a, overStep) ^ Block(ref next, 0);
            b = Fold(b, overStep) ^ Block(ref next, 1);
            c = Fold(c, overStep) ^ Block(ref next, 2);
            d = Fold(d, overStep) ^ Block(ref next, 3);
        }
        a = Fold(Fold(Fold(a, overBlock) ^ b, overBlock) ^ c, overBlock) ^ d;
        crc = AppendByTables(0, MemoryMarshal.AsBytes(new ReadOnlySpan<Vector128<ulong>>(in a)));
        return AppendByTables(crc, bytes[done..]);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<ulong> Block(ref byte at, int index) => Vector128.LoadUnsafe(ref Unsafe.Add(ref at, index * BlockBytes)).AsUInt64();

    /// <summary>Moves a block over the bytes for which the factors are: what comes out has the same checksum at the end of them.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<ulong> Fold(Vector128<ulong> block, Vector128<ulong> factors) =>
        CarrylessMultiplier.Low(block, factors) ^ CarrylessMultiplier.High(block, factors);

    /// <summary>
    /// The powers of x by which the two halves of a block are multiplied. The product of two reflected halves stands one bit too low in its register, so
    /// that each exponent is one less than the bits between.
    /// </summary>
    private static Vector128<ulong> Factors(int bytes) => Vector128.Create(PowerOfX(8 * bytes + 63), PowerOfX(8 * bytes - 1));

    private static ulong PowerOfX(int exponent)
    {
        ulong power = 1UL << 63;
        for (; exponent > 0; exponent--)
            power = TimesX(power);
        return power;
    }

    private static ulong TimesX(ulong value) => (value & 1) != 0 ? (value >> 1) ^ Polynomial : value >> 1;

    private static ulong[] MakeTables()
    {
        ulong[] tables = new ulong[Slices << 8];
        for (int i = 0; i < 256; i++)
        {
            ulong crc = (ulong)i;
            for (int bit = 0; bit < 8; bit++)
                crc = TimesX(crc);
            tables[i] = crc;
        }
        for (int i = 256; i < tables.Length; i++)
            tables[i] = tables[(byte)tables[i - 256]] ^ (tables[i - 256] >> 8);
        return tables;
    }
}
