namespace Carnelian.Oracle.Grammar;

/// <summary>
/// Reads a line of a family file:
/// <code>
/// WORD {kind} [optional|alternatives] (one|of) (repeated one to four times)+ (up to three times)* &lt;(in) (any) [order]&gt;
/// </code>
/// {count} takes the number of the repetition that follows it.
/// </summary>
internal sealed class TemplateParser
{
    private readonly string _line;
    private int _position;

    private TemplateParser(string line) => _line = line;

    public static Template.Sequence Parse(string line)
    {
        var parser = new TemplateParser(line);
        Template.Sequence template = parser.Sequence();
        return parser._position == line.Length ? template : throw parser.Error("a closing bracket without an opening one");
    }

    private Template.Sequence Sequence()
    {
        var parts = new List<Template>();
        while (true)
        {
            SkipSpaces();
            if (_position == _line.Length || "|])>".Contains(_line[_position]))
                return new Template.Sequence(parts);
            parts.Add(Part());
        }
    }

    private Template Part()
    {
        switch (_line[_position])
        {
            case '[':
                return Repeated(new Template.Choice(Alternatives(']'), optional: true));
            case '(':
                return Repeated(new Template.Choice(Alternatives(')'), optional: false));
            case '<':
                _position++;
                Template.Sequence parts = Sequence();
                Expect('>');
                return new Template.Shuffle(parts.Parts);
            case '{':
                int end = _line.IndexOf('}', _position);
                string name = _line[(_position + 1)..(end < 0 ? throw Error("{ without }") : end)];
                _position = end + 1;
                return new Template.Terminal(name);
            default:
                int start = _position;
                while (_position < _line.Length && !" |])>".Contains(_line[_position]))
                    _position++;
                string word = _line[start.._position];
                return new Template.Word(word == "\"\"" ? "" : word);
        }
    }

    private List<Template> Alternatives(char closing)
    {
        var alternatives = new List<Template>();
        do
        {
            _position++;
            alternatives.Add(Sequence());
        }
        while (_position < _line.Length && _line[_position] == '|');
        Expect(closing);
        return alternatives;
    }

    private Template Repeated(Template part)
    {
        if (_position == _line.Length || _line[_position] is not ('+' or '*'))
            return part;
        return new Template.Repetition(part, least: _line[_position++] == '+' ? 1 : 0);
    }

    private void Expect(char c)
    {
        if (_position == _line.Length || _line[_position] != c)
            throw Error($"{c} is missing");
        _position++;
    }

    private void SkipSpaces()
    {
        while (_position < _line.Length && _line[_position] == ' ')
            _position++;
    }

    private FormatException Error(string what) => new($"{what} at column {_position}: {_line}");
}
