using System.Buffers.Binary;

namespace Carnelian.Persistence.Rdb;

/// <summary>What DUMP gives and RESTORE takes: type, value, two bytes of version and eight of checksum over all before.</summary>
public static class DumpPayload
{
    /// <summary>The bytes behind the value: version and checksum.</summary>
    public const int FooterBytes = sizeof(ushort) + sizeof(ulong);

    /// <summary>Checks version and checksum.</summary>
    /// <param name="payload">All of it.</param>
    /// <param name="triesUnknownVersions">Whether versions that nobody knows are tried.</param>
    /// <param name="skipsChecksum">Whether any checksum is right.</param>
    /// <param name="dialect">Whose types it has.</param>
    /// <param name="value">Type and value.</param>
    /// <returns>False if nobody can read it.</returns>
    public static bool TryOpen(ReadOnlySpan<byte> payload, bool triesUnknownVersions, bool skipsChecksum, out RdbDialect dialect, out ReadOnlySpan<byte> value)
    {
        dialect = RdbDialect.Redis;
        value = default;
        if (payload.Length < FooterBytes)
            return false;
        int version = BinaryPrimitives.ReadUInt16LittleEndian(payload[^FooterBytes..]);
        if (version == 0 || (!triesUnknownVersions && !RdbVersion.IsKnown(version)))
            return false;
        dialect = RdbVersion.DialectOf(version);
        value = payload[..^FooterBytes];
        return skipsChecksum || Crc64.Append(0, payload[..^sizeof(ulong)]) == BinaryPrimitives.ReadUInt64LittleEndian(payload[^sizeof(ulong)..]);
    }

    /// <summary>Writes the payload of a value, for which there is no obstacle, behind what is in the writer's buffer, which has no output.</summary>
    public static unsafe void Write(RdbEntryWriter writer, Storage.Entry entry)
    {
        RdbBuffer buffer = writer.Buffer;
        long start = buffer.Length;
        buffer.WriteByte(writer.TypeOf(entry));
        writer.WriteValue(entry);
        buffer.WriteByte((byte)writer.Profile.Version);
        buffer.WriteByte((byte)(writer.Profile.Version >> 8));
        ulong checksum = 0;
        for (long at = start; at < buffer.Length;)
        {
            var part = (int)Math.Min(buffer.Length - at, 1 << 30);
            checksum = Crc64.Append(checksum, new ReadOnlySpan<byte>(buffer.Data + at, part));
            at += part;
        }
        buffer.WriteInt64((long)checksum);
    }
}
