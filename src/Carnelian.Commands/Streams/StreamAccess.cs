using Carnelian.Storage;
using Carnelian.Storage.Packed;
using Carnelian.Storage.Streams;
using Carnelian.Text;

namespace Carnelian.Commands.Streams;

/// <summary>What the commands on streams share: the way from a key to its stream, ids among arguments, entries in replies.</summary>
internal static unsafe class StreamAccess
{
    /// <summary>The stream of a key that exists and holds one.</summary>
    public static StreamValue Of(Entry entry) => new(entry.Collection);

    /// <summary>Finds a stream for reading.</summary>
    /// <param name="ctx">The command.</param>
    /// <param name="key">The key.</param>
    /// <param name="stream">The stream; it does not exist if there is no key.</param>
    /// <returns>False if the key holds something else, and the error is written.</returns>
    public static bool TryFind(scoped ref CommandContext ctx, in Key key, out StreamValue stream) => TryGet(ref ctx, ctx.Find(key), out stream);

    /// <summary>As <see cref="TryFind"/>, for a stream that may be changed.</summary>
    public static bool TryFindForWrite(scoped ref CommandContext ctx, in Key key, out StreamValue stream) => TryGet(ref ctx, ctx.FindForWrite(key), out stream);

    /// <summary>Finds the group that the second argument behind the key's names, or writes the error. Both are of the same command.</summary>
    public static bool TryFindGroup(scoped ref CommandContext ctx, in Key key, out StreamValue stream, out StreamGroup group)
    {
        group = default;
        if (!TryFind(ref ctx, key, out stream))
            return false;
        if (stream.Exists)
            group = stream.FindGroup(ctx.Arg(2));
        if (!group.Exists)
            WriteNoGroup(ref ctx, 1, 2, default);
        return group.Exists;
    }

    private static bool TryGet(scoped ref CommandContext ctx, Entry entry, out StreamValue stream)
    {
        stream = default;
        if (!entry.Exists)
            return true;
        if (!ctx.HasType(entry, Storage.ValueType.Stream))
            return false;
        stream = Of(entry);
        return true;
    }

    /// <summary>Adds a key with a stream, which it takes over; the key does not exist.</summary>
    public static void AddKey(scoped ref CommandContext ctx, in Key key, StreamValue stream)
    {
        ctx.Database.AddCollection(key, Storage.ValueType.Stream, ValueEncoding.Stream, stream.Address, ctx.Now);
        ctx.Created(key);
    }

    // --- ids ------------------------------------------------------------------------------------------------------

    /// <summary>Reads an argument as an id, or writes the error.</summary>
    /// <param name="ctx">The command.</param>
    /// <param name="index">The argument.</param>
    /// <param name="missing">The sequence number where none is given.</param>
    /// <param name="id">The id.</param>
    public static bool TryId(scoped ref CommandContext ctx, int index, ulong missing, out StreamId id)
    {
        if (StreamId.TryParse(ctx.Arg(index), missing, out id))
            return true;
        WriteInvalidId(ref ctx);
        return false;
    }

    /// <summary>As <see cref="TryId"/>, and takes "-" and "+" for the least and the greatest id.</summary>
    public static bool TryIdOrEnd(scoped ref CommandContext ctx, int index, ulong missing, out StreamId id)
    {
        ReadOnlySpan<byte> text = ctx.Arg(index);
        if (text.Length == 1 && text[0] is (byte)'-' or (byte)'+')
        {
            id = text[0] == '-' ? StreamId.Zero : StreamId.Max;
            return true;
        }
        return TryId(ref ctx, index, missing, out id);
    }

    /// <summary>Reads both ends of an interval, "(" in front of one that is not part of it, or writes the error.</summary>
    public static bool TryInterval(scoped ref CommandContext ctx, int lowIndex, int highIndex, out StreamId low, out StreamId high)
    {
        high = default;
        if (!TryLow(ref ctx, lowIndex, out low) || !TryIntervalEnd(ref ctx, highIndex, ulong.MaxValue, out high, out bool isOpen))
            return false;
        if (isOpen && !high.TryPrevious(out high))
        {
            ctx.Reply.Error("ERR invalid end ID for the interval"u8);
            return false;
        }
        return true;
    }

