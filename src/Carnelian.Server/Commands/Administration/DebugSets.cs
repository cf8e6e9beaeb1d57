using Carnelian.Commands;
using Carnelian.Storage;
using Carnelian.Storage.Packed;
using Carnelian.Storage.Sets;

namespace Carnelian.Server.Commands.Administration;

/// <summary>What DEBUG tells of sets. All locks are held.</summary>
internal static unsafe class DebugSets
{
    /// <summary>Mixes the members into a digest, in which their order means nothing.</summary>
    public static void Mix(ref DatasetDigest digest, Entry entry)
    {
        Span<byte> digits = stackalloc byte[PackedValue.MostDigits];
        var walk = new SetWalk(SetValue.Of(entry));
        while (walk.Next(out PackedValue member))
            digest.XorHash(member.Bytes(digits));
        walk.Dispose();
    }

    /// <summary>DEBUG HTSTATS-KEY of a set that is a table.</summary>
    public static void DescribeTable(scoped ref CommandContext ctx, Entry entry) =>
        DebugData.DescribeTable(ref ctx, SetTable.TableOf(SetValue.Of(entry).Table));
}
