using Carnelian.Commands.Table;
using Carnelian.Storage;
using Carnelian.Text;
using static Carnelian.Commands.Table.CommandFlags;

namespace Carnelian.Commands.Lists;

/// <summary>Commands that take elements from an end of a list.</summary>
public static class PopCommands
{
    [Command("LPOP", Arity = -2, Group = CommandGroup.List, Since = "1.0.0", Complexity = "O(N) where N is the number of elements returned",
        Summary = "Removes the first elements of a list and returns them.",
        Flags = Write | Fast,
        Keys = "RW access delete @1",
        Arguments = "key:key, [count:integer since=6.2.0]",
        History = "6.2.0 Added the `count` argument.")]
    public static void LPop(scoped ref CommandContext ctx) => Pop(ref ctx, fromTail: false);

    [Command("RPOP", Arity = -2, Group = CommandGroup.List, Since = "1.0.0", Complexity = "O(N) where N is the number of elements returned",
        Summary = "Removes the last elements of a list and returns them.",
        Flags = Write | Fast,
        Keys = "RW access delete @1",
        Arguments = "key:key, [count:integer since=6.2.0]",
        History = "6.2.0 Added the `count` argument.")]
    public static void RPop(scoped ref CommandContext ctx) => Pop(ref ctx, fromTail: true);

    [Command("LMPOP", Arity = -4, Group = CommandGroup.List, Since = "7.0.0", Complexity = "O(N+M) where N is the number of provided keys and M is the number of elements returned.",
        Summary = "Removes elements of the first list that has some and returns them.",
        Flags = Write,
        Keys = "RW access delete @1#",
        Arguments = "numkeys:integer, key:key..., where(LEFT | RIGHT), [COUNT count:integer]")]
    public static void LMPop(scoped ref CommandContext ctx)
    {
        if (!MultiPop.TryRead(ref ctx, 1, out MultiPop pop) || pop.Serve(ref ctx))
            return;
        ctx.Reply.NullArray();
    }

    private static void Pop(scoped ref CommandContext ctx, bool fromTail)
    {
        if (ctx.ArgCount > 3)
        {
            ctx.Reply.Error("ERR wrong number of arguments for '"u8, fromTail ? "rpop"u8 : "lpop"u8, "' command"u8);
            return;
        }
        bool hasCount = ctx.ArgCount == 3;
        long count = 0;
        if (hasCount && (!AsciiNumber.TryParseInt64(ctx.Arg(2), out count) || count < 0))
        {
            ctx.Reply.Error("ERR value is out of range, must be positive"u8);
            return;
        }
        Key key = ctx.Key(1);
        Entry entry = ctx.FindForWrite(key);
        if (!ctx.HasType(entry, Storage.ValueType.List))
            return;
        if (!entry.Exists && hasCount)
            ctx.Reply.NullArray();
        else if (!entry.Exists)
            ctx.Reply.Null();
        else if (!hasCount)
            ListKey.Pop(ref ctx, key, entry, fromTail);
        else if (count == 0)
            ctx.Reply.Array(0);
        else
            ListKey.PopSeveral(ref ctx, key, entry, count, fromTail);
    }
}
