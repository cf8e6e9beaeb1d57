using System.Text;
using Carnelian.Commands.Table;
using Carnelian.Protocol;

namespace Carnelian.Server.Execution;

/// <summary>What is wrong with a command before anybody looks what it means: its name, its subcommand, the number of its arguments.</summary>
internal static class CommandErrors
{
    private const int MostQuoted = 128;

    /// <summary>Finds what is wrong with a command, and its subcommand if it has some.</summary>
    /// <param name="command">The command of the first argument, or null; becomes the subcommand if there is one of that name.</param>
    /// <param name="arguments">All arguments.</param>
    /// <returns>The error, or null.</returns>
    public static string? Find(ref CommandDefinition? command, ReadOnlySpan<Argument> arguments)
    {
        if (command == null)
            return UnknownCommand(arguments);
        if (command.Subcommands.Length != 0 && arguments.Length > 1)
        {
            CommandDefinition? subcommand = command.FindSubcommand(arguments[1].Span);
            if (subcommand == null)
                return UnknownSubcommand(command, arguments);
            command = subcommand;
        }
        return command.AcceptsArgumentCount(arguments.Length) ? null : $"ERR wrong number of arguments for '{command.Name}' command";
    }

    /// <summary>There is no such command.</summary>
    public static string UnknownCommand(ReadOnlySpan<Argument> arguments)
    {
        var text = new StringBuilder("ERR unknown command '");
        text.Append(Quoted(arguments[0], MostQuoted)).Append("', with args beginning with: ");
        int quoted = 0;
        for (int i = 1; i < arguments.Length && quoted < MostQuoted; i++)
        {
            string argument = Quoted(arguments[i], MostQuoted - quoted);
            text.Append('\'').Append(argument).Append("' ");
            quoted += argument.Length + 3;
        }
        return text.ToString();
    }

    /// <summary>There is no such subcommand.</summary>
    public static string UnknownSubcommand(CommandDefinition container, ReadOnlySpan<Argument> arguments) =>
        $"ERR unknown subcommand '{Quoted(arguments[1], MostQuoted)}'. Try {container.Name.ToUpperInvariant()} HELP.";

    private static string Quoted(in Argument argument, int most)
    {
        ReadOnlySpan<byte> bytes = argument.Span;
        int zero = bytes.IndexOf((byte)0);
        if (zero >= 0)
            bytes = bytes[..zero];
        return Encoding.Latin1.GetString(bytes[..Math.Min(bytes.Length, most)]);
    }
}
