using Carnelian.Commands.Table;
using Carnelian.Storage.Streams;
using static Carnelian.Commands.Table.CommandFlags;

namespace Carnelian.Commands.Streams;

/// <summary>Commands that read entries of one stream.</summary>
public static class RangeCommands
{
    [Command("XLEN", Arity = 2, Group = CommandGroup.Stream, Since = "5.0.0", Complexity = "O(1)",
        Summary = "Returns the number of entries of a stream.",
        Flags = ReadOnly | Fast,
        Keys = "RO @1",
        Arguments = "key:key")]
    public static void XLen(scoped ref CommandContext ctx)
    {
        if (StreamAccess.TryFind(ref ctx, ctx.Key(1), out StreamValue stream))
            ctx.Reply.Integer(stream.Exists ? stream.Length : 0);
    }

    [Command("XRANGE", Arity = -4, Group = CommandGroup.Stream, Since = "5.0.0", Complexity = "O(N) with N being the number of elements being returned. If N is constant (e.g. always asking for the first 10 elements with COUNT), you can consider it O(1).",
        Summary = "Returns the entries of a stream between two ids.",
        Flags = ReadOnly,
        Keys = "RO access @1",
        Arguments = "key:key, start, end, [COUNT count:integer]",
        History = "6.2.0 Added exclusive ranges.")]
    public static void XRange(scoped ref CommandContext ctx) => Range(ref ctx, isReversed: false);

    [Command("XREVRANGE", Arity = -4, Group = CommandGroup.Stream, Since = "5.0.0", Complexity = "O(N) with N being the number of elements returned. If N is constant (e.g. always asking for the first 10 elements with COUNT), you can consider it O(1).",
        Summary = "Returns the entries of a stream between two ids, the last first.",
        Flags = ReadOnly,
        Keys = "RO access @1",
        Arguments = "key:key, end, start, [COUNT count:integer]",
        History = "6.2.0 Added exclusive ranges.")]
    public static void XRevRange(scoped ref CommandContext ctx) => Range(ref ctx, isReversed: true);

    private static void Range(scoped ref CommandContext ctx, bool isReversed)
    {
        if (!StreamAccess.TryInterval(ref ctx, isReversed ? 3 : 2, isReversed ? 2 : 3, out StreamId low, out StreamId high))
            return;
        long most = -1;
        for (int i = 4; i < ctx.ArgCount; i++)
        {
            if (!ctx.ArgIs(i, "count"u8) || i + 1 >= ctx.ArgCount)
            {
                ctx.WriteSyntaxError();
                return;
            }
            if (!ctx.TryInteger(++i, out most))
                return;
            most = Math.Max(most, 0);
        }
        if (!StreamAccess.TryFind(ref ctx, ctx.Key(1), out StreamValue stream))
            return;
        if (!stream.Exists)
        {
            ctx.Reply.Array(0);
            return;
        }
        if (most == 0)
        {
            ctx.Reply.NullArray();
            return;
        }
        StreamCursor cursor = stream.Range(low, high, isReversed);
        StreamAccess.WriteEntries(ref ctx, ref cursor, Math.Max(most, 0));
    }
}
