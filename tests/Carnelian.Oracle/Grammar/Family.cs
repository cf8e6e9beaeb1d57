using System.Reflection;

namespace Carnelian.Oracle.Grammar;

/// <summary>The commands of one file in Families, each with a weight.</summary>
internal sealed class Family
{
    private readonly List<(string Command, Template.Sequence Template)> _lines = [];

    private Family(string name) => Name = name;

    public string Name { get; }

    /// <summary>The names of all commands, "CONTAINER|SUB" where the second word is fixed.</summary>
    public IEnumerable<string> Commands => _lines.Select(line => line.Command).Distinct();

    public bool IsEmpty => _lines.Count == 0;

    public static IEnumerable<string> AllNames =>
        Assembly.GetExecutingAssembly().GetManifestResourceNames().Order(StringComparer.Ordinal);

    public static Family Load(string name)
    {
        using Stream file = Assembly.GetExecutingAssembly().GetManifestResourceStream(name)
            ?? throw new ArgumentException($"no family is called {name}; there are {string.Join(", ", AllNames)}");
        using var reader = new StreamReader(file);
        var family = new Family(name);
        while (reader.ReadLine() is { } line)
        {
            line = line.Trim();
            if (line.Length == 0 || line[0] == '#')
                continue;
            int weight = 1;
            if (char.IsAsciiDigit(line[0]))
            {
                int space = line.IndexOf(' ');
                weight = int.Parse(line[..space]);
                line = line[(space + 1)..];
            }

            Template.Sequence template = TemplateParser.Parse(line);
            for (int i = 0; i < weight; i++)
                family._lines.Add((NameOf(template), template));
        }

        return family;
    }

    /// <summary>The family without the commands that fail a test of their names.</summary>
    public Family Where(Func<string, bool> keep)
    {
        var family = new Family(Name);
        family._lines.AddRange(_lines.Where(line => keep(line.Command)));
        return family;
    }

    /// <summary>A random command.</summary>
    public byte[][] Generate(Random random, Vocabulary vocabulary)
    {
        var expansion = new Expansion(random, vocabulary);
        _lines[random.Next(_lines.Count)].Template.Write(expansion);
        return [.. expansion.Arguments];
    }

    private static string NameOf(Template.Sequence template)
    {
        var words = template.Parts.TakeWhile(part => part is Template.Word).Take(2).Select(part => ((Template.Word)part).Text);
        return string.Join('|', words).ToUpperInvariant();
    }
}
