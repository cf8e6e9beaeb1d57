using Carnelian.Commands.Table;
using Carnelian.Storage;
using Carnelian.Storage.Hashes;
using Carnelian.Storage.Packed;
using static Carnelian.Commands.Table.CommandFlags;

namespace Carnelian.Commands.Hashes;

/// <summary>Commands that read fields.</summary>
public static class HashReadCommands
{
    [Command("HGET", Arity = 3, Group = CommandGroup.Hash, Since = "2.0.0", Complexity = "O(1)",
        Summary = "Returns the value of a field.",
        Flags = ReadOnly | Fast,
        Keys = "RO access @1",
        FirstElement = 2,
        Arguments = "key:key, field")]
    public static void HGet(scoped ref CommandContext ctx)
    {
        Entry entry = ctx.Find(ctx.Key(1));
        if (ctx.HasType(entry, Storage.ValueType.Hash))
            HashAccess.WriteField(ref ctx, entry, ctx.Arg(2), HashAccess.VisibleTime(ref ctx));
    }

    [Command("HMGET", Arity = -3, Group = CommandGroup.Hash, Since = "2.0.0", Complexity = "O(N) where N is the number of fields being requested.",
        Summary = "Returns the values of several fields.",
        Flags = ReadOnly | Fast,
        Keys = "RO access @1",
        FirstElement = 2, ElementStep = 1,
        Arguments = "key:key, field...")]
    public static void HMGet(scoped ref CommandContext ctx)
    {
        Entry entry = ctx.Find(ctx.Key(1));
        if (!ctx.HasType(entry, Storage.ValueType.Hash))
            return;
        long now = HashAccess.VisibleTime(ref ctx);
        ctx.Reply.Array(ctx.ArgCount - 2);
        for (int i = 2; i < ctx.ArgCount; i++)
            HashAccess.WriteField(ref ctx, entry, ctx.Arg(i), now);
    }

    [Command("HGETALL", Arity = 2, Group = CommandGroup.Hash, Since = "2.0.0", Complexity = "O(N) where N is the size of the hash.",
        Summary = "Returns all fields with their values.",
        Flags = ReadOnly, Tips = "nondeterministic_output_order",
        Keys = "RO access @1",
        Arguments = "key:key")]
    public static void HGetAll(scoped ref CommandContext ctx) => WriteAll(ref ctx, withNames: true, withValues: true);

    [Command("HKEYS", Arity = 2, Group = CommandGroup.Hash, Since = "2.0.0", Complexity = "O(N) where N is the size of the hash.",
        Summary = "Returns the names of all fields.",
        Flags = ReadOnly, Tips = "nondeterministic_output_order",
        Keys = "RO access @1",
        Arguments = "key:key")]
    public static void HKeys(scoped ref CommandContext ctx) => WriteAll(ref ctx, withNames: true, withValues: false);

    [Command("HVALS", Arity = 2, Group = CommandGroup.Hash, Since = "2.0.0", Complexity = "O(N) where N is the size of the hash.",
        Summary = "Returns the values of all fields.",
        Flags = ReadOnly, Tips = "nondeterministic_output_order",
        Keys = "RO access @1",
        Arguments = "key:key")]
    public static void HVals(scoped ref CommandContext ctx) => WriteAll(ref ctx, withNames: false, withValues: true);

    [Command("HLEN", Arity = 2, Group = CommandGroup.Hash, Since = "2.0.0", Complexity = "O(1)",
        Summary = "Returns the number of fields.",
        Flags = ReadOnly | Fast,
        Keys = "RO @1",
        Arguments = "key:key")]
    public static void HLen(scoped ref CommandContext ctx)
    {
        Entry entry = ctx.Find(ctx.Key(1));
        if (ctx.HasType(entry, Storage.ValueType.Hash))
            ctx.Reply.Integer(entry.Exists ? new Hash(entry).Count : 0);
    }

    [Command("HSTRLEN", Arity = 3, Group = CommandGroup.Hash, Since = "3.2.0", Complexity = "O(1)",
        Summary = "Returns the length of a field's value.",
        Flags = ReadOnly | Fast,
        Keys = "RO @1",
        FirstElement = 2,
        Arguments = "key:key, field")]
    public static void HStrLen(scoped ref CommandContext ctx)
    {
        Entry entry = ctx.Find(ctx.Key(1));
        if (ctx.HasType(entry, Storage.ValueType.Hash))
            ctx.Reply.Integer(TryGet(ref ctx, entry, out PackedValue value) ? value.StringLength : 0);
    }

    [Command("HEXISTS", Arity = 3, Group = CommandGroup.Hash, Since = "2.0.0", Complexity = "O(1)",
        Summary = "Tells whether a field exists.",
        Flags = ReadOnly | Fast,
        Keys = "RO @1",
        FirstElement = 2,
        Arguments = "key:key, field")]
    public static void HExists(scoped ref CommandContext ctx)
    {
        Entry entry = ctx.Find(ctx.Key(1));
        if (ctx.HasType(entry, Storage.ValueType.Hash))
            ctx.Reply.Integer(TryGet(ref ctx, entry, out _) ? 1 : 0);
    }

    private static bool TryGet(scoped ref CommandContext ctx, Entry entry, out PackedValue value)
    {
        value = default;
        return entry.Exists && new Hash(entry).TryGet(ctx.Arg(2), HashAccess.VisibleTime(ref ctx), out value);
    }

    private static void WriteAll(scoped ref CommandContext ctx, bool withNames, bool withValues)
    {
        Entry entry = ctx.Find(ctx.Key(1));
        if (!ctx.HasType(entry, Storage.ValueType.Hash))
            return;
        if (!entry.Exists)
        {
            WriteHeader(ref ctx, withNames && withValues, 0);
            return;
        }
        var hash = new Hash(entry);
        // Expired fields that are still there are known only when the walk meets them.
        bool isExact = !hash.IsVolatile;
        Protocol.DeferredLength deferred = default;
        if (isExact)
            WriteHeader(ref ctx, withNames && withValues, (int)hash.Count);
        else
            deferred = ctx.Reply.BeginDeferred();
        int count = 0;
        var walk = new HashWalk(hash, HashAccess.VisibleTime(ref ctx));
        while (walk.MoveNext())
        {
            if (withNames)
                HashAccess.WriteName(ref ctx, walk.Field);
            if (withValues)
                HashAccess.Write(ref ctx, hash, walk.Value);
            count++;
        }
        walk.Dispose();
        if (isExact)
            return;
        if (withNames && withValues)
            ctx.Reply.EndMap(deferred, count);
        else
            ctx.Reply.EndArray(deferred, count);
    }

    private static void WriteHeader(scoped ref CommandContext ctx, bool isMap, int count)
    {
        if (isMap)
            ctx.Reply.Map(count);
        else
            ctx.Reply.Array(count);
    }
}
