using Carnelian.Commands.Table;
using Carnelian.Storage;
using Carnelian.Storage.Lists;
using static Carnelian.Commands.Table.CommandFlags;

namespace Carnelian.Commands.Lists;

/// <summary>Commands that move elements from one list to another.</summary>
public static class MoveCommands
{
    [Command("LMOVE", Arity = 5, Group = CommandGroup.List, Since = "6.2.0", Complexity = "O(1)",
        Summary = "Moves the first or last element of a list to an end of another and returns it.",
        Flags = Write | DenyOom,
        Keys = """
            RW access delete @1
            RW insert @2
            """,
        Arguments = "source:key, destination:key@1, wherefrom(LEFT | RIGHT), whereto(LEFT | RIGHT)")]
    public static void LMove(scoped ref CommandContext ctx)
    {
        if (!ListKey.TryReadEnd(ref ctx, 3, out bool fromTail) || !ListKey.TryReadEnd(ref ctx, 4, out bool toTail))
            return;
        if (!TryMove(ref ctx, fromTail, toTail))
            ctx.Reply.Null();
    }

    [Command("RPOPLPUSH", Arity = 3, Group = CommandGroup.List, Since = "1.2.0", Complexity = "O(1)",
        Summary = "Moves the last element of a list to the beginning of another and returns it.",
        Flags = Write | DenyOom,
        Keys = """
            RW access delete @1
            RW insert @2
            """,
        Arguments = "source:key, destination:key@1")]
    public static void RPopLPush(scoped ref CommandContext ctx)
    {
        if (!TryMove(ref ctx, fromTail: true, toTail: false))
            ctx.Reply.Null();
    }

    [Command("LMOVEM", Arity = -5, Group = CommandGroup.List, Since = "8.10.0", Complexity = "O(N) where N is the number of elements moved.",
        Summary = "Moves elements from an end of a list to an end of another and returns them.",
        Flags = Write | DenyOom,
        Keys = """
            RW access delete @1
            RW insert @2
            """,
        Arguments = "source:key, destination:key@1, wherefrom(LEFT | RIGHT), whereto(LEFT | RIGHT), [how-many{selector(COUNT count:integer | EXACTLY exactly:integer), ordering(OBO | BULK)}]")]
    public static void LMoveM(scoped ref CommandContext ctx)
    {
        if (!ListMove.TryRead(ref ctx, 3, 5, out ListMove move) || TryMoveSeveral(ref ctx, move))
            return;
        if (move.IsExact)
            ctx.Reply.NullArray();
        else
            ctx.Reply.Array(0);
    }

    /// <summary>Moves one element from the list of the first key to that of the second, if it is there.</summary>
    /// <returns>Whether there is a reply: the element or an error.</returns>
    public static bool TryMove(scoped ref CommandContext ctx, bool fromTail, bool toTail)
    {
        Key sourceKey = ctx.Key(1), key = ctx.Key(2);
        Entry source = ctx.FindForWrite(sourceKey);
        if (!source.Exists)
            return false;
        if (!ctx.HasType(source, Storage.ValueType.List))
            return true;
        Entry destination = ctx.FindForWrite(key);
        if (ctx.HasType(destination, Storage.ValueType.List))
            ListKey.Move(ref ctx, sourceKey, source, key, destination, fromTail, toTail);
        return true;
    }

    /// <summary>Moves elements from the list of the first key to that of the second, if there are enough.</summary>
    /// <returns>Whether there is a reply: the elements or an error.</returns>
    public static bool TryMoveSeveral(scoped ref CommandContext ctx, in ListMove move)
    {
        Key sourceKey = ctx.Key(1), key = ctx.Key(2);
        Entry source = ctx.FindForWrite(sourceKey);
        if (!source.Exists)
            return false;
        if (!ctx.HasType(source, Storage.ValueType.List))
            return true;
        Entry destination = ctx.FindForWrite(key);
        if (!ctx.HasType(destination, Storage.ValueType.List))
            return true;
        if (!move.IsPossible(new ListValue(source).Count))
            return false;
        ListKey.MoveSeveral(ref ctx, sourceKey, source, key, destination, move);
        return true;
    }
}
