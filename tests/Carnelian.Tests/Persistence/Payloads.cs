using System.Buffers.Binary;
using Carnelian.Persistence;
using Carnelian.Persistence.Rdb;
using Carnelian.Storage.Hashes;
using Carnelian.Storage.Lists;
using Carnelian.Storage.Sets;
using Carnelian.Storage.SortedSets;

namespace Carnelian.Tests.Persistence;

/// <summary>Payloads for RESTORE, and how values of payloads and files are read.</summary>
internal static class Payloads
{
    /// <summary>The limits of a server that is not configured.</summary>
    public static ValueLimits Limits { get; } =
        new(new HashLimits(512, 64), new ListLimits(-2, 1 << 30), new SetLimits(512, 128, 64), new SortedSetLimits(128, 64));

    /// <summary>Puts version and checksum behind type and value.</summary>
    public static byte[] Seal(byte[] value, byte version)
    {
        byte[] payload = [.. value, version, 0];
        byte[] sum = new byte[sizeof(ulong)];
        BinaryPrimitives.WriteUInt64LittleEndian(sum, Crc64.Append(0, payload));
        return [.. payload, .. sum];
    }
}
