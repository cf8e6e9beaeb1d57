using Carnelian.Commands.Table;
using Carnelian.Storage;
using static Carnelian.Commands.Table.CommandFlags;

namespace Carnelian.Commands.Keys;

/// <summary>Commands that give a value another key or another database.</summary>
public static class RenameCommands
{
    [Command("RENAME", Arity = 3, Group = CommandGroup.Generic, Since = "1.0.0", Complexity = "O(1)",
        Summary = "Gives a key another name, replacing the key that has it.",
        Flags = Write, Acl = AclCategories.Keyspace,
        Keys = """
            RW access delete @1
            OW update @2
            """,
        Arguments = "key:key, newkey:key@1")]
    public static void Rename(scoped ref CommandContext ctx)
    {
        if (TryRename(ref ctx, replaces: true, out _))
            ctx.Reply.Ok();
    }

    [Command("RENAMENX", Arity = 3, Group = CommandGroup.Generic, Since = "1.0.0", Complexity = "O(1)",
        Summary = "Gives a key another name unless a key has it.",
        Flags = Write | Fast, Acl = AclCategories.Keyspace,
        Keys = """
            RW access delete @1
            OW insert @2
            """,
        Arguments = "key:key, newkey:key@1",
        History = "3.2.0 The command no longer returns an error when source and destination names are the same.")]
    public static void RenameNx(scoped ref CommandContext ctx)
    {
        if (TryRename(ref ctx, replaces: false, out bool renamed))
            ctx.Reply.Integer(renamed ? 1 : 0);
    }

    [Command("MOVE", Arity = 3, Group = CommandGroup.Generic, Since = "1.0.0", Complexity = "O(1)",
        Summary = "Moves a key to another database.",
        Flags = Write | Fast, Acl = AclCategories.Keyspace,
        Keys = "RW access update @1",
        Arguments = "key:key, db:integer")]
    public static void Move(scoped ref CommandContext ctx)
    {
        if (!DatabaseArgument.TryRead(ref ctx, 2, out Database? target))
            return;
        if (target == ctx.Database)
        {
            WriteSameObject(ref ctx);
            return;
        }
        Key key = ctx.Key(1);
        if (!ctx.FindForWrite(key).Exists || target.Find(key, ctx.Now, LookupFlags.NoTouch | LookupFlags.NoStatistics).Exists)
        {
            ctx.Reply.Integer(0);
            return;
        }
        target.Insert(key, ctx.Database.Detach(key), ctx.Now);
        ctx.NotifyIn(target, key, NotificationClass.New, "new"u8);
        ctx.Touch(key);
        ctx.Notify(key, NotificationClass.Generic, "move_from"u8);
        ctx.ModifiedIn(target, key, NotificationClass.Generic, "move_to"u8);
        ctx.Reply.Integer(1);
    }

    [Command("COPY", Arity = -3, Group = CommandGroup.Generic, Since = "6.2.0", Complexity = "O(N) worst case for collections, where N is the number of nested items. O(1) for string values.",
        Summary = "Copies the value of a key to another key.",
        Flags = Write | DenyOom, Acl = AclCategories.Keyspace,
        Keys = """
            RO access @1
            OW update @2
            """,
        Arguments = "source:key, destination:key@1, [DB destination-db:integer], [REPLACE]")]
    public static void Copy(scoped ref CommandContext ctx)
    {
        Database target = ctx.Database;
        bool replaces = false;
        for (int i = 3; i < ctx.ArgCount; i++)
        {
            if (ctx.ArgIs(i, "replace"u8))
            {
                replaces = true;
            }
            else if (ctx.ArgIs(i, "db"u8) && i + 1 < ctx.ArgCount)
            {
                if (!DatabaseArgument.TryRead(ref ctx, ++i, out Database? named))
                    return;
                target = named;
            }
            else
            {
                ctx.WriteSyntaxError();
                return;
            }
        }
        Key key = ctx.Key(1), copy = ctx.Key(2);
        if (target == ctx.Database && key.Bytes.SequenceEqual(copy.Bytes))
        {
            WriteSameObject(ref ctx);
            return;
        }
        Entry entry = ctx.Find(key);
        if (!entry.Exists)
        {
            ctx.Reply.Integer(0);
            return;
        }
        Entry old = target.Find(copy, ctx.Now, LookupFlags.NoTouch | LookupFlags.NoStatistics);
        Storage.ValueType? replaced = old.Exists ? old.Type : null;
        if (old.Exists)
        {
            if (!replaces)
            {
                ctx.Reply.Integer(0);
                return;
            }
            target.Delete(copy, ctx.Now, ctx.Services.LazyServerDelete);
        }
        Storage.ValueType type = entry.Type;
        target.InsertCopy(copy, entry, ctx.Now);
        ctx.NotifyIn(target, copy, NotificationClass.New, "new"u8);
        ctx.ModifiedIn(target, copy, NotificationClass.Generic, "copy_to"u8);
        ctx.Replaced(target, copy, replaced, type);
        ctx.Reply.Integer(1);
    }

    /// <summary>Renames unless it must not replace a key that is there.</summary>
    /// <returns>False if an error was written.</returns>
    private static bool TryRename(scoped ref CommandContext ctx, bool replaces, out bool renamed)
    {
        renamed = false;
        Key from = ctx.Key(1), to = ctx.Key(2);
        Entry entry = ctx.FindForWrite(from);
        if (!entry.Exists)
        {
            ctx.WriteNoSuchKey();
            return false;
        }
        if (from.Bytes.SequenceEqual(to.Bytes))
            return true;
        Storage.ValueType type = entry.Type;
        Entry old = ctx.Database.Find(to, ctx.Now, LookupFlags.NoTouch | LookupFlags.NoStatistics);
        Storage.ValueType? replaced = old.Exists ? old.Type : null;
        if (old.Exists)
        {
            if (!replaces)
                return true;
            ctx.Database.Delete(to, ctx.Now, ctx.Services.LazyServerDelete);
        }
        ctx.Database.Insert(to, ctx.Database.Detach(from), ctx.Now);
        ctx.Notify(to, NotificationClass.New, "new"u8);
        ctx.Dirty++;
        ctx.Touch(from);
        ctx.Touch(to);
        ctx.Notify(from, NotificationClass.Generic, "rename_from"u8);
        ctx.Notify(to, NotificationClass.Generic, "rename_to"u8);
        ctx.Replaced(ctx.Database, to, replaced, type);
        renamed = true;
        return true;
    }

    private static void WriteSameObject(scoped ref CommandContext ctx) => ctx.Reply.Error("ERR source and destination objects are the same"u8);
}
