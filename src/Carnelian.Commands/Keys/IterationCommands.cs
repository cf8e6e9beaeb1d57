using Carnelian.Commands.Table;
using Carnelian.Storage;
using Carnelian.Text;
using static Carnelian.Commands.Table.CommandFlags;

namespace Carnelian.Commands.Keys;

/// <summary>Commands that go through the keys of a database: KEYS, SCAN, RANDOMKEY.</summary>
/// <remarks>
/// A SCAN cursor is the shard above the position in its table. Positions are in hash order, so that a cursor stays good while
/// the table grows.
/// </remarks>
public static unsafe class IterationCommands
{
    private const int PositionBits = HashTable<Entry>.PositionBits;

    /// <summary>A SCAN visits this many buckets at most, or ten for every key it was asked for: tables may be almost empty.</summary>
    private const long MostBuckets = 8192;

    private const int MostExpired = 100;

    [ThreadStatic]
    private static FastRandom t_random;

    [Command("KEYS", Arity = 2, Group = CommandGroup.Generic, Since = "1.0.0", Complexity = "O(N) with N being the number of keys in the database, under the assumption that the key names in the database and the given pattern have limited length.",
        Summary = "Returns all keys that match a pattern.",
        Flags = ReadOnly, Locks = Locks.All, Acl = AclCategories.Keyspace | AclCategories.Dangerous, Tips = "request_policy:all_shards nondeterministic_output_order",
        Arguments = "pattern:pattern")]
    public static void Keys(scoped ref CommandContext ctx)
    {
        ReadOnlySpan<byte> pattern = ctx.Arg(1);
        bool isAll = pattern.SequenceEqual("*"u8);
        Protocol.DeferredLength length = ctx.Reply.BeginDeferred();
        int count = 0;
        RecordList records = default;
        for (int shard = 0; shard < ctx.Keyspace.ShardCount; shard++)
        {
            for (long position = 0; position >= 0;)
            {
                records.Clear();
                ctx.Database.Collect(shard, ref position, ref records);
                for (int i = 0; i < records.Count; i++)
                {
                    var entry = new Entry(records[i]);
                    if (ctx.IsExpired(entry) || !(isAll || GlobPattern.Matches(pattern, entry.KeyBytes)))
                        continue;
                    ctx.Reply.Bulk(entry.KeyBytes);
                    count++;
                }
            }
        }
        records.Dispose();
        ctx.Reply.EndArray(length, count);
    }

    [Command("RANDOMKEY", Arity = 1, Group = CommandGroup.Generic, Since = "1.0.0", Complexity = "O(1)",
        Summary = "Returns a key chosen by chance.",
        Flags = ReadOnly, Locks = Locks.One, Acl = AclCategories.Keyspace, Tips = "request_policy:all_shards response_policy:special nondeterministic_output")]
    public static void RandomKey(scoped ref CommandContext ctx)
    {
        Database database = ctx.Database;
        while (database.Count is > 0 and long count)
        {
            // The counts are read without locks: if they have changed meanwhile, the next shard that has a key will do.
            long skip = (long)(t_random.Next() % (ulong)count);
            for (int shard = 0; shard < ctx.Keyspace.ShardCount; shard++)
            {
                long inShard = database.PartAt(shard)->Table.Count;
                skip -= inShard;
                if (skip >= 0 || inShard == 0)
                    continue;
                ctx.EnterShard(shard);
                bool found = TrySample(ref ctx, shard);
                ctx.ExitShard(shard);
                if (found)
                    return;
            }
        }
        ctx.Reply.Null();
    }

    [Command("SCAN", Arity = -2, Group = CommandGroup.Generic, Since = "2.8.0", Complexity = "O(1) for every call. O(N) for a complete iteration, including enough command calls for the cursor to return back to 0. N is the number of elements inside the collection.",
        Summary = "Walks over the keys of the database step by step.",
        Flags = ReadOnly, Locks = Locks.One, Acl = AclCategories.Keyspace, Tips = "nondeterministic_output request_policy:special response_policy:special",
        Arguments = "cursor:integer, [MATCH pattern:pattern], [COUNT count:integer], [TYPE type since=6.0.0]",
        History = "6.0.0 Added the `TYPE` subcommand.")]
    public static void Scan(scoped ref CommandContext ctx)
    {
        if (!ScanOptions.TryCursor(ref ctx, 1, out ulong cursor) || !ScanOptions.TryRead(ref ctx, 2, ScanFamily.Keys, out ScanOptions options))
            return;
        var keys = default(KeyBuffer);
        ulong next = Walk(ref ctx, cursor, options, ref keys);
        ScanOptions.WriteCursor(ref ctx, next);
        keys.WriteTo(ctx.Reply);
        keys.Dispose();
    }

    private static bool TrySample(scoped ref CommandContext ctx, int shard)
    {
        for (int tries = 0; ctx.Database.Sample(shard, ref t_random) is { Exists: true } entry; tries++)
        {
            // While expired keys are kept, there may be no others.
            if (!ctx.IsExpired(entry) || tries == MostExpired)
            {
                ctx.Reply.Bulk(entry.KeyBytes);
                return true;
            }
            ctx.Database.ExpireKey(entry.Key);
        }
        return false;
    }

    /// <summary>Collects keys from a cursor on.</summary>
    /// <returns>The cursor to go on from, 0 at the end.</returns>
    private static ulong Walk(scoped ref CommandContext ctx, ulong cursor, scoped in ScanOptions options, ref KeyBuffer keys)
    {
        int shards = ctx.Keyspace.ShardCount;
        int shard = (int)(cursor >> PositionBits) & (shards - 1);
        long position = (long)(cursor & ((1UL << PositionBits) - 1));
        long buckets = options.Count > MostBuckets / 10 ? long.MaxValue : MostBuckets;
        long visited = 0;
        RecordList records = default;
        for (; shard < shards && visited < options.Count && buckets > 0; shard++, position = 0)
        {
            DatabasePart* part = ctx.Database.PartAt(shard);
            if (part == null || part->Table.Count == 0)
                continue;
            ctx.EnterShard(shard);
            while (position >= 0 && visited < options.Count && buckets-- > 0)
            {
                records.Clear();
                ctx.Database.Collect(shard, ref position, ref records);
                visited += records.Count;
                for (int i = 0; i < records.Count; i++)
                {
                    var entry = new Entry(records[i]);
                    if (options.HasType && entry.Type != options.Type)
                        continue;
                    if (!options.Matches(entry.KeyBytes))
                        continue;
                    if (ctx.IsExpired(entry))
                        ctx.Database.ExpireKey(entry.Key);
                    else
                        keys.Add(entry.KeyBytes);
                }
            }
            ctx.ExitShard(shard);
            if (position >= 0)
                break;
        }
        records.Dispose();
        return shard == shards ? 0 : (ulong)shard << PositionBits | (ulong)position;
    }
}
