// Reads the notation of key specifications, one a line (docs/design/commands.md):
//
//   specification = { flag } position [ range ] [ "--" notes ]
//   position      = "@" index | "@" KEYWORD ":" start | "@?"
//   range         = ".." last [ "/" step ] [ "%" limit ]  |  "#" [ countAt "," firstAt ] [ "/" step ]  |  "?"
//
// Without a range there is the one key at the position. "@?" finds nothing and has no range.

using System;
using System.Collections.Generic;
using System.Globalization;
using System.Text.RegularExpressions;

namespace Carnelian.Generators;

internal static class KeyNotation
{
    /// <summary>Words for the flags, in the order of COMMAND INFO and of the bits of KeyFlags.</summary>
    public static readonly string[] FlagWords =
        ["RO", "RW", "OW", "RM", "access", "update", "insert", "delete", "not_key", "incomplete", "variable_flags"];

    private static readonly Regex s_position = new(
        @"^@(?:(?<index>\d+)|(?<keyword>[A-Z]+):(?<start>-?\d+)|\?)" +
        @"(?<range>(?:\.\.(?<last>-?\d+)(?:/(?<step>\d+))?(?:%(?<limit>\d+))?)|(?<count>#(?:(?<countAt>\d+),(?<firstAt>\d+))?(?:/(?<step>\d+))?)|(?<none>\?))?$",
        RegexOptions.CultureInvariant);

    public static EquatableArray<KeySpecModel> Parse(string? text)
    {
        var specs = new List<KeySpecModel>();
        foreach (string line in (text ?? "").Split('\n'))
        {
            if (line.Trim().Length > 0)
                specs.Add(ParseLine(line.Trim()));
        }

        return new EquatableArray<KeySpecModel>([.. specs]);
    }

    private static KeySpecModel ParseLine(string line)
    {
        string? notes = null;
        int dashes = line.IndexOf(" -- ", StringComparison.Ordinal);
        if (dashes >= 0)
        {
            notes = line.Substring(dashes + 4).Trim();
            line = line.Substring(0, dashes).Trim();
        }

        string[] words = line.Split([' '], StringSplitOptions.RemoveEmptyEntries);
        var flags = new List<string>();
        for (int i = 0; i < words.Length - 1; i++)
        {
            if (Array.IndexOf(FlagWords, words[i]) < 0)
                throw new NotationException($"'{words[i]}' is no flag of keys; there are {string.Join(", ", FlagWords)}");
            flags.Add(words[i]);
        }

        flags.Sort(static (a, b) => Array.IndexOf(FlagWords, a) - Array.IndexOf(FlagWords, b));
        Match match = s_position.Match(words[words.Length - 1]);
        if (!match.Success)
            throw new NotationException($"'{words[words.Length - 1]}' is no position of keys like @1, @1..-1/2, @STREAMS:1..-1%2, @2# or @?");

        KeySearchModel search = match.Groups["index"].Success ? KeySearchModel.Index
            : match.Groups["keyword"].Success ? KeySearchModel.Keyword
            : KeySearchModel.Unknown;
        KeyRangeModel range = match.Groups["none"].Success || search == KeySearchModel.Unknown ? KeyRangeModel.Unknown
            : match.Groups["count"].Success ? KeyRangeModel.Count
            : KeyRangeModel.Range;
        if (search == KeySearchModel.Unknown && match.Groups["range"].Success)
            throw new NotationException("'@?' takes no range");
        int start = Number(match, "index", Number(match, "start", 0));
        if (search != KeySearchModel.Unknown && start == 0)
            throw new NotationException("position 0 is the command's name");
        int step = Number(match, "step", 1);
        if (step == 0)
            throw new NotationException("the step from key to key is 0");
        return new KeySpecModel(
            new EquatableArray<string>([.. flags]),
            search,
            start,
            match.Groups["keyword"].Value,
            range,
            Number(match, "last", 0),
            step,
            Number(match, "limit", 0),
            Number(match, "countAt", 0),
            Number(match, "firstAt", 1),
            notes);
    }

    private static int Number(Match match, string group, int missing) =>
        match.Groups[group].Success ? int.Parse(match.Groups[group].Value, CultureInfo.InvariantCulture) : missing;
}
