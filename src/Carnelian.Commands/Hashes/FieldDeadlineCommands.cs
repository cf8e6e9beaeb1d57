using Carnelian.Commands.Keys;
using Carnelian.Commands.Table;
using Carnelian.Journal;
using Carnelian.Storage;
using Carnelian.Storage.Hashes;
using static Carnelian.Commands.Table.CommandFlags;

namespace Carnelian.Commands.Hashes;

/// <summary>Commands that set and remove the time at which fields expire.</summary>
public static class FieldDeadlineCommands
{
    private const long Second = 1000;

    private const int NoField = -2;
    private const int NoDeadline = -1;
    private const int Refused = 0;
    private const int Done = 1;
    private const int Removed = 2;

    [Command("HEXPIRE", Arity = -6, Group = CommandGroup.Hash, Since = "9.0.0", Complexity = "O(N) where N is the number of specified fields.",
        Summary = "Sets after how many seconds fields expire.",
        Flags = Write | Fast,
        Keys = "RW update @1",
        Arguments = "key:key, seconds:integer, [condition(NX | XX | GT | LT)], FIELDS fields{numfields:integer, field...}")]
    public static void HExpire(scoped ref CommandContext ctx) => SetDeadlines(ref ctx, ctx.Now, Second);

    [Command("HPEXPIRE", Arity = -6, Group = CommandGroup.Hash, Since = "9.0.0", Complexity = "O(N) where N is the number of specified fields.",
        Summary = "Sets after how many milliseconds fields expire.",
        Flags = Write | Fast,
        Keys = "RW update @1",
        Arguments = """
            key:key
            milliseconds:integer
            [condition(NX | XX | GT | LT) since=9.0.0]
            FIELDS fields{numfields:integer@0, field...}
            """)]
    public static void HPExpire(scoped ref CommandContext ctx) => SetDeadlines(ref ctx, ctx.Now, 1);

    [Command("HEXPIREAT", Arity = -6, Group = CommandGroup.Hash, Since = "9.0.0", Complexity = "O(N) where N is the number of specified fields.",
        Summary = "Sets the second of Unix time at which fields expire.",
        Flags = Write | Fast,
        Keys = "RW update @1",
        Arguments = """
            key:key
            unix-time-seconds:integer
            [condition(NX | XX | GT | LT) since=9.0.0]
            FIELDS fields{numfields:integer@0, field...}
            """)]
    public static void HExpireAt(scoped ref CommandContext ctx) => SetDeadlines(ref ctx, 0, Second);

    [Command("HPEXPIREAT", Arity = -6, Group = CommandGroup.Hash, Since = "9.0.0", Complexity = "O(N) where N is the number of specified fields.",
        Summary = "Sets the millisecond of Unix time at which fields expire.",
        Flags = Write | Fast,
        Keys = "RW update @1",
        Arguments = """
            key:key
            unix-time-milliseconds:integer
            [condition(NX | XX | GT | LT) since=9.0.0]
            FIELDS fields{numfields:integer@0, field...}
            """)]
    public static void HPExpireAt(scoped ref CommandContext ctx) => SetDeadlines(ref ctx, 0, 1);

    [Command("HPERSIST", Arity = -5, Group = CommandGroup.Hash, Since = "9.0.0", Complexity = "O(N) where N is the number of specified fields.",
        Summary = "Makes fields last that would expire.",
        Flags = Write | Fast,
        Keys = "RW update @1",
        Arguments = "key:key, FIELDS fields{numfields:integer@0, field...}")]
    public static void HPersist(scoped ref CommandContext ctx)
    {
        if (!FieldArguments.TryRead(ref ctx, out int first))
            return;
        Key key = ctx.Key(1);
        Entry entry = ctx.FindForWrite(key);
        if (!ctx.HasType(entry, Storage.ValueType.Hash))
            return;
        ChangedFields changed = default;
        ctx.Reply.Array(ctx.ArgCount - first);
        for (int i = first; i < ctx.ArgCount; i++)
        {
            int result = entry.Exists ? Persist(new Hash(entry), ctx.Arg(i), HashAccess.WriteTime(ref ctx)) : NoField;
            ctx.Reply.Integer(result);
            if (result == Done)
                changed.Add(ref ctx, ctx.Arg(i));
        }
        if (changed.Count != 0)
            NotePersisted(ref ctx, key, new Hash(entry), changed);
    }

