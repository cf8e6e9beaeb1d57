using Carnelian.Persistence.Aof;

namespace Carnelian.Fuzz.Targets;

/// <summary>
/// The reader of append only files and the parser of their manifests. What comes before a place where a file is cut off reads the same with the rest and
/// without it; a command that is read consists of bytes that are there; a manifest that is read can be written and read again.
/// </summary>
internal sealed unsafe class AofTarget : FuzzTarget
{
    public override string Name => "aof";

    public override IReadOnlyList<byte[]> Dictionary { get; } =
    [
        "\r\n"u8.ToArray(), "*1\r\n"u8.ToArray(), "*3\r\n$3\r\nSET\r\n"u8.ToArray(), "$1\r\na\r\n"u8.ToArray(), "$0\r\n\r\n"u8.ToArray(), "#TS:1\r\n"u8.ToArray(),
        "*1\r\n$5\r\nMULTI\r\n"u8.ToArray(), "*1\r\n$4\r\nEXEC\r\n"u8.ToArray(), "$2147483645\r\n"u8.ToArray(), "*2147483647\r\n"u8.ToArray(),
        "file a seq 1 type i\n"u8.ToArray(), "type b"u8.ToArray(), " seq 2"u8.ToArray(), "# comment\n"u8.ToArray(), "\""u8.ToArray(),
    ];

    /// <inheritdoc/>
    public override long MemoryBound(int inputLength) => (2 << 20) + 64L * inputLength;

    public override void Run(ReadOnlySpan<byte> input)
    {
        byte[] bytes = input.ToArray();
        RunManifest(bytes);
        long whole = Read(bytes, bytes.Length, out ulong hash, long.MaxValue);
        // Cut off in the middle, it has to give the same commands up to there.
        int cut = bytes.Length / 2;
        long part = Read(bytes, cut, out ulong partHash, long.MaxValue);
        if (part > whole)
            throw new FuzzFailure($"cut off at {cut} it is good up to {part}, whole only up to {whole}");
        _ = Read(bytes, bytes.Length, out hash, part);
        if (hash != partHash)
            throw new FuzzFailure($"cut off at {cut} it has other commands");
    }

    /// <summary>Reads up to the end or to a place.</summary>
    /// <returns>Behind the last whole item.</returns>
    private static long Read(byte[] bytes, int length, out ulong hash, long until)
    {
        hash = 14695981039346656037;
        using var stream = new MemoryStream(bytes, 0, length);
        using var reader = new AofReader(stream, length);
        long good = 0;
        while (good < until)
        {
            AofItem item = reader.Read();
            if (item is not (AofItem.Command or AofItem.Annotation))
                break;
            if (reader.NextOffset <= reader.Offset || reader.NextOffset > length || reader.Offset != good)
                throw new FuzzFailure($"an item from {reader.Offset} to {reader.NextOffset} behind {good}");
            good = reader.NextOffset;
            hash = (hash ^ (ulong)item) * 1099511628211;
            for (int i = 0; i < reader.ArgumentCount; i++)
            {
                foreach (byte b in reader.Arguments[i].Span)
                    hash = (hash ^ b) * 1099511628211;
                hash = (hash ^ 256) * 1099511628211;
            }
        }
        return good;
    }

    private static void RunManifest(byte[] bytes)
    {
        AofManifest manifest;
        try
        {
            manifest = AofManifest.Parse(bytes);
        }
        catch (AofManifestException)
        {
            return;
        }
        byte[] written = manifest.ToBytes();
        if (written.Length == 0)
            return;
        if (!AofManifest.Parse(written).ToBytes().AsSpan().SequenceEqual(written))
            throw new FuzzFailure("a manifest that is written reads as another");
    }
}
