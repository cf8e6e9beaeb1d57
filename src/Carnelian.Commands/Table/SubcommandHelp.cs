// The reply of HELP subcommands, one form for all containers.

using System.Text;

using Carnelian.Protocol;

namespace Carnelian.Commands.Table;

/// <summary>Writes the reply of a HELP subcommand.</summary>
public static class SubcommandHelp
{
    /// <summary>Writes an opening line, the given lines and the entry of HELP itself, as simple strings.</summary>
    /// <param name="reply">The reply.</param>
    /// <param name="container">The container's name as the client wrote it.</param>
    /// <param name="lines">
    /// Lines separated by newlines: the form of a subcommand, then what it does, indented by four blanks.
    /// </param>
    public static void Write(ReplyWriter reply, ReadOnlySpan<byte> container, ReadOnlySpan<byte> lines)
    {
        reply.Array(lines.Count((byte)'\n') + 4);
        string name = Encoding.UTF8.GetString(container).ToUpperInvariant();
        reply.SimpleString(Encoding.UTF8.GetBytes($"{name} <subcommand> [<arg> [value] [opt] ...]. Subcommands are:"));
        foreach (Range line in lines.Split((byte)'\n'))
            reply.SimpleString(lines[line]);
        reply.SimpleString("HELP"u8);
        reply.SimpleString("    Print this help."u8);
    }
}
