using System.Buffers.Binary;
using System.Runtime.CompilerServices;

namespace Carnelian.Persistence;

/// <summary>
/// The checksum of RDB files and DUMP payloads: CRC-64 with the polynomial of Jones (ad93d23594c935a9), reflected, from 0.
/// </summary>
/// <remarks>Sixteen bytes a step, each with a table of its own (Kounavis and Berry, "slicing").</remarks>
public static class Crc64
{
    private const ulong Polynomial = 0x95AC9329AC4BC9B5;
    private const int Slices = 16;

    private static readonly ulong[] s_tables = MakeTables();

    /// <summary>Goes on with a checksum; that of nothing is 0.</summary>
    public static ulong Append(ulong crc, ReadOnlySpan<byte> bytes)
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

    private static ulong[] MakeTables()
    {
        ulong[] tables = new ulong[Slices << 8];
        for (int i = 0; i < 256; i++)
        {
            ulong crc = (ulong)i;
            for (int bit = 0; bit < 8; bit++)
                crc = (crc & 1) != 0 ? (crc >> 1) ^ Polynomial : crc >> 1;
            tables[i] = crc;
        }
        for (int i = 256; i < tables.Length; i++)
            tables[i] = tables[(byte)tables[i - 256]] ^ (tables[i - 256] >> 8);
        return tables;
    }
}
