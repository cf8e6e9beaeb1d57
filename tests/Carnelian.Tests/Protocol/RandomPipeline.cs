using System.Text;

namespace Carnelian.Tests.Protocol;

/// <summary>Random well-formed requests, arrays and inline ones, with the commands that they mean.</summary>
internal sealed class RandomPipeline(int seed)
{
    private readonly Random _random = new(seed);

    public (byte[] Input, List<string[]> Commands) Next(int maxCommands)
    {
        StringBuilder input = new();
        List<string[]> commands = [];
        int count = _random.Next(1, maxCommands + 1);
        for (int i = 0; i < count; i++)
        {
            switch (_random.Next(10))
            {
                case 0:
                    input.Append(_random.Next(2) == 0 ? "*0\r\n" : "\r\n");
                    break;
                case <= 2:
                    string[] words = Arguments(_random.Next(1, 5));
                    input.AppendJoin(' ', words.Select(Quoted)).Append(_random.Next(2) == 0 ? "\r\n" : "\n");
                    commands.Add(words);
                    break;
                default:
                    string[] arguments = Arguments(_random.Next(20) == 0 ? _random.Next(30, 120) : _random.Next(1, 6));
                    input.Append($"*{arguments.Length}\r\n");
                    foreach (string argument in arguments) input.Append($"${argument.Length}\r\n{argument}\r\n");
                    commands.Add(arguments);
                    break;
            }
        }
        return (Encoding.Latin1.GetBytes(input.ToString()), commands);
    }

    private string[] Arguments(int count) => [.. Enumerable.Range(0, count).Select(_ => Argument())];

    private string Argument()
    {
        int length = _random.Next(8) switch { 0 => 0, 1 => _random.Next(10, 99), 2 => _random.Next(99, 130), _ => _random.Next(1, 12) };
        return string.Create(length, _random, static (text, random) =>
        {
            for (int i = 0; i < text.Length; i++)
            {
                text[i] = random.Next(4) == 0 ? "\r\n\0$*\"'\\ "[random.Next(9)] : (char)random.Next(256);
            }
        });
    }

    private string Quoted(string word)
    {
        StringBuilder text = new("\"");
        foreach (char c in word)
        {
            if (c is '\n' or '\r' or '\0' || _random.Next(10) == 0) text.Append($"\\x{(int)c:x2}");
            else if (c is '"' or '\\') text.Append('\\').Append(c);
            else text.Append(c);
        }
        return text.Append('"').ToString();
    }
}
