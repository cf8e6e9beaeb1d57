// Reads the notation of a command's arguments (docs/design/commands.md), a recursive descent over a flat text:
//
//   list    = element { ( "," | newline ) element }
//   choice  = element { "|" element }
//   element = "[" core "]" [ "..." ]  |  core
//   core    = [ TOKEN ] [ name ] [ ":" type [ "@" keySpec ] ] [ "(" choice ")" | "{" list "}" ] [ "..." ] { property }
//   property = ( "since" | "deprecated" | "display" | "summary" ) "=" ( word | "'" text "'" )
//
// Brackets make an argument optional, dots inside them let it repeat, dots behind them let it repeat with its token.
// A word without small letters, or a quoted one, is a token; alone it is an argument of type pure-token.

using System;
using System.Collections.Generic;
using System.Globalization;

namespace Carnelian.Generators;

internal sealed class ArgumentNotation
{
    private const string Punctuation = ",|[](){}:@'\n";

    private static readonly string[] s_types = ["string", "integer", "double", "key", "pattern", "unix-time", "pure-token"];
    private static readonly string[] s_properties = ["since", "deprecated", "display", "summary"];

    private readonly string _text;
    private int _at;

    private ArgumentNotation(string text) => _text = text;

    public static EquatableArray<ArgumentModel> Parse(string? text)
    {
        if (text == null || text.Trim().Length == 0)
            return default;
        var parser = new ArgumentNotation(text.Replace("\r", ""));
        EquatableArray<ArgumentModel> list = parser.ReadList();
        if (parser._at < parser._text.Length)
            throw parser.Unexpected("',' or the end");
        return list;
    }

    private EquatableArray<ArgumentModel> ReadList()
    {
        var items = new List<ArgumentModel>();
        SkipSeparators();
        while (_at < _text.Length && _text[_at] != '}')
        {
            items.Add(ReadElement());
            int before = _at;
            SkipSeparators();
            if (_at == before && _at < _text.Length && _text[_at] != '}')
                throw Unexpected("',' or a new line");
        }

        return new EquatableArray<ArgumentModel>([.. items]);
    }

    private EquatableArray<ArgumentModel> ReadChoice()
    {
        var items = new List<ArgumentModel>();
        do
        {
            SkipBlanks(newlinesToo: true);
            items.Add(ReadElement());
            SkipBlanks(newlinesToo: true);
        }
        while (Take('|'));
        return new EquatableArray<ArgumentModel>([.. items]);
    }

    private ArgumentModel ReadElement()
    {
        SkipBlanks();
        if (!Take('['))
            return ReadCore();
        ArgumentModel inner = ReadCore();
        SkipBlanks(newlinesToo: true);
        Expect(']');
        bool repeatsToken = TakeDots();
        return inner with { Optional = true, Multiple = inner.Multiple || repeatsToken, MultipleToken = repeatsToken };
    }

    private ArgumentModel ReadCore()
    {
        string? token = ReadToken();
        SkipBlanks();
        string? name = IsName() ? ReadWord() : null;
        if (name == null && token == null)
            throw Unexpected("an argument");

        string type = name == null ? "pure-token" : "string";
        int keySpec = -1;
        if (Take(':'))
        {
            type = ReadWord();
            if (Array.IndexOf(s_types, type) < 0)
                throw new NotationException($"'{type}' is no type of arguments; there are {string.Join(", ", s_types)}");
            if (Take('@'))
                keySpec = int.Parse(ReadDigits(), CultureInfo.InvariantCulture);
            else if (type == "key")
                keySpec = 0;
        }

        SkipBlanks();
        EquatableArray<ArgumentModel> children = default;
        if (Take('('))
        {
            type = "oneof";
            children = ReadChoice();
            Expect(')');
        }
        else if (Take('{'))
        {
            type = "block";
            children = ReadList();
            Expect('}');
        }

        bool group = type is "oneof" or "block";
        if (group && name == null)
            throw Unexpected("a name before a group");
        name ??= token!.ToLowerInvariant();
        var argument = new ArgumentModel(
            name, type, group ? null : name, keySpec, token, null, null, null, false, TakeDots(), false, children);
        return ReadProperties(argument);
    }

    private ArgumentModel ReadProperties(ArgumentModel argument)
    {
        while (true)
        {
            SkipBlanks();
            string? property = Array.Find(s_properties, p => string.CompareOrdinal(_text, _at, p + "=", 0, p.Length + 1) == 0);
            if (property == null)
                return argument;
            _at += property.Length + 1;
            string value = _at < _text.Length && _text[_at] == '\'' ? ReadQuoted() : ReadWord();
            argument = property switch
            {
                "since" => argument with { Since = value },
                "deprecated" => argument with { DeprecatedSince = value },
                "display" => argument with { DisplayText = value },
                _ => argument with { Summary = value },
            };
        }
    }

    private string? ReadToken()
    {
        SkipBlanks();
        if (_at < _text.Length && _text[_at] == '\'')
            return ReadQuoted();
        int end = WordEnd();
        for (int i = _at; i < end; i++)
        {
            if (_text[i] is >= 'a' and <= 'z')
                return null;
        }

        return end > _at ? ReadWord() : null;
    }

    private bool IsName() =>
        WordEnd() > _at && !Array.Exists(s_properties, p => string.CompareOrdinal(_text, _at, p + "=", 0, p.Length + 1) == 0);

    private string ReadWord()
    {
        int end = WordEnd();
        if (end == _at)
            throw Unexpected("a word");
        string word = _text.Substring(_at, end - _at);
        _at = end;
        return word;
    }

    private string ReadDigits()
    {
        int start = _at;
        while (_at < _text.Length && _text[_at] is >= '0' and <= '9')
            _at++;
        return _at > start ? _text.Substring(start, _at - start) : throw Unexpected("a number");
    }

    private string ReadQuoted()
    {
        int end = _text.IndexOf('\'', _at + 1);
        if (end < 0)
            throw Unexpected("a closing quote");
        string text = _text.Substring(_at + 1, end - _at - 1);
        _at = end + 1;
        return text;
    }

    /// <summary>A word goes to the next blank, punctuation or repetition dots.</summary>
    private int WordEnd()
    {
        int end = _at;
        while (end < _text.Length && _text[end] != ' ' && Punctuation.IndexOf(_text[end]) < 0 && !DotsAt(end))
            end++;
        return end;
    }

    private bool DotsAt(int at) => string.CompareOrdinal(_text, at, "...", 0, 3) == 0;

    private bool TakeDots()
    {
        if (!DotsAt(_at))
            return false;
        _at += 3;
        return true;
    }

    private bool Take(char c)
    {
        if (_at >= _text.Length || _text[_at] != c)
            return false;
        _at++;
        return true;
    }

    private void Expect(char c)
    {
        if (!Take(c))
            throw Unexpected($"'{c}'");
    }

    private void SkipBlanks(bool newlinesToo = false)
    {
        while (_at < _text.Length && (_text[_at] == ' ' || (newlinesToo && _text[_at] == '\n')))
            _at++;
    }

    private void SkipSeparators()
    {
        while (_at < _text.Length && (_text[_at] is ' ' or '\n' or ','))
            _at++;
    }

    private NotationException Unexpected(string expected)
    {
        string rest = _at < _text.Length ? _text.Substring(_at, Math.Min(20, _text.Length - _at)) : "the end";
        return new NotationException($"expected {expected} before '{rest.Replace("\n", "\\n")}'");
    }
}