    private static int Persist(Hash hash, ReadOnlySpan<byte> field, long now)
    {
        if (!hash.TryGetDeadline(field, now, out long deadline))
            return NoField;
        if (deadline < 0)
            return NoDeadline;
        hash.SetDeadline(field, -1);
        return Done;
    }

    private static void SetDeadlines(scoped ref CommandContext ctx, long origin, long unit)
    {
        int fields = FieldArguments.Find(ref ctx, 3);
        DeadlineConditions conditions = default;
        if ((fields != 0 && !DeadlineConditions.TryRead(ref ctx, fields, out conditions)) || !FieldArguments.TryCount(ref ctx, fields, 1, out int first)
            || !ctx.TryInteger(2, out long deadline))
        {
            return;
        }
        if (deadline < 0 || deadline > long.MaxValue / unit || deadline * unit > long.MaxValue - origin)
        {
            ctx.Reply.Error("ERR invalid expire time in '"u8, ctx.Command.Utf8Name, "' command"u8);
            return;
        }
        deadline = deadline * unit + origin;
        Key key = ctx.Key(1);
        Entry entry = ctx.FindForWrite(key);
        if (!ctx.HasType(entry, Storage.ValueType.Hash))
            return;
        ChangedFields changed = default;
        bool isPast = ctx.IsPast(deadline);
        ctx.Reply.Array(ctx.ArgCount - first);
        for (int i = first; i < ctx.ArgCount; i++)
        {
            int result = entry.Exists ? SetDeadline(new Hash(entry), ctx.Arg(i), deadline, conditions, isPast, HashAccess.WriteTime(ref ctx)) : NoField;
            ctx.Reply.Integer(result);
            if (result < Done)
                continue;
            changed.Add(ref ctx, ctx.Arg(i));
            if (ctx.Effects != null && isPast)
                ctx.Mark(i);
        }
        if (changed.Count == 0)
            return;
        NoteDeadlines(ref ctx, key, new Hash(entry), changed, isPast);
        if (ctx.Effects == null)
            return;
        if (isPast)
            HashEffects.ReplaceByRemoval(ref ctx, key, changed.Count);
        else if (origin != 0 || unit != 1)
            Replace(ref ctx, deadline);
    }

    private static void Replace(scoped ref CommandContext ctx, long deadline)
    {
        JournalUnit effects = ctx.ReplaceEffect(ctx.ArgCount);
        effects.Add("HPEXPIREAT"u8);
        effects.Add(ctx.Arg(1));
        effects.Add(deadline);
        for (int i = 3; i < ctx.ArgCount; i++)
            effects.Add(ctx.Arg(i));
    }

    private static int SetDeadline(Hash hash, ReadOnlySpan<byte> field, long deadline, DeadlineConditions conditions, bool isPast, long now)
    {
        if (!hash.TryGetDeadline(field, now, out long present))
            return NoField;
        if (!conditions.Allow(present, deadline))
            return Refused;
        if (!isPast)
        {
            hash.SetDeadline(field, deadline);
            return Done;
        }
        hash.Remove(field, now);
        return Removed;
    }

    /// <summary>Publishes that fields of a hash have lost their deadline.</summary>
    internal static void NotePersisted(scoped ref CommandContext ctx, in Key key, Hash hash, in ChangedFields changed)
    {
        HashAccess.NoteDeadlines(ref ctx, key, hash);
        ctx.Dirty += changed.Count - 1;
        ctx.Modified(key, NotificationClass.Hash, "hpersist"u8);
        changed.Publish(ref ctx, key, "hpersist"u8);
    }

    /// <summary>Publishes that fields of a hash have got a deadline, or have gone since it lies in the past.</summary>
    internal static void NoteDeadlines(scoped ref CommandContext ctx, in Key key, Hash hash, in ChangedFields changed, bool isPast)
    {
        HashAccess.NoteDeadlines(ref ctx, key, hash);
        ctx.Dirty += changed.Count - 1;
        if (!isPast)
        {
            ctx.Modified(key, NotificationClass.Hash, "hexpire"u8);
            changed.Publish(ref ctx, key, "hexpire"u8);
            return;
        }
        ctx.Services.CountExpiredFields(changed.Count);
        ctx.Modified(key, NotificationClass.Hash, "hexpired"u8);
        changed.Publish(ref ctx, key, "hexpired"u8);
        HashAccess.RemoveIfEmpty(ref ctx, key, hash);
    }
}
