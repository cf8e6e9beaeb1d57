using System.Buffers.Binary;
using Carnelian.Storage.Loading;
using Carnelian.Storage.Packed;

namespace Carnelian.Persistence.Rdb.Values;

/// <summary>The ziplists of versions before 10: what listpacks were before.</summary>
/// <remarks>
/// Layout: all bytes (4), the place of the last entry (4), entries (2; 65535 means more than can be told), the entries, 0xFF. An entry: the length of the
/// one before in one byte or behind 0xFE in four; then its encoding, a string of which the length is in 6, 14 (big endian) or 32 bits (big endian), or an
/// integer of 4, 8, 16, 24, 32 or 64 bits.
/// </remarks>
internal static class ZipList
{
    private const int HeaderSize = 10;
    private const byte End = 0xFF;
    private const byte LongPrevious = 0xFE;
    private const int UnknownCount = ushort.MaxValue;

    /// <summary>Makes a listpack of a ziplist.</summary>
    /// <returns>False if the bytes are none.</returns>
    public static bool TryConvert(ReadOnlySpan<byte> bytes, out ListPack pack)
    {
        pack = default;
        if (bytes.Length < HeaderSize + 1 || BinaryPrimitives.ReadUInt32LittleEndian(bytes) != (uint)bytes.Length || bytes[^1] != End)
            return false;
        uint tail = BinaryPrimitives.ReadUInt32LittleEndian(bytes[4..]);
        int stored = BinaryPrimitives.ReadUInt16LittleEndian(bytes[8..]);
        var builder = new ListPackBuilder(bytes.Length);
        int at = HeaderSize, last = HeaderSize, before = 0;
        long count = 0;
        while (at < bytes.Length - 1)
        {
            if (!TryAppend(bytes[at..^1], before, ref builder, out int size))
            {
                builder.Discard();
                return false;
            }
            before = size;
            last = at;
            at += size;
            count++;
        }
        if (tail != (uint)last || (stored != UnknownCount && stored != count))
        {
            builder.Discard();
            return false;
        }
        pack = builder.Finish();
        return true;
    }

    /// <summary>Makes a listpack of a ziplist of pairs, whose first elements all differ.</summary>
    public static bool TryConvertPairs(ReadOnlySpan<byte> bytes, out ListPack pack)
    {
        if (!TryConvert(bytes, out pack))
            return false;
        if (pack.Count % 2 == 0 && !PackDuplicates.Exist(pack, step: 2))
            return true;
        pack.Free();
        return false;
    }

    /// <summary>Reads an entry and appends it.</summary>
    private static bool TryAppend(ReadOnlySpan<byte> bytes, int before, ref ListPackBuilder builder, out int size)
    {
        size = bytes[0] == LongPrevious ? 5 : 1;
        if (bytes[0] == End || bytes.Length <= size || before != (size == 1 ? bytes[0] : (long)BinaryPrimitives.ReadUInt32LittleEndian(bytes[1..])))
            return false;
        ReadOnlySpan<byte> entry = bytes[size..];
        byte encoding = entry[0];
        long header = 1, length;
        switch (encoding >> 6)
        {
            case 0:
                length = encoding & 0x3F;
                break;
            case 1:
                if (entry.Length < 2)
                    return false;
                header = 2;
                length = (encoding & 0x3F) << 8 | entry[1];
                break;
            case 2:
                if (entry.Length < 5)
                    return false;
                header = 5;
                length = BinaryPrimitives.ReadUInt32BigEndian(entry[1..]);
                break;
            default:
                if (!TryReadInteger(entry, out long integer, out int integerSize))
                    return false;
                builder.Append(integer);
                size += integerSize;
                return true;
        }
        if (header + length > entry.Length || !builder.HasRoomFor((int)length))
            return false;
        builder.Append(entry.Slice((int)header, (int)length));
        size += (int)(header + length);
        return true;
    }

    private static bool TryReadInteger(ReadOnlySpan<byte> entry, out long value, out int size)
    {
        value = 0;
        byte encoding = entry[0];
        size = encoding switch
        {
            0xC0 => 3,
            0xD0 => 5,
            0xE0 => 9,
            0xF0 => 4,
            0xFE => 2,
            >= 0xF1 and <= 0xFD => 1,
            _ => int.MaxValue,
        };
        if (size > entry.Length)
            return false;
        value = size switch
        {
            1 => (encoding & 15) - 1,
            2 => (sbyte)entry[1],
            3 => BinaryPrimitives.ReadInt16LittleEndian(entry[1..]),
            4 => entry[1] | entry[2] << 8 | (sbyte)entry[3] << 16,
            5 => BinaryPrimitives.ReadInt32LittleEndian(entry[1..]),
            _ => BinaryPrimitives.ReadInt64LittleEndian(entry[1..]),
        };
        return true;
    }
}
