using Carnelian.Protocol;
using Carnelian.Storage;

namespace Carnelian.Commands.Strings;

/// <summary>Writes string values as replies; long ones by reference.</summary>
internal static unsafe class StringReply
{
    /// <summary>From this length on a value is sent from where it lies: it is kept alive by a reference and not copied.</summary>
    private const int SharedFrom = 32 * 1024;

    /// <summary>Writes the value of a string entry, or null if there is none.</summary>
    public static void Write(ReplyWriter reply, Entry entry)
    {
        if (!entry.Exists)
            reply.Null();
        else if (entry.Encoding == ValueEncoding.Inline)
            reply.Bulk(entry.StringBytes);
        else if (entry.Encoding == ValueEncoding.Integer)
            reply.BulkInteger(entry.Integer);
        else
            WriteBlock(reply, entry.Block);
    }

    private static void WriteBlock(ReplyWriter reply, StringBlock block)
    {
        if (block.Length < SharedFrom)
        {
            reply.Bulk(block.Data, (int)block.Length);
            return;
        }
        block.AddReference();
        reply.BulkShared(block.Data, (nuint)block.Length, block.Address, &StringBlock.Release);
    }
}
