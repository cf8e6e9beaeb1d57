using Carnelian.Commands;
using Carnelian.Storage;
using Carnelian.Storage.Hashes;
using Carnelian.Storage.Packed;

namespace Carnelian.Server.Commands.Administration;

/// <summary>What DEBUG tells of hashes. All locks are held.</summary>
internal static class DebugHashes
{
    /// <summary>Mixes each field with its value into a digest; their order means nothing, and deadlines of fields are not in it.</summary>
    public static void Mix(ref DatasetDigest digest, Entry entry)
    {
        Span<byte> digits = stackalloc byte[PackedValue.MostDigits];
        var walk = new HashWalk(new Hash(entry), long.MinValue);
        while (walk.MoveNext())
        {
            DatasetDigest field = default;
            field.Mix(walk.Field.Bytes(digits));
            field.Mix(walk.Value.Bytes(digits));
            digest.XorHash(field);
        }
        walk.Dispose();
    }

    /// <summary>DEBUG HTSTATS-KEY of a hash that is a table.</summary>
    public static unsafe void DescribeTable(scoped ref CommandContext ctx, Entry entry) =>
        DebugData.DescribeTable(ref ctx, FieldTable.FieldsOf(new Hash(entry).Table));
}
