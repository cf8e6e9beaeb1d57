using System.Globalization;
using System.Text;
using Carnelian.Commands;
using Carnelian.Storage;
using Carnelian.Storage.SortedSets;
using Carnelian.Text;

namespace Carnelian.Server.Commands.Administration;

/// <summary>What DEBUG tells of sorted sets. All locks are held.</summary>
internal static unsafe class DebugSortedSets
{
    /// <summary>Mixes the members with their scores into a digest, in which their order means nothing.</summary>
    public static void Mix(ref DatasetDigest digest, Entry entry)
    {
        Span<byte> digits = stackalloc byte[SortedSetCursor.MostDigits];
        byte* text = stackalloc byte[NumberFormat.MaxDoubleLength];
        for (SortedSetCursor cursor = new SortedSet(entry).At(0); cursor.IsAtMember; cursor.MoveNext())
        {
            DatasetDigest member = default;
            member.Mix(cursor.Member(digits));
            member.Mix(new ReadOnlySpan<byte>(text, NumberFormat.WriteShortestDouble(text, cursor.Score)));
            digest.XorHash(member);
        }
    }

    /// <summary>DEBUG HTSTATS-KEY of a sorted set with a table, which grows segment by segment and so never rehashes.</summary>
    public static void DescribeTable(scoped ref CommandContext ctx, Entry entry)
    {
        SortedSetStatistics statistics = new SortedSet(entry).GetStatistics();
        var text = new StringBuilder("Hash table 0 stats (main hash table):\n");
        text.Append(CultureInfo.InvariantCulture, $" table size: {statistics.Slots}\n number of entries: {statistics.Members}\n rehashing index: -1\n");
        if (ctx.ArgCount > 3 && ctx.ArgIs(3, "full"u8))
            text.Append(CultureInfo.InvariantCulture, $" bytes: {statistics.TableBytes}\n tree levels: {statistics.Levels}\n tree nodes: {statistics.Nodes}\n tree bytes: {statistics.TreeBytes}\n");
        ctx.Reply.Verbatim(Encoding.ASCII.GetBytes(text.ToString()), "txt"u8);
    }
}
