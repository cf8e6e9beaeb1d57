using Carnelian.Storage;
using Carnelian.Storage.Hashes;
using Carnelian.Storage.Lists;
using Carnelian.Storage.Packed;
using Carnelian.Storage.Sets;
using Carnelian.Storage.SortedSets;
using Carnelian.Text;
using ValueType = Carnelian.Storage.ValueType;

namespace Carnelian.Persistence.Aof;

/// <summary>
/// Writes the commands that make a key: the base of an AOF where <c>aof-use-rdb-preamble</c> is off. Collections come in commands of 64 elements.
/// </summary>
public static unsafe class EntryCommands
{
    private const long MostItems = 64;

    /// <summary>Writes the commands that make a key of the selected database. Under the lock of its shard.</summary>
    public static void Write(CommandBuffer buffer, Entry entry)
    {
        switch (entry.Type)
        {
            case ValueType.List:
                WriteList(buffer, entry);
                break;
            case ValueType.Set:
                WriteSet(buffer, entry);
                break;
            case ValueType.SortedSet:
                WriteSortedSet(buffer, entry);
                break;
            case ValueType.Hash:
                WriteHash(buffer, entry);
                break;
            case ValueType.Stream:
                StreamCommands.Write(buffer, entry);
                break;
            default:
                WriteString(buffer, entry);
                break;
        }
        if (!entry.HasDeadline)
            return;
        buffer.Begin(3);
        buffer.Add("PEXPIREAT"u8);
        buffer.Add(entry.KeyBytes);
        buffer.Add(entry.Deadline);
    }

    private static void WriteString(CommandBuffer buffer, Entry entry)
    {
        buffer.Begin(3);
        buffer.Add("SET"u8);
        buffer.Add(entry.KeyBytes);
        if (entry.Encoding == ValueEncoding.Integer)
            buffer.Add(entry.Integer);
        else
            buffer.Add(entry.StringBytes);
    }

    private static void WriteList(CommandBuffer buffer, Entry entry)
    {
        Span<byte> digits = stackalloc byte[PackedValue.MostDigits];
        var list = new ListValue(entry);
        long left = list.Count, inCommand = 0;
        for (ListCursor at = list.End(last: false); at.Exists; at.MoveNext())
        {
            BeginItem(buffer, "RPUSH"u8, entry, 1, ref left, ref inCommand);
            buffer.Add(at.Value.Bytes(digits));
        }
    }

    private static void WriteSet(CommandBuffer buffer, Entry entry)
    {
        Span<byte> digits = stackalloc byte[PackedValue.MostDigits];
        var set = SetValue.Of(entry);
        long left = set.Count, inCommand = 0;
        var walk = new SetWalk(set);
        while (walk.Next(out PackedValue member))
        {
            BeginItem(buffer, "SADD"u8, entry, 1, ref left, ref inCommand);
            buffer.Add(member.Bytes(digits));
        }
        walk.Dispose();
    }

    private static void WriteSortedSet(CommandBuffer buffer, Entry entry)
    {
        Span<byte> digits = stackalloc byte[SortedSetCursor.MostDigits];
        byte* text = stackalloc byte[NumberFormat.MaxDoubleLength];
        var set = new SortedSet(entry);
        long left = set.Count, inCommand = 0;
        for (SortedSetCursor cursor = set.At(0); cursor.IsAtMember; cursor.MoveNext())
        {
            BeginItem(buffer, "ZADD"u8, entry, 2, ref left, ref inCommand);
            buffer.Add(new ReadOnlySpan<byte>(text, NumberFormat.WriteShortestDouble(text, cursor.Score)));
            buffer.Add(cursor.Member(digits));
        }
    }

    private static void WriteHash(CommandBuffer buffer, Entry entry)
    {
        Span<byte> digits = stackalloc byte[PackedValue.MostDigits];
        var hash = new Hash(entry);
        long left = hash.Count, inCommand = 0;
        var walk = new HashWalk(hash, long.MinValue);
        while (walk.MoveNext())
        {
            BeginItem(buffer, "HMSET"u8, entry, 2, ref left, ref inCommand);
            buffer.Add(walk.Field.Bytes(digits));
            buffer.Add(walk.Value.Bytes(digits));
        }
        walk.Dispose();
        if (hash.IsVolatile)
            WriteFieldDeadlines(buffer, entry, hash);
    }

    private static void WriteFieldDeadlines(CommandBuffer buffer, Entry entry, Hash hash)
    {
        Span<byte> digits = stackalloc byte[PackedValue.MostDigits];
        var walk = new HashWalk(hash, long.MinValue);
        while (walk.MoveNext())
        {
            ReadOnlySpan<byte> field = walk.Field.Bytes(digits);
            if (!hash.TryGetDeadline(field, long.MinValue, out long deadline) || deadline < 0)
                continue;
            buffer.Begin(6);
            buffer.Add("HPEXPIREAT"u8);
            buffer.Add(entry.KeyBytes);
            buffer.Add(deadline);
            buffer.Add("FIELDS"u8);
            buffer.Add("1"u8);
            buffer.Add(field);
        }
        walk.Dispose();
    }

    /// <summary>Begins a command where an item is the first of one.</summary>
    private static void BeginItem(CommandBuffer buffer, ReadOnlySpan<byte> name, Entry entry, long arguments, ref long left, ref long inCommand)
    {
        if (inCommand == 0)
        {
            inCommand = Math.Min(left, MostItems);
            buffer.Begin(2 + inCommand * arguments);
            buffer.Add(name);
            buffer.Add(entry.KeyBytes);
        }
        inCommand--;
        left--;
    }
}
