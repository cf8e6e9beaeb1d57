using System.Globalization;
using System.Text;

namespace Carnelian.Server.Commands.Administration;

/// <summary>Builds a text of sections and fields, as INFO replies it.</summary>
internal sealed class InfoText
{
    private readonly StringBuilder _text = new();

    /// <summary>Begins a section.</summary>
    public void Section(string name)
    {
        if (_text.Length != 0)
            _text.Append("\r\n");
        _text.Append("# ").Append(name).Append("\r\n");
    }

    /// <summary>Adds a field.</summary>
    public void Field(string name, string value) => _text.Append(name).Append(':').Append(value).Append("\r\n");

    /// <inheritdoc cref="Field(string, string)"/>
    public void Field(string name, long value) => _text.Append(name).Append(':').Append(value).Append("\r\n");

    /// <summary>Adds a field with some decimals.</summary>
    public void Field(string name, double value, int decimals) => Field(name, value.ToString($"F{decimals}", CultureInfo.InvariantCulture));

    /// <summary>Adds fields that are always 0 as long as the server does nothing of the kind.</summary>
    public void Zeros(params ReadOnlySpan<string> names)
    {
        foreach (string name in names)
            Field(name, 0);
    }

    /// <inheritdoc/>
    public override string ToString() => _text.ToString();
}
