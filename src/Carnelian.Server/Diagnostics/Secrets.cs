using System.Text;
using Carnelian.Commands.Table;
using Carnelian.Protocol;
using Carnelian.Server.Configuration;

namespace Carnelian.Server.Diagnostics;

/// <summary>Which arguments of a command are passwords and the like, which no log and no MONITOR may show.</summary>
internal static class Secrets
{
    /// <summary>What stands in the place of a secret.</summary>
    public static ReadOnlySpan<byte> Redacted => "(redacted)"u8;

    /// <summary>Whether an argument is a secret.</summary>
    /// <param name="command">The command or subcommand.</param>
    /// <param name="arguments">All arguments.</param>
    /// <param name="index">The argument.</param>
    public static bool IsSecret(CommandDefinition command, ReadOnlySpan<Argument> arguments, int index)
    {
        switch (command.Name)
        {
            case "auth":
                return index > 0 && arguments.Length <= 3;
            case "hello":
                // AUTH user password: the options stand behind the version, and one of them may not be the value of another.
                for (int i = 2; i < arguments.Length; i++)
                {
                    if (Is(arguments[i], "auth"u8))
                    {
                        if (index == i + 1 || index == i + 2)
                            return true;
                        i += 2;
                    }
                    else if (Is(arguments[i], "setname"u8))
                    {
                        i++;
                    }
                }
                return false;
            case "migrate":
                for (int i = 6; i < index && !Is(arguments[i], "keys"u8); i++)
                {
                    int secrets = Is(arguments[i], "auth"u8) ? 1 : Is(arguments[i], "auth2"u8) ? 2 : 0;
                    if (index <= i + secrets)
                        return true;
                    i += secrets;
                }
                return false;
            case "config|set":
                return index > 2 && index % 2 == 1 && ServerConfiguration.IsSensitive(Encoding.Latin1.GetString(Bytes(arguments[index - 1])));
            default:
                return false;
        }
    }

    /// <summary>The bytes of an argument.</summary>
    public static unsafe ReadOnlySpan<byte> Bytes(in Argument argument) => new(argument.Data, argument.Length);

    private static bool Is(in Argument argument, ReadOnlySpan<byte> word) => Ascii.EqualsIgnoreCase(Bytes(argument), word);
}
