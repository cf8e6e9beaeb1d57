using Carnelian.Commands.Table;
using Carnelian.Storage;
using static Carnelian.Commands.Table.CommandFlags;

namespace Carnelian.Commands.SortedSets;

/// <summary>
/// Commands that take members from either end, or wait for some: BZPOPMIN, BZPOPMAX, BZMPOP. Each runs again when one of its keys has changed.
/// </summary>
public static class BlockingPopCommands
{
    [Command("BZPOPMIN", Arity = -3, Group = CommandGroup.SortedSet, Since = "5.0.0", Complexity = "O(log(N)) with N being the number of elements in the sorted set.",
        Summary = "Removes and returns the member with the lowest score of the first sorted set that is not empty; waits for one if there is none.",
        Flags = Write | Blocking | Fast,
        Keys = "RW access delete @1..-2",
        Arguments = "key:key..., timeout:double",
        History = "6.0.0 `timeout` is interpreted as a double instead of an integer.")]
    public static void BZPopMin(scoped ref CommandContext ctx) => Pop(ref ctx, fromHighest: false);

    [Command("BZPOPMAX", Arity = -3, Group = CommandGroup.SortedSet, Since = "5.0.0", Complexity = "O(log(N)) with N being the number of elements in the sorted set.",
        Summary = "Removes and returns the member with the highest score of the first sorted set that is not empty; waits for one if there is none.",
        Flags = Write | Blocking | Fast,
        Keys = "RW access delete @1..-2",
        Arguments = "key:key..., timeout:double",
        History = "6.0.0 `timeout` is interpreted as a double instead of an integer.")]
    public static void BZPopMax(scoped ref CommandContext ctx) => Pop(ref ctx, fromHighest: true);

    [Command("BZMPOP", Arity = -5, Group = CommandGroup.SortedSet, Since = "7.0.0", Complexity = "O(K) + O(M*log(N)) where K is the number of provided keys, N being the number of elements in the sorted set, and M being the number of elements popped.",
        Summary = "Removes and returns members from the first sorted set that is not empty; waits for some if there are none.",
        Flags = Write | Blocking,
        Keys = "RW access delete @2#",
        Arguments = "timeout:double, numkeys:integer, key:key..., where(MIN | MAX), [COUNT count:integer]")]
    public static void BZMPop(scoped ref CommandContext ctx)
    {
        if (!PopCommands.TryReadMultiple(ref ctx, 2, out int keys, out bool fromHighest, out long count)
            || !BlockingTimeout.TrySeconds(ref ctx, 1, out long deadline))
        {
            return;
        }
        for (int i = 3; i < 3 + keys; i++)
        {
            Key key = ctx.Key(i);
            if (!SortedSetValue.TryWrite(ref ctx, key, out Entry entry))
                return;
            if (!entry.Exists)
                continue;
            PopCommands.WritePoppedOf(ref ctx, key, entry, fromHighest, count);
            return;
        }
        if (!ctx.TryBlock(new KeyWait(Storage.ValueType.SortedSet, firstKey: 3, keys, deadline)))
            ctx.Reply.NullArray();
    }

    private static void Pop(scoped ref CommandContext ctx, bool fromHighest)
    {
        int last = ctx.ArgCount - 1;
        if (!BlockingTimeout.TrySeconds(ref ctx, last, out long deadline))
            return;
        for (int i = 1; i < last; i++)
        {
            Key key = ctx.Key(i);
            if (!SortedSetValue.TryWrite(ref ctx, key, out Entry entry))
                return;
            if (!entry.Exists)
                continue;
            ctx.Reply.Array(3);
            ctx.Reply.Bulk(key.Bytes);
            PopCommands.WritePopped(ref ctx, key, entry, fromHighest, count: 1, inPairs: false);
            ctx.ReplaceEffect(fromHighest ? "ZPOPMAX"u8 : "ZPOPMIN"u8, i, 1);
            return;
        }
        if (!ctx.TryBlock(new KeyWait(Storage.ValueType.SortedSet, firstKey: 1, keyCount: last - 1, deadline)))
            ctx.Reply.NullArray();
    }
}
