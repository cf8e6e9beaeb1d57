// The entries of COMMAND INFO and COMMAND DOCS. Their constant parts wait in the definitions as RESP3 text; for a RESP2
// client the headers of maps and sets turn into those of arrays on the way.

using System.Buffers.Text;

using Carnelian.Commands.Table;
using Carnelian.Protocol;

namespace Carnelian.Server.Commands.Introspection;

internal static class CommandReplies
{
    /// <summary>Writes the COMMAND INFO entry of a command and, nested, those of its subcommands.</summary>
    public static void WriteInfo(ReplyWriter reply, CommandDefinition command)
    {
        reply.Array(10);
        reply.Bulk(command.Utf8Name);
        reply.Integer(command.Arity);
        CommandWords.Write(reply, command.Flags);
        reply.Integer(command.FirstKey);
        reply.Integer(command.LastKey);
        reply.Integer(command.KeyStep);
        CommandWords.Write(reply, command.Categories);
        WriteText(reply, command.Details);
        reply.Array(command.Subcommands.Length);
        foreach (CommandDefinition subcommand in command.Subcommands)
            WriteInfo(reply, subcommand);
    }

    /// <summary>Writes the COMMAND DOCS entry of a command: its name and the map about it.</summary>
    public static void WriteDocumentation(ReplyWriter reply, CommandDefinition command)
    {
        reply.Bulk(command.Utf8Name);
        ReadOnlySpan<byte> text = command.Documentation;
        int pairs = ReadHeader(ref text);
        reply.Map(command.Subcommands.Length > 0 ? pairs + 1 : pairs);
        WriteText(reply, text);
        if (command.Subcommands.Length == 0)
            return;

        reply.Bulk("subcommands"u8);
        reply.Map(command.Subcommands.Length);
        foreach (CommandDefinition subcommand in command.Subcommands)
            WriteDocumentation(reply, subcommand);
    }

    /// <summary>Writes RESP3 text in the protocol of the client.</summary>
    private static void WriteText(ReplyWriter reply, ReadOnlySpan<byte> text)
    {
        if (reply.Resp >= 3)
        {
            reply.Raw(text);
            return;
        }

        while (!text.IsEmpty)
        {
            byte kind = text[0];
            switch (kind)
            {
                case (byte)'%':
                    reply.Map(ReadHeader(ref text));
                    break;
                case (byte)'~':
                    reply.Set(ReadHeader(ref text));
                    break;
                default:
                    int length = text.IndexOf((byte)'\n') + 1;
                    if (kind == (byte)'$')
                    {
                        ReadOnlySpan<byte> header = text;
                        length += ReadHeader(ref header) + 2;
                    }

                    reply.Raw(text[..length]);
                    text = text[length..];
                    break;
            }
        }
    }

    /// <summary>Takes a header such as <c>%3</c> off the text and gives its number.</summary>
    private static int ReadHeader(ref ReadOnlySpan<byte> text)
    {
        Utf8Parser.TryParse(text[1..], out int number, out int digits);
        text = text[(digits + 3)..];
        return number;
    }
}
