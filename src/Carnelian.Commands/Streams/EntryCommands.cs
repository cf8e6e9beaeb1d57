using Carnelian.Commands.Table;
using Carnelian.Storage;
using Carnelian.Storage.Streams;
using static Carnelian.Commands.Table.CommandFlags;

namespace Carnelian.Commands.Streams;

/// <summary>Commands that add and remove entries of a stream.</summary>
public static class EntryCommands
{
    [Command("XADD", Arity = -5, Group = CommandGroup.Stream, Since = "5.0.0", Complexity = "O(1) when adding a new entry, O(N) when trimming where N being the number of entries evicted.",
        Summary = "Adds an entry to a stream, and shortens the stream if wanted.",
        Flags = Write | DenyOom | Fast, Tips = "nondeterministic_output",
        Keys = "RW update @1 -- UPDATE instead of INSERT because of the optional trimming feature",
        Arguments = """
            key:key
            [NOMKSTREAM since=6.2.0]
            [trim{strategy(MAXLEN | MINID since=6.2.0), [operator(= equal:pure-token | ~ approximately:pure-token)], threshold, [LIMIT count:integer since=6.2.0]}]
            id-selector(* auto-id:pure-token | id)
            data{field, value}...
            """,
        History = """
            6.2.0 Added the `NOMKSTREAM` option, `MINID` trimming strategy and the `LIMIT` option.
            7.0.0 Added support for the `<ms>-*` explicit ID form.
            """)]
    public static void XAdd(scoped ref CommandContext ctx)
    {
        AddOptions options = default;
        if (!options.TryRead(ref ctx, isAdd: true))
            return;
        int values = ctx.ArgCount - options.Fields;
        if (values < 2 || values % 2 == 1)
        {
            ctx.Reply.Error("ERR wrong number of arguments for 'xadd' command"u8);
            return;
        }
        if (options.HasId && options.HasSequence && options.Id.IsZero)
        {
            ctx.Reply.Error("ERR The ID specified in XADD must be greater than 0-0"u8);
            return;
        }
        if (options.Producer != 0 && !Idempotence.Check(ref ctx, options))
            return;

        Key key = ctx.Key(1);
        if (!StreamAccess.TryFindForWrite(ref ctx, key, out StreamValue stream))
            return;
        if (!stream.Exists && options.NeedsKey)
        {
            ctx.Reply.Null();
            return;
        }
        var fields = new ArgumentFields(ctx.Arguments[options.Fields..]);
        if (options.Producer != 0 && Idempotence.TryAnswer(ref ctx, stream, options))
            return;
        if (!TryChooseId(ref ctx, stream, options, out StreamId id))
            return;
        if (!TryAppend(ref ctx, key, ref stream, id, fields))
            return;
        StreamAccess.WriteId(ref ctx, id);
        ctx.Modified(key, NotificationClass.Stream, "xadd"u8);
        if (options.Trim.IsWanted && StreamTrimmer.Trim(stream, options.Trim) != 0)
            ctx.Notify(key, NotificationClass.Stream, "xtrim"u8);
        StreamEffects.ReplaceOptions(ref ctx, stream, options, id);
        if (options.Producer != 0)
            Idempotence.Note(ref ctx, stream, options, id);
    }

    [Command("XTRIM", Arity = -4, Group = CommandGroup.Stream, Since = "5.0.0", Complexity = "O(N), with N being the number of evicted entries. Constant times are very small however, since entries are organized in macro nodes containing multiple entries that can be released with a single deallocation.",
        Summary = "Removes entries from the beginning of a stream.",
        Flags = Write, Tips = "nondeterministic_output",
        Keys = "RW delete @1",
        Arguments = """
            key:key
            trim{strategy(MAXLEN | MINID since=6.2.0), [operator(= equal:pure-token | ~ approximately:pure-token)], threshold, [LIMIT count:integer since=6.2.0]}
            """,
        History = "6.2.0 Added the `MINID` trimming strategy and the `LIMIT` option.")]
    public static void XTrim(scoped ref CommandContext ctx)
    {
        AddOptions options = default;
        if (!options.TryRead(ref ctx, isAdd: false))
            return;
        Key key = ctx.Key(1);
        if (!StreamAccess.TryFindForWrite(ref ctx, key, out StreamValue stream))
            return;
        long removed = stream.Exists && options.Trim.IsWanted ? StreamTrimmer.Trim(stream, options.Trim) : 0;
        if (removed != 0)
        {
            ctx.Modified(key, NotificationClass.Stream, "xtrim"u8);
            ctx.Dirty += removed - 1;
            StreamEffects.ReplaceOptions(ref ctx, stream, options, default);
        }
        ctx.Reply.Integer(removed);
    }

