using System.Globalization;
using System.Text;
using Carnelian.Commands;
using Carnelian.Commands.Keys;
using Carnelian.Server.Clients;
using Carnelian.Storage;
using Carnelian.Text;

namespace Carnelian.Server.Commands.Administration;

/// <summary>The subcommands of DEBUG that make data or look into it. All locks are held.</summary>
internal static class DebugData
{
    private const int RandomPatterns = 100_000;

    /// <summary>DEBUG OBJECT.</summary>
    public static void DescribeObject(scoped ref CommandContext ctx)
    {
        Entry entry = ctx.Database.Peek(ctx.Key(2), ctx.Now);
        if (!entry.Exists)
        {
            ctx.WriteNoSuchKey();
            return;
        }
        var text = new StringBuilder();
        string encoding = Encoding.ASCII.GetString(EncodingNames.Of(entry));
        text.Append(CultureInfo.InvariantCulture, $"Value at:0x{AddressOf(entry):x} refcount:1 encoding:{encoding}");
        if (ctx.ArgCount < 4 || !ctx.ArgIs(3, "fast"u8))
            text.Append(CultureInfo.InvariantCulture, $" serializedlength:{((Client)ctx.Session).Loop.Server.DumpWriters.LengthOf(entry)}");
        if (ctx.Keyspace.Access.CountsFrequency)
            text.Append(CultureInfo.InvariantCulture, $" lfu_freq:{entry.AccessBits & 0xff} lfu_access_time_minutes:{entry.AccessBits >> 8}");
        else
            text.Append(CultureInfo.InvariantCulture, $" lru:{entry.AccessBits} lru_seconds_idle:{AccessClock.IdleSeconds(entry, ctx.Now)}");
        if (entry.Encoding == ValueEncoding.QuickList)
            DebugLists.AppendFields(text, entry);
        ctx.Reply.SimpleString(Encoding.ASCII.GetBytes(text.ToString()));
    }

