// The command line, turned into lines of a configuration file:
//
//   carnelian-server [file] [--directive argument…]… [-]
//
// A first argument that does not begin with a dash is the configuration file; a dash alone, first or last, stands for standard
// input. A word that begins with two dashes is the name of a directive, unless it follows such a name directly: the first word
// after a name is always an argument. "--save" alone removes the save points. A word like "--port 7000" holds both.

using System.Text;

namespace Carnelian.Server.Configuration;

/// <summary>What the command line says about the configuration.</summary>
public sealed class CommandLineOptions
{
    /// <summary>Absolute path of the configuration file, or null.</summary>
    public string? ConfigurationFile { get; private init; }

    /// <summary>Whether standard input holds more configuration, to be read after the file.</summary>
    public bool ReadsStandardInput { get; private init; }

    /// <summary>The directives of the command line, one a line.</summary>
    public string Text { get; private init; } = "";

    /// <summary>Splits the arguments of the process. No command line is wrong here: errors show when the text is loaded.</summary>
    public static CommandLineOptions Parse(ReadOnlySpan<string> arguments)
    {
        string? file = null;
        bool readsStandardInput = false;
        if (arguments is [['-', ..], ..])
        {
            if (arguments[0] == "-")
            {
                readsStandardInput = true;
                arguments = arguments[1..];
            }
        }
        else if (arguments.Length > 0)
        {
            if (arguments[0].Length > 0) file = Path.GetFullPath(arguments[0]);
            arguments = arguments[1..];
        }
        if (arguments is [.., "-"])
        {
            readsStandardInput = true;
            arguments = arguments[..^1];
        }
        return new CommandLineOptions { ConfigurationFile = file, ReadsStandardInput = readsStandardInput, Text = ToLines(arguments) };
    }

    private static string ToLines(ReadOnlySpan<string> arguments)
    {
        var text = new StringBuilder();
        bool afterName = false;
        for (int i = 0; i < arguments.Length; i++)
        {
            string word = ConfigurationText.FromUnicode(arguments[i]);
            if (afterName || !word.StartsWith("--", StringComparison.Ordinal))
            {
                text.Append(ConfigurationText.Quote(word)).Append(' ');
                afterName = false;
                continue;
            }
            if (text.Length > 0) text.Append('\n');
            text.Append(word, 2, word.Length - 2).Append(' ');
            afterName = ConfigurationText.SplitArguments(word) is [_];
            bool endsHere = i + 1 == arguments.Length || arguments[i + 1].StartsWith("--", StringComparison.Ordinal);
            if (afterName && endsHere && word.Equals("--save", StringComparison.OrdinalIgnoreCase))
            {
                text.Append("\"\" ");
                afterName = false;
            }
        }
        return text.ToString();
    }
}
