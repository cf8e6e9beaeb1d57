using System.Buffers.Binary;
using Carnelian.Storage.Loading;
using Carnelian.Storage.Packed;

namespace Carnelian.Persistence.Rdb.Values;

/// <summary>The zipmaps of versions before 4: small hashes.</summary>
/// <remarks>
/// Layout: fields in one byte (254 and above: not told), then for each field its length, its bytes, the length of its value, a byte that tells how many
/// unused ones follow the value, the value; 0xFF. A length below 254 is one byte; 254 announces four with a greater one. There is at least one field.
/// </remarks>
internal static class ZipMap
{
    private const byte LongLength = 254;
    private const byte End = 0xFF;

    /// <summary>Makes a listpack of a zipmap.</summary>
    /// <returns>False if the bytes are none.</returns>
    public static bool TryConvert(ReadOnlySpan<byte> bytes, out ListPack pack)
    {
        pack = default;
        if (bytes.Length < 2 || bytes[^1] != End)
            return false;
        var builder = new ListPackBuilder(bytes.Length + 16);
        ReadOnlySpan<byte> rest = bytes[1..^1];
        while (!rest.IsEmpty)
        {
            if (!TryAppend(ref rest, 0, ref builder) || !TryAppend(ref rest, 1, ref builder))
            {
                builder.Discard();
                return false;
            }
        }
        if (builder.Count == 0 || (bytes[0] < LongLength && bytes[0] != builder.Count / 2))
        {
            builder.Discard();
            return false;
        }
        pack = builder.Finish();
        return true;
    }

    /// <summary>Reads a field, or a value, behind whose length is how much it could still grow.</summary>
    private static bool TryAppend(ref ReadOnlySpan<byte> rest, int extra, ref ListPackBuilder builder)
    {
        if (rest.IsEmpty || rest[0] == End)
            return false;
        int header = rest[0] == LongLength ? 5 : 1;
        if (rest.Length < header + extra)
            return false;
        long length = header == 1 ? rest[0] : BinaryPrimitives.ReadUInt32LittleEndian(rest[1..]);
        if (header == 5 && length < LongLength)
            return false;
        long unused = extra == 0 ? 0 : rest[header];
        if (header + extra + length + unused > rest.Length || !builder.HasRoomFor((int)length))
            return false;
        builder.Append(rest.Slice(header + extra, (int)length));
        rest = rest[(int)(header + extra + length + unused)..];
        return true;
    }
}
