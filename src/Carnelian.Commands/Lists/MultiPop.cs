using Carnelian.Journal;
using Carnelian.Storage;
using Carnelian.Storage.Lists;
using Carnelian.Text;

namespace Carnelian.Commands.Lists;

/// <summary>The arguments of LMPOP and BLMPOP: several keys, the first list with elements is popped.</summary>
public readonly struct MultiPop
{
    private MultiPop(int firstKey, int keys, bool fromTail, long count)
    {
        FirstKey = firstKey;
        Keys = keys;
        FromTail = fromTail;
        Count = count;
    }

    /// <summary>The argument that is the first key.</summary>
    public int FirstKey { get; }

    /// <summary>The number of keys.</summary>
    public int Keys { get; }

    /// <summary>From which end.</summary>
    public bool FromTail { get; }

    /// <summary>How many elements at most, more than 0.</summary>
    public long Count { get; }

    /// <summary>Reads the number of keys and what follows; writes the error if it is wrong.</summary>
    /// <param name="ctx">The command.</param>
    /// <param name="index">The argument with the number of keys.</param>
    /// <param name="pop">What was read.</param>
    public static bool TryRead(scoped ref CommandContext ctx, int index, out MultiPop pop)
    {
        pop = default;
        if (!AsciiNumber.TryParseInt64(ctx.Arg(index), out long keys) || keys <= 0)
        {
            ctx.Reply.Error("ERR numkeys should be greater than 0"u8);
            return false;
        }
        if (keys >= ctx.ArgCount - index - 1)
        {
            ctx.WriteSyntaxError();
            return false;
        }
        int where = index + 1 + (int)keys;
        if (!ListKey.TryReadEnd(ref ctx, where, out bool fromTail))
            return false;
        long count = 1;
        int options = ctx.ArgCount - where - 1;
        if (options != 0)
        {
            if (options < 2 || !ctx.ArgIs(where + 1, "count"u8))
            {
                ctx.WriteSyntaxError();
                return false;
            }
            if (!AsciiNumber.TryParseInt64(ctx.Arg(where + 2), out count) || count <= 0)
            {
                ctx.Reply.Error("ERR count should be greater than 0"u8);
                return false;
            }
            if (options > 2)
            {
                ctx.WriteSyntaxError();
                return false;
            }
        }
        pop = new MultiPop(index + 1, (int)keys, fromTail, count);
        return true;
    }

    /// <summary>Pops the first of the keys that is there and replies with its name and the elements, or with an error if it is no list.</summary>
    /// <returns>Whether there is a reply: else no key was there.</returns>
    public bool Serve(scoped ref CommandContext ctx)
    {
        for (int i = FirstKey; i < FirstKey + Keys; i++)
        {
            Key key = ctx.Key(i);
            Entry entry = ctx.FindForWrite(key);
            if (!entry.Exists)
                continue;
            if (!ctx.HasType(entry, Storage.ValueType.List))
                return true;
            ctx.Reply.Array(2);
            ctx.Reply.Bulk(key.Bytes);
            long length = new ListValue(entry).Count;
            ListKey.PopSeveral(ref ctx, key, entry, Count, FromTail);
            if (ctx.Effects == null)
                return true;
            JournalUnit effects = ctx.ReplaceEffect(3);
            effects.Add(FromTail ? "RPOP"u8 : "LPOP"u8);
            effects.Add(key.Bytes);
            effects.Add(Math.Min(Count, length));
            return true;
        }
        return false;
    }
}