    [Command("XDEL", Arity = -3, Group = CommandGroup.Stream, Since = "5.0.0", Complexity = "O(1) for each single item to delete in the stream, regardless of the stream size.",
        Summary = "Removes entries from a stream.",
        Flags = Write | Fast,
        Keys = "RW delete @1",
        Arguments = "key:key, id...")]
    public static void XDel(scoped ref CommandContext ctx)
    {
        Key key = ctx.Key(1);
        if (!StreamAccess.TryFindForWrite(ref ctx, key, out StreamValue stream))
            return;
        if (!stream.Exists)
        {
            ctx.Reply.Integer(0);
            return;
        }
        for (int i = 2; i < ctx.ArgCount; i++)
        {
            if (!StreamAccess.TryId(ref ctx, i, 0, out _))
                return;
        }
        long removed = 0;
        for (int i = 2; i < ctx.ArgCount; i++)
        {
            StreamId.TryParse(ctx.Arg(i), 0, out StreamId id);
            if (stream.Remove(id))
                removed++;
        }
        if (removed != 0)
        {
            ctx.Modified(key, NotificationClass.Stream, "xdel"u8);
            ctx.Dirty += removed - 1;
        }
        ctx.Reply.Integer(removed);
    }

    [Command("XSETID", Arity = -3, Group = CommandGroup.Stream, Since = "5.0.0", Complexity = "O(1)",
        Summary = "Sets the last id of a stream, for replication.",
        Flags = Write | DenyOom | Fast,
        Keys = "RW update @1",
        Arguments = "key:key, last-id, [ENTRIESADDED entries-added:integer since=7.0.0], [MAXDELETEDID max-deleted-id since=7.0.0]",
        History = "7.0.0 Added the `entries_added` and `max_deleted_entry_id` arguments.")]
    public static void XSetId(scoped ref CommandContext ctx)
    {
        if (!StreamAccess.TryId(ref ctx, 2, 0, out StreamId id))
            return;
        long added = -1;
        StreamId maxDeleted = default;
        for (int i = 3; i < ctx.ArgCount; i += 2)
        {
            bool hasMore = i + 1 < ctx.ArgCount;
            if (hasMore && ctx.ArgIs(i, "entriesadded"u8))
            {
                if (!ctx.TryInteger(i + 1, out added))
                    return;
                if (added < 0)
                {
                    ctx.Reply.Error("ERR entries_added must be positive"u8);
                    return;
                }
            }
            else if (hasMore && ctx.ArgIs(i, "maxdeletedid"u8))
            {
                if (!StreamAccess.TryId(ref ctx, i + 1, 0, out maxDeleted))
                    return;
                if (id < maxDeleted)
                {
                    ctx.Reply.Error("ERR The ID specified in XSETID is smaller than the provided max_deleted_entry_id"u8);
                    return;
                }
            }
            else
            {
                ctx.WriteSyntaxError();
                return;
            }
        }
        Key key = ctx.Key(1);
        Entry entry = ctx.FindForWrite(key);
        if (!entry.Exists)
        {
            ctx.WriteNoSuchKey();
            return;
        }
        if (!ctx.HasType(entry, Storage.ValueType.Stream))
            return;
        StreamValue stream = StreamAccess.Of(entry);
        if (id < stream.MaxDeletedId)
        {
            ctx.Reply.Error("ERR The ID specified in XSETID is smaller than current max_deleted_entry_id"u8);
            return;
        }
        if (stream.Length > 0)
        {
            if (id < stream.LastExistingId)
            {
                ctx.Reply.Error("ERR The ID specified in XSETID is smaller than the target stream top item"u8);
                return;
            }
            if (added != -1 && stream.Length > added)
            {
                ctx.Reply.Error("ERR The entries_added specified in XSETID is smaller than the target stream length"u8);
                return;
            }
        }
        stream.LastId = id;
        if (added != -1)
            stream.EntriesAdded = (ulong)added;
        if (!maxDeleted.IsZero)
            stream.MaxDeletedId = maxDeleted;
        ctx.Reply.Ok();
        ctx.Dirty++;
        ctx.Notify(key, NotificationClass.Stream, "xsetid"u8);
    }

    private static bool TryChooseId(scoped ref CommandContext ctx, StreamValue stream, in AddOptions options, out StreamId id)
    {
        StreamId last = stream.Exists ? stream.LastId : default;
        id = options.Id;
        if (last == StreamId.Max)
        {
            ctx.Reply.Error("ERR The stream has exhausted the last possible ID, unable to add more items"u8);
            return false;
        }
        if (!options.HasId)
        {
            id = new StreamId((ulong)ctx.Now, 0);
            if (id.Milliseconds <= last.Milliseconds)
                last.TryNext(out id);
            return true;
        }
        if (!options.HasSequence && id.Milliseconds == last.Milliseconds)
            id = last.Sequence == ulong.MaxValue ? default : new StreamId(id.Milliseconds, last.Sequence + 1);
        if (id > last)
            return true;
        ctx.Reply.Error("ERR The ID specified in XADD is equal or smaller than the target stream top item"u8);
        return false;
    }

    private static bool TryAppend(scoped ref CommandContext ctx, in Key key, ref StreamValue stream, StreamId id, in ArgumentFields fields)
    {
        bool isNew = !stream.Exists;
        if (isNew)
            stream = StreamValue.Create();
        CollectionLimits limits = ctx.Services.Limits;
        if (!stream.TryAdd(id, fields, limits.StreamNodeBytes, limits.StreamNodeEntries))
        {
            if (isNew)
                stream.Free();
            ctx.Reply.Error("ERR Elements are too large to be stored"u8);
            return false;
        }
        if (isNew)
            StreamAccess.AddKey(ref ctx, key, stream);
        return true;
    }
}
