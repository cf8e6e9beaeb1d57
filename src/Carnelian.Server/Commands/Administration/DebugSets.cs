using System.Globalization;
using System.Text;
using Carnelian.Commands;
using Carnelian.Storage;
using Carnelian.Storage.Packed;
using Carnelian.Storage.Sets;
using Carnelian.Text;

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

    /// <summary>DEBUG HTSTATS-KEY of a set that is a table, which grows segment by segment and so never rehashes.</summary>
    public static void DescribeTable(scoped ref CommandContext ctx, Entry entry)
    {
        ref readonly HashTable<SetMember> table = ref SetTable.TableOf(SetValue.Of(entry).Table);
        var text = new StringBuilder("Hash table 0 stats (main hash table):\n");
        text.Append(CultureInfo.InvariantCulture, $" table size: {table.CountSlots()}\n number of entries: {table.Count}\n rehashing index: -1\n");
        if (ctx.ArgCount > 3 && ctx.ArgIs(3, "full"u8))
            text.Append(CultureInfo.InvariantCulture, $" segments: {table.Segments}\n directory depth: {table.Depth}\n bytes: {table.Bytes}\n");
        ctx.Reply.Verbatim(Encoding.ASCII.GetBytes(text.ToString()), "txt"u8);
    }
}