    /// <summary>Writes the error for a text that is no id.</summary>
    public static void WriteInvalidId(scoped ref CommandContext ctx) => ctx.Reply.Error("ERR Invalid stream ID specified as stream command argument"u8);

    private static bool TryIntervalEnd(scoped ref CommandContext ctx, int index, ulong missing, out StreamId id, out bool isOpen)
    {
        ReadOnlySpan<byte> text = ctx.Arg(index);
        isOpen = text.Length > 1 && text[0] == '(';
        if (!isOpen)
            return TryIdOrEnd(ref ctx, index, missing, out id);
        if (StreamId.TryParse(text[1..], missing, out id))
            return true;
        WriteInvalidId(ref ctx);
        return false;
    }

    /// <summary>Reads the lower end of an interval, or writes the error.</summary>
    public static bool TryLow(scoped ref CommandContext ctx, int index, out StreamId low)
    {
        if (!TryIntervalEnd(ref ctx, index, 0, out low, out bool isOpen))
            return false;
        if (!isOpen || low.TryNext(out low))
            return true;
        ctx.Reply.Error("ERR invalid start ID for the interval"u8);
        return false;
    }

    // --- errors ---------------------------------------------------------------------------------------------------

    /// <summary>Writes that there is no such key or group.</summary>
    public static void WriteNoGroup(scoped ref CommandContext ctx, int key, int group, ReadOnlySpan<byte> end)
    {
        byte[] text = [.. "NOGROUP No such key '"u8, .. ctx.ArgAsText(key), .. "' or consumer group '"u8, .. ctx.ArgAsText(group), .. "'"u8, .. end];
        ctx.Reply.Error(text);
    }

    /// <summary>Writes that a stream has no such group.</summary>
    public static void WriteNoGroupOfKey(scoped ref CommandContext ctx, int group, int key)
    {
        byte[] text = [.. "NOGROUP No such consumer group '"u8, .. ctx.ArgAsText(group), .. "' for key name '"u8, .. ctx.ArgAsText(key), .. "'"u8];
        ctx.Reply.Error(text);
    }

    // --- replies --------------------------------------------------------------------------------------------------

    /// <summary>Writes an id.</summary>
    public static void WriteId(scoped ref CommandContext ctx, StreamId id)
    {
        byte* text = stackalloc byte[StreamId.MostTextBytes];
        ctx.Reply.Bulk(text, id.Format(text));
    }

    /// <summary>Writes the entry at a cursor: its id and its fields.</summary>
    public static void WriteEntry(scoped ref CommandContext ctx, ref StreamCursor cursor)
    {
        ctx.Reply.Array(2);
        WriteId(ref ctx, cursor.Id);
        WriteFields(ref ctx, ref cursor);
    }

    /// <summary>Writes the fields of the entry at a cursor.</summary>
    public static void WriteFields(scoped ref CommandContext ctx, ref StreamCursor cursor)
    {
        Protocol.ReplyWriter reply = ctx.Reply;
        int count = cursor.FieldCount;
        reply.Array(2 * count);
        for (int i = 0; i < count; i++)
        {
            cursor.ReadField(out PackedValue field, out PackedValue value);
            WriteValue(reply, field);
            WriteValue(reply, value);
        }
    }

    /// <summary>Writes the entries of a walk, at most so many; 0 = all.</summary>
    /// <returns>How many.</returns>
    public static int WriteEntries(scoped ref CommandContext ctx, ref StreamCursor cursor, long most)
    {
        Protocol.DeferredLength length = ctx.Reply.BeginDeferred();
        int count = 0;
        while ((most == 0 || count < most) && cursor.MoveNext())
        {
            WriteEntry(ref ctx, ref cursor);
            count++;
        }
        ctx.Reply.EndArray(length, count);
        return count;
    }

    private static void WriteValue(Protocol.ReplyWriter reply, in PackedValue value)
    {
        if (value.IsInteger)
            reply.BulkInteger(value.Integer);
        else
            reply.Bulk(value.Data, value.Length);
    }
}
