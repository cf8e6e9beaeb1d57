using System.Text;
using Carnelian.Storage;
using Carnelian.Storage.Packed;
using Carnelian.Storage.Streams;

namespace Carnelian.Server.Commands.Administration;

/// <summary>What DEBUG tells of streams. All locks are held.</summary>
internal static unsafe class DebugStreams
{
    /// <summary>The number of the type, as digests have it: the one before is that of modules.</summary>
    public const int TypeNumber = 6;

    /// <summary>Mixes the entries into a digest; groups are not in it.</summary>
    public static void Mix(ref DatasetDigest digest, Entry entry)
    {
        Span<byte> digits = stackalloc byte[PackedValue.MostDigits];
        StreamCursor cursor = new StreamValue(entry.Collection).Range(StreamId.Zero, StreamId.Max);
        while (cursor.MoveNext())
        {
            digest.Mix(Encoding.ASCII.GetBytes($"{cursor.Id.Milliseconds}.{cursor.Id.Sequence}"));
            for (int i = 0; i < cursor.FieldCount; i++)
            {
                cursor.ReadField(out PackedValue field, out PackedValue value);
                digest.Mix(field.Bytes(digits));
                digest.Mix(value.Bytes(digits));
            }
        }
    }
}
