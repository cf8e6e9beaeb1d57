using System.Globalization;
using System.Text;

namespace Carnelian.Oracle.Grammar;

/// <summary>
/// A part of a command's syntax that can write a random instance of itself. Templates are read from the
/// files in Families by <see cref="TemplateParser"/>.
/// </summary>
internal abstract class Template
{
    public abstract void Write(Expansion expansion);

    /// <summary>A literal word, now and then in another case.</summary>
    internal sealed class Word(string text) : Template
    {
        private readonly byte[] _text = Encoding.UTF8.GetBytes(text);
        private readonly byte[] _lower = Encoding.UTF8.GetBytes(text.ToLowerInvariant());

        public string Text { get; } = text;

        public override void Write(Expansion expansion) =>
            expansion.Arguments.Add(expansion.Random.Next(8) == 0 ? _lower : _text);
    }

    /// <summary>A random value of a kind that the vocabulary knows: {key}, {value}, ...</summary>
    internal sealed class Terminal(string name) : Template
    {
        public string Name { get; } = name;

        public override void Write(Expansion expansion)
        {
            if (Name == "count")
            {
                expansion.PendingCount = expansion.Arguments.Count;
                expansion.Arguments.Add("0"u8.ToArray());
                return;
            }

            expansion.Arguments.Add(expansion.Vocabulary.Pick(Name, expansion.Random));
        }
    }

    internal sealed class Sequence(IReadOnlyList<Template> parts) : Template
    {
        public IReadOnlyList<Template> Parts { get; } = parts;

        public override void Write(Expansion expansion)
        {
            foreach (Template part in Parts)
                part.Write(expansion);
        }
    }

    /// <summary>One of several alternatives; none of them in six cases of ten where it is optional.</summary>
    internal sealed class Choice(IReadOnlyList<Template> alternatives, bool optional) : Template
    {
        public override void Write(Expansion expansion)
        {
            if (!optional || expansion.Random.Next(10) < 4)
                alternatives[expansion.Random.Next(alternatives.Count)].Write(expansion);
        }
    }

    /// <summary>The same part several times, whose number goes into a {count} before it.</summary>
    internal sealed class Repetition(Template part, int least) : Template
    {
        public override void Write(Expansion expansion)
        {
            int times = least + expansion.Random.Next(4);
            int count = expansion.PendingCount;
            expansion.PendingCount = -1;
            for (int i = 0; i < times; i++)
                part.Write(expansion);
            if (count >= 0)
                expansion.Arguments[count] = Encoding.ASCII.GetBytes(times.ToString(CultureInfo.InvariantCulture));
        }
    }

    /// <summary>All parts in a random order.</summary>
    internal sealed class Shuffle(IReadOnlyList<Template> parts) : Template
    {
        public override void Write(Expansion expansion)
        {
            var order = parts.ToArray();
            expansion.Random.Shuffle(order);
            foreach (Template part in order)
                part.Write(expansion);
        }
    }
}
