using Carnelian.Commands.Table;
using Carnelian.Journal;
using Carnelian.Storage;
using Carnelian.Storage.Hashes;
using Carnelian.Storage.Packed;
using static Carnelian.Commands.Table.CommandFlags;

namespace Carnelian.Commands.Hashes;

/// <summary>
/// HIMPORT, which Redis 8.10 has: hashes with the same fields, whose names are sent once. They are kept by the connection until it ends or is reset.
/// </summary>
[Command("HIMPORT", Arity = -2, Group = CommandGroup.Hash, Since = "8.10.0", Complexity = "Depends on subcommand.",
    Summary = "Commands that make many hashes with the same fields.", Acl = AclCategories.Hash)]
public static unsafe class HashImportCommands
{
    [Command("HIMPORT|PREPARE", Arity = -4, Group = CommandGroup.Hash, Since = "8.10.0", Complexity = "O(N*log(N)) where N is the number of fields.",
        Summary = "Gives a list of field names a name, for this connection.",
        Flags = DenyOom, Tips = "request_policy:all_shards",
        Arguments = "fieldset-name, field...")]
    public static void Prepare(scoped ref CommandContext ctx)
    {
        var fields = new byte[ctx.ArgCount - 3][];
        for (int i = 0; i < fields.Length; i++)
            fields[i] = ctx.Arg(i + 3).ToArray();
        if (HasDouble(fields))
        {
            ctx.Reply.Error("ERR duplicate field name in fieldset"u8);
            return;
        }
        ctx.Session.Fieldsets ??= new Fieldsets();
        ctx.Session.Fieldsets.Add(ctx.Arg(2), fields);
        ctx.Reply.Ok();
    }

    [Command("HIMPORT|SET", Arity = -5, Group = CommandGroup.Hash, Since = "8.10.0", Complexity = "O(N) where N is the number of fields.",
        Summary = "Makes a hash of the fields of a fieldset and the values given.",
        Flags = Write | DenyOom,
        Keys = "OW update @2",
        Arguments = "key:key, fieldset-name, value...")]
    public static void Set(scoped ref CommandContext ctx)
    {
        byte[][]? fields = ctx.Session.Fieldsets?.Find(ctx.Arg(3));
        if (fields == null)
        {
            ctx.Reply.Error("ERR no such fieldset"u8);
            return;
        }
        if (fields.Length != ctx.ArgCount - 4)
        {
            ctx.Reply.Error("ERR value count does not match fieldset field count"u8);
            return;
        }
        Key key = ctx.Key(2);
        Entry entry = ctx.FindForOverwrite(key);
        if (!ctx.HasType(entry, Storage.ValueType.Hash))
            return;
        ctx.Replacing(key, Storage.ValueType.Hash);
        var hash = new Hash(ctx.Database.SetCollection(key, Storage.ValueType.Hash, ValueEncoding.ListPack, ListPack.Create().Address, ctx.Now));
        HashLimits limits = HashAccess.Limits(ref ctx);
        for (int i = 0; i < fields.Length; i++)
            hash.Set(fields[i], ctx.Arg(i + 4), -1, ctx.Now, limits);
        if (!entry.Exists)
            ctx.Created(key);
        ctx.Dirty += fields.Length - 1;
        ctx.Modified(key, NotificationClass.Hash, "hset"u8);
        if (FieldEvents.AreWanted(ref ctx))
            ctx.Services.NotifyFields(ctx.Database.Index, "hset"u8, key.Bytes, [.. fields]);
        ctx.Reply.Ok();
        if (ctx.Effects == null)
            return;
        if (entry.Exists)
            ctx.ReplaceByRemoval(key, isLazy: true);
        JournalUnit effects = ctx.ReplaceEffect(2 + 2 * fields.Length);
        effects.Add("HSET"u8);
        effects.Add(key.Bytes);
        for (int i = 0; i < fields.Length; i++)
        {
            effects.Add(fields[i]);
            effects.Add(ctx.Arg(i + 4));
        }
    }

    [Command("HIMPORT|DISCARD", Arity = 3, Group = CommandGroup.Hash, Since = "8.10.0", Complexity = "O(N) where N is the number of session-local fieldsets.",
        Summary = "Forgets a fieldset.",
        Tips = "request_policy:all_shards",
        Arguments = "fieldset-name")]
    public static void Discard(scoped ref CommandContext ctx) => ctx.Reply.Integer(ctx.Session.Fieldsets?.Remove(ctx.Arg(2)) == true ? 1 : 0);

    [Command("HIMPORT|DISCARDALL", Arity = 2, Group = CommandGroup.Hash, Since = "8.10.0", Complexity = "O(N) where N is the number of session-local fieldsets.",
        Summary = "Forgets all fieldsets of the connection.",
        Tips = "request_policy:all_shards")]
    public static void DiscardAll(scoped ref CommandContext ctx)
    {
        ctx.Reply.Integer(ctx.Session.Fieldsets?.Count ?? 0);
        ctx.Session.ForgetFieldsets();
    }

    private static bool HasDouble(byte[][] fields)
    {
        var sorted = (byte[][])fields.Clone();
        Array.Sort(sorted, static (left, right) => left.AsSpan().SequenceCompareTo(right));
        for (int i = 1; i < sorted.Length; i++)
        {
            if (sorted[i].AsSpan().SequenceEqual(sorted[i - 1]))
                return true;
        }
        return false;
    }
}
