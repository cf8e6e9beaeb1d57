using System.Buffers.Binary;
using Carnelian.Persistence;

namespace Carnelian.Tests.Persistence;

/// <summary>Payloads for RESTORE.</summary>
internal static class Payloads
{
    /// <summary>Puts version and checksum behind type and value.</summary>
    public static byte[] Seal(byte[] value, byte version)
    {
        byte[] payload = [.. value, version, 0];
        byte[] sum = new byte[sizeof(ulong)];
        BinaryPrimitives.WriteUInt64LittleEndian(sum, Crc64.Append(0, payload));
        return [.. payload, .. sum];
    }
}
