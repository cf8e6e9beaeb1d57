using Carnelian.Commands.Keys;
using Carnelian.Commands.Table;
using Carnelian.Protocol;
using Carnelian.Storage;
using Carnelian.Storage.SortedSets;
using Carnelian.Text;
using static Carnelian.Commands.Table.CommandFlags;

namespace Carnelian.Commands.SortedSets;

/// <summary>ZSCAN: a walk over a sorted set in steps.</summary>
/// <remarks>
/// The cursor is the position in the order of the hash that SCAN has too. A listpack is given whole and in order, with cursor 0. Scores are
/// strings in every protocol, and those of a big set have 17 digits, as in Valkey.
/// </remarks>
public static class ScanCommand
{
    [Command("ZSCAN", Arity = -3, Group = CommandGroup.SortedSet, Since = "2.8.0", Complexity = "O(1) for every call. O(N) for a complete iteration, including enough command calls for the cursor to return back to 0. N is the number of elements inside the collection.",
        Summary = "Walks over the members of a sorted set step by step.",
        Flags = ReadOnly, Tips = "nondeterministic_output",
        Keys = "RO access @1",
        Arguments = "key:key, cursor:integer, [MATCH pattern:pattern], [COUNT count:integer], [NOSCORES]",
        History = "8.0.0 Added noscores option.")]
    public static void ZScan(scoped ref CommandContext ctx)
    {
        if (!ScanOptions.TryCursor(ref ctx, 2, out ulong cursor) || !SortedSetValue.TryRead(ref ctx, ctx.Key(1), out Entry entry))
            return;
        if (!entry.Exists)
        {
            ScanOptions.WriteCursor(ref ctx, 0);
            ctx.Reply.Array(0);
            return;
        }
        if (!ScanOptions.TryRead(ref ctx, 3, ScanFamily.SortedSet, out ScanOptions options))
            return;
        var set = new SortedSet(entry);
        if (set.IsPacked)
            WriteAll(ref ctx, set, options);
        else
            WriteSome(ref ctx, set, ScanOptions.PositionOf(cursor), options);
    }

    private static unsafe void WriteAll(scoped ref CommandContext ctx, in SortedSet set, scoped in ScanOptions options)
    {
        ScanOptions.WriteCursor(ref ctx, 0);
        DeferredLength length = ctx.Reply.BeginDeferred();
        int count = 0;
        Span<byte> digits = stackalloc byte[SortedSetCursor.MostDigits];
        byte* text = stackalloc byte[NumberFormat.MaxDoubleLength];
        for (SortedSetCursor cursor = set.At(0); cursor.IsAtMember; cursor.MoveNext())
        {
            ReadOnlySpan<byte> member = cursor.Member(digits);
            if (!options.Matches(member))
                continue;
            ctx.Reply.Bulk(member);
            count++;
            if (options.IsBare)
                continue;
            ctx.Reply.Bulk(text, NumberFormat.WriteDouble(text, cursor.Score));
            count++;
        }
        ctx.Reply.EndArray(length, count);
    }

    private static void WriteSome(scoped ref CommandContext ctx, in SortedSet set, long position, scoped in ScanOptions options)
    {
        RecordList records = default;
        long buckets = options.MostBuckets;
        while (position >= 0 && records.Count < options.Count && buckets-- > 0)
            set.Collect(ref position, ref records);
        ScanOptions.WriteCursor(ref ctx, (ulong)Math.Max(position, 0));
        DeferredLength length = ctx.Reply.BeginDeferred();
        int count = 0;
        Span<byte> text = stackalloc byte[NumberFormat.MaxDoubleLength];
        for (int i = 0; i < records.Count; i++)
        {
            ReadOnlySpan<byte> member = SortedSet.Collected(records, i, out double score);
            if (!options.Matches(member))
                continue;
            ctx.Reply.Bulk(member);
            count++;
            if (options.IsBare)
                continue;
            ctx.Reply.Bulk(text[..NumberFormat.WriteDouble17(text, score)]);
            count++;
        }
        records.Dispose();
        ctx.Reply.EndArray(length, count);
    }
}
