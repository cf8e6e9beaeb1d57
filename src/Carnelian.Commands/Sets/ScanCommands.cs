using Carnelian.Commands.Keys;
using Carnelian.Commands.Table;
using Carnelian.Protocol;
using Carnelian.Storage;
using Carnelian.Storage.Packed;
using Carnelian.Storage.Sets;
using static Carnelian.Commands.Table.CommandFlags;

namespace Carnelian.Commands.Sets;

/// <summary>SSCAN: a walk over a set in steps.</summary>
/// <remarks>
/// The cursor is the position in the order of the hash that SCAN has too, so a member that is there throughout is met whatever the set
/// does meanwhile. A compact set is given whole, with cursor 0.
/// </remarks>
public static unsafe class ScanCommands
{
    [Command("SSCAN", Arity = -3, Group = CommandGroup.Set, Since = "2.8.0", Complexity = "O(1) for every call. O(N) for a complete iteration, including enough command calls for the cursor to return back to 0. N is the number of elements inside the collection.",
        Summary = "Walks over the members of a set step by step.",
        Flags = ReadOnly, Tips = "nondeterministic_output",
        Keys = "RO access @1",
        Arguments = "key:key, cursor:integer, [MATCH pattern:pattern], [COUNT count:integer]")]
    public static void SScan(scoped ref CommandContext ctx)
    {
        if (!ScanOptions.TryCursor(ref ctx, 2, out ulong cursor) || !SetAccess.TryFind(ref ctx, ctx.Key(1), out SetValue set))
            return;
        if (!set.Exists)
        {
            ScanOptions.WriteCursor(ref ctx, 0);
            ctx.Reply.Array(0);
            return;
        }
        if (!ScanOptions.TryRead(ref ctx, 3, ScanFamily.Set, out ScanOptions options))
            return;
        if (set.IsTable)
            ScanTable(ref ctx, set, ScanOptions.PositionOf(cursor), options);
        else
            ScanAll(ref ctx, set, options);
    }

    private static void ScanAll(scoped ref CommandContext ctx, in SetValue set, scoped in ScanOptions options)
    {
        ScanOptions.WriteCursor(ref ctx, 0);
        DeferredLength length = ctx.Reply.BeginDeferred();
        Span<byte> digits = stackalloc byte[PackedValue.MostDigits];
        int count = 0;
        var walk = new SetWalk(set);
        while (walk.Next(out PackedValue member))
        {
            ReadOnlySpan<byte> bytes = member.Bytes(digits);
            if (!options.Matches(bytes))
                continue;
            ctx.Reply.Bulk(bytes);
            count++;
        }
        walk.Dispose();
        ctx.Reply.EndArray(length, count);
    }

    private static void ScanTable(scoped ref CommandContext ctx, in SetValue set, long position, scoped in ScanOptions options)
    {
        RecordList records = default;
        long buckets = options.MostBuckets;
        while (position >= 0 && records.Count < options.Count && buckets-- > 0)
            SetTable.TableOf(set.Table).Collect(ref position, ref records);
        ScanOptions.WriteCursor(ref ctx, (ulong)Math.Max(position, 0));
        DeferredLength length = ctx.Reply.BeginDeferred();
        int count = 0;
        for (int i = 0; i < records.Count; i++)
        {
            byte* data = SetMember.Data(records[i], out int bytes);
            if (!options.Matches(new ReadOnlySpan<byte>(data, bytes)))
                continue;
            ctx.Reply.Bulk(data, bytes);
            count++;
        }
        records.Dispose();
        ctx.Reply.EndArray(length, count);
    }
}
