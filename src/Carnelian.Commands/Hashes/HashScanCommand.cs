using Carnelian.Commands.Keys;
using Carnelian.Commands.Table;
using Carnelian.Protocol;
using Carnelian.Storage;
using Carnelian.Storage.Hashes;
using Carnelian.Storage.Packed;
using static Carnelian.Commands.Table.CommandFlags;

namespace Carnelian.Commands.Hashes;

/// <summary>HSCAN: a walk over a hash in steps.</summary>
/// <remarks>
/// The cursor is a position in hash order, as that of SCAN, so a field that is there throughout is met whatever the hash does meanwhile.
/// A listpack is given whole, with cursor 0.
/// </remarks>
public static class HashScanCommand
{
    [Command("HSCAN", Arity = -3, Group = CommandGroup.Hash, Since = "2.8.0", Complexity = "O(1) for every call. O(N) for a complete iteration, including enough command calls for the cursor to return back to 0. N is the number of elements inside the collection.",
        Summary = "Walks over the fields of a hash step by step.",
        Flags = ReadOnly, Tips = "nondeterministic_output",
        Keys = "RO access @1",
        Arguments = "key:key, cursor:integer, [MATCH pattern:pattern], [COUNT count:integer], [NOVALUES]")]
    public static void HScan(scoped ref CommandContext ctx)
    {
        if (!ScanOptions.TryCursor(ref ctx, 2, out ulong cursor))
            return;
        Entry entry = ctx.Find(ctx.Key(1));
        if (!ctx.HasType(entry, Storage.ValueType.Hash))
            return;
        if (!entry.Exists)
        {
            ScanOptions.WriteCursor(ref ctx, 0);
            ctx.Reply.Array(0);
            return;
        }
        if (!ScanOptions.TryRead(ref ctx, 3, ScanFamily.Hash, out ScanOptions options))
            return;
        var hash = new Hash(entry);
        if (hash.IsPacked)
            ScanAll(ref ctx, hash, options);
        else
            ScanTable(ref ctx, hash, ScanOptions.PositionOf(cursor), options);
    }

    private static void ScanAll(scoped ref CommandContext ctx, Hash hash, scoped in ScanOptions options)
    {
        ScanOptions.WriteCursor(ref ctx, 0);
        DeferredLength length = ctx.Reply.BeginDeferred();
        Span<byte> digits = stackalloc byte[PackedValue.MostDigits];
        int count = 0;
        var walk = new HashWalk(hash, ctx.Now);
        while (walk.MoveNext())
        {
            if (options.TakesAll || options.Matches(walk.Field.Bytes(digits)))
                count += Write(ref ctx, hash, walk.Field, walk.Value, options);
        }
        walk.Dispose();
        ctx.Reply.EndArray(length, count);
    }

    private static unsafe void ScanTable(scoped ref CommandContext ctx, Hash hash, long position, scoped in ScanOptions options)
    {
        RecordList records = default;
        long buckets = options.MostBuckets;
        while (position >= 0 && records.Count < options.Count && buckets-- > 0)
            hash.Table->Collect(ref position, ref records);
        ScanOptions.WriteCursor(ref ctx, (ulong)Math.Max(position, 0));
        DeferredLength length = ctx.Reply.BeginDeferred();
        long now = HashAccess.VisibleTime(ref ctx);
        int count = 0;
        for (int i = 0; i < records.Count; i++)
        {
            var field = new HashField(records[i]);
            if ((field.HasDeadline && field.Deadline < now) || !options.Matches(field.Name))
                continue;
            count += Write(ref ctx, hash, new PackedValue(field.NameData, field.NameLength), field.Value, options);
        }
        records.Dispose();
        ctx.Reply.EndArray(length, count);
    }

    private static int Write(scoped ref CommandContext ctx, Hash hash, in PackedValue name, in PackedValue value, scoped in ScanOptions options)
    {
        HashAccess.WriteName(ref ctx, name);
        if (options.IsBare)
            return 1;
        HashAccess.Write(ref ctx, hash, value);
        return 2;
    }
}
