using Carnelian.Commands.Table;
using Carnelian.Storage;
using static Carnelian.Commands.Table.CommandFlags;

namespace Carnelian.Commands.Lists;

/// <summary>
/// Commands that take elements from lists, or wait for some. Each runs again when one of its keys has changed, so it only ever looks
/// whether it can be served.
/// </summary>
public static class BlockingCommands
{
    [Command("BLPOP", Arity = -3, Group = CommandGroup.List, Since = "2.0.0", Complexity = "O(N) where N is the number of provided keys.",
        Summary = "Removes the first element of the first list that has some and returns it; waits for one if there is none.",
        Flags = Write | Blocking,
        Keys = "RW access delete @1..-2",
        Arguments = "key:key..., timeout:double",
        History = "6.0.0 `timeout` is interpreted as a double instead of an integer.")]
    public static void BLPop(scoped ref CommandContext ctx) => Pop(ref ctx, fromTail: false);

    [Command("BRPOP", Arity = -3, Group = CommandGroup.List, Since = "2.0.0", Complexity = "O(N) where N is the number of provided keys.",
        Summary = "Removes the last element of the first list that has some and returns it; waits for one if there is none.",
        Flags = Write | Blocking,
        Keys = "RW access delete @1..-2",
        Arguments = "key:key..., timeout:double",
        History = "6.0.0 `timeout` is interpreted as a double instead of an integer.")]
    public static void BRPop(scoped ref CommandContext ctx) => Pop(ref ctx, fromTail: true);

    [Command("BLMPOP", Arity = -5, Group = CommandGroup.List, Since = "7.0.0", Complexity = "O(N+M) where N is the number of provided keys and M is the number of elements returned.",
        Summary = "Removes elements of the first list that has some and returns them; waits for some if there are none.",
        Flags = Write | Blocking,
        Keys = "RW access delete @2#",
        Arguments = "timeout:double, numkeys:integer, key:key..., where(LEFT | RIGHT), [COUNT count:integer]")]
    public static void BLMPop(scoped ref CommandContext ctx)
    {
        if (!MultiPop.TryRead(ref ctx, 2, out MultiPop pop) || !BlockingTimeout.TrySeconds(ref ctx, 1, out long deadline) || pop.Serve(ref ctx))
            return;
        if (!ctx.TryBlock(new KeyWait(Storage.ValueType.List, pop.FirstKey, pop.Keys, deadline)))
            ctx.Reply.NullArray();
    }

    [Command("BLMOVE", Arity = 6, Group = CommandGroup.List, Since = "6.2.0", Complexity = "O(1)",
        Summary = "Moves the first or last element of a list to an end of another and returns it; waits for one if there is none.",
        Flags = Write | DenyOom | Blocking,
        Keys = """
            RW access delete @1
            RW insert @2
            """,
        Arguments = "source:key, destination:key@1, wherefrom(LEFT | RIGHT), whereto(LEFT | RIGHT), timeout:double")]
    public static void BLMove(scoped ref CommandContext ctx)
    {
        if (!ListKey.TryReadEnd(ref ctx, 3, out bool fromTail) || !ListKey.TryReadEnd(ref ctx, 4, out bool toTail))
            return;
        Move(ref ctx, fromTail, toTail, timeout: 5, "LMOVE"u8);
    }

    [Command("BRPOPLPUSH", Arity = 4, Group = CommandGroup.List, Since = "2.2.0", Complexity = "O(1)",
        Summary = "Moves the last element of a list to the beginning of another and returns it; waits for one if there is none.",
        Flags = Write | DenyOom | Blocking,
        Keys = """
            RW access delete @1
            RW insert @2
            """,
        Arguments = "source:key, destination:key@1, timeout:double",
        History = "6.0.0 `timeout` is interpreted as a double instead of an integer.")]
    public static void BRPopLPush(scoped ref CommandContext ctx) => Move(ref ctx, fromTail: true, toTail: false, timeout: 3, "RPOPLPUSH"u8);

    [Command("BLMOVEM", Arity = -6, Group = CommandGroup.List, Since = "8.10.0", Complexity = "O(N) where N is the number of elements moved.",
        Summary = "Moves elements from an end of a list to an end of another and returns them; waits until there are enough.",
        Flags = Write | DenyOom | Blocking,
        Keys = """
            RW access delete @1
            RW insert @2
            """,
        Arguments = "source:key, destination:key@1, wherefrom(LEFT | RIGHT), whereto(LEFT | RIGHT), timeout:double, [how-many{selector(COUNT count:integer | EXACTLY exactly:integer), ordering(OBO | BULK)}]")]
    public static void BLMoveM(scoped ref CommandContext ctx)
    {
        if (!ListMove.TryRead(ref ctx, 3, 6, out ListMove move)
            || !BlockingTimeout.TrySeconds(ref ctx, 5, out long deadline)
            || MoveCommands.TryMoveSeveral(ref ctx, move))
        {
            return;
        }
        if (!ctx.TryBlock(new KeyWait(Storage.ValueType.List, firstKey: 1, keyCount: 1, deadline)))
            ctx.Reply.NullArray();
    }

    private static void Pop(scoped ref CommandContext ctx, bool fromTail)
    {
        int last = ctx.ArgCount - 1;
        if (!BlockingTimeout.TrySeconds(ref ctx, last, out long deadline))
            return;
        for (int i = 1; i < last; i++)
        {
            Key key = ctx.Key(i);
            Entry entry = ctx.FindForWrite(key);
            if (!entry.Exists)
                continue;
            if (!ctx.HasType(entry, Storage.ValueType.List))
                return;
            ctx.Reply.Array(2);
            ctx.Reply.Bulk(key.Bytes);
            ListKey.Pop(ref ctx, key, entry, fromTail);
            ctx.ReplaceEffect(fromTail ? "RPOP"u8 : "LPOP"u8, i, 1);
            return;
        }
        if (!ctx.TryBlock(new KeyWait(Storage.ValueType.List, firstKey: 1, keyCount: last - 1, deadline)))
            ctx.Reply.NullArray();
    }

    private static void Move(scoped ref CommandContext ctx, bool fromTail, bool toTail, int timeout, ReadOnlySpan<byte> plainName)
    {
        if (!BlockingTimeout.TrySeconds(ref ctx, timeout, out long deadline))
            return;
        if (MoveCommands.TryMove(ref ctx, fromTail, toTail))
        {
            if (ctx.Dirty != 0)
                ctx.ReplaceEffect(plainName, 1, timeout - 1);
            return;
        }
        if (!ctx.TryBlock(new KeyWait(Storage.ValueType.List, firstKey: 1, keyCount: 1, deadline)))
            ctx.Reply.Null();
    }
}
