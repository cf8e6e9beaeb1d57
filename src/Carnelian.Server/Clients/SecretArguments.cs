using Carnelian.Commands.Table;
using Carnelian.Protocol;

namespace Carnelian.Server.Clients;

/// <summary>Which arguments of a command nobody else may see: passwords. MONITOR and the logs of commands leave them out.</summary>
internal static class SecretArguments
{
    /// <summary>Finds them.</summary>
    /// <param name="command">The command.</param>
    /// <param name="arguments">All its arguments.</param>
    /// <param name="count">The number of secret arguments, which follow each other.</param>
    /// <returns>The first secret argument.</returns>
    public static int First(CommandDefinition command, ReadOnlySpan<Argument> arguments, out int count)
    {
        switch (command.Name)
        {
            case "auth" when arguments.Length <= 3:
                count = arguments.Length - 1;
                return 1;
            case "hello":
                return Hello(arguments, out count);
            default:
                count = 0;
                return 0;
        }
    }

    private static int Hello(ReadOnlySpan<Argument> arguments, out int count)
    {
        for (int i = 2; i + 2 < arguments.Length; i++)
        {
            if (System.Text.Ascii.EqualsIgnoreCase(arguments[i].Span, "auth"u8))
            {
                count = 2;
                return i + 1;
            }
            // The name given by SETNAME may be any word.
            if (System.Text.Ascii.EqualsIgnoreCase(arguments[i].Span, "setname"u8))
                i++;
        }
        count = 0;
        return 0;
    }
}
