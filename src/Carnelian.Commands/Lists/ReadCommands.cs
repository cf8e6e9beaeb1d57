using Carnelian.Commands.Table;
using Carnelian.Storage;
using Carnelian.Storage.Lists;
using static Carnelian.Commands.Table.CommandFlags;

namespace Carnelian.Commands.Lists;

/// <summary>Commands that look into a list.</summary>
public static class ReadCommands
{
    [Command("LLEN", Arity = 2, Group = CommandGroup.List, Since = "1.0.0", Complexity = "O(1)",
        Summary = "Returns the length of a list.",
        Flags = ReadOnly | Fast,
        Keys = "RO @1",
        Arguments = "key:key")]
    public static void LLen(scoped ref CommandContext ctx)
    {
        Entry entry = ctx.Find(ctx.Key(1));
        if (ctx.HasType(entry, Storage.ValueType.List))
            ctx.Reply.Integer(entry.Exists ? new ListValue(entry).Count : 0);
    }

    [Command("LRANGE", Arity = 4, Group = CommandGroup.List, Since = "1.0.0", Complexity = "O(S+N) where S is the distance of start offset from HEAD for small lists, from nearest end (HEAD or TAIL) for large lists; and N is the number of elements in the specified range.",
        Summary = "Returns the elements of a list between two indexes.",
        Flags = ReadOnly,
        Keys = "RO access @1",
        Arguments = "key:key, start:integer, stop:integer")]
    public static void LRange(scoped ref CommandContext ctx)
    {
        if (!ctx.TryInteger(2, out long start) || !ctx.TryInteger(3, out long stop))
            return;
        Entry entry = ctx.Find(ctx.Key(1));
        if (!ctx.HasType(entry, Storage.ValueType.List))
            return;
        if (!entry.Exists)
        {
            ctx.Reply.Array(0);
            return;
        }
        var list = new ListValue(entry);
        if (IndexRange.TryCut(ref start, ref stop, list.Count))
            ListReply.WriteRange(ref ctx, list.At(start), stop - start + 1, backwards: false);
        else
            ctx.Reply.Array(0);
    }

    [Command("LINDEX", Arity = 3, Group = CommandGroup.List, Since = "1.0.0", Complexity = "O(N) where N is the number of elements to traverse to get to the element at index. This makes asking for the first or the last element of the list O(1).",
        Summary = "Returns the element of a list at an index.",
        Flags = ReadOnly,
        Keys = "RO access @1",
        Arguments = "key:key, index:integer")]
    public static void LIndex(scoped ref CommandContext ctx)
    {
        Entry entry = ctx.Find(ctx.Key(1));
        if (!ctx.HasType(entry, Storage.ValueType.List))
            return;
        if (!entry.Exists)
        {
            ctx.Reply.Null();
            return;
        }
        if (!ctx.TryInteger(2, out long index))
            return;
        var list = new ListValue(entry);
        if (IndexRange.TryCut(ref index, list.Count))
            ListReply.Write(ctx.Reply, list.At(index), ctx.Services.ShareRepliesFrom);
        else
            ctx.Reply.Null();
    }

    [Command("LPOS", Arity = -3, Group = CommandGroup.List, Since = "6.0.6", Complexity = "O(N) where N is the number of elements in the list, for the average case. When searching for elements near the head or the tail of the list, or when the MAXLEN option is provided, the command may run in constant time.",
        Summary = "Returns the indexes at which an element is in a list.",
        Flags = ReadOnly,
        Keys = "RO access @1",
        Arguments = "key:key, element, [RANK rank:integer], [COUNT num-matches:integer], [MAXLEN len:integer]")]
    public static void LPos(scoped ref CommandContext ctx)
    {
        if (!TryReadOptions(ref ctx, out long rank, out long wanted, out long most))
            return;
        bool wantsArray = wanted >= 0;
        Entry entry = ctx.Find(ctx.Key(1));
        if (!ctx.HasType(entry, Storage.ValueType.List))
            return;
        if (!entry.Exists)
        {
            if (wantsArray)
                ctx.Reply.Array(0);
            else
                ctx.Reply.Null();
            return;
        }
        Search(ref ctx, new ListValue(entry), rank, wanted, most == 0 ? long.MaxValue : most);
    }

    private static bool TryReadOptions(scoped ref CommandContext ctx, out long rank, out long wanted, out long most)
    {
        rank = 1;
        wanted = -1;
        most = 0;
        for (int i = 3; i < ctx.ArgCount; i += 2)
        {
            bool hasValue = i + 1 < ctx.ArgCount;
            if (hasValue && ctx.ArgIs(i, "rank"u8))
            {
                if (!IndexRange.TryRead(ref ctx, i + 1, out rank))
                    return false;
                if (rank == 0)
                {
                    ctx.Reply.Error("ERR RANK can't be zero: use 1 to start from the first match, 2 from the second ... or use negative to start from the end of the list"u8);
                    return false;
                }
            }
            else if (hasValue && ctx.ArgIs(i, "count"u8))
            {
                if (!TryCount(ref ctx, i + 1, out wanted, "ERR COUNT can't be negative"u8))
                    return false;
            }
            else if (hasValue && ctx.ArgIs(i, "maxlen"u8))
            {
                if (!TryCount(ref ctx, i + 1, out most, "ERR MAXLEN can't be negative"u8))
                    return false;
            }
            else
            {
                ctx.WriteSyntaxError();
                return false;
            }
        }
        return true;
    }

    private static bool TryCount(scoped ref CommandContext ctx, int index, out long count, ReadOnlySpan<byte> error)
    {
        if (Text.AsciiNumber.TryParseInt64(ctx.Arg(index), out count) && count >= 0)
            return true;
        ctx.Reply.Error(error);
        return false;
    }

    private static void Search(scoped ref CommandContext ctx, ListValue list, long rank, long wanted, long most)
    {
        var match = new ListMatch(ctx.Arg(2));
        bool backwards = rank < 0, wantsArray = wanted >= 0;
        long skip = Math.Abs(rank) - 1, length = list.Count, found = 0;
        Protocol.DeferredLength array = wantsArray ? ctx.Reply.BeginDeferred() : default;
        ListCursor at = list.End(backwards);
        for (long i = 0; i < most && at.Exists; i++, at.Move(backwards))
        {
            if (!match.Is(at.Value) || skip-- > 0)
                continue;
            ctx.Reply.Integer(backwards ? length - 1 - i : i);
            found++;
            if (!wantsArray || found == wanted)
                break;
        }
        if (wantsArray)
            ctx.Reply.EndArray(array, (int)found);
        else if (found == 0)
            ctx.Reply.Null();
    }
}
