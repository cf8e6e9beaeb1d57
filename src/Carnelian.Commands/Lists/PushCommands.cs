using Carnelian.Commands.Table;
using Carnelian.Storage;
using static Carnelian.Commands.Table.CommandFlags;

namespace Carnelian.Commands.Lists;

/// <summary>Commands that add elements at an end of a list.</summary>
public static class PushCommands
{
    [Command("LPUSH", Arity = -3, Group = CommandGroup.List, Since = "1.0.0", Complexity = "O(1) for each element added, so O(N) to add N elements when the command is called with multiple arguments.",
        Summary = "Adds elements before the first one of a list, which is made if it is not there.",
        Flags = Write | DenyOom | Fast,
        Keys = "RW insert @1",
        Arguments = "key:key, element...",
        History = "2.4.0 Accepts multiple `element` arguments.")]
    public static void LPush(scoped ref CommandContext ctx) => Push(ref ctx, atTail: false, mustExist: false);

    [Command("RPUSH", Arity = -3, Group = CommandGroup.List, Since = "1.0.0", Complexity = "O(1) for each element added, so O(N) to add N elements when the command is called with multiple arguments.",
        Summary = "Adds elements behind the last one of a list, which is made if it is not there.",
        Flags = Write | DenyOom | Fast,
        Keys = "RW insert @1",
        Arguments = "key:key, element...",
        History = "2.4.0 Accepts multiple `element` arguments.")]
    public static void RPush(scoped ref CommandContext ctx) => Push(ref ctx, atTail: true, mustExist: false);

    [Command("LPUSHX", Arity = -3, Group = CommandGroup.List, Since = "2.2.0", Complexity = "O(1) for each element added, so O(N) to add N elements when the command is called with multiple arguments.",
        Summary = "Adds elements before the first one of a list that exists.",
        Flags = Write | DenyOom | Fast,
        Keys = "RW insert @1",
        Arguments = "key:key, element...",
        History = "4.0.0 Accepts multiple `element` arguments.")]
    public static void LPushX(scoped ref CommandContext ctx) => Push(ref ctx, atTail: false, mustExist: true);

    [Command("RPUSHX", Arity = -3, Group = CommandGroup.List, Since = "2.2.0", Complexity = "O(1) for each element added, so O(N) to add N elements when the command is called with multiple arguments.",
        Summary = "Adds elements behind the last one of a list that exists.",
        Flags = Write | DenyOom | Fast,
        Keys = "RW insert @1",
        Arguments = "key:key, element...",
        History = "4.0.0 Accepts multiple `element` arguments.")]
    public static void RPushX(scoped ref CommandContext ctx) => Push(ref ctx, atTail: true, mustExist: true);

    private static void Push(scoped ref CommandContext ctx, bool atTail, bool mustExist)
    {
        Key key = ctx.Key(1);
        Entry entry = ctx.FindForWrite(key);
        if (!ctx.HasType(entry, Storage.ValueType.List))
            return;
        if (mustExist && !entry.Exists)
            ctx.Reply.Integer(0);
        else
            ctx.Reply.Integer(ListKey.Push(ref ctx, key, entry, 2, atTail));
    }
}
