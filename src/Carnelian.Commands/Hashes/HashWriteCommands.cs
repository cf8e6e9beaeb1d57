using Carnelian.Commands.Table;
using Carnelian.Storage;
using Carnelian.Storage.Hashes;
using static Carnelian.Commands.Table.CommandFlags;

namespace Carnelian.Commands.Hashes;

/// <summary>Commands that set and remove fields.</summary>
public static class HashWriteCommands
{
    [Command("HSET", Arity = -4, Group = CommandGroup.Hash, Since = "2.0.0", Complexity = "O(1) for each field/value pair added, so O(N) to add N field/value pairs when the command is called with multiple field/value pairs.",
        Summary = "Sets fields of a hash, which is made if there is none.",
        Flags = Write | DenyOom | Fast,
        Keys = "RW update @1",
        FirstElement = 2, ElementStep = 2,
        Arguments = "key:key, data{field, value}...",
        History = "4.0.0 Accepts multiple `field` and `value` arguments.")]
    public static void HSet(scoped ref CommandContext ctx)
    {
        if (TrySetAll(ref ctx, out int added))
            ctx.Reply.Integer(added);
    }

    [Command("HMSET", Arity = -4, Group = CommandGroup.Hash, Since = "2.0.0", Complexity = "O(N) where N is the number of fields being set.",
        Summary = "Sets fields of a hash, which is made if there is none.",
        Flags = Write | DenyOom | Fast,
        Keys = "RW update @1",
        FirstElement = 2, ElementStep = 2,
        Arguments = "key:key, data{field, value}...")]
    public static void HMSet(scoped ref CommandContext ctx)
    {
        if (TrySetAll(ref ctx, out _))
            ctx.Reply.Ok();
    }

    [Command("HSETNX", Arity = 4, Group = CommandGroup.Hash, Since = "2.0.0", Complexity = "O(1)",
        Summary = "Sets a field of a hash unless it is there.",
        Flags = Write | DenyOom | Fast,
        Keys = "RW insert @1",
        FirstElement = 2,
        Arguments = "key:key, field, value")]
    public static void HSetNx(scoped ref CommandContext ctx)
    {
        Key key = ctx.Key(1);
        Entry entry = ctx.FindForWrite(key);
        if (!ctx.HasType(entry, Storage.ValueType.Hash))
            return;
        if (entry.Exists && new Hash(entry).TryGet(ctx.Arg(2), HashAccess.WriteTime(ref ctx), out _))
        {
            ctx.Reply.Integer(0);
            return;
        }
        Hash hash = HashAccess.GetOrCreate(ref ctx, key, entry);
        bool isVolatile = hash.IsVolatile;
        HashSetOutcome outcome = hash.Set(ctx.Arg(2), ctx.Arg(3), -1, HashAccess.WriteTime(ref ctx), HashAccess.Limits(ref ctx));
        HashAccess.NoteDeadlines(ref ctx, key, hash);
        if (!entry.Exists)
            ctx.Created(key);
        HashAccess.NoteRenewed(ref ctx, key, outcome, ctx.Arg(2));
        ctx.Modified(key, NotificationClass.Hash, "hset"u8);
        FieldEvents.PublishArguments(ref ctx, key, "hset"u8, 2, 2);
        ctx.Reply.Integer(1);
        if (ctx.Effects != null && isVolatile)
            HashEffects.ReplaceBySet(ref ctx, hash, ctx.Arg(2), ctx.Arg(3));
    }

    [Command("HDEL", Arity = -3, Group = CommandGroup.Hash, Since = "2.0.0", Complexity = "O(N) where N is the number of fields to be removed.",
        Summary = "Removes fields of a hash, and the hash with its last field.",
        Flags = Write | Fast,
        Keys = "RW delete @1",
        FirstElement = 2, ElementStep = 1,
        Arguments = "key:key, field...",
        History = "2.4.0 Accepts multiple `field` arguments.")]
    public static void HDel(scoped ref CommandContext ctx)
    {
        Key key = ctx.Key(1);
        Entry entry = ctx.FindForWrite(key);
        if (!ctx.HasType(entry, Storage.ValueType.Hash))
            return;
        ChangedFields removed = default;
        if (entry.Exists)
        {
            var hash = new Hash(entry);
            for (int i = 2; i < ctx.ArgCount && hash.Count != 0; i++)
            {
                if (hash.Remove(ctx.Arg(i), HashAccess.WriteTime(ref ctx)))
                    removed.Add(ref ctx, ctx.Arg(i));
            }
            if (removed.Count != 0)
                Removed(ref ctx, key, hash, removed);
        }
        ctx.Reply.Integer(removed.Count);
    }

