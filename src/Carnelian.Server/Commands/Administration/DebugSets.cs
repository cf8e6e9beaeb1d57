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

    /// <summary>The length of a set in a dump, not compressed: of the intset or pack as a string, of a table member by member.</summary>
    public static long SerializedLength(Entry entry)
    {
        var set = SetValue.Of(entry);
        if (!set.IsTable)
            return DebugData.WithPrefix(set.Encoding == ValueEncoding.IntSet ? new IntSet(set.Address).Bytes : new ListPack(set.Address).Bytes);
        long length = DebugData.WithPrefix(set.Count) - set.Count;
        var walk = new SetWalk(set);
        while (walk.Next(out PackedValue member))
            length += DebugData.StringLength(new ReadOnlySpan<byte>(member.Data, member.Length));
        walk.Dispose();
        return length;
    }

    /// <summary>DEBUG HTSTATS-KEY of a set that is a table.</summary>
    public static void DescribeTable(scoped ref CommandContext ctx, Entry entry) =>
        DebugData.DescribeTable(ref ctx, SetTable.TableOf(SetValue.Of(entry).Table));
}
