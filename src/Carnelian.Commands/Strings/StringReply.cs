using Carnelian.Protocol;
using Carnelian.Storage;

namespace Carnelian.Commands.Strings;

/// <summary>Writes string values as replies; long ones by reference.</summary>
internal static unsafe class StringReply
{
    /// <summary>Writes the value of a string entry, or null if there is none.</summary>
    public static void Write(scoped ref CommandContext ctx, Entry entry)
    {
        ReplyWriter reply = ctx.Reply;
        if (!entry.Exists)
            reply.Null();
        else if (entry.Encoding == ValueEncoding.Inline)
            reply.Bulk(entry.StringBytes);
        else if (entry.Encoding == ValueEncoding.Integer)
            reply.BulkInteger(entry.Integer);
        else
            WriteBlock(reply, entry.Block, ctx.Services.ShareRepliesFrom);
    }

    private static void WriteBlock(ReplyWriter reply, StringBlock block, long shareFrom)
    {
        if (block.Length < shareFrom)
        {
            reply.Bulk(block.Data, (int)block.Length);
            return;
        }
        block.AddReference();
        reply.BulkShared(block.Data, (nuint)block.Length, block.Address, &StringBlock.Release);
    }
}