    [Command("HGETDEL", Arity = -5, Group = CommandGroup.Hash, Since = "9.1.0", Complexity = "O(N) where N is the number of fields to be retrieved and deleted.",
        Summary = "Returns the values of fields and removes them, and the hash with its last field.",
        Flags = Write | Fast,
        Keys = "RW access delete @1",
        Arguments = "key:key, FIELDS fields{numfields:integer@0, field...}")]
    public static void HGetDel(scoped ref CommandContext ctx)
    {
        if (!FieldArguments.TryRead(ref ctx, out int first))
            return;
        Key key = ctx.Key(1);
        Entry entry = ctx.FindForWrite(key);
        if (!ctx.HasType(entry, Storage.ValueType.Hash))
            return;
        ChangedFields removed = default;
        ctx.Reply.Array(ctx.ArgCount - first);
        for (int i = first; i < ctx.ArgCount; i++)
        {
            HashAccess.WriteField(ref ctx, entry, ctx.Arg(i), HashAccess.WriteTime(ref ctx));
            if (entry.Exists && new Hash(entry).Remove(ctx.Arg(i), HashAccess.WriteTime(ref ctx)))
                removed.Add(ref ctx, ctx.Arg(i));
        }
        if (removed.Count != 0)
            Removed(ref ctx, key, new Hash(entry), removed);
    }

    private static void Removed(scoped ref CommandContext ctx, in Key key, Hash hash, in ChangedFields removed)
    {
        HashAccess.NoteDeadlines(ref ctx, key, hash);
        ctx.Dirty += removed.Count - 1;
        ctx.Modified(key, NotificationClass.Hash, "hdel"u8);
        removed.Publish(ref ctx, key, "hdel"u8);
        HashAccess.RemoveIfEmpty(ref ctx, key, hash);
    }

    private static bool TrySetAll(scoped ref CommandContext ctx, out int added)
    {
        added = 0;
        int count = ctx.ArgCount;
        if ((count & 1) != 0)
        {
            ctx.Reply.Error("ERR wrong number of arguments for '"u8, ctx.Command.Utf8Name, "' command"u8);
            return false;
        }
        Key key = ctx.Key(1);
        Entry entry = ctx.FindForWrite(key);
        if (!ctx.HasType(entry, Storage.ValueType.Hash))
            return false;
        Hash hash = HashAccess.GetOrCreate(ref ctx, key, entry);
        HashLimits limits = HashAccess.Limits(ref ctx);
        if (count > 4)
            Prepare(ref ctx, hash, limits);
        ChangedFields expired = default;
        for (int i = 2; i < count; i += 2)
        {
            HashSetOutcome outcome = hash.Set(ctx.Arg(i), ctx.Arg(i + 1), -1, HashAccess.WriteTime(ref ctx), limits);
            if (outcome != HashSetOutcome.Updated)
                added++;
            if (outcome == HashSetOutcome.Renewed)
                expired.Add(ref ctx, ctx.Arg(i));
        }
        HashAccess.NoteDeadlines(ref ctx, key, hash);
        if (!entry.Exists)
            ctx.Created(key);
        HashAccess.NoteExpired(ref ctx, key, expired);
        ctx.Dirty += count / 2 - 2;
        ctx.Modified(key, NotificationClass.Hash, "hset"u8);
        FieldEvents.PublishArguments(ref ctx, key, "hset"u8, 2, 2);
        return true;
    }

    /// <summary>Makes a table of the hash before the first field is set, if fields and values are going to be too many or too long for a listpack.</summary>
    private static void Prepare(scoped ref CommandContext ctx, Hash hash, in HashLimits limits)
    {
        if (!hash.IsPacked)
            return;
        long longest = 0, bytes = 0;
        for (int i = 2; i < ctx.ArgCount; i++)
        {
            int length = ctx.Arg(i).Length;
            longest = Math.Max(longest, length);
            bytes += length;
        }
        hash.Prepare(ctx.ArgCount / 2 - 1, longest, bytes, limits);
    }
}
