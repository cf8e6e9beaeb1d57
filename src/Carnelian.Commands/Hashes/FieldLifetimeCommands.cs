using Carnelian.Commands.Strings;
using Carnelian.Commands.Table;
using Carnelian.Storage;
using Carnelian.Storage.Hashes;
using static Carnelian.Commands.Table.CommandFlags;

namespace Carnelian.Commands.Hashes;

/// <summary>Commands that read or set fields and their deadlines at once.</summary>
public static class FieldLifetimeCommands
{
    /// <summary>What HSETEX asks of the key and the fields.</summary>
    [Flags]
    private enum Conditions
    {
        None = 0,
        NoKey = 1,
        HasKey = 2,
        NoFields = 4,
        HasFields = 8,
    }

    [Command("HGETEX", Arity = -5, Group = CommandGroup.Hash, Since = "9.0.0", Complexity = "O(N) where N is the number of specified fields.",
        Summary = "Returns the values of fields and sets or removes their time of expiry.",
        Flags = Write | Fast,
        Keys = "RW access update @1",
        Arguments = """
            key:key
            [expiration(EX seconds:integer | PX milliseconds:integer | EXAT unix-time-seconds:unix-time | PXAT unix-time-milliseconds:unix-time | PERSIST)]
            FIELDS fields{numfields:integer@0, field...}
            """)]
    public static void HGetEx(scoped ref CommandContext ctx)
    {
        int fields = FieldArguments.Find(ref ctx, 2);
        Expiration expiration = default;
        for (int i = 2; i < fields; i++)
        {
            if (!expiration.TryRead(ref ctx, ref i, allowKeep: false, allowPersist: true) || i >= fields)
            {
                ctx.WriteSyntaxError();
                return;
            }
        }
        if (!FieldArguments.TryCount(ref ctx, fields, 1, out int first))
            return;
        Key key = ctx.Key(1);
        Entry entry = ctx.FindForWrite(key);
        if (!ctx.HasType(entry, Storage.ValueType.Hash) || !expiration.Resolve(ref ctx, least: 0))
            return;
        bool isPast = expiration.IsPast(ref ctx);
        ChangedFields changed = default;
        ctx.Reply.Array(ctx.ArgCount - first);
        for (int i = first; i < ctx.ArgCount; i++)
        {
            ReadOnlySpan<byte> field = ctx.Arg(i);
            HashAccess.WriteField(ref ctx, entry, field, HashAccess.WriteTime(ref ctx));
            if (!entry.Exists || !Change(new Hash(entry), field, expiration, isPast, HashAccess.WriteTime(ref ctx)))
                continue;
            changed.Add(ref ctx, field);
            if (ctx.Effects != null)
                ctx.Mark(i);
        }
        if (changed.Count == 0)
            return;
        if (expiration.Persist)
            FieldDeadlineCommands.NotePersisted(ref ctx, key, new Hash(entry), changed);
        else
            FieldDeadlineCommands.NoteDeadlines(ref ctx, key, new Hash(entry), changed, isPast);
        if (ctx.Effects != null && isPast)
            HashEffects.ReplaceByRemoval(ref ctx, key, changed.Count);
        else if (ctx.Effects != null)
            HashEffects.ReplaceByDeadline(ref ctx, key, changed.Count, expiration.Deadline);
    }

    [Command("HSETEX", Arity = -6, Group = CommandGroup.Hash, Since = "9.0.0", Complexity = "O(N) where N is the number of specified fields.",
        Summary = "Sets fields of a hash and when they expire, under conditions if wanted.",
        Flags = Write | DenyOom | Fast,
        Keys = "RW insert @1",
        Arguments = """
            key:key
            [key-condition(NX | XX)]
            [fields-condition(FNX | FXX)]
            [expiration(EX seconds:integer | PX milliseconds:integer | EXAT unix-time-seconds:unix-time | PXAT unix-time-milliseconds:unix-time | KEEPTTL)]
            FIELDS fields{numfields:integer@0, data{field, value}...}
            """)]
    public static void HSetEx(scoped ref CommandContext ctx)
    {
        int fields = FieldArguments.Find(ref ctx, 2);
        Expiration expiration = default;
        Conditions conditions = Conditions.None;
        for (int i = 2; i < fields; i++)
        {
            if (!TryCondition(ref ctx, i, ref conditions) && (!expiration.TryRead(ref ctx, ref i, allowKeep: true, allowPersist: false) || i >= fields))
            {
                ctx.WriteSyntaxError();
                return;
            }
        }
        if ((conditions & (Conditions.NoKey | Conditions.HasKey)) == (Conditions.NoKey | Conditions.HasKey)
            || (conditions & (Conditions.NoFields | Conditions.HasFields)) == (Conditions.NoFields | Conditions.HasFields))
        {
            ctx.WriteSyntaxError();
            return;
        }
        if (!FieldArguments.TryCount(ref ctx, fields, 2, out int first))
            return;
        Key key = ctx.Key(1);
        Entry entry = ctx.FindForWrite(key);
        if (!ctx.HasType(entry, Storage.ValueType.Hash))
            return;
        if ((conditions & (entry.Exists ? Conditions.NoKey : Conditions.HasKey)) != 0)
        {
            ctx.Reply.Integer(0);
            return;
        }
        if (!expiration.Resolve(ref ctx, least: 0))
            return;
        if (!Holds(ref ctx, conditions, entry, first))
        {
            ctx.Reply.Integer(0);
            return;
        }
        Hash hash = HashAccess.GetOrCreate(ref ctx, key, entry);
        if (!entry.Exists)
            ctx.Created(key);
        if (expiration.IsPast(ref ctx))
        {
            RemoveAll(ref ctx, key, hash, first);
        }
        else
        {
            SetAll(ref ctx, key, hash, first, expiration);
            // What is left of the options are the time, a word or two, and the conditions.
            int words = fields - 2 - (expiration.HasTime ? 2 : expiration.Keep ? 1 : 0);
            if (ctx.Effects != null && (conditions != Conditions.None || (expiration.HasTime && !expiration.IsDeadline)))
                HashEffects.ReplaceOptions(ref ctx, words, fields, expiration);
        }
        ctx.Reply.Integer(1);
    }

