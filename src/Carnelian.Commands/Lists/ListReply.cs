using System.Runtime.CompilerServices;
using Carnelian.Protocol;
using Carnelian.Storage;
using Carnelian.Storage.Lists;
using Carnelian.Storage.Packed;

namespace Carnelian.Commands.Lists;

/// <summary>Writes elements of lists as replies; long ones by reference.</summary>
internal static unsafe class ListReply
{
    /// <summary>Writes the element at a place.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Write(ReplyWriter reply, in ListCursor at, long shareFrom)
    {
        PackedValue value = at.Value;
        if (value.IsInteger)
            reply.BulkInteger(value.Integer);
        else if (value.Length < shareFrom || !TryShare(reply, at))
            reply.Bulk(value.Data, value.Length);
    }

    /// <summary>Writes an array of elements that follow each other.</summary>
    /// <param name="ctx">The command.</param>
    /// <param name="at">The first one; it is moved.</param>
    /// <param name="count">How many; the list has them.</param>
    /// <param name="backwards">Whether the next one is the one before.</param>
    public static void WriteRange(scoped ref CommandContext ctx, ListCursor at, long count, bool backwards)
    {
        ReplyWriter reply = ctx.Reply;
        long shareFrom = ctx.Services.ShareRepliesFrom;
        reply.Array(checked((int)count));
        for (; count > 0; count--)
        {
            Write(reply, at, shareFrom);
            if (count != 1)
                at.Move(backwards);
        }
    }

    private static bool TryShare(ReplyWriter reply, in ListCursor at)
    {
        if (!at.TryGetBlock(out StringBlock block))
            return false;
        block.AddReference();
        reply.BulkShared(block.Data, (nuint)block.Length, block.Address, &StringBlock.Release);
        return true;
    }
}
