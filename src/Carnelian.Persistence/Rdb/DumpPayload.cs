namespace Carnelian.Persistence.Rdb;

/// <summary>What DUMP gives and RESTORE takes: type, value, two bytes of version and eight of checksum over all before.</summary>
public static class DumpPayload
{
    /// <summary>The bytes behind the value: version and checksum.</summary>
    public const int FooterBytes = sizeof(ushort) + sizeof(ulong);

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
