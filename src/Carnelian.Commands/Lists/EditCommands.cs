using Carnelian.Commands.Table;
using Carnelian.Storage;
using Carnelian.Storage.Lists;
using static Carnelian.Commands.Table.CommandFlags;

namespace Carnelian.Commands.Lists;

/// <summary>Commands that change a list anywhere.</summary>
public static class EditCommands
{
    [Command("LSET", Arity = 4, Group = CommandGroup.List, Since = "1.0.0", Complexity = "O(N) where N is the length of the list. Setting either the first or the last element of the list is O(1).",
        Summary = "Sets the element of a list at an index.",
        Flags = Write | DenyOom,
        Keys = "RW update @1",
        Arguments = "key:key, index:integer, element")]
    public static void LSet(scoped ref CommandContext ctx)
    {
        Key key = ctx.Key(1);
        Entry entry = ctx.FindForWrite(key);
        if (!entry.Exists)
        {
            ctx.WriteNoSuchKey();
            return;
        }
        if (!ctx.HasType(entry, Storage.ValueType.List) || !ctx.TryInteger(2, out long index))
            return;
        ListLimits limits = ListKey.Limits(ctx.Services);
        var list = new ListValue(entry);
        list.Grow(ctx.Arg(3).Length, 1, limits);
        // Valkey cuts the index of this command to 32 bits, and so what is out of range.
        if (list.Count <= int.MaxValue)
            index = unchecked((int)index);
        if (!IndexRange.TryCut(ref index, list.Count))
        {
            ctx.Reply.Error("ERR index out of range"u8);
            return;
        }
        list.Replace(list.At(index), new ListElement(ctx.Arg(3)), limits);
        list.Shrink(limits);
        ctx.Modified(key, NotificationClass.List, "lset"u8);
        ctx.Reply.Ok();
    }

    [Command("LINSERT", Arity = 5, Group = CommandGroup.List, Since = "2.2.0", Complexity = "O(N) where N is the number of elements to traverse before seeing the value pivot. This means that inserting somewhere on the left end on the list (head) can be considered O(1) and inserting somewhere on the right end (tail) is O(N).",
        Summary = "Inserts an element before or behind another one of a list.",
        Flags = Write | DenyOom,
        Keys = "RW insert @1",
        Arguments = "key:key, where(BEFORE | AFTER), pivot, element")]
    public static void LInsert(scoped ref CommandContext ctx)
    {
        bool after = ctx.ArgIs(2, "after"u8);
        if (!after && !ctx.ArgIs(2, "before"u8))
        {
            ctx.WriteSyntaxError();
            return;
        }
        Key key = ctx.Key(1);
        Entry entry = ctx.FindForWrite(key);
        if (!ctx.HasType(entry, Storage.ValueType.List))
            return;
        if (!entry.Exists)
        {
            ctx.Reply.Integer(0);
            return;
        }
        // As in Valkey the list makes room for the element before it is known whether the other one is there.
        ListLimits limits = ListKey.Limits(ctx.Services);
        var list = new ListValue(entry);
        list.Grow(ctx.Arg(4).Length, 1, limits);
        var match = new ListMatch(ctx.Arg(3));
        ListCursor at = list.End(last: false);
        while (at.Exists && !match.Is(at.Value))
            at.MoveNext();
        if (!at.Exists)
        {
            ctx.Reply.Integer(-1);
            return;
        }
        list.Insert(at, new ListElement(ctx.Arg(4)), after, limits);
        ctx.Modified(key, NotificationClass.List, "linsert"u8);
        ctx.Reply.Integer(list.Count);
    }

    [Command("LREM", Arity = 4, Group = CommandGroup.List, Since = "1.0.0", Complexity = "O(N+M) where N is the length of the list and M is the number of elements removed.",
        Summary = "Removes the elements of a list that are equal to another.",
        Flags = Write,
        Keys = "RW delete @1",
        Arguments = "key:key, count:integer, element")]
    public static void LRem(scoped ref CommandContext ctx)
    {
        if (!IndexRange.TryRead(ref ctx, 2, out long count))
            return;
        Key key = ctx.Key(1);
        Entry entry = ctx.FindForWrite(key);
        if (!ctx.HasType(entry, Storage.ValueType.List))
            return;
        if (!entry.Exists)
        {
            ctx.Reply.Integer(0);
            return;
        }
        var list = new ListValue(entry);
        var match = new ListMatch(ctx.Arg(3));
        bool backwards = count < 0;
        long most = count == 0 ? long.MaxValue : Math.Abs(count), removed = 0;
        ListCursor at = list.End(backwards);
        while (at.Exists && removed < most)
        {
            if (match.Is(at.Value))
            {
                list.Remove(ref at, backwards);
                removed++;
            }
            else
            {
                at.Move(backwards);
            }
        }
        if (removed != 0)
        {
            ctx.Modified(key, NotificationClass.List, "lrem"u8);
            ctx.Dirty += removed - 1;
            RemoveOrShrink(ref ctx, key, list);
        }
        ctx.Reply.Integer(removed);
    }

    [Command("LTRIM", Arity = 4, Group = CommandGroup.List, Since = "1.0.0", Complexity = "O(N) where N is the number of elements to be removed by the operation.",
        Summary = "Removes the elements of a list that are not between two indexes.",
        Flags = Write,
        Keys = "RW delete @1",
        Arguments = "key:key, start:integer, stop:integer")]
    public static void LTrim(scoped ref CommandContext ctx)
    {
        if (!ctx.TryInteger(2, out long start) || !ctx.TryInteger(3, out long stop))
            return;
        Key key = ctx.Key(1);
        Entry entry = ctx.FindForWrite(key);
        if (!ctx.HasType(entry, Storage.ValueType.List))
            return;
        if (!entry.Exists)
        {
            ctx.Reply.Ok();
            return;
        }
        var list = new ListValue(entry);
        long length = list.Count, front = length, back = 0;
        if (IndexRange.TryCut(ref start, ref stop, length))
        {
            front = start;
            back = length - 1 - stop;
        }
        if (front + back == 0)
        {
            // The limits may have changed since the list last shrank.
            list.Shrink(ListKey.Limits(ctx.Services));
            ctx.Notify(key, NotificationClass.List, "ltrim"u8);
            ctx.Reply.Ok();
            return;
        }
        ListKey.Free(ref ctx, list.RemoveRange(length - back, back));
        ListKey.Free(ref ctx, list.RemoveRange(0, front));
        ctx.Modified(key, NotificationClass.List, "ltrim"u8);
        ctx.Dirty += front + back - 1;
        RemoveOrShrink(ref ctx, key, list);
        ctx.Reply.Ok();
    }

    private static void RemoveOrShrink(scoped ref CommandContext ctx, in Key key, ListValue list)
    {
        if (list.IsEmpty)
            ctx.RemoveEmptied(key);
        else
            list.Shrink(ListKey.Limits(ctx.Services));
    }
}
