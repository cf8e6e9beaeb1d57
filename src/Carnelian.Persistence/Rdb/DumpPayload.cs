using System.Buffers.Binary;

namespace Carnelian.Persistence.Rdb;

/// <summary>
/// What DUMP gives and RESTORE takes: the type of a value, the value, two bytes with the version of the format, and the checksum of all that in eight.
/// </summary>
public static class DumpPayload
{
    private const int VersionBytes = 2;
    private const int FooterBytes = VersionBytes + sizeof(ulong);

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
}