    /// <summary>DEBUG POPULATE: keys that exist stay as they are.</summary>
    public static unsafe void Populate(scoped ref CommandContext ctx)
    {
        if (!TryPositive(ref ctx, 2, out long count))
            return;
        byte[] prefix = ctx.ArgCount > 3 ? ctx.Arg(3).ToArray() : "key"u8.ToArray();
        long size = 0;
        if (ctx.ArgCount == 5 && !TryPositive(ref ctx, 4, out size))
            return;
        for (long i = 0; i < count; i++)
        {
            byte[] name = [.. prefix, .. Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture, $":{i}"))];
            fixed (byte* data = name)
            {
                var key = new Key(data, name.Length);
                if (ctx.Database.Find(key, ctx.Now, LookupFlags.NoTouch | LookupFlags.NoStatistics).Exists)
                    continue;
                ctx.Database.SetString(key, ValueOf(i, size), deadline: -1, ctx.Now);
                ctx.Touch(key);
            }
        }
        ctx.Reply.Ok();
    }

    /// <summary>DEBUG DIGEST-VALUE.</summary>
    public static void DigestValues(scoped ref CommandContext ctx)
    {
        ctx.Reply.Array(ctx.ArgCount - 2);
        for (int i = 2; i < ctx.ArgCount; i++)
        {
            Entry entry = ctx.Database.Peek(ctx.Key(i), ctx.Now);
            DatasetDigest digest = entry.Exists ? DatasetDigest.OfValue(entry) : default;
            ctx.Reply.SimpleString(Encoding.ASCII.GetBytes(digest.ToString()));
        }
    }

    /// <summary>DEBUG HTSTATS.</summary>
    public static unsafe void DescribeTables(scoped ref CommandContext ctx)
    {
        if (!ctx.TryInteger(2, out long index))
            return;
        if (index < 0 || index >= ctx.Keyspace.DatabaseCount)
        {
            ctx.Reply.Error("ERR Out of range database"u8);
            return;
        }
        Database database = ctx.Keyspace[(int)index];
        var text = new StringBuilder("[Dictionary HT]\n");
        if (database.Count != 0)
        {
            long slots = 0, segments = 0;
            int depth = 0;
            for (int shard = 0; shard < ctx.Keyspace.ShardCount; shard++)
            {
                ref HashTable<Entry> table = ref database.PartAt(shard)->Table;
                slots += table.CountSlots();
                segments += table.Segments;
                depth = Math.Max(depth, table.Depth);
            }
            text.Append("Hash table 0 stats (main hash table):\n");
            text.Append(CultureInfo.InvariantCulture, $" table size: {slots}\n number of entries: {database.Count}\n rehashing index: -1\n");
            if (ctx.ArgCount > 3 && ctx.ArgIs(3, "full"u8))
            {
                text.Append(
                    CultureInfo.InvariantCulture,
                    $" shards: {ctx.Keyspace.ShardCount}\n segments: {segments}\n deepest directory: {depth}\n bytes: {database.TableBytes}\n");
            }
        }
        text.Append("[Expires HT]\n");
        if (database.VolatileCount != 0)
            text.Append(CultureInfo.InvariantCulture, $"Expiry index stats:\n number of deadlines: {database.VolatileCount}\n bytes: {database.ExpiryBytes}\n");
        ctx.Reply.Verbatim(Encoding.ASCII.GetBytes(text.ToString()), "txt"u8);
    }

    /// <summary>DEBUG HTSTATS-KEY.</summary>
    public static void DescribeTableOfKey(scoped ref CommandContext ctx)
    {
        Entry entry = ctx.Database.Peek(ctx.Key(2), ctx.Now);
        if (entry is { Exists: true, Type: Storage.ValueType.Set, Encoding: ValueEncoding.HashTable })
            DebugSets.DescribeTable(ref ctx, entry);
        else if (entry is { Exists: true, Type: Storage.ValueType.Hash, Encoding: ValueEncoding.HashTable })
            DebugHashes.DescribeTable(ref ctx, entry);
        else if (entry is { Exists: true, Encoding: ValueEncoding.SkipList })
            DebugSortedSets.DescribeTable(ref ctx, entry);
        else if (entry.Exists)
            ctx.Reply.Error("ERR The value stored at the specified key is not represented using an hash table"u8);
        else
            ctx.WriteNoSuchKey();
    }

    /// <summary>Tells of the table of a big value, which grows segment by segment and so never rehashes.</summary>
    public static void DescribeTable<TRecord>(scoped ref CommandContext ctx, in HashTable<TRecord> table)
        where TRecord : struct, IRecordOperations
    {
        var text = new StringBuilder("Hash table 0 stats (main hash table):\n");
        text.Append(CultureInfo.InvariantCulture, $" table size: {table.CountSlots()}\n number of entries: {table.Count}\n rehashing index: -1\n");
        if (ctx.ArgCount > 3 && ctx.ArgIs(3, "full"u8))
            text.Append(CultureInfo.InvariantCulture, $" segments: {table.Segments}\n directory depth: {table.Depth}\n bytes: {table.Bytes}\n");
        ctx.Reply.Verbatim(Encoding.ASCII.GetBytes(text.ToString()), "txt"u8);
    }

    /// <summary>DEBUG STRINGMATCH-TEST: patterns and texts of a few bytes by chance.</summary>
    public static void MatchRandomPatterns()
    {
        Span<byte> pattern = stackalloc byte[16], text = stackalloc byte[16];
        ReadOnlySpan<byte> alphabet = "abc*?[]^-\\"u8;
        for (int i = 0; i < RandomPatterns; i++)
        {
            Random.Shared.GetItems(alphabet, pattern);
            Random.Shared.GetItems(alphabet, text);
            _ = GlobPattern.Matches(pattern[..Random.Shared.Next(pattern.Length)], text[..Random.Shared.Next(text.Length)]);
        }
    }

    private static unsafe ulong AddressOf(Entry entry) => (ulong)entry.Address;

    private static byte[] ValueOf(long number, long size)
    {
        byte[] value = Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture, $"value:{number}"));
        if (size != 0)
            Array.Resize(ref value, checked((int)size));
        return value;
    }

    private static bool TryPositive(scoped ref CommandContext ctx, int index, out long value)
    {
        if (AsciiNumber.TryParseInt64(ctx.Arg(index), out value) && value is >= 0 and <= int.MaxValue)
            return true;
        ctx.Reply.Error("ERR value is out of range, must be positive"u8);
        return false;
    }
}
