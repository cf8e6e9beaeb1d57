using System.Text;
using Carnelian.Commands;
using Carnelian.Protocol;
using Carnelian.Server.Diagnostics;
using Carnelian.Text;

namespace Carnelian.Server.Commands.Diagnostics;

/// <summary>What SLOWLOG and COMMANDLOG have in common.</summary>
internal static class CommandLogReply
{
    /// <summary>Reads a number of entries, or writes the error.</summary>
    public static bool TryCount(scoped ref CommandContext ctx, int index, out long count)
    {
        if (AsciiNumber.TryParseInt64(ctx.Arg(index), out count) && count >= -1)
            return true;
        ctx.Reply.Error("ERR count should be greater than or equal to -1"u8);
        return false;
    }

    /// <summary>Writes the latest entries of a log.</summary>
    /// <param name="reply">The reply.</param>
    /// <param name="log">The log.</param>
    /// <param name="count">How many; -1 for all.</param>
    public static void Write(ReplyWriter reply, CommandLog log, long count)
    {
        CommandLogEntry[] entries = log.Latest(count);
        reply.Array(entries.Length);
        foreach (CommandLogEntry entry in entries)
        {
            reply.Array(6);
            reply.Integer(entry.Id);
            reply.Integer(entry.Time);
            reply.Integer(entry.Value);
            reply.Array(entry.Arguments.Length);
            foreach (byte[] argument in entry.Arguments)
                reply.Bulk(argument);
            reply.Bulk(Encoding.Latin1.GetBytes(entry.Peer));
            reply.Bulk(Encoding.Latin1.GetBytes(entry.ClientName));
        }
    }
}