    /// <summary>Does with a field what the options of HGETEX say.</summary>
    /// <returns>Whether that has changed anything.</returns>
    private static bool Change(Hash hash, ReadOnlySpan<byte> field, scoped in Expiration expiration, bool isPast, long now)
    {
        if (!expiration.HasTime && !expiration.Persist)
            return false;
        if (!hash.TryGetDeadline(field, now, out long deadline))
            return false;
        if (isPast)
            return hash.Remove(field, now);
        if (expiration.Persist && deadline < 0)
            return false;
        hash.SetDeadline(field, expiration.Persist ? -1 : expiration.Deadline);
        return true;
    }

    private static bool TryCondition(scoped ref CommandContext ctx, int index, ref Conditions conditions)
    {
        Conditions read;
        if (ctx.ArgIs(index, "nx"u8))
            read = Conditions.NoKey;
        else if (ctx.ArgIs(index, "xx"u8))
            read = Conditions.HasKey;
        else if (ctx.ArgIs(index, "fnx"u8))
            read = Conditions.NoFields;
        else if (ctx.ArgIs(index, "fxx"u8))
            read = Conditions.HasFields;
        else
            return false;
        conditions |= read;
        return true;
    }

    /// <summary>Whether the fields are there or not as asked for.</summary>
    private static bool Holds(scoped ref CommandContext ctx, Conditions conditions, Entry entry, int first)
    {
        if ((conditions & (Conditions.NoFields | Conditions.HasFields)) == 0)
            return true;
        if (!entry.Exists)
            return (conditions & Conditions.HasFields) == 0;
        bool wanted = (conditions & Conditions.HasFields) != 0;
        for (int i = first; i < ctx.ArgCount; i += 2)
        {
            if (new Hash(entry).TryGet(ctx.Arg(i), HashAccess.WriteTime(ref ctx), out _) != wanted)
                return false;
        }
        return true;
    }

    private static void SetAll(scoped ref CommandContext ctx, in Key key, Hash hash, int first, scoped in Expiration expiration)
    {
        HashLimits limits = HashAccess.Limits(ref ctx);
        long deadline = expiration.HasTime ? expiration.Deadline : expiration.Keep ? Hash.KeepDeadline : -1;
        ChangedFields expired = default;
        for (int i = first; i < ctx.ArgCount; i += 2)
        {
            if (hash.Set(ctx.Arg(i), ctx.Arg(i + 1), deadline, HashAccess.WriteTime(ref ctx), limits) != HashSetOutcome.Renewed)
                continue;
            expired.Add(ref ctx, ctx.Arg(i));
            if (ctx.Effects != null && expiration.Keep)
                ctx.Mark(i);
        }
        if (ctx.Effects != null && expiration.Keep && expired.Count != 0)
            HashEffects.AddRemoval(ref ctx, key, expired.Count);
        HashAccess.NoteDeadlines(ref ctx, key, hash);
        HashAccess.NoteExpired(ref ctx, key, expired);
        ctx.Dirty += (ctx.ArgCount - first) / 2 - 1;
        ctx.Modified(key, NotificationClass.Hash, "hset"u8);
        FieldEvents.PublishArguments(ref ctx, key, "hset"u8, first, 2);
        if (!expiration.HasTime)
            return;
        NotifyAll(ref ctx, key, "hexpire"u8, first);
    }

    /// <summary>What is left of setting fields that have expired already: those that were there go.</summary>
    private static void RemoveAll(scoped ref CommandContext ctx, in Key key, Hash hash, int first)
    {
        int removed = 0;
        for (int i = first; i < ctx.ArgCount; i += 2)
        {
            if (!hash.Remove(ctx.Arg(i), long.MinValue))
                continue;
            removed++;
            if (ctx.Effects != null)
                ctx.Mark(i);
        }
        if (ctx.Effects != null && removed != 0)
            HashEffects.ReplaceByRemoval(ref ctx, key, removed);
        HashAccess.NoteDeadlines(ref ctx, key, hash);
        ctx.Services.CountExpiredFields((ctx.ArgCount - first) / 2);
        // The events come in any case; a change it is only if a field was there.
        ctx.Dirty += removed;
        if (removed != 0)
            ctx.Touch(key);
        NotifyAll(ref ctx, key, "hset"u8, first);
        NotifyAll(ref ctx, key, "hexpire"u8, first);
        NotifyAll(ref ctx, key, "hexpired"u8, first);
        HashAccess.RemoveIfEmpty(ref ctx, key, hash);
    }

    private static void NotifyAll(scoped ref CommandContext ctx, in Key key, ReadOnlySpan<byte> name, int first)
    {
        ctx.Notify(key, NotificationClass.Hash, name);
        FieldEvents.PublishArguments(ref ctx, key, name, first, 2);
    }
}
